"""What the API server answers to a write may be the first news of somebody else's change."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from sms_operator.controller.applier import Applier
from sms_operator.controller.event_poster import EventPoster
from sms_operator.core.keys import NOTIFICATION_ROUTE, Key
from sms_operator.core.outcome import ApplyRoute
from sms_operator.kube.access import Access
from sms_operator.kube.client import Client
from support.answers import Server, answering
from support.worlds import NAMESPACE, Story

ROUTES = f"/apis/sms-operator.dev/v1alpha1/namespaces/{NAMESPACE}/notificationroutes"
CHANNELS = f"/apis/sms-operator.dev/v1alpha1/namespaces/{NAMESPACE}/smschannels"


@pytest.fixture
async def server() -> AsyncGenerator[Server]:
    """Answers what the test prepares."""
    async with answering() as server:
        yield server


async def apply(story: Story, server: Server, key: Key) -> set[Key]:
    """Reconcile and write once."""
    client = Client(Access(server.address))
    try:
        outcome = story.decide(key)
        return await asyncio.wait_for(Applier(client, story.world, EventPoster(client)).apply(key, outcome), 5)
    finally:
        await client.close()


def stored(story: Story, key: Key, version: str, **changes: Any) -> dict[str, Any]:
    """An object as the API server would answer it."""
    entry = story.world.get(key)
    assert entry is not None
    metadata = {**entry.metadata.to_body(), "resourceVersion": version}
    return {"apiVersion": "", "kind": key.kind, "metadata": metadata, "spec": dict(entry.raw_spec), **changes}


async def test_a_change_that_an_answer_shows_first_is_looked_at(server: Server) -> None:
    """The watch event that follows has an older version and wakes nobody."""
    story = Story()
    unit = story.put("OrganizationUnit", "sales", {"displayName": "Sales", "code": "s"})
    path = f"/apis/sms-operator.dev/v1alpha1/namespaces/{NAMESPACE}/organizationunits/sales/status"
    spec = {"displayName": "Sales", "code": "s", "parentRef": {"name": "nowhere"}}
    server.answers["PATCH", path] = (200, stored(story, unit, "100", spec=spec))
    assert unit in await apply(story, server, unit)
    server.answers["PATCH", path] = (200, stored(story, unit, "101"))
    assert await apply(story, server, unit) == set()


async def test_a_manual_route_not_seen_yet_is_not_taken_over(server: Server) -> None:
    """The name is taken: the route is read, the channel looked at again, and nothing said before."""
    story = Story()
    story.connect(story.gateway())
    channel = story.channel("ch")
    metadata = {"name": "ch", "namespace": NAMESPACE, "uid": "manual", "resourceVersion": "90", "generation": 1}
    metadata["creationTimestamp"] = story.now.stamp
    spec = {"type": "SMS", "gatewayRef": {"name": "gw"}, "channelRef": {"name": "ch"}, "origin": "Manual"}
    manual = {"apiVersion": "", "kind": "NotificationRoute", "metadata": metadata, "spec": spec}
    server.answers["POST", ROUTES] = (409, {"message": "already exists"})
    server.answers["GET", f"{ROUTES}/ch"] = (200, manual)
    assert await apply(story, server, channel) == {channel}
    assert [method for method, _ in server.sent] == ["POST", "GET"]
    assert story.world.get(Key(NOTIFICATION_ROUTE, NAMESPACE, "ch")) is not None
    answer = stored(story, channel, "100")
    server.answers["PATCH", f"{CHANNELS}/ch/status"] = (200, answer)
    assert await apply(story, server, channel) == set()
    conditions = {item["type"]: item["reason"] for item in server.sent[-1][1]["status"]["conditions"]}
    assert conditions["Routed"] == "RouteNotOwned"


async def routed(server: Server) -> tuple[Story, Key]:
    """A channel whose status names its route, which then vanished."""
    story = Story()
    story.connect(story.gateway())
    channel = story.channel("ch")
    story.settle(channel)
    route = Key(NOTIFICATION_ROUTE, NAMESPACE, "ch")
    entry = story.world.get(route)
    assert entry is not None
    story.world.remove(route, entry.uid)
    server.sent.clear()
    return story, channel


async def test_the_route_of_a_channel_that_is_gone_is_not_made_again(server: Server) -> None:
    """The channel's deletion was never told: each new route would only be collected as garbage, and made again."""
    story, channel = await routed(server)
    server.answers["GET", f"{CHANNELS}/ch"] = (404, {"message": "not found"})
    assert channel in await apply(story, server, channel)
    assert [method for method, _ in server.sent] == ["GET"]
    assert story.world.get(channel) is None


