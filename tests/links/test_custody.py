"""Who has a message, at every moment: what was accepted is never lost, and what is not decided is never accepted."""

from __future__ import annotations

import asyncio

import pytest

from sms_operator.links import parts
from sms_operator.links.received import Received, ReceivedReceipt, ReceivedText, Verdict
from sms_operator.smpp.command_status import ESME_RX_P_APPN, ESME_RX_T_APPN
from sms_operator.smpp.commands import Command
from support.played import played
from support.receiving import LONG, Consumer, Stand, receipt, text
from support.sending import SUBMIT, sending


def undecided(consumer: Consumer) -> asyncio.Future[Verdict]:
    """The handler thinks until the test decides."""
    decision: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
    consumer.verdict = lambda _: asyncio.shield(decision)
    return decision


async def test_sent_again_while_the_verdict_is_open() -> None:
    """Over another bind, the first one lost: not accepted before the message is."""
    async with played() as smsc:
        stand = Stand(smsc, Consumer())
        _, esme = await stand.open()
        decision = undecided(stand.consumer)
        for part in text(LONG):
            stand.deliver(esme, part)
        await stand.consumer.until(1)
        esme.cut()
        again = await smsc.connection(2)
        await stand.bench.until_bound(stand.link)
        sequences = [stand.deliver(again, part) for part in text(LONG)]
        assert [await stand.answer(again, one) for one in sequences] == [ESME_RX_T_APPN] * 3
        decision.set_result(Verdict.TEMPORARY)
        stand.consumer.verdict = lambda _: Verdict.ACCEPT
        await stand.settled(again)
        sequences = [stand.deliver(again, part) for part in text(LONG)]
        assert [await stand.answer(again, one) for one in sequences] == [0] * 3
        assert len(stand.consumer.taken) == 2
        await stand.bench.table.close()


@pytest.mark.parametrize("verdict", [Verdict.TEMPORARY, Verdict.PERMANENT])
async def test_a_long_thought_about_a_whole_message(monkeypatch: pytest.MonkeyPatch, verdict: Verdict) -> None:
    """Its parts are answered once, with the verdict, however long it takes."""
    monkeypatch.setattr(parts, "HOLD", 0.02)
    async with played() as smsc:
        stand = Stand(smsc, Consumer())
        _, esme = await stand.open()
        decision = undecided(stand.consumer)
        sequences = [stand.deliver(esme, part) for part in text(LONG)]
        await stand.consumer.until(1)
        await asyncio.sleep(0.1)
        assert not esme.of(Command.DELIVER_SM_RESP)
        decision.set_result(verdict)
        assert {await stand.answer(esme, one) for one in sequences} == {verdict.value}
        assert verdict.value in (ESME_RX_T_APPN, ESME_RX_P_APPN)
        assert len(esme.of(Command.DELIVER_SM_RESP)) == 3
        await stand.bench.table.close()


async def test_a_handler_that_is_cancelled() -> None:
    """It has said nothing: the SMSC keeps the message, and the bind lives on."""
    async with played() as smsc:
        stand = Stand(smsc, Consumer())
        _, esme = await stand.open()

        async def cancelled(_: Received) -> Verdict:
            raise asyncio.CancelledError

        stand.consumer.verdict = cancelled
        assert await stand.answer(esme, stand.deliver(esme, text("hello")[0])) == ESME_RX_T_APPN
        assert len(smsc.connections) == 1
        await stand.bench.table.close()


async def test_closing_with_a_handler_that_hangs() -> None:
    """The link goes after the response timeout; the message stays with the SMSC."""
    async with played() as smsc:
        stand = Stand(smsc, Consumer())
        _, esme = await stand.open(response_timeout=0.2)
        undecided(stand.consumer)
        stand.deliver(esme, text("hello")[0])
        await stand.consumer.until(1)
        async with asyncio.timeout(5):
            await stand.bench.table.close()
        assert not [frame for frame in esme.of(Command.DELIVER_SM_RESP) if frame.status == 0]


async def test_closing_with_a_part_that_was_not_accepted() -> None:
    """The SMSC has it and sends the message again: nobody gets half of it."""
    async with played() as smsc:
        stand = Stand(smsc, Consumer())
        _, esme = await stand.open(response_timeout=0.2)
        stand.deliver(esme, text(LONG)[0])
        await stand.settled(esme)
        await stand.bench.table.close()
        assert not stand.consumer.taken


async def test_receipts_of_former_lives_hold_up_nothing() -> None:
    """One for a phone that nothing is under way to is told at once, whatever else is under way."""
    async with played() as smsc:
        stand = Stand(smsc, Consumer())
        desk, esme = await stand.open()
        (task,) = sending(desk, 1)
        (frame,) = await esme.until(SUBMIT)
        stranger = text("x")[0].source._replace(digits="31699999999")
        assert await stand.answer(esme, stand.deliver(esme, receipt("old", stranger))) == 0
        (told,) = stand.consumer.taken
        assert isinstance(told, ReceivedReceipt)
        esme.accept(frame, "1")
        await task
        await stand.bench.table.close()


async def test_a_receipt_again_while_the_first_is_thought_about() -> None:
    """The second copy comes again later, and the message is found when the first was not taken."""
    async with played() as smsc:
        stand = Stand(smsc, Consumer())
        desk, esme = await stand.open()
        (task,) = sending(desk, 1)
        (frame,) = await esme.until(SUBMIT)
        esme.accept(frame, "77")
        await task
        decision = undecided(stand.consumer)
        first = stand.deliver(esme, receipt("77"))
        assert await stand.answer(esme, stand.deliver(esme, receipt("77"))) == ESME_RX_T_APPN
        decision.set_result(Verdict.TEMPORARY)
        assert await stand.answer(esme, first) == ESME_RX_T_APPN
        stand.consumer.verdict = lambda _: Verdict.ACCEPT
        assert await stand.answer(esme, stand.deliver(esme, receipt("77"))) == 0
        assert all(isinstance(one, ReceivedReceipt) and one.tracked is not None for one in stand.consumer.taken)
        await stand.bench.table.close()


async def test_the_error_of_a_handler_is_not_quoted(capsys: pytest.CaptureFixture[str]) -> None:
    """It may hold what somebody wrote."""
    async with played() as smsc:
        stand = Stand(smsc, Consumer())
        _, esme = await stand.open()

        def fail(received: Received) -> Verdict:
            assert isinstance(received, ReceivedText)
            raise ValueError(received.text)

        stand.consumer.verdict = fail
        assert await stand.answer(esme, stand.deliver(esme, text("a secret text")[0])) == ESME_RX_T_APPN
        await stand.bench.table.close()
    said = capsys.readouterr().out
    assert "ValueError" in said
    assert "secret text" not in said
