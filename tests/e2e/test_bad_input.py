"""Bad input of every sort: each with its own reason and message, none disturbs the neighbour, all heal when fixed."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from sms_operator.dev.control_plane import ApiError, Client, ControlPlane
from sms_operator.dev.smsc import Account, Behaviour, BindType, Simulator
from sms_operator.dev.smsc.background import Background, in_background
from support.ailing import assert_heals, assert_ill, certificate, change, port_of
from support.ground import Ground, new_ground, sessions
from support.tenant import Tenant, eventually

Body = dict[str, Any]
ALLOWED = "127.0.0.2"
"""The only address that the strict operator may dial."""


@pytest.fixture
def tenant(ground: Ground) -> Iterator[Tenant]:
    """The namespace; after the test the neighbour must be as it was."""
    yield ground.tenant
    ground.assert_undisturbed()


# What one object alone shows wrong: the API server says it.


@pytest.mark.parametrize(
    ("spec", "field", "value", "rule"),
    [
        ({"endpoints": [{"host": "h", "port": 70000}]}, "spec.endpoints[0].port", "70000", "65535"),
        ({"endpoints": [{"host": "smpp://h", "port": 1}]}, "spec.endpoints[0].host", "smpp://h", "scheme"),
        ({"endpoints": []}, "spec.endpoints", "0", "at least 1"),
        ({"mode": "Both"}, "spec.mode", '"Both"', "SendAndReceive"),
        ({"bind": {"count": 17}}, "spec.bind.count", "17", "16"),
        ({"session": {"responseTimeout": "soon"}}, "spec.session.responseTimeout", "soon", "1h30m"),
        ({"tls": {"minVersion": "1.1"}}, "spec.tls.minVersion", '"1.1"', '"1.2"'),
    ],
)
def test_a_wrong_field_is_refused(tenant: Tenant, name: str, spec: Body, field: str, value: str, rule: str) -> None:
    """By the API server, with field, value and rule in its message; nothing is stored."""
    with pytest.raises(ApiError) as refusal:
        tenant.gateway(name, 2775, **spec)
    assert refusal.value.code == 422
    message = str(refusal.value)
    assert [part for part in (field, value, rule) if part not in message] == [], message
    assert tenant.get("SmppGateway", name) is None


# References.


def test_a_missing_secret(tenant: Tenant, name: str, port: int) -> None:
    """It is named, and its appearance heals."""
    login = {"systemId": "demo", "passwordSecretRef": {"name": f"{name}-late"}}
    tenant.gateway(name, port, login=login)
    assert_ill(tenant, name, "SecretNotFound", f'"{name}-late"', stalled=False)
    tenant.secret(f"{name}-late", password="secret")
    assert_heals(tenant, name)


def test_a_missing_key(tenant: Tenant, name: str, port: int) -> None:
    """The Secret, the key, and what it has instead."""
    tenant.secret(f"{name}-other", pass_word="secret")
    login = {"systemId": "demo", "passwordSecretRef": {"name": f"{name}-other"}}
    tenant.gateway(name, port, login=login)
    assert_ill(tenant, name, "SecretKeyMissing", f'"{name}-other"', 'no key "password"', stalled=False)
    tenant.secret(f"{name}-other", password="secret")
    assert_heals(tenant, name)


# What the SMSC says to the login.


def test_a_wrong_password(tenant: Tenant, name: str, smsc: Background) -> None:
    """InvalidPassword, no hammering of the account meanwhile, and a right Secret heals."""
    tenant.gateway(name, port_of(smsc), password="wrong")
    assert_ill(tenant, name, "InvalidPassword", "127.0.0.1:", "ESME_RINVPASWD", stalled=True)
    assert smsc.get(lambda simulator: len(simulator.state.attempts)) <= 2
    tenant.secret(f"{name}-login", password="secret")
    assert_heals(tenant, name)


def test_a_password_longer_than_the_standard(tenant: Tenant, name: str, smsc: Background) -> None:
    """Its length is told, since that may be the reason; the password is not."""
    tenant.gateway(name, port_of(smsc), password="much-too-long")
    assert_ill(tenant, name, "InvalidPassword", "13 octets", "allows 8", stalled=True)
    assert "much-too-long" not in str(tenant.get("SmppGateway", name))
    smsc.get(lambda simulator: simulator.accounts.set_password("demo", "much-too-long"))
    assert_heals(tenant, name)


def test_a_wrong_system_id(tenant: Tenant, name: str, smsc: Background) -> None:
    """InvalidSystemId, and a right spec heals."""
    tenant.gateway(name, port_of(smsc), system_id="nobody")
    assert_ill(tenant, name, "InvalidSystemId", "ESME_RINVSYSID", stalled=True)
    change(tenant, name, login={"systemId": "demo"})
    assert_heals(tenant, name)


def test_a_wrong_system_type(tenant: Tenant, name: str, smsc: Background) -> None:
    """InvalidSystemType, and a right spec heals."""
    smsc.get(lambda simulator: simulator.accounts.put(Account("demo", "secret", system_type="VMA")))
    tenant.gateway(name, port_of(smsc))
    assert_ill(tenant, name, "InvalidSystemType", "ESME_RINVSYSTYP", stalled=True)
    change(tenant, name, bind={"systemType": "VMA"})
    assert_heals(tenant, name)


def test_a_bind_mode_that_is_not_supported(tenant: Tenant, name: str, smsc: Background) -> None:
    """The message names the way out, and taking it heals."""
    pair = frozenset({BindType.RECEIVER, BindType.TRANSMITTER})
    smsc.get(lambda simulator: simulator.accounts.put(Account("demo", "secret", bind_types=pair)))
    tenant.gateway(name, port_of(smsc))
    assert_ill(tenant, name, "BindModeNotSupported", "spec.bind.style TransmitterReceiver", stalled=True)
    change(tenant, name, bind={"style": "TransmitterReceiver"})
    assert_heals(tenant, name)


# What an SMSC does; it heals when the SMSC does.


@pytest.mark.parametrize(
    ("behaviour", "reason", "fragment"),
    [
        ("already-bound", "AlreadyBound", "another session holds this system_id"),
        (Behaviour(bind_status=0x0000_0450), "BindRejected", "0x00000450"),
        ("system-error", "BindRejected", "ESME_RSYSERR"),
        ("refuse", "Unreachable", "connection refused"),
        ("silent", "BindTimeout", "127.0.0.1:"),
        ("silent-bind", "BindTimeout", "127.0.0.1:"),
        ("reset-on-bind", "Unreachable", "reset before the bind was answered"),
        ("close-on-bind", "Unreachable", "closed before the bind was answered"),
        ("garbage", "ProtocolError", "127.0.0.1:"),
        ("http", "ProtocolError", "127.0.0.1:"),
    ],
)
def test_an_smsc_that_misbehaves(
    tenant: Tenant, name: str, smsc: Background, behaviour: Behaviour | str, reason: str, fragment: str
) -> None:
    """Told by its own reason, tried again, and healed by nothing but the SMSC's recovery."""
    smsc.call(lambda simulator: simulator.behave(behaviour))
    tenant.gateway(name, port_of(smsc))
    assert_ill(tenant, name, reason, fragment, stalled=False)
    smsc.call(lambda simulator: simulator.behave("normal"))
    assert_heals(tenant, name)


