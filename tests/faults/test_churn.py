"""Channels created, deleted, orphaned, edited and fought over faster than anybody follows, the controller killed."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from support.faults.campaign import Campaign
from support.faults.churn import Churn, judge
from support.faults.outcome import Outcome


@pytest.mark.timeout(3600)
def test_it_ends_well_whatever_came_before(
    campaign: Campaign, record: Callable[[Iterable[Outcome]], None], long: bool
) -> None:
    """A route for each accepted channel and no other; nothing left behind."""
    seeds = range(24 if long else 6)
    churns = [Churn(seed, 250 if long else 40, kills=(seed % 3) * (4 if long else 1)) for seed in seeds]
    outcomes = campaign.play(churns)
    record(outcomes)
    wrong = [f"{outcome.plan}\n{outcome.complaint}" for outcome in outcomes if outcome.complaint]
    assert not wrong, "\n\n".join(wrong)


def test_the_judge_sees_what_is_wrong() -> None:
    """A route too few, too many, of other content, and without an owner."""

    def channel(gateway: str = "gw", name: str = "a", accepted: str = "True") -> dict[str, object]:
        spec = {"gatewayRef": {"name": gateway}, "numbers": ["1"], "channelName": name}
        return {"metadata": {}, "spec": spec, "status": {"conditions": [{"type": "Accepted", "status": accepted}]}}

    def route(gateway: str = "gw", *, lives: bool = True) -> dict[str, object]:
        owners = [{"kind": "SmsChannel", "name": "a", "lives": lives}]
        spec = {"gatewayRef": {"name": gateway}, "numbers": ["1"]}
        return {"metadata": {"owners": owners}, "spec": spec, "status": {"conditions": []}}

    def judged(**objects: object) -> list[str]:
        return judge({"objects": {name.replace("_", "/"): item for name, item in objects.items()}})

    assert judged(SmsChannel_a=channel(), NotificationRoute_a=route()) == []
    assert judged(SmsChannel_a=channel()) == ["a is accepted and has no route"]
    assert judged(NotificationRoute_a=route()) == ["route a has no accepted channel"]
    assert judged(SmsChannel_a=channel(accepted="False"), NotificationRoute_a=route())
    assert "says" in judged(SmsChannel_a=channel(), NotificationRoute_a=route("other"))[0]
    assert "leaks" in judged(SmsChannel_a=channel(), NotificationRoute_a=route(lives=False))[0]
    twins = judged(
        SmsChannel_a=channel(), SmsChannel_b=channel(), NotificationRoute_a=route(), NotificationRoute_b=route()
    )
    assert twins == ["two accepted channels have one name: ['a', 'a']"]
