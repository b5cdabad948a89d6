"""The main job: a gateway connects, a channel gets its route, drift is repaired, garbage collection cleans up."""

from __future__ import annotations

import pytest

from sms_operator.dev.control_plane.client import NAMESPACES
from sms_operator.dev.smsc.background import Background
from support.planes import Planes
from support.tenant import Tenant, eventually

SUCCEEDED = ("True", "ConnectionSucceeded", "Connection succeeded")


@pytest.fixture
def served(tenant: Tenant, planes: Planes, port: int) -> Tenant:
    """A connected gateway `gw` with the channel `ch`."""
    tenant.gateway("gw", port)
    tenant.channel("ch", "gw")
    tenant.until("SmsChannel", "ch", "ConnectionSucceeded")
    assert planes.alive("controller")
    return tenant


def test_a_gateway_connects_and_a_channel_gets_its_route(served: Tenant, smsc: Background) -> None:
    """Both say the manual's words; the route is owned by the channel; the SMSC confirms the bind."""
    assert served.condition("SmppGateway", "gw", "Connected") == SUCCEEDED
    assert served.condition("SmsChannel", "ch") == SUCCEEDED
    gateway, channel, route = served.get("SmppGateway", "gw"), served.get("SmsChannel", "ch"), served.route("ch")
    assert gateway is not None
    assert channel is not None
    assert route is not None
    assert gateway["status"]["binds"]["summary"] == "1/1"
    assert route["metadata"]["ownerReferences"][0]["uid"] == channel["metadata"]["uid"]
    assert "annotations" not in route["metadata"]
    assert len(smsc.get(lambda simulator: simulator.sessions("demo"))) == 1
    eventually(lambda: [event["reason"] for event in served.events("gw")], bool, "an Event of the gateway")


def test_order_does_not_matter(tenant: Tenant, planes: Planes, port: int) -> None:
    """What is missing is named, and its appearance heals without touching what waited."""
    tenant.channel("ch", "gw")
    tenant.until("SmsChannel", "ch", "GatewayNotFound")
    before = tenant.get("SmsChannel", "ch")
    tenant.gateway("gw", port)
    tenant.until("SmsChannel", "ch", "ConnectionSucceeded")
    after = tenant.get("SmsChannel", "ch")
    assert before is not None
    assert after is not None
    assert after["metadata"]["generation"] == before["metadata"]["generation"]
    assert planes.alive("controller")


def test_drift_of_a_route_is_repaired(served: Tenant) -> None:
    """Edited, extended with foreign fields, stripped of its owner, deleted: always put back."""
    before = served.route("ch")
    assert before is not None

    def as_before() -> bool:
        now = served.route("ch")
        return now is not None and (now["spec"], _owners(now)) == (before["spec"], _owners(before))

    for damage in (
        {"spec": {"gatewayRef": {"name": "elsewhere"}}},
        {"spec": {"numbers": ["123"]}},
        {"spec": {"origin": "Manual"}},
        {"metadata": {"ownerReferences": None}},
        {"metadata": {"labels": None}},
    ):
        served.patch("NotificationRoute", "ch", damage)
        eventually(as_before, bool, f"repair of {damage}")
    served.delete("NotificationRoute", "ch")
    eventually(as_before, bool, "a new route")
    told = 'NotificationRoute "ch" was put right: spec.gatewayRef.name: "gw" instead of "elsewhere"'
    eventually(lambda: [event["message"] for event in served.events("ch")], lambda notes: told in notes, "the Event")


def test_another_gateway_keeps_the_route_object(served: Tenant, port: int) -> None:
    """Same route, same uid, new gateway."""
    before = served.route("ch")
    served.gateway("other", port, mode="Receive", endpoints=[{"host": "localhost", "port": port}])
    served.channel("ch", "other")
    after = eventually(
        lambda: served.route("ch"),
        lambda route: route is not None and route["spec"]["gatewayRef"]["name"] == "other",
        "the route to follow",
    )
    assert before is not None
    assert after is not None
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    served.until("SmsChannel", "ch", "ConnectionSucceeded")


@pytest.mark.parametrize("propagation", ["Background", "Foreground"])
def test_deleting_a_channel_deletes_its_route(served: Tenant, propagation: str) -> None:
    """By Kubernetes' garbage collection; the operator does not bring it back meanwhile."""
    served.delete("SmsChannel", "ch", propagation)
    served.until_gone("SmsChannel", "ch")
    served.until_gone("NotificationRoute", "ch")


def test_orphaning_deletion_leaves_no_route_behind(served: Tenant) -> None:
    """Garbage collection lets go of it, so the operator removes it."""
    served.delete("SmsChannel", "ch", "Orphan")
    served.until_gone("SmsChannel", "ch")
    served.until_gone("NotificationRoute", "ch")