def test_a_session_too_many(tenant: Tenant, name: str, smsc: Background) -> None:
    """AlreadyBound while somebody else holds the only session of the account; its end heals."""
    smsc.get(lambda simulator: simulator.accounts.put(Account("demo", "secret", max_binds=1)))
    tenant.gateway(f"{name}-first", port_of(smsc), endpoints=[{"host": "localhost", "port": port_of(smsc)}])
    tenant.until("SmppGateway", f"{name}-first", "ConnectionSucceeded")
    tenant.gateway(name, port_of(smsc))
    assert_ill(tenant, name, "AlreadyBound", "another session holds this system_id", stalled=False)
    tenant.delete("SmppGateway", f"{name}-first")
    assert_heals(tenant, name)


# Where there is no SMSC.


def test_a_dead_port(tenant: Tenant, name: str, smsc: Background) -> None:
    """Unreachable, and the right port heals."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        tenant.gateway(name, taken.getsockname()[1])
        assert_ill(tenant, name, "Unreachable", "connection refused", stalled=False)
    change(tenant, name, endpoints=[{"host": "127.0.0.1", "port": port_of(smsc)}])
    assert_heals(tenant, name)


def test_a_host_without_an_address(tenant: Tenant, name: str, smsc: Background) -> None:
    """DnsFailed names the host, and the right host heals."""
    tenant.gateway(name, 2775, endpoints=[{"host": "smsc.nowhere.invalid", "port": 2775}])
    assert_ill(tenant, name, "DnsFailed", "smsc.nowhere.invalid", stalled=False)
    change(tenant, name, endpoints=[{"host": "127.0.0.1", "port": port_of(smsc)}])
    assert_heals(tenant, name)


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
def test_an_http_server(
    tenant: Tenant, name: str, smsc: Background, control_plane: ControlPlane, ground: Ground, secure: bool
) -> None:
    """Real ones, of the operator itself and of the API server: told as no SMSC, and the right port heals."""
    address = control_plane.url if secure else ground.planes.address("links")
    tls: Body = {}
    if secure:
        certificate(tenant, name, control_plane.ca_pem)
        tls = {"tls": {"trustCertificateRef": {"name": name}}}
    wrong = int(address.rpartition(":")[2].rstrip("/"))
    tenant.gateway(name, wrong, **tls)
    seen = eventually(lambda: tenant.condition("SmppGateway", name), lambda seen: seen[0] == "False", "the failure")
    assert (seen[1], "127.0.0.1" in seen[2]) == (("BindTimeout" if secure else "ProtocolError"), True), seen
    change(tenant, name, endpoints=[{"host": "127.0.0.1", "port": port_of(smsc)}], tls=None)
    assert_heals(tenant, name)


# Networks.


@pytest.fixture(scope="module")
def strict(rights: ControlPlane, api: Client, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """An operator that may dial a single loopback address."""
    environment = {"SMS_OPERATOR_ALLOWED_NETWORKS": f"{ALLOWED}/32", "SMS_OPERATOR_TIME_SCALE": "0.005"}
    directory = tmp_path_factory.mktemp("strict")
    with new_ground(rights, api, directory, environment=environment, host=ALLOWED) as ground:
        yield ground


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "169.254.169.254", "fe80::1", "0.0.0.0"])
def test_an_address_that_is_not_allowed(strict: Ground, host: str) -> None:
    """Not accepted, not dialled, and a host that is allowed heals."""
    tenant, name = strict.tenant, f"gw-{uuid4().hex[:6]}"
    with in_background(lambda: Simulator([Account("demo", "secret")], host=ALLOWED)) as smsc:
        tenant.gateway(name, 2775, endpoints=[{"host": host, "port": 2775}])
        assert_ill(tenant, name, "AddressNotAllowed", host, stalled=True)
        assert tenant.condition("SmppGateway", name, "Accepted")[:2] == ("False", "AddressNotAllowed")
        change(tenant, name, endpoints=[{"host": ALLOWED, "port": port_of(smsc)}])
        assert_heals(tenant, name)
        assert tenant.condition("SmppGateway", name, "Accepted")[0] == "True"
        assert len(sessions(smsc)) == 1
        tenant.delete("SmppGateway", name)
    strict.assert_undisturbed()
