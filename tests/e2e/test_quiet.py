"""Every write is caused by a change: counted in the API server's audit log."""

from __future__ import annotations

import pytest

from sms_operator.dev.control_plane import ControlPlane
from sms_operator.dev.smsc.background import Background
from support.audit import Audit
from support.planes import Planes
from support.tenant import Tenant, eventually

USER = "system:serviceaccount:sms-operator:sms-operator"


def written(audit: Audit, tenant: Tenant, since: int) -> dict[str, int]:
    """The operator's writes in the test's namespace, by verb and resource, Events aside."""
    found = audit.count(since=since, user=USER, namespace=tenant.namespace)
    return {key: count for key, count in found.items() if not key.endswith(" events")}


@pytest.fixture
def audit(rights: ControlPlane) -> Audit:
    """What the API server was asked to write."""
    return Audit(rights)


def numbers(smsc: Background) -> list[int]:
    """The sessions at the SMSC."""
    return sorted(smsc.get(lambda simulator: [session.number for session in simulator.sessions("demo")]))


def settle(tenant: Tenant, planes: Planes, port: int) -> None:
    """A gateway and three channels, all connected."""
    tenant.gateway("gw", port)
    for number in range(3):
        tenant.channel(f"ch-{number}", "gw", numbers=[str(number)])
    for number in range(3):
        tenant.until("SmsChannel", f"ch-{number}", "ConnectionSucceeded")
    idle(planes)


def idle(planes: Planes) -> None:
    """Wait until the control plane has looked at everything, and then once more at nothing."""
    eventually(
        lambda: planes.metric("controller", "sms_operator_queue_depth"), lambda depth: depth == 0, "an empty queue"
    )
    eventually(
        lambda: planes.metric("controller", "sms_operator_data_plane_connected"),
        lambda seen: seen == 1,
        "the data plane",
    )


def test_one_write_for_one_change(tenant: Tenant, planes: Planes, port: int, audit: Audit) -> None:
    """Creating costs one status an object and one route a channel; each change after that exactly what it changes."""
    start = audit.now()
    settle(tenant, planes, port)
    assert written(audit, tenant, start) == {
        "patch smppgateways/status": 1,
        "patch calledroutes/status": 1,
        "patch smschannels/status": 3,
        "create notificationroutes": 3,
    }
    start = audit.now()
    tenant.channel("ch-0", "gw", numbers=["7"])
    tenant.until("SmsChannel", "ch-0", "ConnectionSucceeded")
    idle(planes)
    assert written(audit, tenant, start) == {"patch smschannels/status": 1, "patch notificationroutes": 1}
    start = audit.now()
    tenant.patch("NotificationRoute", "ch-1", {"spec": {"gatewayRef": {"name": "elsewhere"}}})
    eventually(
        lambda: (tenant.route("ch-1") or {})["spec"]["gatewayRef"]["name"], lambda name: name == "gw", "the repair"
    )
    idle(planes)
    assert written(audit, tenant, start) == {"patch notificationroutes": 1}


def test_a_restart_of_the_control_plane_writes_nothing(
    tenant: Tenant, planes: Planes, smsc: Background, port: int, audit: Audit
) -> None:
    """Stopped in order and killed: no bind is touched, nothing is written, and it serves again."""
    settle(tenant, planes, port)
    sessions, start = numbers(smsc), audit.now()
    planes.stop("controller")
    planes.start("controller")
    eventually(lambda: planes.get("controller", "/readyz")[0], lambda status: status == 200, "readiness")
    idle(planes)
    planes.kill("controller")
    planes.start("controller")
    eventually(lambda: planes.get("controller", "/readyz")[0], lambda status: status == 200, "readiness")
    idle(planes)
    assert written(audit, tenant, start) == {}
    assert numbers(smsc) == sessions
    tenant.channel("after", "gw", numbers=["99"])
    tenant.until("SmsChannel", "after", "ConnectionSucceeded")


def test_a_restart_of_both_planes_writes_nothing(
    tenant: Tenant, planes: Planes, smsc: Background, port: int, audit: Audit
) -> None:
    """With the SMSC up everything is bound again before anything would have to be said."""
    settle(tenant, planes, port)
    before, start = numbers(smsc), audit.now()
    planes.stop()
    smsc.call(lambda simulator: simulator.until_bound("demo", 0))
    planes.start()
    smsc.call(lambda simulator: simulator.until_bound("demo", 1))
    eventually(lambda: planes.metric("links", "smpp_binds_connected"), lambda binds: binds == 1, "the bind")
    idle(planes)
    assert written(audit, tenant, start) == {}
    assert numbers(smsc) != before
    assert tenant.condition("SmppGateway", "gw")[1] == "ConnectionSucceeded"


def test_a_dead_data_plane_is_noticed_and_its_return_heals(
    tenant: Tenant, planes: Planes, smsc: Background, port: int
) -> None:
    """Killed: the SMSC loses us; after its restart all is bound again, told by nobody but the control plane."""
    settle(tenant, planes, port)
    planes.kill("links")
    smsc.call(lambda simulator: simulator.until_bound("demo", 0))
    eventually(lambda: planes.get("controller", "/readyz")[0], lambda status: status == 503, "not ready")
    planes.start("links")
    smsc.call(lambda simulator: simulator.until_bound("demo", 1))
    tenant.until("SmppGateway", "gw", "ConnectionSucceeded")
