"""The comparison of what the API server lists with what is known."""

from __future__ import annotations

import pytest

from sms_operator.controller import sweep
from sms_operator.controller.resources import BY_KIND
from sms_operator.controller.sweep import Sweep
from sms_operator.core.keys import SMPP_GATEWAY
from sms_operator.kube.access import Access
from sms_operator.kube.client import Client
from support.answers import Server, answering
from support.worlds import GATEWAY, NAMESPACE, Story

GATEWAYS = f"/apis/sms-operator.dev/v1alpha1/namespaces/{NAMESPACE}/smppgateways"


async def compare(story: Story, server: Server) -> int:
    """Once, of the gateways of a namespace: how many changes were missed."""
    client = Client(Access(server.address))
    try:
        looks = Sweep(client, story.world, lambda _: None, [BY_KIND[SMPP_GATEWAY]], [NAMESPACE])
        return await looks.compare()
    finally:
        await client.close()


async def test_a_missed_deletion_of_what_changed_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """A late event, or the answer to a write of ours, tells a newer version of what is gone by then."""
    monkeypatch.setattr(sweep, "WATCH_LAG", 0.0)
    story = Story()
    gateway = story.put(SMPP_GATEWAY, "gw", GATEWAY)
    async with answering() as server:
        server.answers["GET", GATEWAYS] = (200, {"metadata": {"resourceVersion": "500"}, "items": []})
        server.answers["GET", f"{GATEWAYS}/gw"] = (404, {"message": "not found"})
        server.before_answer = lambda: story.put(SMPP_GATEWAY, "gw", GATEWAY)
        assert await compare(story, server) == 1
    assert story.world.get(gateway) is None


async def test_what_was_made_again_meanwhile_was_not_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another object of the name, told in time."""
    monkeypatch.setattr(sweep, "WATCH_LAG", 0.0)
    story = Story()
    gateway = story.put(SMPP_GATEWAY, "gw", GATEWAY)
    first = story.world.get(gateway)
    assert first is not None

    def again() -> None:
        story.world.remove(gateway, first.uid)
        story.put(SMPP_GATEWAY, "gw", GATEWAY)

    async with answering() as server:
        server.answers["GET", GATEWAYS] = (200, {"metadata": {"resourceVersion": "500"}, "items": []})
        server.before_answer = again
        assert await compare(story, server) == 0
    assert story.world.get(gateway) is not None
