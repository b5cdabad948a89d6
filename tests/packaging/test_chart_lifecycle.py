"""Helm on a real API server: install, upgrade, uninstall and install again. What was declared survives all of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from sms_operator.api.kinds import GROUP, KINDS
from sms_operator.dev.control_plane import ControlPlane, Programs
from support.gitops_programs import Done, GitOpsPrograms
from support.kubectl import ROOT, Kubectl, Manifest
from support.tenant import eventually

from .chart import CHART, NAMESPACE

CRD: Final = f"crd/smppgateways.{GROUP}"
LATER: Final = "message"
"""A field that the older version of the kind lacks."""


@pytest.fixture(scope="module")
def empty(control_plane_programs: Programs) -> Iterator[ControlPlane]:
    """A control plane that nothing was ever applied to."""
    with ControlPlane.start(programs=control_plane_programs) as running:
        yield running


class Release:
    """One release, as an administrator handles it."""

    def __init__(self, programs: GitOpsPrograms, cluster: ControlPlane, home: Path) -> None:
        self._programs = programs
        self._cluster = cluster
        self._home = home
        self.kubectl = Kubectl(Path(cluster.kubectl), cluster.kubeconfig)

    def helm(self, *arguments: str, values: dict[str, Any] | None = None, check: bool = True) -> Done:
        """One command of Helm on this cluster."""
        given = [] if values is None else ["--values=-"]
        done = self._programs.helm(
            *arguments, "--namespace", NAMESPACE, "--kubeconfig", str(self._cluster.kubeconfig), *given,
            home=self._home, body=None if values is None else yaml.safe_dump(values),
        )  # fmt: skip
        assert done.code == 0 or not check, done.errors
        return done

    def get(self, *what: str) -> Manifest:
        """An object as the API server has it."""
        return self.kubectl.json("get", *what)

    def until_gateway_is(self, wanted: Manifest) -> None:
        """The API server serves a changed CRD a moment after it took it."""
        eventually(lambda: self.get("smppgateway", "first"), lambda found: found == wanted, "the declared gateway")

    def gone(self, *what: str) -> bool:
        """Whether there is no such object."""
        return "NotFound" in self.kubectl.run("get", *what, check=False).stderr


def test_a_release_comes_changes_and_goes(programs: GitOpsPrograms, empty: ControlPlane, tmp_path: Path) -> None:
    """Each step as docs/install.md has it."""
    release = Release(programs, empty, tmp_path)
    release.helm("install", "sms-operator", _older(tmp_path), "--create-namespace")
    assert LATER not in _spec_fields(release.get(CRD))
    crds = [f"crd/{info.plural}.{GROUP}" for info in KINDS]
    release.kubectl.run("wait", "--for=condition=Established", "--timeout=30s", *crds)
    release.kubectl.run("apply", "--filename=examples/01-smallest-gateway.yaml")
    before = release.get("smppgateway", "first")

    release.helm("upgrade", "sms-operator", CHART, values={"logLevel": "DEBUG", "watch": {"namespaces": ["default"]}})
    assert _spec_fields(release.get(CRD)) == _spec_fields(_crd_file())
    upgraded = release.get("smppgateway", "first")
    assert upgraded["metadata"]["uid"] == before["metadata"]["uid"]
    # The new field's default shows at once, and what was declared is as it was.
    assert {name: value for name, value in upgraded["spec"].items() if name != LATER} == before["spec"]
    controller = release.get("--namespace", NAMESPACE, "statefulset", "sms-operator")["spec"]["template"]["spec"]
    environment = {each["name"]: each.get("value", "") for each in controller["containers"][0]["env"]}
    assert environment["SMS_OPERATOR_LOG_LEVEL"] == "DEBUG"
    assert environment["SMS_OPERATOR_NAMESPACES"] == "default"
    assert release.gone("clusterrolebinding", "sms-operator")
    assert release.get("--namespace=default", "rolebinding", "sms-operator")["roleRef"]["name"] == "sms-operator"

    refused = release.helm("upgrade", "sms-operator", CHART, values={"watch": {"secrets": "yes"}}, check=False)
    assert refused.code != 0
    assert "secrets" in refused.errors

    release.helm("rollback", "sms-operator", "1")
    assert release.get("clusterrolebinding", "sms-operator")["roleRef"]["name"] == "sms-operator"

    release.helm("uninstall", "sms-operator")
    assert release.gone("--namespace", NAMESPACE, "statefulset", "sms-operator")
    assert release.gone("clusterrole", "sms-operator")
    # The rollback took the new field out of the CRD; objects outlive the operator, and get it back with the next one.
    release.until_gateway_is(before)
    release.helm("install", "sms-operator", CHART)
    release.until_gateway_is(upgraded)


def _older(directory: Path) -> str:
    """The chart of a version that did not have a field yet."""
    chart = directory / "older"
    shutil.copytree(ROOT / CHART, chart)
    path = chart / "files" / "crds" / "smppgateways.yaml"
    crd = yaml.safe_load(path.read_text())
    del crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"][LATER]
    path.write_text(yaml.safe_dump(crd))
    return str(chart)


def _crd_file() -> Manifest:
    return yaml.safe_load((ROOT / "crds" / "smppgateways.yaml").read_text())


def _spec_fields(crd: Manifest) -> set[str]:
    return set(crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"])
