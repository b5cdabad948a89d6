"""Requests that wait for their response, those whose response is late, and the numbers they go by."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_operator.smpp.window import MAX_LATE, MAX_SEQUENCE, Request, Window

TIMEOUT = 10.0


def sent(window: Window, now: float) -> Request:
    """A request that was sent at this time."""
    request = Request(4, b"body")
    assert window.add(request, TIMEOUT, now) == request.sequence
    return request


def at(window: Window, sequence: int) -> None:
    """Put the counter so that the next number is this one."""
    window._sequence = sequence - 1  # pyright: ignore[reportPrivateUsage]


def test_room() -> None:
    """Sending takes room and a response gives it back; a smaller size may leave less than none."""
    window = Window(2)
    first, second = sent(window, 0), sent(window, 0)
    assert (window.room, len(window)) == (0, 2)
    assert window.take(first.sequence) is first
    assert window.room == 1
    sent(window, 0)
    window.size = 1
    assert window.room == -1
    assert window.take(second.sequence) is second
    assert window.room == 0


def test_a_response_is_taken_once() -> None:
    """The second one with the same number finds nothing, and neither does a number that was never used."""
    window = Window(10)
    request = sent(window, 0)
    assert window.take(request.sequence + 1) is None
    assert window.take(request.sequence) is request
    assert window.take(request.sequence) is None
    assert window.take_late(request.sequence) is None


def test_expiry_is_exact() -> None:
    """At the time-out and not before, those that were sent long enough ago, oldest first."""
    window = Window(10)
    first, second, third = sent(window, 1), sent(window, 1), sent(window, 2)
    assert window.due == 11
    assert window.expire(TIMEOUT, 10.999) == []
    assert window.expire(TIMEOUT, 11) == [first, second]
    assert (window.due, len(window)) == (12, 1)
    assert window.expire(TIMEOUT, 100) == [third]
    assert (window.due, len(window)) == (None, 0)


@given(st.floats(0, 1e7), st.floats(0, 1e4))
def test_nothing_is_left_behind_at_its_deadline(sent_at: float, timeout: float) -> None:
    """Whatever rounding does, the time that `due` names is late enough: a timer never fires in vain and again."""
    window = Window(1)
    request = Request(4, b"")
    window.add(request, timeout, sent_at)
    assert window.due is not None
    assert window.expire(timeout, window.due) == [request]
    assert window.due is None


def test_the_first_look_may_find_nothing() -> None:
    """The time of the oldest stands after it was answered; looking then finds the next time."""
    window = Window(10)
    first, _ = sent(window, 1), sent(window, 5)
    window.take(first.sequence)
    assert window.due == 11
    assert window.expire(TIMEOUT, 11) == []
    assert window.due == 15


@pytest.mark.parametrize(("timeout", "due"), [(2.0, 7), (50.0, 55)])
def test_another_timeout_holds_for_those_that_wait(timeout: float, due: float) -> None:
    """Shorter or longer, counted from when each was sent."""
    window = Window(10)
    request = sent(window, 5)
    window.retime(timeout)
    assert window.due == due
    assert window.expire(timeout, due) == [request]


def test_another_timeout_while_nothing_waits() -> None:
    """Nothing of the former time is left for what is sent then."""
    window = Window(10)
    window.take(sent(window, 0).sequence)
    window.retime(3)
    assert window.due is None
    request = Request(4, b"")
    window.add(request, 3, 5)
    assert window.due == 8


def test_late_ones_are_found_once() -> None:
    """After its time a request is found as late and no longer as waiting; both only once."""
    window = Window(10)
    request = sent(window, 0)
    window.expire(TIMEOUT, 10)
    assert window.room == 10
    assert window.take(request.sequence) is None
    assert window.take_late(request.sequence) is request
    assert window.take_late(request.sequence) is None
    assert window.clear_late() == []


def test_no_more_than_so_many_are_late() -> None:
    """Beyond the limit the oldest are handed back, in order, and known no longer."""
    window = Window(MAX_LATE)
    requests = [sent(window, 0) for _ in range(MAX_LATE)]
    assert window.expire(TIMEOUT, 10) == requests
    assert window.forget() == []
    requests += [sent(window, 20) for _ in range(3)]
    window.expire(TIMEOUT, 30)
    assert window.forget() == requests[:3]
    assert window.forget() == []
    assert window.take_late(requests[2].sequence) is None
    assert window.clear_late() == requests[3:]


def test_clear() -> None:
    """What waits and what is late are handed back apart; then the window is as new."""
    window = Window(10)
    late = [sent(window, 0), sent(window, 0)]
    window.expire(TIMEOUT, 10)
    waiting = [sent(window, 10), sent(window, 11)]
    assert window.clear() == waiting
    assert window.clear_late() == late
    assert (len(window), window.due, window.clear(), window.clear_late()) == (0, None, [], [])


def test_numbers_begin_again() -> None:
    """After 0x7fffffff comes 1 (section 3.2)."""
    window = Window(10)
    assert window.next_sequence() == 1
    at(window, MAX_SEQUENCE)
    assert [window.next_sequence() for _ in range(3)] == [0x7FFF_FFFF, 1, 2]


def test_numbers_in_use_are_skipped() -> None:
    """Neither one that waits nor one that is late is given again, also across the end of the numbers."""
    window = Window(10)
    assert [sent(window, 0).sequence for _ in range(3)] == [1, 2, 3]
    window.expire(TIMEOUT, 10)
    assert sent(window, 10).sequence == 4
    at(window, MAX_SEQUENCE)
    assert sent(window, 10).sequence == MAX_SEQUENCE
    assert sent(window, 10).sequence == 5
    window.take(4)
    window.take_late(2)
    at(window, MAX_SEQUENCE)
    assert [sent(window, 10).sequence for _ in range(3)] == [2, 4, 6]
