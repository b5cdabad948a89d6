"""The plans themselves: toxics, a cut at every PDU, black holes, slow answers, and SMSCs that are up to no good."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Final

from sms_operator.dev.smsc import Behaviour, Fault
from sms_operator.smpp.commands import Command, command_name

from .peers_place import TIMEOUT, Place
from .peers_plans import DEADLINE, Begin, End, Expect, PeerPlan, Through
from .tcp import Cut, How, Meets, SmppRelay, Way
from .toxiproxy import Proxy, Stream, Toxic

INSIDE: Final = 10
"""Octets of a PDU that pass when it is cut within: less than its header."""
TOXICS: Final = (
    (Toxic("latency", attributes={"latency": 150, "jitter": 50}), Expect.HOLD),
    (Toxic("latency", attributes={"latency": round(1000 * 2 * TIMEOUT)}), Expect.HALF_OPEN),
    (Toxic("bandwidth", attributes={"rate": 1}), Expect.EITHER),
    (Toxic("slicer", attributes={"average_size": 4, "size_variation": 2, "delay": 500}), Expect.HOLD),
    (Toxic("timeout", attributes={"timeout": 0}), Expect.HALF_OPEN),
    (Toxic("timeout", attributes={"timeout": 300}), Expect.RESET),
    (Toxic("reset_peer", attributes={"timeout": 0}), Expect.RESET),
    (Toxic("limit_data", attributes={"bytes": 20}), Expect.RESET),
)
"""What each does to a link whose enquire_link goes out every second and waits two for its answer."""
SLOW_CLOSE: Final = Toxic("slow_close", attributes={"delay": 1500})
BOUNDARIES: Final = (
    (Way.TO_SMSC, Command.BIND_TRANSCEIVER),
    (Way.TO_ESME, Command.BIND_TRANSCEIVER_RESP),
    (Way.TO_SMSC, Command.ENQUIRE_LINK),
    (Way.TO_ESME, Command.ENQUIRE_LINK_RESP),
    (Way.TO_ESME, Command.ENQUIRE_LINK),
    (Way.TO_SMSC, Command.ENQUIRE_LINK_RESP),
    (Way.TO_ESME, Command.DELIVER_SM),
    (Way.TO_SMSC, Command.DELIVER_SM_RESP),
)
BINDS: Final = frozenset({Command.BIND_TRANSCEIVER, Command.BIND_TRANSCEIVER_RESP})
DELIVERIES: Final = frozenset({Command.DELIVER_SM, Command.DELIVER_SM_RESP})
WHERE: Final = {0: "before", INSIDE: "within", None: "after"}
BAD: Final = {
    "refuse": Expect.RESET,
    "blackhole": Expect.HALF_OPEN,
    "reset-on-bind": Expect.RESET,
    "throttle-bind": Expect.RESET,
    "garbage": Expect.RESET,
    "silent": Expect.HALF_OPEN,
    "reset-when-bound": Expect.EITHER,
}
"""Presets of the simulator, and how soon it has to be said."""


def _relay(place: Place) -> SmppRelay:
    assert place.relay is not None, "the plan goes through a relay"
    return place.relay


def _proxy(place: Place) -> Proxy:
    assert place.proxy is not None, "the plan goes through Toxiproxy"
    return place.proxy


def _adding(toxic: Toxic, expect: Expect) -> Begin:
    async def begin(place: Place) -> float | None:
        await _proxy(place).add(toxic)
        return time.monotonic() if expect is Expect.HALF_OPEN else None

    return begin


def _removing(toxic: Toxic, expect: Expect) -> End:
    async def end(place: Place) -> None:
        await (_proxy(place).remove(toxic) if expect is Expect.HOLD else _proxy(place).renew())

    return end


def toxics(*, both_ways: bool) -> Iterator[PeerPlan]:
    """Every toxic on an idle and on a busy link; those that lose a link in both directions if asked for."""
    for busy in (False, True):
        for known, expect in TOXICS:
            for stream in Stream if both_ways else (known.stream,):
                toxic = Toxic(known.type, stream, known.attributes)
                # What goes to the SMSC is longer than what comes back: a limit lets less pass, the rest is as before.
                begin, end = _adding(toxic, expect), _removing(toxic, expect)
                yield PeerPlan(str(toxic), Through.TOXIPROXY, expect, begin, end, busy=busy)
        yield _slow_close(busy=busy)


def _slow_close(*, busy: bool) -> PeerPlan:
    """The SMSC ends the session in order and refuses another, and we hear of both late."""

    async def begin(place: Place) -> float | None:
        await _proxy(place).add(SLOW_CLOSE)
        await place.smsc.behave("refuse")
        place.smsc.end_sessions()
        return time.monotonic()

    async def end(place: Place) -> None:
        await _proxy(place).renew()
        await place.smsc.behave("normal")

    return PeerPlan(str(SLOW_CLOSE), Through.TOXIPROXY, Expect.HALF_OPEN, begin, end, busy=busy)


def boundary(way: Way, command: Command, octets: int | None, how: How) -> PeerPlan:
    """The link fails at a PDU of this kind, and stays away until it is healed."""
    early = command in BINDS
    cut = Cut(way, command, octets, how)

    async def begin(place: Place) -> float | None:
        relay = _relay(place)
        relay.arm(cut, Meets.SILENCE if how is How.SILENCE else Meets.REFUSAL)
        if command in DELIVERIES:
            place.make_busy()
        async with asyncio.timeout(DEADLINE):
            await relay.failed.wait()
        return relay.failed_at

    words = f"{how} {WHERE[octets]} {command_name(command)} {way}"
    expect = Expect.HALF_OPEN if how is How.SILENCE else Expect.RESET
    return PeerPlan(words, Through.RELAY, expect, begin, _heal, early=early)


async def _heal(place: Place) -> None:
    await _relay(place).heal()


def boundaries(*hows: How, octets: tuple[int | None, ...] = tuple(WHERE)) -> Iterator[PeerPlan]:
    """Every kind of PDU in both directions, failing in these ways before, within and after it."""
    for how in hows:
        for way, command in BOUNDARIES:
            for passing in octets:
                yield boundary(way, command, passing, how)


def black_holes() -> Iterator[PeerPlan]:
    """Before the connection stands, after it does, after the bind, and after a reset."""

    def meeting(what: Meets) -> Begin:
        async def begin(place: Place) -> float | None:
            await _relay(place).meet(what)
            return time.monotonic()

        return begin

    def breaking(how: How, then: Meets) -> Begin:
        async def begin(place: Place) -> float | None:
            await _relay(place).break_off(how, then)
            return _relay(place).failed_at

        return begin

    for words, begin, early, expect in (
        ("black hole before the connection", meeting(Meets.NOTHING), True, Expect.HALF_OPEN),
        ("black hole after the connection", meeting(Meets.SILENCE), True, Expect.HALF_OPEN),
        ("half-open after the bind", breaking(How.SILENCE, Meets.SILENCE), False, Expect.HALF_OPEN),
        ("reset, then a black hole", breaking(How.RESET, Meets.NOTHING), False, Expect.RESET),
        ("reset, then resets", breaking(How.RESET, Meets.RESET), False, Expect.RESET),
    ):
        yield PeerPlan(words, Through.RELAY, expect, begin, _heal, early=early)


def slow_ones() -> Iterator[PeerPlan]:
    """An SMSC that is slow, and one that is so slow that no answer is ever whole in time."""
    for words, behaviour, expect in (
        ("an octet every 10 ms", Behaviour(octet_delay=0.01), Expect.HOLD),
        ("answers take half a second", Behaviour(answer_delay=0.5), Expect.HOLD),
        ("slow loris: an octet every 0.4 s", Behaviour(octet_delay=0.4), Expect.HALF_OPEN),
    ):
        for busy in (False, True):
            if busy and expect is Expect.HOLD:
                continue
            yield PeerPlan(words, Through.NOTHING, expect, _behaving(behaviour), _behave_well, busy=busy)


def bad_neighbours() -> Iterator[PeerPlan]:
    """Every kind of bad SMSC: its bind is ended, and what comes next is bad."""
    for preset, expect in BAD.items():
        yield PeerPlan(f"bad SMSC: {preset}", Through.NOTHING, expect, _turning(preset), _behave_well)


def _behaving(behaviour: Behaviour) -> Begin:
    async def begin(place: Place) -> float | None:
        await place.smsc.behave(behaviour)
        return time.monotonic()

    return begin


def _turning(preset: str) -> Begin:
    async def begin(place: Place) -> float | None:
        await place.smsc.behave(preset)
        place.smsc.end_sessions(Fault.RESET)
        return time.monotonic()

    return begin


async def _behave_well(place: Place) -> None:
    await place.smsc.behave("normal")


def restarts(count: int, down: float, every: float) -> PeerPlan:
    """So many restarts of the SMSC, `down` seconds each, one every `every` seconds, while messages come in."""

    async def begin(place: Place) -> float | None:
        for _ in range(count):
            ends = time.monotonic() + every
            await place.smsc.restart(down)
            await asyncio.sleep(max(ends - time.monotonic(), 0.0))
        return None

    words = f"{count} restarts of the SMSC, one every {every:g} s"
    return PeerPlan(words, Through.NOTHING, Expect.EITHER, begin, _behave_well, busy=True)
