"""Plans against all gateways at once: their links lost in one moment, and the data plane killed."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final

from sms_operator.dev.smsc import Fault

from .outcome import Outcome
from .peers_place import INTERVAL, TIMEOUT, Place, new_place
from .peers_plans import DEADLINE, FAMILY, SETTLED
from .peers_stage import START_GRACE, Crowd, PeersStage
from .sampler import PATIENCE, Window

WAIT: Final = re.compile(r"bind is down.*?again_in_seconds=([\d.]+).*?key=\S+/good-")
SHARE: Final = 0.5
"""Of a crowd that may come back within one tenth of a second."""
AWAY: Final = 20.0
"""Seconds without a data plane that are longer than the last status may stand."""


async def common_loss(stage: PeersStage) -> Outcome:
    """All links reset at once: each comes back once, at a moment of its own, and every status is true all the while."""
    crowd, complaints = stage.crowd, list[str]()
    await stage.settled()
    log_before, since, before = len(stage.planes.log("links")), time.monotonic(), crowd.made
    count = crowd.smsc.end_sessions(Fault.RESET)
    await crowd.smsc.until(lambda: not crowd.smsc.sessions(), DEADLINE, "the end of all sessions")
    cleared = time.monotonic()
    seconds = max(await crowd.until_healthy(since=cleared)) - cleared
    await asyncio.sleep(SETTLED)
    waits = Counter(WAIT.findall(stage.planes.log("links")[log_before:]))
    if waits.total() != count:
        complaints.append(f"{waits.total()} links were lost, {count} reset")
    if max(waits.values(), default=0) > SHARE * count:
        complaints.append(f"they come back together: {dict(waits)}")
    if crowd.made - before != count:
        complaints.append(f"{crowd.made - before} binds for {count} links")
    return _told(stage, f"{count} links reset at once", count, since, seconds, complaints)


async def killed(stage: PeersStage, when: str, prepare: Callable[[Crowd], Awaitable[None]]) -> Outcome:
    """The data plane killed at a moment that `prepare` waits for, and started again: as many binds, none left over."""
    crowd = stage.crowd
    complaints, since, expected = list[str](), time.monotonic(), len(crowd.names)
    await prepare(crowd)
    moment = await stage.kill_links()
    leaks = await _left_over(crowd)
    before = crowd.made
    await stage.start("links")
    started = time.monotonic()
    stage.excused.append(Window(moment, started + START_GRACE))
    seconds = max(await crowd.until_healthy(since=started)) - started
    await asyncio.sleep(SETTLED)
    if crowd.made - before != expected:
        complaints.append(f"{crowd.made - before} binds for {expected} links")
    return _told(stage, f"data plane killed {when}", 1, since, seconds, complaints, leaks)


async def killed_while_binding(stage: PeersStage, share: float) -> Outcome:
    """Killed, started, and killed again when this share (0..1) of all binds stands."""

    async def prepare(crowd: Crowd) -> None:
        moment = await stage.kill_links()
        await _left_over(crowd)
        stage.excused.append(Window(moment, time.monotonic() + 2 * START_GRACE))
        starting = asyncio.create_task(stage.start("links"))
        await crowd.smsc.until(
            lambda: len(crowd.smsc.sessions()) >= share * len(crowd.names), DEADLINE, "the first binds"
        )
        await starting

    return await killed(stage, f"again when {share:.0%} of all binds stood", prepare)


async def killed_busy(stage: PeersStage) -> Outcome:
    """Killed while messages come in, one link is silent and another one's SMSC is away: these heal as well."""
    async with (
        new_place(stage.name("kill"), stage.tenant, stage.sampler) as silent,
        new_place(stage.name("kill"), stage.tenant, stage.sampler) as away,
    ):

        async def prepare(crowd: Crowd) -> None:
            for place in (silent, away):
                await place.declare()
                await place.until_healthy()
            silent.make_busy()
            await silent.smsc.until(lambda: len(silent.smsc.ledger.delivered) >= 5, DEADLINE, "messages")
            await away.smsc.behave("refuse")
            away.smsc.end_sessions(Fault.RESET)
            await away.smsc.until_bound(away.name, 0)
            await silent.smsc.behave("half-open")

        outcome = await killed(stage, "while links are busy, silent and down", prepare)
        for place in (silent, away):
            await _heal(place)
        return outcome


async def _heal(place: Place) -> None:
    await place.smsc.behave("normal")
    await place.until_healthy(since=time.monotonic())
    assert await place.serves(), f"no message passes to {place.name}"
    await place.retire()


async def without_data_plane(stage: PeersStage) -> Outcome:
    """Killed and not started: no status claims a link for longer than the last one may stand."""
    crowd, complaints, since = stage.crowd, list[str](), time.monotonic()
    await stage.settled()
    moment = await stage.kill_links()
    leaks = await _left_over(crowd)
    await asyncio.sleep(AWAY)
    bar = START_GRACE + PATIENCE
    late = [
        name
        for name in crowd.names
        if any(sample.claims and sample.at > moment + bar for sample in stage.sampler.samples[name])
    ]
    if late:
        complaints.append(f"claimed {bar:g} s after the end of the data plane: {late}")
    await stage.start("links")
    started = time.monotonic()
    stage.excused += [Window(moment, moment + bar), Window(started, started + START_GRACE)]
    seconds = max(await crowd.until_healthy(since=started)) - started
    return _told(stage, f"no data plane for {AWAY:g} s", 1, since, seconds, complaints, leaks)


async def _left_over(crowd: Crowd) -> int:
    """Sessions that the SMSC still has when its own enquire_link would have run out."""
    try:
        await crowd.smsc.until(lambda: not crowd.smsc.sessions(), INTERVAL + TIMEOUT, "the end of all sessions")
    except TimeoutError:
        return len(crowd.smsc.sessions())
    return 0


def _told(
    stage: PeersStage, words: str, injected: int, since: float, seconds: float, complaints: list[str], leaks: int = 0
) -> Outcome:
    crowd = stage.crowd
    odd = {name: numbers for name, numbers in crowd.sessions.items() if len(numbers) != 1}
    lies = stage.false_in_crowd(since)
    if odd:
        complaints.append(f"sessions: {odd}")
    if lies:
        complaints.append(f"{lies} false samples")
    if leaks:
        complaints.append(f"{leaks} sessions left behind")
    surplus = sum(max(len(numbers) - 1, 0) for numbers in odd.values())
    return Outcome(
        FAMILY,
        words,
        injected,
        converged=not odd,
        seconds=seconds,
        leaks=leaks + surplus,
        false_samples=lies,
        complaint="; ".join(complaints),
    )
