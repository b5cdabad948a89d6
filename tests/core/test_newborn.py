"""What is applied together arrives in any order: a newborn does not complain at once."""

from __future__ import annotations

from support.worlds import Story, told


def test_a_newborn_waits_for_what_it_refers_to() -> None:
    """No status, but its route, and a time at which it will complain."""
    story = Story()
    key = story.channel()
    entry = story.world.get(key)
    assert entry is not None
    spec = {**entry.raw_spec, "channelName": "young", "numbers": ["1"]}
    story.put("SmsChannel", "young", spec, creationTimestamp=story.now.stamp)
    young = key._replace(name="young")
    outcome = story.decide(young)
    assert outcome.status is None
    assert outcome.again_in is not None
    story.wait(outcome.again_in)
    assert told(story.decide(young))[1] == "GatewayNotFound"


def test_a_newborn_whose_references_are_there_is_served_at_once() -> None:
    """Waiting is for what is missing only."""
    story = Story()
    story.connect(story.gateway())
    key = story.channel()
    entry = story.world.get(key)
    assert entry is not None
    spec = {**entry.raw_spec, "channelName": "young", "numbers": ["1"]}
    story.put("SmsChannel", "young", spec, creationTimestamp=story.now.stamp)
    assert told(story.decide(key._replace(name="young")))[1] == "ConnectionSucceeded"
