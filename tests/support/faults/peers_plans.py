"""Plans against single links: what goes wrong, how it ends, and what has to be seen of it. `carry_out` runs one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from .outcome import Outcome
from .peers_place import INTERVAL, TIMEOUT, Place, new_place
from .peers_stage import LOOK_AGAIN, PeersStage
from .sampler import PATIENCE, Sample, Window, false_samples, first, late
from .tcp import SmppRelay

FAMILY: Final = "peer"
HALF_OPEN: Final = INTERVAL + TIMEOUT + 1.0
"""Seconds until a link without an answer is said to be down: interval, timeout, and one for the write of the status."""
HOLD: Final = 2 * INTERVAL + TIMEOUT
"""Seconds for which a link has to bear what it can bear: long enough for any timer to run out."""
SETTLED: Final = 1.0
"""Seconds for which a new session has to stay."""
DEADLINE: Final = 30.0
LET_GO: Final = 5.0
"""Seconds in which we have to close connections that are lost."""
STAGGER: Final = 0.06
"""Seconds from one harm to the next."""


class Expect(Enum):
    """What the harm does to the link."""

    RESET = auto()
    """It is lost, and we are told: the status says so within PATIENCE."""
    HALF_OPEN = auto()
    """It is lost, and we have to find out: the status says so within HALF_OPEN."""
    HOLD = auto()
    """It holds: same session, same status."""
    EITHER = auto()
    """It may be lost or not."""


class Through(Enum):
    """What stands between gateway and SMSC."""

    NOTHING = auto()
    RELAY = auto()
    TOXIPROXY = auto()


Begin = Callable[[Place], Awaitable[float | None]]
"""Do the harm; the moment at which the link was lost, None: when the SMSC lost the bind."""
End = Callable[[Place], Awaitable[None]]


@dataclass(frozen=True)
class PeerPlan:
    """One harm to one link."""

    words: str
    through: Through
    expect: Expect
    begin: Begin
    end: End
    early: bool = False
    """Whether the harm begins before the gateway is there."""
    busy: bool = False
    """Whether messages come in all the while."""

    def __str__(self) -> str:
        return f"{self.words}, link {'busy' if self.busy else 'idle'}"


async def carry_out(stage: PeersStage, plan: PeerPlan, word: str, place_in_line: int = 0) -> Outcome:
    """Run a plan with a gateway of its own; whatever goes wrong is the outcome's complaint.

    `place_in_line`: of many that begin together, so that not all harm is done in the same moment.
    """

    async def settled() -> None:
        await stage.settled()
        await asyncio.sleep(place_in_line * STAGGER)

    try:
        async with new_place(
            stage.name(word),
            stage.tenant,
            stage.sampler,
            relayed=plan.through is Through.RELAY,
            toxic=stage.toxiproxy if plan.through is Through.TOXIPROXY else None,
        ) as place:
            return await _Run(plan, place, settled).outcome()
    except (AssertionError, TimeoutError, RuntimeError, OSError) as error:
        return Outcome(FAMILY, str(plan), 1, converged=False, complaint=f"{type(error).__name__}: {error}")


async def all_of(stage: PeersStage, plans: list[tuple[str, PeerPlan]], at_once: int) -> list[Outcome]:
    """Run plans, so many at a time; the outcomes in their order."""
    room = asyncio.Semaphore(at_once)

    async def one(number: int, word: str, plan: PeerPlan) -> Outcome:
        async with room:
            return await carry_out(stage, plan, word, number % at_once)

    return await asyncio.gather(*(one(number, word, plan) for number, (word, plan) in enumerate(plans)))


class _Run:
    """One plan under way."""

    def __init__(self, plan: PeerPlan, place: Place, settled: Callable[[], Awaitable[None]]) -> None:
        self._plan = plan
        self._place = place
        self._settled = settled
        self._complaints: list[str] = []
        self._dropped = 0
        self._leaks = 0
        self._excused: list[Window] = []

    async def outcome(self) -> Outcome:
        """From the gateway's creation to its end."""
        place, plan = self._place, self._plan
        began: float | None = None
        if plan.expect is not Expect.HOLD and plan.early:
            await self._settled()
        if plan.early:
            beginning = asyncio.ensure_future(plan.begin(place))
            await asyncio.sleep(0)
            declared = time.monotonic()
            await place.declare()
            began = max(await beginning or declared, declared)
        else:
            await place.declare()
            await place.until_healthy()
        if plan.busy:
            place.make_busy()
        if plan.expect is not Expect.HOLD and not plan.early:
            await self._settled()
        await self._harm(began)
        await plan.end(place)
        seconds = await self._recover(time.monotonic())
        try:
            await place.retire()
        except TimeoutError:
            self._leaks += len(place.sessions)
        lies = false_samples(place.samples, self._excused)
        if lies:
            self._complaints.append(f"{len(lies)} false samples, the first {lies[0]}")
        if self._leaks:
            self._complaints.append(f"{self._leaks} sessions or connections left behind")
        return Outcome(
            FAMILY,
            str(plan),
            1,
            converged=seconds is not None,
            seconds=seconds,
            binds_dropped=self._dropped,
            leaks=self._leaks,
            false_samples=len(lies),
            complaint="; ".join(self._complaints),
        )

    async def _harm(self, began: float | None) -> None:
        place, plan = self._place, self._plan
        sessions, start = place.sessions, time.monotonic()
        if not plan.early:
            began = await plan.begin(place)
        match plan.expect:
            case Expect.RESET | Expect.HALF_OPEN:
                await self._see_the_loss(began, start)
            case Expect.HOLD:
                await asyncio.sleep(HOLD)
                unhealthy = [sample for sample in place.samples if sample.at >= start and not sample.healthy]
                if unhealthy or place.sessions != sessions:
                    self._dropped += 1
                    self._complaints.append(f"it did not hold: {unhealthy[:1] or 'another session'}")
            case Expect.EITHER:
                await asyncio.sleep(HOLD)

    async def _see_the_loss(self, moment: float | None, start: float) -> None:
        place, name = self._place, self._place.name
        if moment is None:
            lost = await place.sampler.until(
                name, lambda sample: not sample.stands, "lost at the SMSC", since=start, deadline=DEADLINE
            )
            moment = lost.at
        denied = await place.sampler.until(
            name, lambda sample: sample.denies, "said to be down", since=moment, deadline=DEADLINE
        )
        bar = PATIENCE
        if self._plan.expect is Expect.HALF_OPEN:
            # The SMSC may know before anybody could tell us; that we find out in time is what the bar is for.
            bar = HALF_OPEN
            self._excused.append(Window(moment, moment + HALF_OPEN))
        if late(place.samples, moment, bar, denied, lambda sample: sample.denies):
            self._complaints.append(
                f"said after {denied.at - moment:.1f} s ({denied.said.reason}), allowed are {bar:g}"
            )

    async def _recover(self, healed: float) -> float | None:
        """Seconds from the end of the harm until the link stood for good and was said to stand."""
        place = self._place

        def stands(sample: Sample) -> bool:
            return sample.claims and sample.stands

        since = healed
        while True:
            again = await place.sampler.until(place.name, stands, "connected again", since=since, deadline=DEADLINE)
            await asyncio.sleep(SETTLED)
            relapse = first(place.samples, again.at, lambda sample: not stands(sample))
            if relapse is None:
                break
            since = relapse.at
        if not await place.serves():
            self._complaints.append("no message passes")
        try:
            await place.smsc.until_bound(place.name, 1, deadline=INTERVAL + TIMEOUT + 5.0)
        except TimeoutError:
            self._leaks += len(place.sessions) - 1
        if place.relay is not None:
            await self._see_it_let_go(place.relay)
        return again.at - healed

    async def _see_it_let_go(self, relay: SmppRelay) -> None:
        """Of everything but the connection that it uses."""
        for _ in range(round(LET_GO / LOOK_AGAIN)):
            if relay.held <= 1:
                return
            await asyncio.sleep(LOOK_AGAIN)
        self._leaks += relay.held - 1
