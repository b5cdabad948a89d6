"""The judge of truth is itself judged: made-up samples of which it is known how long they lie."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.faults.sampler import (
    INTERVAL,
    PATIENCE,
    Confirmed,
    Said,
    Sample,
    Window,
    false_samples,
    first,
    late,
    percentile,
    said,
)

UP = Said("True", "ConnectionSucceeded", "ConnectionSucceeded")
DOWN = Said("False", "Unreachable")
BOUND, GONE = Confirmed(1, 1), Confirmed(0, 1)


def course(*parts: tuple[float, Said, Confirmed], gateway: str = "gw") -> list[Sample]:
    """Samples at 10 Hz: so many seconds of each part."""
    samples: list[Sample] = []
    for seconds, status, confirmed in parts:
        samples += [
            Sample(gateway, (len(samples) + number) * INTERVAL, status, confirmed)
            for number in range(round(seconds / INTERVAL))
        ]
    return samples


def test_a_lie_is_caught() -> None:
    """Claimed for five seconds without a bind: each sample beyond the second second is false."""
    samples = course((3, UP, BOUND), (5, UP, GONE), (1, DOWN, GONE))
    found = false_samples(samples)
    assert [round(one.at, 1) for one in found] == [round(5.1 + number * INTERVAL, 1) for number in range(29)]


def test_ready_alone_can_lie() -> None:
    """A Connected that tells the truth does not make up for a Ready that does not."""
    assert false_samples(course((5, Said("False", "Unreachable", "ConnectionSucceeded"), GONE)))


def test_what_is_said_in_time_is_no_lie() -> None:
    """Two seconds are allowed, a link that is down and said to be down for ever."""
    assert not false_samples(course((3, UP, BOUND), (2, UP, GONE), (60, DOWN, GONE), (3, UP, BOUND)))


def test_too_few_binds_are_a_lie() -> None:
    """Success means every wanted bind."""
    assert false_samples(course((5, Said("True", "ConnectionSucceeded", desired=2), Confirmed(1, 2))))


def test_a_bind_between_two_samples_counts() -> None:
    """The SMSC confirmed a bind that no sample saw: the time begins anew."""
    flapping = [(1.5, UP, Confirmed(0, number)) for number in range(6)]
    assert not false_samples(course(*flapping))
    assert false_samples(course(*flapping, (3, UP, Confirmed(0, 5))))


def test_windows_excuse_and_no_more() -> None:
    """Nothing counts within an excused window, and everything does that goes on after it."""
    samples = course((2, UP, BOUND), (10, UP, GONE))
    assert not false_samples(samples, [Window(2, 12)])
    found = false_samples(samples, [Window(3, 6)])
    assert found
    assert found[0].at > 6 + PATIENCE


def test_each_gateway_for_itself() -> None:
    """The truth of one does not cover the lie of another, whatever the order of their samples."""
    liar, honest = course((5, UP, GONE), gateway="liar"), course((5, UP, BOUND), gateway="honest")
    mixed = sorted(liar + honest, key=lambda sample: sample.at)
    assert {sample.gateway for sample in false_samples(mixed)} == {"liar"}


@given(st.lists(st.tuples(st.integers(1, 60), st.booleans(), st.booleans()), max_size=12))
def test_judged_as_by_hand(parts: list[tuple[int, bool, bool]]) -> None:
    """For any course: a sample is false when every sample of the last two seconds and more claims without a bind."""
    samples = course(*((n * INTERVAL, UP if claims else DOWN, BOUND if up else GONE) for n, claims, up in parts))
    lying = [sample.claims and not sample.stands for sample in samples]
    expected: list[Sample] = []
    for number, sample in enumerate(samples):
        start = number
        while start >= 0 and lying[start]:
            start -= 1
        if lying[number] and sample.at - samples[start + 1].at > PATIENCE:
            expected.append(sample)
    assert false_samples(samples) == expected


@given(st.lists(st.tuples(st.integers(1, 60), st.booleans(), st.booleans()), max_size=12), st.floats(0, 30))
def test_more_patience_finds_no_more(parts: list[tuple[int, bool, bool]], more: float) -> None:
    """What is false for a patient judge is false for a strict one."""
    samples = course(*((n * INTERVAL, UP if claims else DOWN, BOUND if up else GONE) for n, claims, up in parts))
    strict = {sample.at for sample in false_samples(samples)}
    assert {sample.at for sample in false_samples(samples, patience=PATIENCE + more)} <= strict


def test_a_slow_sampler_accuses_nobody() -> None:
    """A status that took three seconds to read may be from before: neither false nor late. One read in time may not."""
    before, slow = Sample("gw", 9.9, UP, GONE), Sample("gw", 12.9, UP, GONE, reading=3.0)
    end = Sample("gw", 13.0, DOWN, GONE)
    assert not false_samples([before, slow, end])
    assert not late([before, slow], 9.0, PATIENCE, end, lambda sample: sample.denies)
    prompt = Sample("gw", 12.9, UP, GONE, reading=0.1)
    assert false_samples([before, prompt, end]) == [prompt]
    assert late([before, prompt], 9.0, PATIENCE, end, lambda sample: sample.denies)


def test_first_looks_from_a_moment_on() -> None:
    """What was so before is of no interest."""
    samples = course((1, DOWN, GONE), (1, UP, BOUND), (1, DOWN, GONE))
    found = first(samples, 0.5, lambda sample: sample.claims)
    assert found is not None
    assert found.at == pytest.approx(1.0)
    again = first(samples, 1.5, lambda sample: sample.denies)
    assert again is not None
    assert again.at == pytest.approx(2.0)
    assert first(samples, 2.5, lambda sample: sample.claims) is None


def test_percentiles() -> None:
    """By nearest rank."""
    values = [float(number) for number in range(1, 101)]
    assert (percentile(values, 0.5), percentile(values, 0.99), percentile(values, 1.0)) == (50.0, 99.0, 100.0)
    assert percentile([7.0], 0.5) == 7.0
    assert math.isnan(percentile([], 0.5))


def test_what_a_body_says() -> None:
    """Read from an object as the API server shows it, one without a status included."""
    body = {
        "spec": {"bind": {"count": 3}},
        "status": {
            "conditions": [
                {"type": "Connected", "status": "False", "reason": "Unreachable"},
                {"type": "Ready", "status": "False", "reason": "Unreachable"},
            ]
        },
    }
    assert said(body) == Said("False", "Unreachable", "", 3)
    assert said({"spec": {}}) == Said()
