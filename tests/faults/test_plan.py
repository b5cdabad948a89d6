"""Plans as data: each survives its file, has a file of its own, and is made from what an undisturbed run did."""

from __future__ import annotations

import time
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from support.faults import plans
from support.faults.faults import Answered, Away, Crash, Event, Fault, Lost, Moment, Slow, Watched, Which
from support.faults.plan import Plan
from support.faults.proxy import Seen
from support.faults.requests import Request
from support.faults.stage import Reference, count_writes
from support.faults.workloads import WORKLOADS

TRACE: Final = (
    Request("get", "secrets", "one", "gw-login"),
    Request("create", "notificationroutes", "one", "ch"),
    Request("patch", "smschannels/status", "one", "ch"),
    Request("create", "events", "one", "ch.17f2"),
    Request("patch", "smschannels/status", "one", "ch"),
    Request("watch", "smschannels", "one"),
    Request("delete", "notificationroutes", "one", "ch"),
)
REFERENCE: Final = Reference(
    {}, Counter({"create notificationroutes": 1}), tuple(Seen(one, 200, time.monotonic()) for one in TRACE), 1
)
REFERENCES: Final = dict.fromkeys(WORKLOADS, REFERENCE)


def all_plans() -> list[Plan]:
    """Of every family."""
    return [
        *plans.crashes(REFERENCES),
        *plans.watches(),
        *plans.api_faults(REFERENCES),
        *plans.outages(3.0),
        *plans.mixtures(1, 60, REFERENCES),
        *(Plan(family="reference", workload=workload) for workload in WORKLOADS),
    ]


def test_every_plan_survives_its_file(tmp_path: Path) -> None:
    """What is replayed is what failed."""
    for plan in all_plans():
        path = tmp_path / plan.file_name
        path.write_text(plan.to_yaml())
        assert Plan.load(path) == plan
        assert str(Plan.load(path)) == str(plan)


def test_every_plan_has_a_file_of_its_own() -> None:
    """Of any two different plans one run leaves two files."""
    single = {plan.to_yaml(): plan for plan in all_plans() if plan.family != "mixture"}
    names = Counter(plan.file_name for plan in single.values())
    assert [name for name, count in names.items() if count > 1] == []
    assert max(map(len, names)) <= 125


WHICH: Final = st.builds(
    Which,
    verb=st.sampled_from(["", "create", "patch", "DELETED"]),
    resource=st.sampled_from(["", "events", "smschannels/status"]),
    name=st.sampled_from(["", "ch", "y", "1", "null"]),
)
FAULTS: Final[st.SearchStrategy[Fault]] = st.one_of(
    st.builds(Crash, at=WHICH, nth=st.integers(1, 9), moment=st.sampled_from(Moment)),
    st.builds(Answered, at=WHICH, status=st.sampled_from([403, 409, 429, 500]), times=st.integers(1, 5)),
    st.builds(Lost, at=WHICH, how=st.sampled_from(["reset", "half", "silence"])),
    st.builds(Slow, at=WHICH, seconds=st.floats(0, 10)),
    st.builds(Away, how=st.sampled_from(["refused", "silent", 503]), seconds=st.floats(0, 300)),
    st.builds(Watched, at=WHICH, event=st.sampled_from(Event), seconds=st.floats(0, 10)),
)


@given(st.sampled_from(sorted(WORKLOADS)), st.lists(FAULTS, max_size=4))
def test_any_plan_survives_its_file(
    tmp_path_factory: pytest.TempPathFactory, workload: str, faults: list[Fault]
) -> None:
    """Names that YAML takes for something else included."""
    plan = Plan(family="any", workload=workload, faults=tuple(faults))
    path = tmp_path_factory.getbasetemp() / "plan.yaml"
    path.write_text(plan.to_yaml())
    assert Plan.load(path) == plan
    assert "\n" not in plan.file_name
    assert "/" not in plan.file_name


@pytest.mark.parametrize(
    "text",
    [
        "family: crash",
        "family: crash\nworkload: create\nfaults: [{kind: explosion}]",
        "family: crash\nworkload: create\nfault: []",
        "family: watch\nworkload: create\nfaults: [{kind: watched, at: {}, event: nonsense}]",
        "[]",
    ],
)
def test_no_plan(tmp_path: Path, text: str) -> None:
    """A file that says something else is refused, not half understood."""
    path = tmp_path / "plan.yaml"
    path.write_text(text)
    with pytest.raises(ValidationError):
        Plan.load(path)


def test_writes_are_numbered_by_their_like() -> None:
    """Reads are none; Events are those about an object, whatever their own names are."""
    assert list(plans.writes(REFERENCE)) == [
        (Which(verb="create", resource="notificationroutes", name="ch"), 1),
        (Which(verb="patch", resource="smschannels/status", name="ch"), 1),
        (Which(verb="create", resource="events", name="ch"), 1),
        (Which(verb="patch", resource="smschannels/status", name="ch"), 2),
        (Which(verb="delete", resource="notificationroutes", name="ch"), 1),
    ]
    for request in TRACE:
        meant = [at for at, _ in plans.writes(REFERENCE) if at.fits(request)]
        assert bool(meant) is request.writes


def test_writes_that_count() -> None:
    """Carried out, and no Events."""
    refused, unheard = Seen(TRACE[1], 409), Seen(TRACE[1], 0)
    assert count_writes((*REFERENCE.trace, refused, unheard)) == REFERENCE.writes == 4


def test_a_kill_on_both_sides_of_every_write() -> None:
    """Of every workload that is to be killed."""
    crashes = plans.crashes(REFERENCES)
    for workload in plans.CRASHED:
        for at, nth in plans.writes(REFERENCE):
            for moment in Moment:
                plan = Plan(family="crash", workload=workload, faults=(Crash(at=at, nth=nth, moment=moment),))
                assert crashes.count(plan) == 1, plan


def test_every_lie_is_told() -> None:
    """There is a plan for each, and there are as many as there shall be at least."""
    told = {fault.event for plan in plans.watches() for fault in plan.faults if isinstance(fault, Watched)}
    assert told == set(Event)
    assert len(plans.watches()) + len(plans.api_faults(REFERENCES)) >= 60
    assert all(plan.workload in WORKLOADS for plan in all_plans())


def test_mixtures_follow_their_seed() -> None:
    """The same again for the same, others for another."""
    assert plans.mixtures(7, 20, REFERENCES) == plans.mixtures(7, 20, REFERENCES)
    assert plans.mixtures(7, 20, REFERENCES) != plans.mixtures(8, 20, REFERENCES)
    assert {len(plan.faults) for plan in plans.mixtures(7, 50, REFERENCES)} == {2, 3}


@given(st.integers(1, 300), st.integers(1, 300))
def test_a_slice_is_spread_evenly(total: int, count: int) -> None:
    """No plan twice, in order, and as many as were asked for, as far as there are so many."""
    numbered = [Plan(family=str(number), workload="create") for number in range(total)]
    chosen = [int(plan.family) for plan in plans.every(numbered, count)]
    assert chosen == sorted(set(chosen))
    assert len(chosen) == min(count, total)
    assert max((late - early for early, late in pairwise(chosen)), default=1) <= total / count + 1
