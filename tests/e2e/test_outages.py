"""The API server away, in every way it can be: no bind drops, the control plane lives, and all converges afterwards."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sms_operator.dev.control_plane import ControlPlane
from sms_operator.dev.smsc.background import Background
from support.faults.proxy import ApiFaultProxy, Outage
from support.planes import Planes, service_account_kubeconfig
from support.tenant import Tenant, eventually

BRIEF = 4.0
"""Seconds of most outages here: several of every timer that notices one."""
LONG = 60.0
"""Longer than kopf, left to its defaults, lives through 503s and 403s (54 s)."""


@pytest.fixture
def proxy(rights: ControlPlane) -> Iterator[ApiFaultProxy]:
    """What stands between the operator and the API server."""
    with ApiFaultProxy(rights.url, rights.ca_pem) as proxy:
        yield proxy


@pytest.fixture
def proxied(rights: ControlPlane, tenant: Tenant, proxy: ApiFaultProxy, port: int, tmp_path: Path) -> Iterator[Planes]:
    """An operator behind the proxy, with a connected gateway and channel."""
    token = rights.service_account_token("sms-operator", "sms-operator")
    planes = Planes(service_account_kubeconfig(proxy.url, rights.ca_pem, token, tmp_path), tmp_path, tenant.namespace)
    planes.start()
    tenant.gateway("gw", port)
    tenant.channel("ch", "gw")
    tenant.until("SmsChannel", "ch", "ConnectionSucceeded")
    yield planes
    planes.close()


def sessions(smsc: Background) -> list[int]:
    """The sessions at the SMSC."""
    return [session.number for session in smsc.get(lambda simulator: simulator.sessions("demo"))]


def pass_time(seconds: float) -> None:
    """An outage lasts; that is what it is."""
    threading.Event().wait(seconds)


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        (Outage.REFUSE, BRIEF),
        (Outage.BLACKHOLE, BRIEF),
        (500, BRIEF),
        (503, LONG),
        (403, BRIEF),
        (401, BRIEF),
        (429, BRIEF),
        (404, BRIEF),
    ],
    ids=str,
)
def test_no_bind_drops_while_the_api_server_is_away(
    proxied: Planes, proxy: ApiFaultProxy, tenant: Tenant, smsc: Background, fault: Outage | int, seconds: float
) -> None:
    """Same session before, during and after; what was changed meanwhile is carried out when it is back."""
    before, pid = sessions(smsc), proxied.pid("controller")
    proxy.fail(fault)
    tenant.channel("meanwhile", "gw", numbers=["5"])
    tenant.delete("SmsChannel", "ch")
    pass_time(seconds)
    assert sessions(smsc) == before
    assert proxied.alive("controller")
    assert proxied.get("controller", "/livez")[0] == 200
    proxy.heal()
    tenant.until("SmsChannel", "meanwhile", "ConnectionSucceeded", deadline=45)
    tenant.until_gone("NotificationRoute", "ch")
    tenant.patch("SmppGateway", "gw", {"spec": {"connection": "Disconnected"}})
    tenant.until("SmppGateway", "gw", "Disconnected", deadline=45)
    assert proxied.pid("controller") == pid


def test_every_write_refused_once_is_repeated(proxied: Planes, proxy: ApiFaultProxy, tenant: Tenant) -> None:
    """One 409 and one 500 on each kind of write: nothing is forgotten."""
    for status in (409, 500):
        refused: set[str] = set()

        def first_time(method: str, path: str, refused: set[str] = refused) -> bool:
            known = path in refused
            refused.add(path)
            return method in ("PATCH", "PUT", "POST", "DELETE") and not known

        proxy.fail(status, first_time)
        tenant.channel(f"after-{status}", "gw", numbers=[str(status)])
        tenant.until("SmsChannel", f"after-{status}", "ConnectionSucceeded")
        assert tenant.route(f"after-{status}") is not None
        assert refused
        proxy.heal()
    assert proxied.alive("controller")


def test_the_api_server_itself_restarted(
    tenant: Tenant, planes: Planes, smsc: Background, port: int, rights: ControlPlane
) -> None:
    """Killed as by a crash and started again: the bind stands, changes arrive."""
    tenant.gateway("gw", port)
    tenant.until("SmppGateway", "gw", "ConnectionSucceeded")
    before = sessions(smsc)
    rights.stop_api_server(kill=True)
    try:
        pass_time(BRIEF)
    finally:
        rights.start_api_server()
    assert sessions(smsc) == before
    tenant.channel("ch", "gw")
    tenant.until("SmsChannel", "ch", "ConnectionSucceeded", deadline=45)
    assert planes.alive("controller")


def test_a_lost_link_is_said_and_its_return_too(tenant: Tenant, planes: Planes, smsc: Background, port: int) -> None:
    """Reset and refused: the gateway says so, then its channel; both heal by themselves."""
    tenant.gateway("gw", port)
    tenant.channel("ch", "gw")
    tenant.until("SmsChannel", "ch", "ConnectionSucceeded")
    smsc.call(lambda simulator: simulator.behave("refuse"))
    smsc.get(lambda simulator: simulator.end_sessions())
    assert "refused" in tenant.until("SmppGateway", "gw", "Unreachable")
    tenant.until("SmsChannel", "ch", "GatewayNotConnected")
    smsc.call(lambda simulator: simulator.behave("normal"))
    tenant.until("SmsChannel", "ch", "ConnectionSucceeded")
    reasons = eventually(
        lambda: {event["reason"] for event in tenant.events("gw")}, lambda seen: "Unreachable" in seen, "the Event"
    )
    assert "ConnectionSucceeded" in reasons
    assert planes.alive("links")