async def test_the_watch_is_faster_than_the_look(server: Server) -> None:
    """The deletion is told while we ask: there is nobody left to wake, and still no route is made."""
    story, channel = await routed(server)
    entry = story.world.get(channel)
    assert entry is not None

    def told() -> None:
        story.world.remove(channel, entry.uid)

    server.answers["GET", f"{CHANNELS}/ch"] = (404, {"message": "not found"})
    server.before_answer = told
    assert await apply(story, server, channel) == set()
    assert [method for method, _ in server.sent] == ["GET"]


async def test_the_route_of_another_channel_of_the_name_is_decided_anew(server: Server) -> None:
    """Deleted and created again while nobody told us."""
    story, channel = await routed(server)
    answer = stored(story, channel, "900")
    answer["metadata"]["uid"] = "another"
    server.answers["GET", f"{CHANNELS}/ch"] = (200, answer)
    assert channel in await apply(story, server, channel)
    assert [method for method, _ in server.sent] == ["GET"]


async def adrift(server: Server, story: Story, channel: Key) -> Key:
    """The route of that channel without an owner; the channel is known no more."""
    entry = story.world.get(channel)
    assert entry is not None
    outcome = story.decide(channel).route
    assert isinstance(outcome, ApplyRoute)
    story.world.remove(channel, entry.uid)
    server.sent.clear()
    return story.put(NOTIFICATION_ROUTE, "ch", outcome.body["spec"])


async def test_an_orphaned_route_goes_when_its_channel_is_gone(server: Server) -> None:
    """After one look whether it is."""
    story, channel = await routed(server)
    route = await adrift(server, story, channel)
    server.answers["GET", f"{CHANNELS}/ch"] = (404, {"message": "not found"})
    server.answers["DELETE", f"{ROUTES}/ch"] = (200, {})
    await apply(story, server, route)
    assert [method for method, _ in server.sent] == ["GET", "DELETE"]


async def test_an_orphaned_route_waits_for_a_channel_not_seen_yet(server: Server) -> None:
    """Deleted and created again: the new channel adopts the route."""
    story, channel = await routed(server)
    body = stored(story, channel, "900")
    body["metadata"]["uid"] = "another"
    route = await adrift(server, story, channel)
    server.answers["GET", f"{CHANNELS}/ch"] = (200, body)
    assert channel in await apply(story, server, route)
    assert [method for method, _ in server.sent] == ["GET"]
    assert story.world.get(route) is not None


async def test_a_route_is_not_given_to_a_channel_that_is_gone(server: Server) -> None:
    """Deleted without its route and made again: with a dead owner the route would be collected as garbage."""
    story, channel = await routed(server)
    outcome = story.decide(channel).route
    assert isinstance(outcome, ApplyRoute)
    story.put(NOTIFICATION_ROUTE, "ch", outcome.body["spec"])
    body = stored(story, channel, "900")
    body["metadata"]["uid"] = "another"
    server.answers["GET", f"{CHANNELS}/ch"] = (200, body)
    server.sent.clear()
    assert channel in await apply(story, server, channel)
    assert [method for method, _ in server.sent] == ["GET"]


async def test_a_404_for_a_status_takes_nothing_away(server: Server) -> None:
    """A proxy may answer it to everything; whether the object is gone, a watch or the next comparison tells."""
    story = Story()
    unit = story.put("OrganizationUnit", "sales", {"displayName": "Sales", "code": "s"})
    path = f"/apis/sms-operator.dev/v1alpha1/namespaces/{NAMESPACE}/organizationunits/sales/status"
    server.answers["PATCH", path] = (404, {"message": "not found"})
    assert await apply(story, server, unit) == set()
    assert story.world.get(unit) is not None


async def test_the_route_of_a_living_channel_is_made_again(server: Server) -> None:
    """After one look at the channel."""
    story, channel = await routed(server)
    entry = story.world.get(channel)
    assert entry is not None
    server.answers["GET", f"{CHANNELS}/ch"] = (200, stored(story, channel, entry.metadata.resource_version))
    outcome = story.decide(channel).route
    assert isinstance(outcome, ApplyRoute)
    metadata = {"uid": "route", "resourceVersion": "901", "creationTimestamp": story.now.stamp, "generation": 1}
    body = {"apiVersion": "", "kind": "NotificationRoute", "spec": outcome.body["spec"]}
    server.answers["POST", ROUTES] = (201, {**body, "metadata": {**outcome.body["metadata"], **metadata}})
    server.answers["PATCH", f"{CHANNELS}/ch/status"] = (200, stored(story, channel, "902"))
    await apply(story, server, channel)
    assert [method for method, _ in server.sent][:2] == ["GET", "POST"]
