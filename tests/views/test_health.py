"""How an object is, by its conditions."""

from __future__ import annotations

from typing import Any

import pytest

from sms_operator.views.health import Health, all_well, verdict
from support.viewing import CREATED, condition, gateway, ready, route, thing


@pytest.mark.parametrize(
    ("body", "health", "reason"),
    [
        (gateway("a"), Health.GOOD, "Valid"),
        (gateway("a", ready("False", "Unreachable", "")), Health.BAD, "Unreachable"),
        (gateway("a", ready("Unknown", "Connecting")), Health.WORKING, "Connecting"),
        (gateway("a", ready("True", "Disconnected")), Health.PAUSED, "Disconnected"),
        (gateway("a", ready(), condition("Throttled", "True", "Throttled")), Health.NOTICE, "Throttled"),
        (gateway("a", ready(), condition("Throttled", "False", "Throttled")), Health.GOOD, "Valid"),
        (gateway("a", ready(), observedGeneration=0), Health.WORKING, "Pending"),
        (gateway("a", ready("False", "Unreachable"), observedGeneration=0), Health.BAD, "Unreachable"),
        (thing("Chatbot", "a", {}), Health.WORKING, "Pending"),
        (route("a", "b"), Health.GOOD, ""),
    ],
)
def test_verdicts(body: dict[str, Any], health: Health, reason: str) -> None:
    """A failure outweighs a change that was not looked at; a warning counts; a pause that was asked for does not."""
    how = verdict(body)
    assert (how.health, how.reason) == (health, reason)
    assert all_well([body]) is (health in {Health.GOOD, Health.PAUSED})


def test_never_looked_at_is_since_its_creation() -> None:
    """And what is being deleted, since that began."""
    body = thing("Chatbot", "a", {})
    assert verdict(body).since == CREATED
    body["metadata"]["deletionTimestamp"] = "2026-11-20T00:00:00Z"
    assert (verdict(body).reason, verdict(body).since) == ("Deleting", "2026-11-20T00:00:00Z")
