"""The rate at which requests may leave: never above the declared one, and soon near what an SMSC really takes."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_operator.smpp.shaping import BURST, CALM, FIRST_PAUSE, LONGEST_PAUSE, SLOWEST, Shaper


def departures(shaper: Shaper, begin: float, end: float) -> list[float]:
    """When messages leave while there is always one more, asking again when the shaper says."""
    times: list[float] = []
    now = begin
    while now < end:
        wait = shaper.take(now)
        if not wait:
            times.append(now)
        else:
            assert now + wait > now
            now += wait
    return times


def assert_within(times: list[float], rate: float) -> None:
    """No interval has more than its share and the burst."""
    burst = max(1.0, rate * BURST)
    # The number in [a, b] is at most burst + rate × (b - a); so this sum never rises by more than the burst.
    lowest = float("inf")
    for count, at in enumerate(times):
        lowest = min(lowest, count - rate * at)
        assert count + 1 - rate * at - lowest <= burst * (1 + 1e-6) + 1e-6


class TestDeclared:
    """What the owner of the gateway said."""

    @given(st.floats(0.1, 5000), st.lists(st.floats(0, 3), max_size=60))
    def test_never_more_than_declared(self, rate: float, silences: list[float]) -> None:
        """Over any interval, however long it was silent before and however often it is asked."""
        shaper = Shaper(rate, 0.0)
        times: list[float] = []
        for now in accumulate(silences):
            while len(times) < 5000 and not shaper.take(now):
                times.append(now)
            times += [now + wait for wait in [shaper.take(now)] if not wait]
        assert_within(times, rate)

    @pytest.mark.parametrize("rate", [0.5, 1.0, 10.0, 333.0, 2000.0])
    def test_as_much_as_declared(self, rate: float) -> None:
        """A queue that never ends leaves at the declared rate, and a wait is never asked for twice."""
        times = departures(Shaper(rate, 0.0), 0.0, 100.0)
        assert_within(times, rate)
        assert len(times) == pytest.approx(rate * 100, abs=max(1, rate * BURST) + 1)

    def test_unlimited(self) -> None:
        """0 asks nobody."""
        shaper = Shaper(0, 0.0)
        assert shaper.free
        assert [shaper.take(0.0) for _ in range(1000)] == [0.0] * 1000

    def test_another_rate_at_once(self) -> None:
        """What was saved up at a higher rate is not spent at a lower one; a higher one counts from now."""
        shaper = Shaper(1000, 0.0)
        assert not shaper.free
        shaper.declare(2, 5.0)
        times = departures(shaper, 5.0, 15.0)
        assert_within(times, 2)
        shaper.declare(100, 15.0)
        assert len(departures(shaper, 15.0, 25.0)) == pytest.approx(1000, abs=11)

    def test_limited_and_unlimited_while_it_runs(self) -> None:
        """From none to a rate and back."""
        shaper = Shaper(0, 0.0)
        assert [shaper.take(1.0) for _ in range(50)] == [0.0] * 50
        shaper.declare(10, 1.0)
        assert not shaper.free
        assert_within(departures(shaper, 1.0, 5.0), 10)
        shaper.declare(0, 5.0)
        assert shaper.free
        assert shaper.take(5.0) == 0.0


def steady(shaper: Shaper, rate: int, begin: float, seconds: int) -> None:
    """The SMSC accepted so many messages a second."""
    for number in range(rate * seconds):
        shaper.accepted(begin + (number + 1) / rate)


class TestThrottled:
    """What the SMSC says."""

    def test_pause_and_half(self) -> None:
        """Nothing leaves for the pause, then half of what it had accepted a second."""
        shaper = Shaper(1000, 0.0)
        steady(shaper, 100, 0.0, 3)
        shaper.throttled(3.0)
        assert shaper.take(3.0) == FIRST_PAUSE
        assert shaper.take(3.75) == pytest.approx(FIRST_PAUSE - 0.75)
        assert shaper.take(4.0) == 0.0
        assert shaper.rate == pytest.approx(50)
        assert len(departures(shaper, 4.0, 4.99)) == pytest.approx(50, abs=2)

    def test_less_than_declared_is_the_measure(self) -> None:
        """Where more was accepted than is declared now, half of what is declared."""
        shaper = Shaper(1000, 0.0)
        steady(shaper, 1000, 0.0, 2)
        shaper.declare(40, 2.0)
        shaper.throttled(2.0)
        assert shaper.rate == 20

    def test_first_message_is_throttled(self) -> None:
        """Nothing was accepted yet: half of the declared rate, or the least there is."""
        limited, unlimited = Shaper(80, 0.0), Shaper(0, 0.0)
        limited.throttled(0.0)
        unlimited.throttled(0.0)
        assert (limited.rate, unlimited.rate) == (40, SLOWEST)
        assert not unlimited.free

    def test_one_complaint_for_all_that_were_on_their_way(self) -> None:
        """Refusals of what left before the pause count once, those that come after it too."""
        shaper = Shaper(1000, 0.0)
        steady(shaper, 100, 0.0, 3)
        for late in (0.0, 0.2, 0.99):
            shaper.throttled(3.0 + late)
        shaper.throttled(5.0, sent_at=2.9)
        assert shaper.take(4.0) == 0.0
        assert shaper.rate == pytest.approx(50)

    def test_pauses_double(self) -> None:
        """Again and again at the first message after each: up to the longest, and the rate sinks to the least."""
        shaper, now = Shaper(1000, 0.0), 0.0
        pauses: list[float] = []
        for _ in range(12):
            shaper.throttled(now)
            pauses.append(shaper.take(now))
            now += pauses[-1]
        assert pauses == [1, 2, 4, 8, 16, LONGEST_PAUSE, *[LONGEST_PAUSE] * 6]
        assert shaper.rate == SLOWEST

    def test_a_long_pause_is_no_recovery(self) -> None:
        """The rate after it is the halved one; only time in which messages may leave raises it."""
        shaper, now = Shaper(1024, 0.0), 0.0
        for halved in (512, 256, 128, 64, 32):
            shaper.throttled(now)
            now += shaper.take(now)
            assert shaper.take(now) == 0.0
            assert shaper.rate == halved

    def test_pauses_are_short_again_after_peace(self) -> None:
        """A complaint long after the last one begins anew."""
        shaper = Shaper(1000, 0.0)
        shaper.throttled(0.0)
        shaper.throttled(1.0)
        assert shaper.take(1.0) == 2 * FIRST_PAUSE
        shaper.throttled(60.0)
        assert shaper.take(60.0) == FIRST_PAUSE

    def test_recovery(self) -> None:
        """Every second a little more, never less, until the declared rate is reached; then it is that one exactly."""
        shaper = Shaper(1000, 0.0)
        steady(shaper, 100, 0.0, 3)
        shaper.throttled(3.0)
        rates: list[float] = []
        for second in range(60):
            shaper.take(4.0 + second)
            rates.append(shaper.rate)
        assert rates[0] == pytest.approx(50)
        assert all(before <= after for before, after in pairwise(rates))
        assert all(after - before <= 20 + 1e-6 for before, after in pairwise(rates) if after <= 100)
        assert rates[-1] == 1000
        assert rates.index(1000) < 45

    def test_recovery_where_nothing_is_declared(self) -> None:
        """At twice what had been accepted it is free again."""
        shaper = Shaper(0, 0.0)
        steady(shaper, 100, 0.0, 3)
        shaper.throttled(3.0)
        highest = 0.0
        for tenth in range(600):
            if shaper.free:
                break
            highest = max(highest, shaper.rate)
            shaper.take(4.0 + tenth / 10)
        assert shaper.free
        assert 100 < highest < 200

    def test_calm(self) -> None:
        """Throttled from the first complaint, through the recovery, and for a time of calm after the last."""
        shaper = Shaper(10, 0.0)
        assert not shaper.is_throttled(0.0)
        assert shaper.calm_at() is None
        shaper.throttled(1.0)
        assert shaper.is_throttled(1.0)
        assert shaper.calm_at() is None
        shaper.take(26.0)
        assert shaper.rate == 10
        assert shaper.is_throttled(26.0)
        assert shaper.calm_at() == 1.0 + CALM
        assert shaper.is_throttled(1.0 + CALM - 0.001)
        assert not shaper.is_throttled(1.0 + CALM)

    @pytest.mark.parametrize(("rate", "after"), [(20, 20), (2000, 50)])
    def test_another_rate_while_throttled(self, rate: int, after: float) -> None:
        """A lower one holds at once; a higher one is what the recovery now leads to."""
        shaper = Shaper(1000, 0.0)
        steady(shaper, 100, 0.0, 3)
        shaper.throttled(3.0)
        shaper.declare(rate, 3.0)
        shaper.take(4.0)
        assert shaper.rate == pytest.approx(after)
        for second in range(60):
            shaper.take(5.0 + second)
        assert shaper.rate == rate

    @given(st.floats(1, 2000), st.lists(st.tuples(st.floats(0, 5), st.sampled_from(["take", "ok", "no"])), max_size=80))
    def test_never_more_than_declared_whatever_it_says(self, rate: float, steps: list[tuple[float, str]]) -> None:
        """Complaints and recoveries included; the rate stays between the least and the declared one."""
        shaper, now = Shaper(rate, 0.0), 0.0
        times: list[float] = []
        for seconds, what in steps:
            now += seconds
            if what == "ok":
                shaper.accepted(now)
            elif what == "no":
                shaper.throttled(now)
            while len(times) < 4000 and not shaper.take(now):
                times.append(now)
            assert min(SLOWEST, rate) <= shaper.rate <= max(rate, SLOWEST)
        assert_within(times, max(rate, SLOWEST))


Limiter = Callable[[float], bool]


def by_the_second(rate: float) -> Limiter:
    """An SMSC that counts anew with every second."""
    taken: Counter[int] = Counter()

    def takes(now: float) -> bool:
        taken[int(now)] += taken[int(now)] < rate
        counts[int(now)] += 1
        return counts[int(now)] <= rate

    counts: Counter[int] = Counter()
    return takes


def by_bucket(rate: float, seconds: float) -> Limiter:
    """An SMSC that lets so many seconds' worth be saved up."""
    most = max(1.0, rate * seconds)
    level, since = most, 0.0

    def takes(now: float) -> bool:
        nonlocal level, since
        level, since = min(most, level + (now - since) * rate), now
        if level < 1.0:
            return False
        level -= 1.0
        return True

    return takes


