"""How long to wait before the next attempt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_operator.links.backoff import CLASH_MAX, PROBE, SLOW_FIRST, SLOW_MAX, STEADY, Pace, delay
from sms_operator.links.failures import Disposition

PACE = Pace(initial=1, maximum=60, enquire_link_interval=30)
SECONDS = st.floats(0.1, 3600)


@given(st.sampled_from(Disposition), st.integers(1, 100_000), SECONDS, SECONDS, SECONDS, st.floats(0, 1))
def test_always_some_time_and_never_for_ever(
    disposition: Disposition, attempt: int, initial: float, maximum: float, interval: float, chance: float
) -> None:
    """Any number of failures and any settings give a wait above zero and within bounds."""
    wait = delay(disposition, attempt, Pace(initial, maximum, interval), chance)
    assert 0 < wait <= max(1.2 * SLOW_MAX, 1.2 * CLASH_MAX, 1.1 * PROBE, maximum)


@given(st.integers(1, 50), st.floats(0, 1))
def test_transient(attempt: int, chance: float) -> None:
    """Anywhere from half the initial delay to a ceiling that doubles up to the maximum."""
    assert 0.5 <= delay(Disposition.TRANSIENT, attempt, PACE, chance) <= min(2 ** (attempt - 1), 60)


def test_transient_spreads() -> None:
    """Chance covers the whole range, so that gateways that failed together do not come back together."""
    assert delay(Disposition.TRANSIENT, 5, PACE, 0) == 0.5
    assert delay(Disposition.TRANSIENT, 5, PACE, 1) == 16
    assert delay(Disposition.TRANSIENT, 50, PACE, 1) == 60


def test_transient_with_an_initial_delay_above_the_maximum() -> None:
    """The maximum holds."""
    pace = Pace(initial=100, maximum=10, enquire_link_interval=30)
    assert {delay(Disposition.TRANSIENT, attempt, pace, 1) for attempt in (1, 5)} == {10}
    assert delay(Disposition.TRANSIENT, 1, pace, 0) == 5


@pytest.mark.parametrize(("attempt", "base"), [(1, SLOW_FIRST), (2, 60), (5, 480), (6, SLOW_MAX), (99, SLOW_MAX)])
def test_slow(attempt: int, base: float) -> None:
    """From half a minute to ten, a fifth more or less."""
    assert delay(Disposition.SLOW, attempt, PACE, 0) == pytest.approx(base * 0.8)
    assert delay(Disposition.SLOW, attempt, PACE, 1) == pytest.approx(base * 1.2)


@pytest.mark.parametrize("attempt", [1, 9])
def test_permanent(attempt: int) -> None:
    """A probe every quarter of an hour, whatever the number of failures."""
    assert delay(Disposition.PERMANENT, attempt, PACE, 0.5) == pytest.approx(PROBE)


@pytest.mark.parametrize(
    ("interval", "initial", "base"), [(30, 1, 30), (5, 1, 5), (1, 20, 20), (600, 1, CLASH_MAX), (30, 500, CLASH_MAX)]
)
def test_clash(interval: float, initial: float, base: float) -> None:
    """Not before the SMSC had the time to notice that the other session is dead, and at most two minutes or so."""
    pace = Pace(initial, 60, interval)
    assert delay(Disposition.CLASH, 1, pace, 0) == base
    assert delay(Disposition.CLASH, 7, pace, 1) == pytest.approx(base * 1.2)


def test_scale_shrinks_the_fixed_intervals() -> None:
    """And not those that the gateway declares."""
    small = Pace(1, 60, 30, scale=0.01)
    assert delay(Disposition.PERMANENT, 1, small, 0.5) == pytest.approx(PROBE / 100)
    assert delay(Disposition.SLOW, 1, small, 0.5) == pytest.approx(SLOW_FIRST / 100)
    assert delay(Disposition.TRANSIENT, 1, small, 1) == 1
    assert small.steady == STEADY / 100


def test_steady_is_one_round_of_enquire_link_at_most() -> None:
    """A bind that outlived its first enquire_link has stayed."""
    assert Pace(1, 60, 5).steady == 5
    assert Pace(1, 60, 300).steady == STEADY
