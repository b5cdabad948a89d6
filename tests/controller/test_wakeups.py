"""The coalescing queue of keys."""

from __future__ import annotations

import asyncio

import pytest

from sms_operator.controller.wakeups import Wakeups


async def drain(wakeups: Wakeups[str], count: int) -> list[str]:
    """So many keys, each handled at once."""
    seen: list[str] = []
    for _ in range(count):
        key = await asyncio.wait_for(wakeups.next(), 5)
        seen.append(key)
        wakeups.done(key)
    return seen


async def test_waking_twice_is_waking_once() -> None:
    """In the order of the first wake."""
    wakeups: Wakeups[str] = Wakeups()
    wakeups.wake(["a", "b"])
    wakeups.wake(["b", "a", "c"])
    assert len(wakeups) == 3
    assert await drain(wakeups, 3) == ["a", "b", "c"]
    assert wakeups.idle()


async def test_a_held_key_comes_again_after_it_is_done() -> None:
    """One worker at a time has it; a wake meanwhile is not lost."""
    wakeups: Wakeups[str] = Wakeups()
    wakeups.wake(["a"])
    key = await wakeups.next()
    wakeups.wake(["a"])
    wakeups.wake(["a"])
    assert len(wakeups) == 0
    wakeups.done(key)
    assert await drain(wakeups, 1) == ["a"]
    assert wakeups.idle()


@pytest.mark.parametrize("first", [0.01, 60.0])
async def test_the_earlier_of_two_delays_counts(first: float) -> None:
    """Whichever was asked for first."""
    wakeups: Wakeups[str] = Wakeups()
    wakeups.wake_later("a", first)
    wakeups.wake_later("a", 60.01 - first)
    assert await drain(wakeups, 1) == ["a"]
    assert wakeups.idle()


async def test_a_wake_makes_a_delayed_one_needless() -> None:
    """The timer is gone with it."""
    wakeups: Wakeups[str] = Wakeups()
    wakeups.wake_later("a", 0.02)
    wakeups.wake(["a"])
    wakeups.wake_later("b", 0.05)
    assert await drain(wakeups, 2) == ["a", "b"]
    assert wakeups.idle()
