"""Real control plane, real operator under its own rights, real SMPP: what the end-to-end tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from sms_operator.dev.control_plane import Client, ControlPlane
from sms_operator.dev.smsc import Account, Simulator
from sms_operator.dev.smsc.background import Background, in_background
from support.ground import OPERATOR_NAMESPACE, Ground, grant, new_ground
from support.planes import Planes, service_account_kubeconfig
from support.tenant import Tenant, eventually


@pytest.fixture
def tenant(rights: ControlPlane, api: Client, namespace: str) -> Tenant:
    """A namespace in which the operator may do what its ClusterRole says."""
    assert rights.url == api.url
    grant(api, namespace, "sms-operator")
    return Tenant(api, namespace)


@pytest.fixture
def stopped_planes(rights: ControlPlane, tenant: Tenant, tmp_path: Path) -> Iterator[Planes]:
    """An operator for the test's namespace, not started yet."""
    token = rights.service_account_token(OPERATOR_NAMESPACE, "sms-operator")
    kubeconfig = service_account_kubeconfig(rights.url, rights.ca_pem, token, tmp_path)
    planes = Planes(kubeconfig, tmp_path, tenant.namespace)
    yield planes
    planes.close()


@pytest.fixture
def planes(stopped_planes: Planes) -> Planes:
    """A running operator for the test's namespace, its watches open."""
    stopped_planes.start()
    eventually(lambda: stopped_planes.get("controller", "/readyz")[0], lambda status: status == 200, "readiness")
    return stopped_planes


@pytest.fixture
def smsc() -> Iterator[Background]:
    """A plain simulator with the login demo/secret."""
    with in_background(lambda: Simulator([Account("demo", "secret")])) as simulator:
        yield simulator


@pytest.fixture
def port(smsc: Background) -> int:
    """The simulator's plain port."""
    return smsc.get(lambda simulator: simulator.port)


@pytest.fixture(scope="module")
def ground(rights: ControlPlane, api: Client, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """One operator for a module; probes of what only a person can repair come every 4.5 s instead of every 15 min."""
    environment = {"SMS_OPERATOR_TIME_SCALE": "0.005"}
    with new_ground(rights, api, tmp_path_factory.mktemp("ground"), environment=environment) as ground:
        yield ground


@pytest.fixture
def name(tenant: Tenant) -> Iterator[str]:
    """Of a gateway of the test's own, and of what belongs to it."""
    name = f"gw-{uuid4().hex[:6]}"
    yield name
    if tenant.get("SmppGateway", name) is not None:
        tenant.delete("SmppGateway", name)
