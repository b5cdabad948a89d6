"""smsctl against the shared control plane, as people of different rights, beside a real operator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from sms_operator.cli.smsctl import main
from sms_operator.dev.control_plane import Client, ControlPlane, Resource
from sms_operator.dev.control_plane.client import SERVICE_ACCOUNTS
from support.ground import OPERATOR_NAMESPACE, ROLE_BINDINGS, Ground, new_ground
from support.planes import ROOT

ROLES = Resource("rbac.authorization.k8s.io", "v1", "roles")
Smsctl = Callable[..., Result]


@pytest.fixture
def kubeconfig(control_plane: ControlPlane, tmp_path: Path) -> Path:
    """The administrator's, with the control plane's only context."""
    return control_plane.write_kubeconfig(tmp_path / "admin.kubeconfig")


@pytest.fixture
def smsctl(kubeconfig: Path, monkeypatch: pytest.MonkeyPatch) -> Smsctl:
    """`smsctl("gateway", "rebuild", …)` as the administrator; environment variables as keyword arguments."""
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)

    def run(*arguments: str, **environment: str) -> Result:
        return CliRunner().invoke(
            main, arguments, env={"KUBECONFIG": str(kubeconfig), **environment}, prog_name="smsctl"
        )

    return run


@pytest.fixture
def person(control_plane: ControlPlane, api: Client, namespace: str, tmp_path: Path) -> Callable[..., Path]:
    """`person("ines", {"smppgateways": ["get"]})`: the kubeconfig of somebody with these rights in the namespace."""

    def make(name: str, rights: dict[str, list[str]]) -> Path:
        rules: list[dict[str, Any]] = [
            {"apiGroups": ["sms-operator.dev"], "resources": [plural], "verbs": verbs}
            for plural, verbs in rights.items()
        ]
        api.create(SERVICE_ACCOUNTS, {"metadata": {"name": name}}, namespace)
        api.create(ROLES, {"metadata": {"name": name}, "rules": rules}, namespace)
        binding = {
            "metadata": {"name": name},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": namespace}],
        }
        api.create(ROLE_BINDINGS, binding, namespace)
        token = control_plane.service_account_token(namespace, name)
        return control_plane.write_kubeconfig(tmp_path / f"{name}.kubeconfig", token=token, namespace=namespace)

    return make


@pytest.fixture(scope="session")
def rights(control_plane: ControlPlane) -> ControlPlane:
    """The namespace, ServiceAccount and ClusterRole of `manifests/base`."""
    for name in ("namespace.yaml", "rbac.yaml"):
        for body in yaml.safe_load_all((ROOT / "manifests" / "base" / name).read_text()):
            if body["kind"] == "ClusterRoleBinding":
                continue
            if body["kind"] == "ServiceAccount":
                body["metadata"]["namespace"] = OPERATOR_NAMESPACE
            done = control_plane.kubectl("apply", "-f", "-", stdin=yaml.safe_dump(body))
            assert done.returncode == 0, done.stderr
    return control_plane


@pytest.fixture(scope="module")
def ground(rights: ControlPlane, api: Client, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """One operator for a module, with a connected gateway."""
    with new_ground(rights, api, tmp_path_factory.mktemp("ground")) as ground:
        yield ground
