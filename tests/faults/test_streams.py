"""The liar is exact: it passes on what it does not touch octet for octet, and does each of its faults once."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from itertools import pairwise
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.faults.faults import Event, Watched, Which
from support.faults.relay import PARKED, Relay
from support.faults.streams import AfterNext, Falsifier, Hold, Send, Step, Stop, collapse

RESOURCE: Final = "smschannels"
MOMENT: Final = 0.02
"""Seconds that what is held is held in these tests."""

NAMES: Final = st.sampled_from(["ch", "other", "rival", "ähnlich"])
TYPES: Final = st.sampled_from(["ADDED", "MODIFIED", "DELETED"])
EVENTS: Final = st.lists(st.tuples(TYPES, NAMES, st.integers(0, 2)), max_size=12)
CUTS: Final = st.lists(st.integers(0, 2000), max_size=30)
ENDING: Final = {Event.SILENCE, Event.END, Event.HALF, Event.ERROR_410, Event.ERROR_500}
"""After these nothing more comes on a stream."""


def body(name: str, uid: str, version: int) -> dict[str, Any]:
    """An object as far as a liar looks."""
    metadata = {"name": name, "namespace": "one", "uid": uid, "resourceVersion": str(version)}
    return {"kind": "SmsChannel", "metadata": metadata, "spec": {"note": "ä\u2028 \\n"}}


def line(kind: str, name: str = "ch", uid: str = "1", version: int = 1, *, spaced: bool = False) -> bytes:
    """A line of a watch; API servers need not write JSON as Python does."""
    event = {"type": kind, "object": body(name, uid, version)}
    separators = (" , ", " : ") if spaced else (",", ":")
    return json.dumps(event, separators=separators, ensure_ascii=spaced).encode() + b"\n"


def bookmark(version: int) -> bytes:
    """Tells a version, and no object."""
    return json.dumps({"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": str(version)}}}).encode() + b"\n"


def stream(events: Iterable[tuple[str, str, int]]) -> list[bytes]:
    """Lines with rising versions."""
    return [
        line(kind, name, f"{name}-{uid}", version, spaced=version % 2 == 0)
        for version, (kind, name, uid) in enumerate(events, 1)
    ]


def cut(octets: bytes, places: Sequence[int]) -> list[bytes]:
    """The octets in chunks, some of them empty."""
    edges = [0, *sorted(place % (len(octets) + 1) for place in places), len(octets)]
    return [octets[start:end] for start, end in pairwise(edges)]


async def _chunks(chunks: Iterable[bytes], pause: float = 0.0, *, end: bool = True) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk
        await asyncio.sleep(pause)
    if not end:
        await asyncio.Event().wait()


def relayed(
    falsifier: Falsifier, chunks: Iterable[bytes], pause: float = 0.0
) -> tuple[list[bytes], Event | None, list[str]]:
    """What a watcher gets of a stream until it ends, how it ends, and when what was held was said to be released."""
    got: list[bytes] = []
    told: list[str] = []

    async def write(octets: bytes) -> None:
        got.append(octets)

    def released() -> None:
        told.append(f"after {len(got)}")

    async def run() -> Event | None:
        relay = Relay(lambda one: falsifier.feed(RESOURCE, one), write, released)
        return await relay.run(_chunks(chunks, pause))

    return got, asyncio.run(run()), told


def fault(event: Event, verb: str = "", name: str = "", nth: int = 1, seconds: float = MOMENT) -> Watched:
    """Of the stream under test."""
    return Watched(at=Which(verb=verb, resource=RESOURCE, name=name), event=event, nth=nth, seconds=seconds)


@given(EVENTS, CUTS, st.booleans())
def test_without_faults_nothing_changes(events: list[tuple[str, str, int]], places: list[int], marked: bool) -> None:
    """Octet for octet, however the stream comes in pieces; bookmarks included."""
    lines = stream(events)
    if marked:
        lines.insert(len(lines) // 2, bookmark(7))
    octets = b"".join(lines)
    got, end, told = relayed(Falsifier(), cut(octets, places))
    assert b"".join(got) == octets
    assert got == lines
    assert end is None
    assert told == []


@given(EVENTS, CUTS, st.sampled_from(list(Event)))
def test_a_fault_that_fits_nothing_changes_nothing(
    events: list[tuple[str, str, int]], places: list[int], event: Event
) -> None:
    """Of another resource, of another name, and later than the stream is long."""
    lines = stream(events)
    others = [
        Watched(at=Which(resource="smppgateways"), event=event),
        fault(event, name="nobody"),
        fault(event, nth=len(lines) + 1),
    ]
    falsifier = Falsifier(others)
    got, end, _ = relayed(falsifier, cut(b"".join(lines), places))
    assert (got, end, falsifier.done) == (lines, None, [])


@given(EVENTS, st.lists(st.tuples(st.sampled_from(list(Event)), TYPES, NAMES), max_size=6))
def test_each_fault_once(events: list[tuple[str, str, int]], kinds: list[tuple[Event, str, str]]) -> None:
    """However many events it would fit, and however many faults there are."""
    faults = [fault(event, verb, name) for event, verb, name in kinds]
    falsifier = Falsifier(faults)
    for one in stream(events * 3):
        before = len(falsifier.done)
        falsifier.feed(RESOURCE, one)
        assert len(falsifier.done) <= before + 1
    assert len({id(done) for done in falsifier.done}) == len(falsifier.done)
    assert all(any(done is one for one in faults) for done in falsifier.done)
    for one in faults:
        like = [other for other in faults if other.at == one.at]
        if one.event not in OF_THE_DEAD and len(like) <= 3 * count(events, one):
            assert any(done is one for done in falsifier.done)


OF_THE_DEAD: Final = {Event.OLD_OBJECT, Event.OLD_DELETION, Event.OLD_DELETING, Event.OLD_VERSION}
"""These need a former version or a former object."""


def count(events: list[tuple[str, str, int]], one: Watched) -> int:
    """How many events a fault fits."""
    return sum(kind == one.at.verb and name == one.at.name for kind, name, _ in events)


@given(EVENTS, CUTS, st.integers(1, 12), st.sampled_from([Event.SWAP, Event.DELAY]))
def test_late_is_not_lost(events: list[tuple[str, str, int]], places: list[int], nth: int, event: Event) -> None:
    """Swapped or delayed: every event arrives once; a delay keeps the order, a swap changes it by one place."""
    lines = stream(events)
    falsifier = Falsifier([fault(event, nth=nth, seconds=0.0)])
    got, end, told = relayed(falsifier, cut(b"".join(lines), places))
    assert sorted(got) == sorted(lines)
    assert end is None
    expected = list(lines)
    if event is Event.SWAP and nth < len(lines):
        expected[nth - 1 : nth + 1] = reversed(expected[nth - 1 : nth + 1])
    assert got == expected
    assert len(told) == len(falsifier.done) == (1 if nth <= len(lines) else 0)


@given(EVENTS, st.integers(1, 12), st.integers(1, 12))
def test_two_swaps_lose_nothing(events: list[tuple[str, str, int]], first: int, second: int) -> None:
    """Also when the second is of the event that ends the first."""
    lines = stream(events)
    got, _, _ = relayed(Falsifier([fault(Event.SWAP, nth=first), fault(Event.SWAP, nth=second)]), lines)
    assert sorted(got) == sorted(lines)


@given(EVENTS, st.integers(1, 12))
def test_a_collapse_keeps_the_last_of_each(events: list[tuple[str, str, int]], nth: int) -> None:
    """What came before it is untouched; of what comes after, each object's last event, in the order of these."""
    lines = stream(events)
    got, _, _ = relayed(Falsifier([fault(Event.COLLAPSE, nth=nth, seconds=5.0)]), lines)
    before, held = lines[: nth - 1], lines[nth - 1 :]
    assert got == before + collapse(held)
    last = {json.loads(one)["object"]["metadata"]["uid"]: one for one in held}
    assert sorted(collapse(held)) == sorted(last.values())
    assert [one for one in held if one in last.values()] == collapse(held)


