"""When kopf counts as hung."""

from __future__ import annotations

import pytest

from sms_operator.controller.pulse import BETWEEN, WAITING, Pulse


@pytest.mark.parametrize(("well", "pause"), [(True, BETWEEN), (False, WAITING)])
def test_a_pause_between_requests(well: bool, pause: float) -> None:
    """Short after what went well, and as long as the longest of kopf's pauses after what failed."""
    pulse = Pulse(0.0)
    pulse.begun()
    pulse.ended(10.0, well=well)
    assert not pulse.stopped(10.0 + pause)
    assert pulse.stopped(10.1 + pause)


def test_an_open_watch_is_no_pause() -> None:
    """However long nothing happens in it; one of two is enough."""
    pulse = Pulse(0.0)
    pulse.begun()
    pulse.begun()
    pulse.ended(1.0, well=True)
    assert not pulse.stopped(1_000.0)
    pulse.ended(1_000.0, well=True)
    assert pulse.stopped(1_000.1 + BETWEEN)


def test_a_long_listing_is_work() -> None:
    """Its objects are handed on one by one, before the watch begins."""
    pulse = Pulse(0.0)
    pulse.begun()
    pulse.ended(1.0, well=True)
    pulse.delivered(30.0)
    assert not pulse.stopped(30.0 + BETWEEN)
    assert pulse.stopped(30.1 + BETWEEN)


def test_a_start_may_take_a_while() -> None:
    """Before the first request."""
    assert not Pulse(5.0).stopped(5.0 + WAITING)
    assert Pulse(5.0).stopped(6.0 + WAITING)
