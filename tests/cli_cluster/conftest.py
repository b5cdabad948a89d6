"""smsctl against the shared control plane, as people of different rights, beside a real operator."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sms_operator.cli.smsctl import main
from sms_operator.dev.control_plane import Client, ControlPlane, Resource
from sms_operator.dev.control_plane.client import SERVICE_ACCOUNTS
from support.ground import ROLE_BINDINGS

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
