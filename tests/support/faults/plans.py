"""All plans, made from what the undisturbed runs did: Sieve's way, without its patched client libraries."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

from .faults import Answered, Away, Crash, Event, Fault, Lost, Moment, Slow, Watched, Which
from .plan import Plan
from .stage import Reference

CRASHED: Final = ("create", "change", "rotation", "conflict", "deletion", "orphan", "re-creation", "repair")
"""Workloads at whose every write the controller is killed."""
STATUSES: Final = (403, 409, 422, 429, 500, 503)


def crashes(references: Mapping[str, Reference]) -> list[Plan]:
    """A kill before and after every write of every workload, and at every event of one that only deletes."""
    plans = [
        Plan(family="crash", workload=workload, faults=(Crash(at=at, nth=nth, moment=moment),))
        for workload in CRASHED
        for at, nth in writes(references[workload])
        for moment in Moment
    ]
    gone = ("smschannels", "smppgateways", "certificates", "notificationroutes")
    at_events = [Crash(at=Which(verb="DELETED", resource=resource), moment=Moment.BEFORE) for resource in gone]
    again = [Crash(at=Which(resource="smschannels/status"), moment=Moment.AFTER)] * 2
    return [
        *plans,
        *(Plan(family="crash", workload="deletion", faults=(crash,)) for crash in at_events),
        Plan(family="crash", workload="create", faults=tuple(again)),
    ]


def writes(reference: Reference) -> Iterator[tuple[Which, int]]:
    """Each write of a run, and the how-manieth of its like it is."""
    seen: Counter[Which] = Counter()
    for one in reference.trace:
        if one.request.writes:
            name = one.request.name.partition(".")[0] if one.request.resource == "events" else one.request.name
            at = Which(verb=one.request.verb, resource=one.request.resource, name=name)
            seen[at] += 1
            yield at, seen[at]


def watches() -> list[Plan]:
    """Events that are lost, late, doubled, out of order and lies, on each kind."""
    return [Plan(family="watch", workload=workload, faults=(fault,)) for workload, fault in _watched()]


def _watched() -> Iterator[tuple[str, Watched]]:
    for resource, name in (
        ("smschannels", "ch"),
        ("smppgateways", "gw"),
        ("calledroutes", "queue"),
        ("certificates", "ca"),
    ):
        for event in (Event.DROP, Event.DUPLICATE, Event.DELAY, Event.SWAP):
            yield "create", Watched(at=Which(verb="ADDED", resource=resource, name=name), event=event)
    for event in (Event.DROP, Event.DUPLICATE, Event.DELAY, Event.SWAP, Event.OLD_VERSION, Event.COLLAPSE):
        yield "change", Watched(at=Which(verb="MODIFIED", resource="smschannels", name="ch"), event=event)
        yield "change", Watched(at=Which(verb="MODIFIED", resource="smppgateways", name="gw"), event=event)
        yield "repair", Watched(at=Which(verb="MODIFIED", resource="notificationroutes", name="ch"), event=event)
    for event in (Event.DROP, Event.DUPLICATE, Event.DELAY, Event.SWAP, Event.UNDEAD):
        for resource, name in (("smschannels", "ch"), ("smppgateways", "gw"), ("certificates", "ca")):
            yield "deletion", Watched(at=Which(verb="DELETED", resource=resource, name=name), event=event)
        yield "repair", Watched(at=Which(verb="DELETED", resource="notificationroutes", name="other"), event=event)
        yield "orphan", Watched(at=Which(verb="DELETED", resource="smschannels", name="ch"), event=event)
    for event in (Event.OLD_OBJECT, Event.OLD_DELETION, Event.OLD_DELETING):
        for resource, name in (("smschannels", "ch"), ("smppgateways", "spare"), ("notificationroutes", "ch")):
            yield "re-creation", Watched(at=Which(verb="ADDED", resource=resource, name=name), event=event)
    for resource, name in (("smschannels", "ch"), ("smppgateways", "spare")):
        at = Which(verb="DELETED", resource=resource, name=name)
        yield "re-creation", Watched(at=at, event=Event.COLLAPSE, seconds=2.0)
        yield "re-creation", Watched(at=at, event=Event.DROP)
        yield "re-creation", Watched(at=at, event=Event.SWAP)
    for event in (Event.SILENCE, Event.ERROR_410, Event.ERROR_500, Event.HALF, Event.END, Event.GARBAGE):
        for workload, resource in (("create", "smschannels"), ("change", "smppgateways"), ("deletion", "smschannels")):
            yield workload, Watched(at=Which(resource=resource), event=event)


def api_faults(references: Mapping[str, Reference]) -> list[Plan]:
    """Each write of a creation, a change and a repair refused in each way, lost, and slow."""
    plans = [
        Plan(family="API", workload=workload, faults=(fault,))
        for workload in ("create", "change", "repair")
        for at, nth in writes(references[workload])
        if at.resource != "events" and nth == 1
        for fault in _troubles(at)
    ]
    events = Which(verb="create", resource="events")
    refused = [Answered(at=events, status=status, times=2) for status in STATUSES]
    reads = Which(verb="get", resource="secrets")
    unread = [Answered(at=reads, status=status, times=3) for status in (403, 500, 503)]
    return [*plans, *(Plan(family="API", workload="create", faults=(fault,)) for fault in [*refused, *unread])]


def _troubles(at: Which) -> list[Fault]:
    refused = [Answered(at=at, status=status, retry_after=1 if status == 429 else None) for status in STATUSES]
    return [
        *refused,
        Answered(at=at, status=409, times=5),
        Lost(at=at, how="reset"),
        Lost(at=at, how="half"),
        Lost(at=at, how="silence"),
        Slow(at=at, seconds=2.0),
    ]


def outages(seconds: float) -> list[Plan]:
    """The API server away in each way while a tenant creates, changes and deletes."""
    return [
        Plan(family="outage", workload=workload, faults=(Away(how=how, seconds=seconds),))
        for how in ("refused", "silent", 500, 503, 403, 401, 429)
        for workload in ("create", "change", "deletion")
    ]


def mixtures(seed: int, count: int, references: Mapping[str, Reference]) -> list[Plan]:
    """Two or three faults at once, drawn by a seed from all the others."""
    drawn = random.Random(seed)
    single = [plan for plan in [*crashes(references), *watches(), *api_faults(references)] if len(plan.faults) == 1]
    by_workload: dict[str, list[Fault]] = {}
    for plan in single:
        by_workload.setdefault(plan.workload, []).extend(plan.faults)
    return [
        Plan(
            family="mixture", workload=workload, faults=tuple(drawn.sample(by_workload[workload], drawn.randint(2, 3)))
        )
        for workload in drawn.choices(sorted(by_workload), k=count)
    ]


def every(plans: Sequence[Plan], count: int) -> list[Plan]:
    """About `count` of the plans, evenly spread over them: the slice that runs every time."""
    step = max(len(plans) / count, 1.0)
    return list(
        islice((plans[int(index * step)] for index in range(len(plans)) if int(index * step) < len(plans)), count)
    )
