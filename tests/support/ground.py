"""One namespace with a running operator and a good gateway in it, which must never notice what tests do beside it."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import yaml

from sms_operator.dev.control_plane import Client, ControlPlane, Resource
from sms_operator.dev.control_plane.client import NAMESPACES
from sms_operator.dev.smsc import Account, Simulator
from sms_operator.dev.smsc.background import Background, in_background
from support.planes import ROOT, Planes, service_account_kubeconfig
from support.tenant import Tenant

OPERATOR_NAMESPACE = "sms-operator"
CLUSTER_ROLES = Resource("rbac.authorization.k8s.io", "v1", "clusterroles")
ROLE_BINDINGS = Resource("rbac.authorization.k8s.io", "v1", "rolebindings")
GOOD = "good"
"""The gateway that must not be disturbed."""


@dataclass(frozen=True)
class Ground:
    """Where a module's tests play, each with gateways of its own."""

    tenant: Tenant
    planes: Planes
    smsc: Background
    session: int
    """The good gateway's session at its SMSC."""

    def assert_undisturbed(self) -> None:
        """Both planes live, and the good gateway has the session that it had from the beginning."""
        assert self.planes.alive("controller"), self.planes.log("controller")[-3000:]
        assert self.planes.alive("links"), self.planes.log("links")[-3000:]
        assert sessions(self.smsc) == [self.session]
        assert self.tenant.condition("SmppGateway", GOOD)[1] == "ConnectionSucceeded"
        assert "Traceback" not in self.planes.log()


def sessions(smsc: Background, system_id: str = "demo") -> list[int]:
    """The numbers of an account's bound sessions."""
    return [session.number for session in smsc.get(lambda simulator: simulator.sessions(system_id))]


def install_rights(control_plane: ControlPlane) -> None:
    """The namespace, ServiceAccount and ClusterRole of `manifests/base`; bound where an operator needs them."""
    for name in ("namespace.yaml", "rbac.yaml"):
        for body in yaml.safe_load_all((ROOT / "manifests" / "base" / name).read_text()):
            if body["kind"] == "ClusterRoleBinding":
                continue
            if body["kind"] == "ServiceAccount":
                body["metadata"]["namespace"] = OPERATOR_NAMESPACE
            done = control_plane.kubectl("apply", "-f", "-", stdin=yaml.safe_dump(body))
            assert done.returncode == 0, done.stderr


@contextmanager
def new_ground(
    control_plane: ControlPlane,
    api: Client,
    directory: Path,
    *,
    environment: Mapping[str, str] | None = None,
    role: str = "sms-operator",
    host: str = "127.0.0.1",
) -> Generator[Ground]:
    """A namespace, an operator with the rights of a ClusterRole in it, and the good gateway, connected."""
    namespace = f"test-{uuid4().hex[:10]}"
    api.create(NAMESPACES, {"metadata": {"name": namespace}})
    grant(api, namespace, role)
    token = control_plane.service_account_token(OPERATOR_NAMESPACE, "sms-operator")
    kubeconfig = service_account_kubeconfig(control_plane.url, control_plane.ca_pem, token, directory)
    planes = Planes(kubeconfig, directory, namespace, environment or {})
    tenant = Tenant(api, namespace)
    try:
        with in_background(lambda: Simulator([Account("demo", "secret")], host=host)) as smsc:
            planes.start()
            port = smsc.get(lambda simulator: simulator.port)
            tenant.gateway(GOOD, port, endpoints=[{"host": host, "port": port}])
            tenant.until("SmppGateway", GOOD, "ConnectionSucceeded")
            yield Ground(tenant, planes, smsc, sessions(smsc)[0])
            planes.close()
    finally:
        planes.close()
        api.delete(NAMESPACES, namespace)


def grant(api: Client, namespace: str, role: str) -> None:
    """The operator gets a ClusterRole's rights in a namespace."""
    body: dict[str, Any] = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": role},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"kind": "ServiceAccount", "name": "sms-operator", "namespace": OPERATOR_NAMESPACE}],
    }
    api.create(ROLE_BINDINGS, body, namespace)


@contextmanager
def derived_role(api: Client, name: str, verbs: list[str] | None) -> Generator[str]:
    """The operator's ClusterRole with other verbs on Secrets and ConfigMaps, or (None) no right on Secrets at all."""
    body = api.get(CLUSTER_ROLES, "sms-operator")
    rules: list[dict[str, Any]] = body["rules"]
    for rule in rules:
        if "secrets" in rule["resources"]:
            if verbs is None:
                rule["resources"] = [item for item in rule["resources"] if item != "secrets"]
            else:
                rule["verbs"] = verbs
    derived = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": name},
        "rules": rules,
    }
    api.apply(CLUSTER_ROLES, derived)
    try:
        yield name
    finally:
        api.delete(CLUSTER_ROLES, name)
