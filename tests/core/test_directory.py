"""Decisions about the small kinds."""

from __future__ import annotations

import pytest

from sms_operator.core.keys import SECRET, Key
from sms_operator.core.materials import Missing
from support.worlds import NAMESPACE, Story, condition_types, told


@pytest.fixture
def story() -> Story:
    return Story()


def test_every_member_of_a_cycle_of_units_says_so(story: Story) -> None:
    """Three units in a ring are stalled; a unit below them is not part of it."""
    for name, parent in (("a", "b"), ("b", "c"), ("c", "a"), ("below", "a")):
        story.put("OrganizationUnit", name, {"displayName": name, "code": name, "parentRef": {"name": parent}})
    for name in "abc":
        outcome = story.settle(Key("OrganizationUnit", NAMESPACE, name))
        assert told(outcome)[1] == "ParentCycle"
        assert "Stalled" in condition_types(outcome)
    assert told(story.settle(Key("OrganizationUnit", NAMESPACE, "below")))[1] == "Valid"


def test_a_missing_parent_is_named(story: Story) -> None:
    """Only the unit that names it says so, and it heals when the parent comes."""
    child = story.put("OrganizationUnit", "child", {"displayName": "c", "code": "c", "parentRef": {"name": "root"}})
    assert told(story.settle(child))[1] == "ParentNotFound"
    root = story.put("OrganizationUnit", "root", {"displayName": "r", "code": "r"})
    assert child in story.world.affected_by(root)
    assert told(story.settle(child))[1] == "Valid"


@pytest.mark.parametrize(("zone", "reason"), [("Europe/Berlin", "Valid"), ("Europe/Atlantis", "UnknownTimeZone")])
def test_time_zones(story: Story, zone: str, reason: str) -> None:
    """A zone that the IANA database does not know is refused with an example."""
    key = story.put("ServiceTime", "default", {"timeZone": zone})
    assert told(story.settle(key))[1] == reason


def test_a_called_route_needs_its_secret(story: Story) -> None:
    """The Secret for handing conversations over is read before anything is said."""
    deliver = {"url": "https://desk.example.com/in", "secretRef": {"name": "desk"}}
    body = {"accessCode": "1", "extensionCode": "2", "skillQueue": {"name": "q"}, "deliverTo": deliver}
    key = story.put("CalledRoute", "queue", body)
    assert story.decide(key).status is None
    story.world.put_material(Key(SECRET, NAMESPACE, "desk"), Missing())
    assert told(story.settle(key))[1:] == ("SecretNotFound", 'Secret "desk" not found')
    story.secret("desk", token=b"x")
    assert told(story.settle(key))[1] == "Valid"


def test_an_export_waits_and_does_not_pretend(story: Story) -> None:
    """Accepted, not yet succeeded."""
    key = story.put("ChannelExport", "export", {})
    outcome = story.settle(key)
    assert told(outcome, "Accepted")[0] == "True"
    assert told(outcome, "Succeeded")[0] == "Unknown"
    assert told(outcome)[0] == "Unknown"
