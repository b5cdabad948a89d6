"""Events as a story."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sms_operator.views.timeline import timeline

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def event(name: str, reason: str, minutes: int, count: int = 1, **more: Any) -> dict[str, Any]:
    """An Event about a gateway, so many minutes ago."""
    stamp = (NOW - timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
    about = {"apiVersion": "sms-operator.dev/v1alpha1", "kind": "SmppGateway", "namespace": "team", "name": name}
    body = {"involvedObject": about, "reason": reason, "message": reason.lower(), "type": "Warning", "count": count}
    return {"metadata": {}, **body, "firstTimestamp": stamp, "lastTimestamp": stamp, **more}


def test_the_same_is_told_once() -> None:
    """With the sum of the counts, the first and the last time; oldest first."""
    shown = timeline([event("a", "Lost", 1, 2), event("b", "Lost", 5), event("a", "Lost", 9, 3)], now=NOW)
    assert [(one.name, one.count) for one in shown] == [("b", 1), ("a", 5)]
    assert (shown[1].first, shown[1].last) == ("2026-11-23T11:51:00Z", "2026-11-23T11:59:00Z")


def test_what_is_not_ours_or_too_old_is_left_out() -> None:
    """Pods have Events too."""
    pod = event("p", "Started", 1, involvedObject={"apiVersion": "v1", "kind": "Pod", "name": "p"})
    shown = timeline([pod, event("a", "Lost", 61), event("a", "Back", 59)], now=NOW, within=timedelta(hours=1))
    assert [one.reason for one in shown] == ["Back"]


def test_events_of_the_newer_kind() -> None:
    """`eventTime` and `series` instead of timestamps and count."""
    series = {"count": 7, "lastObservedTime": "2026-11-23T11:00:00.123456Z"}
    new = event("a", "Lost", 1, lastTimestamp=None, firstTimestamp=None, eventTime="2026-11-23T10:00:00.000000Z")
    (shown,) = timeline([new | {"series": series}], now=NOW)
    assert (shown.count, shown.first, shown.last) == (7, new["eventTime"], series["lastObservedTime"])


@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.sampled_from(["Lost", "Back"]), st.integers(0, 90), st.integers(1, 5)).map(
            lambda one: event(*one)
        )
    )
)
def test_nothing_is_lost(events: list[dict[str, Any]]) -> None:
    """The counts add up, in whatever order Events come; times never go back."""
    shown = timeline(events, now=NOW)
    assert sum(one.count for one in shown) == sum(item["count"] for item in events)
    assert [one.last for one in shown] == sorted(one.last for one in shown)
    assert {(one.name, one.reason, one.count, one.last) for one in timeline(events[::-1], now=NOW)} == {
        (one.name, one.reason, one.count, one.last) for one in shown
    }
