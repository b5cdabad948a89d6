"""Every fault of the table over real sockets, plain and TLS: what is said, what becomes of messages, how it heals."""

from __future__ import annotations

import ast
import asyncio
import ssl
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from structlog.testing import capture_logs

from sms_operator.links.outcomes import Accepted, OutcomeUnknown, Refused
from sms_operator.links.outgoing import TextMessage
from sms_operator.links.received import Received, ReceivedAlert, ReceivedReceipt, ReceivedText, Verdict
from sms_operator.protocol.messages import LinkFailure, MessageOptions, TlsOptions, WantedLink
from sms_operator.smpp.commands import Command
from sms_operator.smpp.events import Doubt
from support.dataplane import wanted
from support.linkbench import LinkBench
from support.misbehaviour import Row, Sent, Told
from support.misbehaviours import TABLE
from support.misbehaviours_elsewhere import ELSEWHERE
from support.pki import Pki
from support.rogue import PHONE, Caller, Rogue, rogue

DOUBTS: Final = {
    Doubt.TIMEOUT: Sent.TIMEOUT,
    Doubt.CONNECTION_LOST: Sent.LOST,
    Doubt.MISMATCH: Sent.MISMATCH,
}


class Ear:
    """A handler that takes everything, and what it heard in words."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def __call__(self, received: Received) -> Verdict:
        """The handler."""
        match received:
            case ReceivedText(text=text, pdus=pdus):
                extra = [f" 0x{tag:04x}={value.hex()}" for tag, value in pdus[0].tlvs if tag >= 0x1400]
                self.heard.append(text + "".join(extra))
            case ReceivedReceipt(receipt=receipt, tracked=tracked):
                assert tracked is not None, f"{receipt} was not matched"
                self.heard.append(f"{receipt.message_id} is {receipt.state.name}")
            case ReceivedAlert(alert=alert):
                self.heard.append(f"{alert.source.digits} can be reached")
            case _:
                raise AssertionError(received)
        return Verdict.ACCEPT


class Trial:
    """One link, one SMSC, and messages that are submitted before the bind stands."""

    def __init__(self, row: Row, smsc: Rogue, tls: TlsOptions | None) -> None:
        self.row = row
        self.smsc = smsc
        self.ear = Ear()
        self.bench = LinkBench(deliver=self.ear)
        self.link = wanted(
            smsc.port,
            tls=tls,
            enquire_link_interval=row.interval,
            response_timeout=row.timeout,
            window_size=row.window,
            message=MessageOptions(registered_delivery=1),
        )
        self.bench.table.want(self.link)
        self.tasks = [self.submit(f"message-{number}") for number in range(len(row.sent))]

    def submit(self, text: str) -> asyncio.Task[Accepted]:
        """A message; its id is to be its text."""
        link = self.bench.table.link(self.link.key)
        assert link is not None
        return asyncio.ensure_future(link.messages.submit(TextMessage(PHONE, text)))

    async def outcomes(self) -> tuple[Sent, ...]:
        """Of all messages that do not wait for another bind."""
        return tuple([await self._outcome(task) for task in self.tasks])

    async def first_failure(self) -> LinkFailure:
        """Waits for it; the link may be up again when this returns."""
        history = self.bench.history
        await self.bench.until(self.link.key, lambda _: any(fact.failure for fact in history), "a failure")
        return next(fact.failure for fact in history if fact.failure)

    async def works(self, caller: Caller, text: str) -> None:
        """A message goes and another comes over this connection."""
        before = len(caller.answers)
        caller.deliver(text)
        await self.smsc.until(lambda: len(caller.answers) > before, "an answer")
        assert caller.answers[before:] == [(Command.DELIVER_SM_RESP, 0)]
        assert self.ear.heard[-1] == text
        assert (await self.submit(text)).message_ids == (text,)
        assert self.smsc.submitted(text) == 1
        assert self.smsc.callers[-1] is caller

    async def _outcome(self, task: asyncio.Task[Accepted]) -> Sent:
        number = self.tasks.index(task)
        try:
            accepted = await task
        except OutcomeUnknown as error:
            return DOUBTS[error.doubt]
        except Refused:
            return Sent.REFUSED
        assert accepted.message_ids == (f"message-{number}",)
        return Sent.ACCEPTED


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
async def test_each_fault(pki: Pki, row: Row, secure: bool) -> None:
    """State, reason, outcomes and recovery are those of the table; nothing is sent twice."""
    with capture_logs() as logs:
        await _try(row, TlsOptions(pki.authority.pem) if secure else None, pki.server_context() if secure else None)
    waits = [one["again_in_seconds"] for one in logs if one["event"] == "bind is down"]
    assert bool(waits) == (row.reason is not None)
    assert not waits or row.waits[0] <= waits[0] <= row.waits[1]


async def _try(row: Row, options: TlsOptions | None, context: ssl.SSLContext | None) -> None:
    async with rogue(row.habits, context) as smsc:
        trial = Trial(row, smsc, options)
        try:
            await (_survives if row.reason is None else _recovers)(trial)
            assert [smsc.submitted(f"message-{number}") for number in range(len(row.sent))] == [1] * len(row.sent)
        finally:
            await trial.bench.table.close()


async def _survives(trial: Trial) -> None:
    row, smsc, bench = trial.row, trial.smsc, trial.bench
    await bench.until_bound(trial.link)
    assert await trial.outcomes() == row.sent
    caller = await smsc.caller()
    await smsc.until(lambda: len(caller.answers) >= len(row.answers), "the answers")
    smsc.well = True
    bench.table.want(_gentle(trial.link))
    await trial.works(caller, "well")
    assert tuple(caller.answers[:-1]) == row.answers
    assert tuple(trial.ear.heard[:-1]) == row.heard
    assert not row.counted or bench.sample(row.counted) == 1
    assert len(smsc.callers) == 1
    assert not any(fact.failure for fact in bench.history)


async def _recovers(trial: Trial) -> None:
    row, smsc, bench = trial.row, trial.smsc, trial.bench
    failure = await trial.first_failure()
    assert failure.reason is row.reason
    assert row.words in failure.message
    assert f"127.0.0.1:{smsc.port}" in failure.message
    stood = any(fact.binds_connected for fact in bench.history)
    assert stood == (Sent.LATER not in row.sent)
    if stood:
        assert await trial.outcomes() == row.sent
    first = smsc.callers[0]
    await smsc.until(lambda: len(first.answers) >= len(row.answers), "the answers")
    assert tuple(first.answers) == row.answers
    assert tuple(trial.ear.heard) == row.heard
    smsc.well = True
    healed = _gentle(trial.link)
    if row.permanent:
        assert smsc.binds == 1
        healed = replace(healed, password="right")
    bench.table.want(healed)
    await bench.until_bound(healed)
    if not stood:
        assert await trial.outcomes() == (Sent.ACCEPTED,) * len(row.sent)
    await trial.works(smsc.callers[-1], "well again")


def _gentle(link: WantedLink) -> WantedLink:
    """The same with timers that a busy machine keeps; they need no new bind."""
    return replace(link, revision="healed", enquire_link_interval=30.0, response_timeout=5.0)


LINKS: Final = Path(__file__).parent
PAGE: Final = LINKS.parents[1] / "docs" / "misbehaving-peers.md"


def test_the_page() -> None:
    """docs/misbehaving-peers.md has exactly these rows, in their order."""
    told = sorted([*(row.told for row in TABLE), *ELSEWHERE], key=lambda one: one.place)
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith(("| B", "| L", "| G"))]
    assert rows == [one.line for one in told]
    assert len({one.name for one in told}) == len(told)


@pytest.mark.parametrize("told", ELSEWHERE, ids=lambda told: told.name)
def test_every_row_has_its_test(told: Told) -> None:
    """The function that proves it exists, and pytest takes it for a test."""
    file, _, function = told.proof.partition("::")
    module = ast.parse((LINKS / file).read_text())
    assert function.startswith("test_")
    assert function in {one.name for one in module.body if isinstance(one, ast.AsyncFunctionDef)}


async def test_a_deadline_that_has_come(bench: LinkBench) -> None:
    """Timers that are due at once, as on a machine that was busy for a while, cost no connection."""
    async with rogue({}) as smsc:
        link = wanted(smsc.port)
        bench.table.want(link)
        await bench.until_bound(link)
        await asyncio.sleep(0.01)  # what was heard last is longer ago than the intervals below
        for number, interval in enumerate((0.001, 0.0011, 0.0012, 30.0)):
            link = replace(link, revision=f"interval {number}", enquire_link_interval=interval)
            bench.table.want(link)
        await smsc.until(lambda: bool(smsc.callers[0].requests), "the bind")
        await bench.until_bound(link)
        assert len(smsc.callers) == 1
        assert not any(fact.failure for fact in bench.history)