@given(EVENTS, st.integers(1, 12), st.sampled_from(sorted(ENDING)))
def test_nothing_after_an_end(events: list[tuple[str, str, int]], nth: int, event: Event) -> None:
    """Up to it the stream is what it was, and it ends as it should."""
    lines = stream(events)
    falsifier = Falsifier([fault(event, nth=nth)])
    got, end, _ = relayed(falsifier, lines)
    if nth > len(lines):
        assert (got, end) == (lines, None)
        return
    assert got[: nth - 1] == lines[: nth - 1]
    rest = b"".join(got[nth - 1 :])
    match event:
        case Event.SILENCE | Event.END:
            assert (rest, end) == (b"", event)
        case Event.HALF:
            assert lines[nth - 1].startswith(rest)
            assert 0 < len(rest) < len(lines[nth - 1]) - 1
            assert end is Event.HALF
        case _:
            told = json.loads(rest)
            assert (told["type"], end) == ("ERROR", Event.END)
            assert told["object"]["code"] == (410 if event is Event.ERROR_410 else 500)


def sent(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """The events that reach the watcher, at once or later."""
    assert not any(isinstance(step, Stop) for step in steps), steps
    return [json.loads(step.octets) for step in steps if not isinstance(step, Stop)]


@pytest.mark.parametrize(
    ("event", "kind", "shown", "deleting"),
    [
        (Event.OLD_OBJECT, "ADDED", 2, False),
        (Event.OLD_DELETION, "DELETED", 2, False),
        (Event.OLD_DELETING, "MODIFIED", 2, True),
    ],
)
def test_the_dead_of_the_same_name(event: Event, kind: str, shown: int, deleting: bool) -> None:
    """The last version of the former object, beside the living one; not before there is a former one."""
    falsifier = Falsifier([fault(event, "ADDED")])
    assert sent(falsifier.feed(RESOURCE, line("ADDED", uid="old"))) == [json.loads(line("ADDED", uid="old"))]
    falsifier.feed(RESOURCE, line("DELETED", uid="old", version=2))
    assert sent(falsifier.feed(RESOURCE, line("ADDED", name="other", uid="else"))) == [
        json.loads(line("ADDED", name="other", uid="else"))
    ]
    assert falsifier.done == []
    living, lie = sent(falsifier.feed(RESOURCE, line("ADDED", uid="new", version=3)))
    assert living == json.loads(line("ADDED", uid="new", version=3))
    assert lie["type"] == kind
    assert lie["object"]["metadata"]["uid"] == "old"
    assert lie["object"]["metadata"]["resourceVersion"] == str(shown)
    assert ("deletionTimestamp" in lie["object"]["metadata"]) is deleting
    assert len(falsifier.done) == 1


def test_the_dead_of_another_kind_are_strangers() -> None:
    """A former gateway of the name is no former channel."""
    falsifier = Falsifier([fault(Event.OLD_OBJECT, "ADDED")])
    falsifier.feed("smppgateways", line("DELETED", uid="old"))
    assert sent(falsifier.feed(RESOURCE, line("ADDED", uid="new"))) == [json.loads(line("ADDED", uid="new"))]


def test_the_first_version_again() -> None:
    """Of the same object, as a change."""
    falsifier = Falsifier([fault(Event.OLD_VERSION, "MODIFIED")])
    falsifier.feed(RESOURCE, line("ADDED", version=1))
    present, lie = sent(falsifier.feed(RESOURCE, line("MODIFIED", version=5)))
    assert present == json.loads(line("MODIFIED", version=5))
    assert lie == json.loads(line("MODIFIED", version=1))


def test_the_undead() -> None:
    """After its end an object is shown as it was last."""
    falsifier = Falsifier([fault(Event.UNDEAD, "DELETED")])
    falsifier.feed(RESOURCE, line("ADDED", version=1))
    falsifier.feed(RESOURCE, line("MODIFIED", version=2))
    end, lie = sent(falsifier.feed(RESOURCE, line("DELETED", version=3)))
    assert end["type"] == "DELETED"
    assert lie == json.loads(line("MODIFIED", version=2))


def test_three_times_and_never() -> None:
    """Doubled and dropped."""
    assert Falsifier([fault(Event.DUPLICATE)]).feed(RESOURCE, line("ADDED")) == [Send(line("ADDED"))] * 3
    assert Falsifier([fault(Event.DROP)]).feed(RESOURCE, line("ADDED")) == []


def test_no_json_before_the_event() -> None:
    """What cannot be read comes first, and the event is not lost with it."""
    garbage, event = Falsifier([fault(Event.GARBAGE)]).feed(RESOURCE, line("ADDED"))
    assert event == Send(line("ADDED"))
    assert isinstance(garbage, Send)
    assert garbage.octets.endswith(b"\n")
    with pytest.raises(UnicodeDecodeError):
        json.loads(garbage.octets)


def test_steps_of_what_takes_time() -> None:
    """The falsifier does not wait itself."""
    assert Falsifier([fault(Event.DELAY)]).feed(RESOURCE, line("ADDED")) == [Hold(line("ADDED"), MOMENT)]
    assert Falsifier([fault(Event.COLLAPSE)]).feed(RESOURCE, line("ADDED")) == [Hold(line("ADDED"), MOMENT, True)]
    assert Falsifier([fault(Event.SWAP)]).feed(RESOURCE, line("ADDED")) == [AfterNext(line("ADDED"))]
    assert Falsifier([fault(Event.END)]).feed(RESOURCE, line("ADDED")) == [Stop(Event.END)]


def test_armed_anew_it_remembers() -> None:
    """Faults are forgotten with their counts, what was seen is not."""
    falsifier = Falsifier([fault(Event.DROP, "ADDED", nth=2)])
    falsifier.feed(RESOURCE, line("ADDED", uid="old"))
    falsifier.feed(RESOURCE, line("DELETED", uid="old", version=2))
    falsifier.arm([fault(Event.OLD_OBJECT, "ADDED")])
    assert len(falsifier.feed(RESOURCE, line("ADDED", uid="new", version=3))) == 2
    falsifier.arm([])
    assert falsifier.done == []
    assert falsifier.feed(RESOURCE, line("ADDED", uid="newer", version=4)) == [
        Send(line("ADDED", uid="newer", version=4))
    ]


@pytest.mark.parametrize(("event", "seconds"), [(Event.DELAY, MOMENT), (Event.COLLAPSE, MOMENT), (Event.SWAP, PARKED)])
def test_what_is_held_comes_though_nothing_follows(event: Event, seconds: float) -> None:
    """On a stream that stays open, and not before its time."""

    async def run() -> float:
        arrived = asyncio.get_running_loop().create_future()

        async def write(octets: bytes) -> None:
            arrived.set_result((octets, time.monotonic()))

        falsifier = Falsifier([fault(event)])
        relay = Relay(lambda one: falsifier.feed(RESOURCE, one), write, lambda: None)
        began = time.monotonic()
        task = asyncio.create_task(relay.run(_chunks([line("ADDED")], end=False)))
        octets, moment = await arrived
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert octets == line("ADDED")
        return moment - began

    assert asyncio.run(run()) >= seconds


def test_what_comes_after_a_delay_is_not_held() -> None:
    """It ends: the stream goes on as before, in order."""
    lines = [line("ADDED", version=number) for number in range(1, 6)]
    falsifier = Falsifier([fault(Event.DELAY, nth=2)])
    got, end, told = relayed(falsifier, lines, pause=MOMENT)
    assert (got, end, len(told)) == (lines, None, 1)
