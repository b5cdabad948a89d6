"""Many gateways and a bad moment: restarts, a common loss, throttling, and bad neighbours."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from typing import Final

import pytest
from structlog.testing import capture_logs

from sms_operator.dev.smsc import Account, Simulator
from sms_operator.links.desk import Desk
from sms_operator.links.outcomes import Accepted, OutcomeUnknown
from sms_operator.links.outgoing import TextMessage
from sms_operator.protocol.messages import FailureReason, LinkFact
from sms_operator.smpp import shaping
from sms_operator.smpp.codec import encode
from sms_operator.smpp.command_status import ESME_RMSGQFUL, ESME_RTHROTTLED
from sms_operator.smpp.commands import Command
from sms_operator.smpp.framing import HEADER, Frame
from support import habits
from support.dataplane import wanted
from support.linkbench import LinkBench
from support.rogue import PHONE, Caller, Habits, rogue, text_of

BIND: Final = Command.BIND_TRANSCEIVER
SUBMIT: Final = Command.SUBMIT_SM
CROWD: Final = 50


def desk(bench: LinkBench, key: str) -> Desk:
    """Of this gateway."""
    link = bench.table.link(key)
    assert link is not None
    return link.messages


async def outcome(submission: asyncio.Task[Accepted]) -> str:
    """What became of it."""
    try:
        await submission
    except OutcomeUnknown:
        return "unknown"
    return "accepted"


class Overload:
    """A habit: takes so many messages, then none until it has had its rest, counted from the first refusal."""

    def __init__(self, status: int, takes: int, rest: float) -> None:
        self.status = status
        self.takes = takes
        self.rest = rest
        self.taken: list[bytes] = []
        self.refused = 0
        self._until: float | None = None

    def __call__(self, caller: Caller, frame: Frame) -> None:
        """The habit."""
        now = asyncio.get_running_loop().time()
        if len(self.taken) >= self.takes and self._until is None:
            self._until = now + self.rest
        if self._until is not None and now < self._until:
            self.refused += 1
            caller.send(Command.SUBMIT_SM_RESP, frame.sequence, self.status)
        else:
            self.taken.append(text_of(frame))
            caller.serve(frame)


@pytest.mark.parametrize("status", [ESME_RTHROTTLED, ESME_RMSGQFUL])
async def test_throttled_for_a_time(bench: LinkBench, monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    """The rate drops, nothing is lost, doubled or overtaken; the status says when it begins and when it is over."""
    monkeypatch.setattr(shaping, "CALM", 1.0)
    monkeypatch.setattr(shaping, "PROBE", 0.2)
    overload = Overload(status, takes=200, rest=0.8)
    async with rogue({SUBMIT: overload}) as smsc:
        link = wanted(smsc.port, throughput=200.0)
        bench.table.want(link)
        await bench.until_bound(link)
        sender = desk(bench, link.key)
        texts = [f"message {number}" for number in range(300)]
        tasks = [asyncio.ensure_future(sender.submit(TextMessage(PHONE, text), 60.0)) for text in texts]
        await bench.until(link.key, lambda fact: fact.throttled, "throttled")
        assert [(await task).message_ids for task in tasks] == [(text,) for text in texts]
        assert overload.taken == [text.encode() for text in texts]
        assert 0 < overload.refused <= link.window_size
        await bench.until(link.key, lambda fact: not fact.throttled, "no longer throttled")
        assert len(smsc.callers) == 1
        assert not any(fact.failure for fact in bench.history)


async def test_twenty_restarts(bench: LinkBench) -> None:
    """Messages go on all the while: each has one outcome; the SMSC has each at most once, the accepted ones once."""
    async with Simulator([Account("demo", "secret")]) as smsc:
        link = wanted(smsc.port, reconnect_initial=0.02, reconnect_max=0.1)
        bench.table.want(link)
        await bench.until_bound(link)
        sender = desk(bench, link.key)
        outcomes: dict[str, str] = {}
        for restart in range(20):
            texts = [f"message {restart}.{number}" for number in range(15)]
            tasks = [asyncio.ensure_future(sender.submit(TextMessage(PHONE, text))) for text in texts]
            await smsc.restart(0.02)
            for text, task in zip(texts, tasks, strict=True):
                outcomes[text] = await outcome(task)
        await bench.until_bound(link)
        await smsc.until_bound("demo", 1)
        had = [one.content.decode() for one in smsc.ledger.submitted]
        assert len(had) == len(set(had))
        assert {text for text, became in outcomes.items() if became == "accepted"} <= set(had)
        assert len(outcomes) == 300
        assert smsc.state.connections <= 3 * 20


async def test_fifty_gateways_lose_their_link_at_once(bench: LinkBench) -> None:
    """Each comes back once, at a moment of its own: nobody hammers, and no half of them comes together."""
    async with rogue({}) as smsc:
        links = [wanted(smsc.port, key=f"tenant/gateway-{n}", reconnect_initial=1.0) for n in range(CROWD)]
        for link in links:
            bench.table.want(link)
        for link in links:
            await bench.until_bound(link)
        assert len(smsc.callers) == CROWD
        with capture_logs() as logs:
            for caller in smsc.callers:
                caller.reset()
            await smsc.until(lambda: smsc.binds == 2 * CROWD, "all again")
        for link in links:
            await bench.until_bound(link)
        waits = Counter(one["again_in_seconds"] for one in logs if one["event"] == "bind is down")
        assert waits.total() == CROWD
        assert min(waits) >= 0.2
        assert max(waits.values()) <= CROWD / 2
        assert len(smsc.callers) == 2 * CROWD


def flood(caller: Caller, frame: Frame) -> None:
    """Thousands of requests that nobody knows, and of messages, after the bind."""
    caller.serve(frame)
    caller.write(b"".join(encode(0x0001_0200, number) for number in range(1, 5001)))
    for _ in range(500):
        caller.deliver("flood")


def bind_and_stop_reading(caller: Caller, frame: Frame) -> None:
    """Nothing is taken after the bind."""
    caller.serve(frame)
    caller.stop_reading()


def told(fact: LinkFact) -> FailureReason | None:
    """Why it is down."""
    return None if fact.failure is None else fact.failure.reason


BAD: Final[dict[str, tuple[Habits, FailureReason | None]]] = {
    "silent": ({BIND: habits.nothing}, FailureReason.BIND_TIMEOUT),
    "resets": ({BIND: habits.reset}, FailureReason.UNREACHABLE),
    "garbage": ({BIND: habits.writing(HEADER.pack(3, 0, 0, 0))}, FailureReason.PROTOCOL_ERROR),
    "floods": ({BIND: flood}, None),
    "throttles": ({SUBMIT: habits.answering(ESME_RTHROTTLED)}, None),
    "deaf": ({BIND: bind_and_stop_reading}, FailureReason.ENQUIRE_LINK_TIMEOUT),
}


async def test_bad_neighbours(bench: LinkBench) -> None:
    """Every kind of bad gateway among fifty good ones: the good ones lose no message, no bind and no connection."""
    vain: list[asyncio.Task[Accepted]] = []
    reasons: dict[str, FailureReason] = {}
    async with rogue({}) as smsc, AsyncExitStack() as stack:
        for name, (habit, reason) in BAD.items():
            server = await stack.enter_async_context(rogue(habit))
            key = f"tenant/bad-{name}"
            if reason is not None:
                reasons[key] = reason
            link = wanted(
                server.port,
                key=key,
                reconnect_initial=0.01,
                reconnect_max=0.02,
                response_timeout=0.5,
                enquire_link_interval=0.5,
            )
            bench.table.want(link)
            vain.append(asyncio.ensure_future(desk(bench, key).submit(TextMessage(PHONE, "in vain"), 1.0)))
        links = [wanted(smsc.port, key=f"tenant/good-{number}") for number in range(CROWD)]
        for link in links:
            bench.table.want(link)
        for link in links:
            await bench.until_bound(link)
        texts = [f"message {number}" for number in range(20)]
        tasks = [desk(bench, link.key).submit(TextMessage(PHONE, text)) for text in texts for link in links]
        accepted = await asyncio.gather(*tasks)
        assert len(accepted) == 20 * CROWD
        assert [smsc.submitted(text) for text in texts] == [CROWD] * 20
        assert len(smsc.callers) == CROWD
        assert not any(fact.failure for fact in bench.history if fact.key.startswith("tenant/good"))
        for key, reason in reasons.items():
            await bench.until(key, lambda fact, reason=reason: told(fact) is reason, f"{key}: {reason}")
        await bench.table.close()
        await asyncio.gather(*vain, return_exceptions=True)