def run(
    declared: float, takes: Limiter, latency: float, window: int, seconds: float
) -> tuple[list[float], list[float], list[int]]:
    """A queue that never ends, what is refused going back to its head: times of acceptance, of refusal; the order."""
    shaper, now, following = Shaper(declared, 0.0), 0.0, 0
    flying: list[tuple[float, int, bool]] = []
    again: list[int] = []
    accepted: list[float] = []
    refused: list[float] = []
    order: list[int] = []
    while now < seconds:
        while flying and flying[0][0] <= now:
            back, number, taken = heapq.heappop(flying)
            if taken:
                shaper.accepted(back)
                accepted.append(back)
                order.append(number)
            else:
                shaper.throttled(back, back - latency)
                heapq.heappush(again, number)
                refused.append(back)
        wait = float("inf")
        if len(flying) < window:
            wait = shaper.take(now)
            if not wait:
                number = heapq.heappop(again) if again else following
                following += number == following
                heapq.heappush(flying, (now + latency, number, takes(now)))
                continue
        now = min(now + wait, flying[0][0] if flying else float("inf"))
    return accepted, refused, order


SMSCS: Iterable[tuple[float, float, str, float]] = [
    (declared, rate, kind, latency)
    for declared, rate in [(0, 100), (1000, 100), (110, 100), (50, 2), (10000, 30), (2000, 400)]
    for kind in ["second", "bucket", "saved"]
    for latency in [0.005, 1.5]
]


@pytest.mark.parametrize(("declared", "rate", "kind", "latency"), SMSCS)
def test_an_smsc_that_takes_less(declared: float, rate: float, kind: str, latency: float) -> None:
    """However it counts and however slowly it answers: most of what it takes is used, and little is refused."""
    takes = {"second": by_the_second(rate), "bucket": by_bucket(rate, 0.1), "saved": by_bucket(rate, 1.0)}[kind]
    window = max(10, int(2 * rate * latency))
    accepted, refused, order = run(declared, takes, latency, window, 180)
    taken, complaints = sum(at >= 60 for at in accepted), sum(at >= 60 for at in refused)
    assert taken >= 0.7 * rate * 120
    # A complaint costs what was on its way, which is little unless the SMSC takes long to complain.
    assert complaints <= max((0.02 if latency < 1 else 0.1) * taken, 60)
    assert len(refused) <= len(accepted) / 5 or len(refused) < 180
    # None is lost or doubled, and none is overtaken by more than was on its way.
    assert len(set(order)) == len(order)
    assert set(range(max(order) - window)) <= set(order)
    assert all(highest - number <= window for number, highest in zip(order, accumulate(order, max), strict=True))