def test_deleted_and_created_again(served: Tenant) -> None:
    """Ten times under the same name: each time one route, owned by the new channel, and it stays."""
    for _ in range(10):
        served.delete("SmsChannel", "ch")
        channel = served.channel("ch", "gw")
        eventually(
            lambda: served.route("ch"),
            lambda route, uid=channel["metadata"]["uid"]: route is not None and _owners(route) == [uid],
            "a route of the new channel",
        )
        served.until("SmsChannel", "ch", "ConnectionSucceeded")


def test_deleting_a_gateway_in_use(served: Tenant, smsc: Background, port: int) -> None:
    """It unbinds, the channel says what is missing, and all heals when it returns."""
    served.delete("SmppGateway", "gw")
    served.until("SmsChannel", "ch", "GatewayNotFound")
    smsc.call(lambda simulator: simulator.until_bound("demo", 0))
    served.gateway("gw", port)
    served.until("SmsChannel", "ch", "ConnectionSucceeded")


def test_a_whole_namespace(served: Tenant, smsc: Background) -> None:
    """Nothing of ours holds it up, and its binds end."""
    client = served.client
    client.delete(NAMESPACES, served.namespace)
    eventually(lambda: client.find(NAMESPACES, served.namespace), lambda seen: seen is None, "the namespace gone", 60)
    smsc.call(lambda simulator: simulator.until_bound("demo", 0))


def test_a_manual_route_is_left_alone(tenant: Tenant, planes: Planes, port: int) -> None:
    """The channel of that name waits; when the route goes the channel takes the name."""
    spec = {"gatewayRef": {"name": "gw"}, "channelRef": {"name": "ch"}, "origin": "Manual"}
    manual = tenant.apply("NotificationRoute", "ch", spec)
    tenant.gateway("gw", port)
    tenant.channel("ch", "gw")
    tenant.until("SmsChannel", "ch", "RouteNotOwned")
    kept = tenant.route("ch")
    assert kept is not None
    assert (kept["metadata"]["uid"], kept["spec"]) == (manual["metadata"]["uid"], manual["spec"])
    tenant.delete("NotificationRoute", "ch")
    tenant.until("SmsChannel", "ch", "ConnectionSucceeded")
    assert planes.alive("controller")


def test_conflicts_heal_when_the_winner_goes(served: Tenant, port: int) -> None:
    """Name, number and account: the older wins, the younger says who, and takes over."""
    served.channel("late", "gw", channelName="ch", numbers=["1"])
    assert '"ch"' in served.until("SmsChannel", "late", "NameConflict")
    served.channel("rival", "gw")
    assert '"ch"' in served.until("SmsChannel", "rival", "NumberConflict")
    served.gateway("twin", port)
    assert '"gw"' in served.until("SmppGateway", "twin", "AccountConflict")
    served.delete("SmsChannel", "ch")
    served.until("SmsChannel", "late", "ConnectionSucceeded")
    served.until("SmsChannel", "rival", "ConnectionSucceeded")
    served.delete("SmppGateway", "gw")
    served.until("SmppGateway", "twin", "ConnectionSucceeded")


def test_disconnect_and_rebuild(served: Tenant, smsc: Background) -> None:
    """By the spec, by annotation (which wins), and the manual's Rebuild."""
    served.annotate("SmppGateway", "gw", disconnect="ada: SMSC maintenance")
    assert served.until("SmppGateway", "gw", "Disconnected") == "Disconnected: ada: SMSC maintenance"
    assert served.condition("SmppGateway", "gw")[0] == "True"
    served.until("SmsChannel", "ch", "GatewayNotConnected")
    smsc.call(lambda simulator: simulator.until_bound("demo", 0))
    served.annotate("SmppGateway", "gw", disconnect=None)
    served.until("SmsChannel", "ch", "ConnectionSucceeded")
    first = smsc.get(lambda simulator: simulator.sessions("demo")[0].number)
    served.annotate("SmppGateway", "gw", rebuild="2026-11-22 ada")
    eventually(
        lambda: smsc.get(lambda simulator: [session.number for session in simulator.sessions("demo")]),
        lambda numbers: len(numbers) == 1 and numbers[0] != first,
        "another session",
    )
    eventually(
        lambda: (served.get("SmppGateway", "gw") or {})["status"].get("observedRebuild"),
        lambda seen: seen == "2026-11-22 ada",
        "observedRebuild",
    )
    served.patch("SmppGateway", "gw", {"spec": {"connection": "Disconnected"}})
    assert served.until("SmppGateway", "gw", "Disconnected") == "Disconnected by spec.connection"


def _owners(route: dict[str, dict[str, list[dict[str, str]]]]) -> list[str]:
    return [owner["uid"] for owner in route["metadata"].get("ownerReferences", [])]
