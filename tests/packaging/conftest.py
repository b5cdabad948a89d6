"""The manifests as kustomize renders them, and installed on the shared control plane."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from sms_operator.dev.control_plane import ControlPlane, Programs
from support.gitops_fixture import prepare, prepared
from support.gitops_programs import GitOpsPrograms
from support.kubectl import Kubectl, Manifest


def pytest_collection_finish(session: pytest.Session) -> None:
    """Helm is built before the tests start."""
    prepare(session)


@dataclass(frozen=True)
class Rendered:
    """A rendered kustomization."""

    objects: tuple[Manifest, ...]

    def all(self, kind: str) -> Sequence[Manifest]:
        """Every object of this kind."""
        return [each for each in self.objects if each["kind"] == kind]

    def one(self, kind: str, name: str = "sms-operator") -> Manifest:
        """The object of this kind and name; fails where there is none, or more than one."""
        found = [each for each in self.all(kind) if each["metadata"]["name"] == name]
        assert len(found) == 1, f"{len(found)} objects are {kind}/{name}"
        return found[0]

    @property
    def pod(self) -> Manifest:
        """The pod that the StatefulSet makes."""
        return self.one("StatefulSet")["spec"]["template"]

    def container(self, name: str) -> Manifest:
        """A container of the pod."""
        return next(each for each in self.pod["spec"]["containers"] if each["name"] == name)

    def environment(self, container: str) -> dict[str, str]:
        """The environment that a container is given."""
        return {each["name"]: each["value"] for each in self.container(container)["env"]}


@pytest.fixture(scope="session")
def cluster(control_plane_programs: Programs) -> Iterator[ControlPlane]:
    """An empty control plane: what is applied here must bring its own CRDs, and grants nothing to other tests."""
    with ControlPlane.start(programs=control_plane_programs) as running:
        yield running


@pytest.fixture(scope="session")
def kubectl(cluster: ControlPlane) -> Kubectl:
    """kubectl of the empty control plane."""
    return Kubectl(Path(cluster.kubectl), cluster.kubeconfig)


def render(kubectl: Kubectl, directory: str) -> Rendered:
    """What `kubectl apply -k` would send."""
    return Rendered(tuple(yaml.safe_load_all(kubectl.run("kustomize", directory).stdout)))


@pytest.fixture(scope="session")
def base(kubectl: Kubectl) -> Rendered:
    """`manifests/`."""
    return render(kubectl, "manifests")


@pytest.fixture(scope="session")
def watched_secrets(kubectl: Kubectl) -> Rendered:
    """`manifests/overlays/watched-secrets`."""
    return render(kubectl, "manifests/overlays/watched-secrets")


@pytest.fixture(scope="session")
def namespaced(kubectl: Kubectl) -> Rendered:
    """`manifests/overlays/namespaced`."""
    return render(kubectl, "manifests/overlays/namespaced")


@pytest.fixture(scope="session")
def installed(kubectl: Kubectl, base: Rendered) -> Rendered:
    """`kubectl apply -k manifests/`, really done; with the namespace that an overlay serves."""
    kubectl.run("apply", "--kustomize", "manifests")
    tenant = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "contact-centre"}}
    kubectl.run("apply", "--filename=-", body=tenant)
    return base


@pytest.fixture(scope="session")
def programs(pytestconfig: pytest.Config) -> GitOpsPrograms:
    """helm and kstatus, built before any test's time limit runs."""
    return prepared(pytestconfig)
