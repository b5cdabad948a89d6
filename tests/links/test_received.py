"""What SMSCs send: put together, matched, judged, and only then answered."""

from __future__ import annotations

import asyncio

import pytest

from sms_operator.links import inbound, parts, reports
from sms_operator.links.outgoing import TextMessage
from sms_operator.links.received import (
    Received,
    ReceivedAlert,
    ReceivedBinary,
    ReceivedReceipt,
    ReceivedText,
    Verdict,
)
from sms_operator.smpp.address import Address
from sms_operator.smpp.command_status import (
    ESME_RMSGQFUL,
    ESME_RX_P_APPN,
    ESME_RX_R_APPN,
    ESME_RX_T_APPN,
)
from sms_operator.smpp.commands import Command
from sms_operator.smpp.operations import AlertNotification
from sms_operator.smpp.pdus import DataSm, ShortMessage
from sms_operator.smpp.receipts.states import MessageState
from sms_operator.smpp.tlv import Tag
from support.played import played
from support.receiving import DELIVER, LONG, US, Consumer, Stand, receipt, text
from support.sending import PHONE, SUBMIT, sending


async def test_a_text() -> None:
    """Given with both addresses, accepted, answered; data_sm alike."""
    async with played() as smsc:
        stand = Stand(smsc, Consumer())
        _, esme = await stand.open()
        assert await stand.answer(esme, stand.deliver(esme, text("Grüße €")[0])) == 0
        payload = ((int(Tag.MESSAGE_PAYLOAD), "Ж😀".encode("utf-16-be")),)
        assert await stand.answer(esme, stand.deliver(esme, DataSm(PHONE, US, data_coding=8, tlvs=payload))) == 0
        first, second = stand.consumer.taken
        assert isinstance(first, ReceivedText)
        assert (first.source, first.destination, first.text) == (PHONE, US, "Grüße €")
        assert isinstance(second, ReceivedText)
        assert second.text == "Ж😀"
        assert stand.bench.sample("smpp_deliveries_total", taken="yes") == 2
        await stand.bench.table.close()


@pytest.mark.parametrize(
    ("verdict", "status"), [(Verdict.TEMPORARY, ESME_RX_T_APPN), (Verdict.PERMANENT, ESME_RX_P_APPN)]
)
async def test_the_verdict_is_the_answer(verdict: Verdict, status: int) -> None:
    """Said at once or after thinking."""
    async with played() as smsc:
        stand = Stand(smsc, Consumer())
        _, esme = await stand.open()

        async def think(_: Received) -> Verdict:
            await asyncio.sleep(0)
            return verdict

        def say(_: Received) -> Verdict:
            return verdict

        for handler in (say, think):
            stand.consumer.verdict = handler
            assert await stand.answer(esme, stand.deliver(esme, text("hello")[0])) == status
        await stand.bench.table.close()


async def test_nothing_is_answered_before_the_verdict() -> None:
    """While the handler thinks there is no answer, and others are not held up."""
    async with played() as smsc:
        stand = Stand(smsc, Consumer())
        _, esme = await stand.open()
        decided: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        stand.consumer.verdict = lambda received: (
            decided if isinstance(received, ReceivedText) and received.text == "slow" else Verdict.ACCEPT
        )
        slow = stand.deliver(esme, text("slow")[0])
        assert await stand.answer(esme, stand.deliver(esme, text("quick")[0])) == 0
        assert [one.sequence for one in esme.of(Command.DELIVER_SM_RESP)] == [slow + 1]
        decided.set_result(Verdict.ACCEPT)
        assert await stand.answer(esme, slow) == 0
        await stand.bench.table.close()


async def test_long_texts_in_any_order_answered_when_whole() -> None:
    """The parts of two senders with the same reference never mix; no part is answered before the whole."""
    async with played() as smsc:
        stand = Stand(smsc, Consumer())
        _, esme = await stand.open()
        other = Address("31687654321", 1, 1)
        mine, theirs = text(LONG), text(LONG.upper(), other)
        sequences = [stand.deliver(esme, one) for one in (mine[2], theirs[0], mine[0], theirs[2], theirs[1])]
        await stand.settled(esme)
        assert [one.sequence for one in esme.of(Command.DELIVER_SM_RESP)] == [sequences[1], *sequences[3:][::-1]] or {
            one.sequence for one in esme.of(Command.DELIVER_SM_RESP)
        } == {sequences[1], sequences[3], sequences[4]}
        sequences.append(stand.deliver(esme, mine[1]))
        for sequence in sequences:
            assert await stand.answer(esme, sequence) == 0
        taken = {one.source: one.text for one in stand.consumer.taken if isinstance(one, ReceivedText)}
        assert taken == {PHONE: LONG, other: LONG.upper()}
        await stand.bench.table.close()


async def test_an_smsc_that_waits_for_each_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part that is alone too long is accepted, and the message comes whole all the same."""
    monkeypatch.setattr(parts, "HOLD", 0.05)
    async with played() as smsc:
        stand = Stand(smsc, Consumer())
        _, esme = await stand.open()
        for part in text(LONG):
            assert await stand.answer(esme, stand.deliver(esme, part)) == 0
        (whole,) = stand.consumer.taken
        assert isinstance(whole, ReceivedText)
        assert (whole.text, whole.missing) == (LONG, ())
        await stand.bench.table.close()


async def test_a_part_that_never_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was accepted is handed over without it."""
    monkeypatch.setattr(parts, "HOLD", 0.05)
    monkeypatch.setattr(parts, "TIME_LIMIT", 0.2)
    async with played() as smsc:
        stand = Stand(smsc, Consumer())
        _, esme = await stand.open()
        pieces = text(LONG)
        for part in (pieces[0], pieces[2]):
            assert await stand.answer(esme, stand.deliver(esme, part)) == 0
        (incomplete,) = await stand.consumer.until(1)
        assert isinstance(incomplete, ReceivedText)
        assert incomplete.missing == (2,)
        assert len(incomplete.pdus) == 2
        await stand.bench.table.close()


async def test_accepted_parts_are_handed_over_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SMSC was told that they are safe: closing the link does not lose them."""
    monkeypatch.setattr(parts, "HOLD", 0.05)
    async with played() as smsc:
        stand = Stand(smsc, Consumer())
        _, esme = await stand.open(response_timeout=0.2)
        assert await stand.answer(esme, stand.deliver(esme, text(LONG)[0])) == 0
        await stand.bench.table.close()
        (incomplete,) = stand.consumer.taken
        assert isinstance(incomplete, ReceivedText)
        assert incomplete.missing == (2, 3)


async def test_a_whole_that_is_not_taken_comes_again() -> None:
    """Refused for now: every part gets the temporary error, and sent again they make the message again."""
    async with played() as smsc:
        stand = Stand(smsc, Consumer())
        _, esme = await stand.open()
        stand.consumer.verdict = lambda _: Verdict.TEMPORARY
        sequences = [stand.deliver(esme, part) for part in text(LONG)]
        assert [await stand.answer(esme, one) for one in sequences] == [ESME_RX_T_APPN] * 3
        stand.consumer.verdict = lambda _: Verdict.ACCEPT
        sequences = [stand.deliver(esme, part) for part in text(LONG)]
        assert [await stand.answer(esme, one) for one in sequences] == [0] * 3
        assert len(stand.consumer.taken) == 2
        again = [stand.deliver(esme, part) for part in text(LONG)[:1]]
        assert await stand.answer(esme, again[0]) == 0
        assert len(stand.consumer.taken) == 2
        await stand.bench.table.close()


async def test_what_is_ours_is_offered_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A handler that does not take what the SMSC was told is safe gets it again; in the end it is put aside."""
    monkeypatch.setattr(parts, "HOLD", 0.02)
    monkeypatch.setattr(inbound, "AGAIN", 0.02)
    async with played() as smsc:
        stand = Stand(smsc, Consumer())
        _, esme = await stand.open()
        stand.consumer.verdict = lambda _: Verdict.TEMPORARY
        for part in text(LONG):
            assert await stand.answer(esme, stand.deliver(esme, part)) == 0
        await stand.consumer.until(3)
        assert stand.bench.sample("smpp_quarantined_total") == 1
        await stand.bench.table.close()


async def test_a_receipt_finds_its_message() -> None:
    """By id, with the tag that it was sent with; a second one is not known any more."""
    async with played() as smsc:
        stand = Stand(smsc, Consumer())
        desk, esme = await stand.open()
        task = asyncio.ensure_future(desk.submit(TextMessage(PHONE, "text", tag="order 7")))
        (frame,) = await esme.until(SUBMIT)
        esme.accept(frame, "00AF")
        await task
        for _ in range(2):
            assert await stand.answer(esme, stand.deliver(esme, receipt("00af"))) == 0
        known, unknown = stand.consumer.taken
        assert isinstance(known, ReceivedReceipt)
        assert known.receipt.state is MessageState.DELIVERED
        assert known.tracked is not None
        assert (known.tracked.tag, known.tracked.destination) == ("order 7", PHONE.digits)
        assert isinstance(unknown, ReceivedReceipt)
        assert unknown.tracked is None
        assert stand.bench.sample("smpp_receipts_total", state="delivered", matched="yes") == 1
        await stand.bench.table.close()


@pytest.mark.parametrize("in_one_read", [False, True])
async def test_a_receipt_before_its_response(in_one_read: bool) -> None:
    """It waits for the response, and is told with its message; also where both are there at once."""
    async with played() as smsc:
        stand = Stand(smsc, Consumer())
        desk, esme = await stand.open()
        (task,) = sending(desk, 1)
        (frame,) = await esme.until(SUBMIT)
        early = stand.deliver(esme, receipt("255"))
        if not in_one_read:
            await stand.settled(esme)
            assert not stand.consumer.taken
        esme.accept(frame, "FF")
        await task
        assert await stand.answer(esme, early) == 0
        (told,) = stand.consumer.taken
        assert isinstance(told, ReceivedReceipt)
        assert told.tracked is not None
        await stand.bench.table.close()


async def test_a_receipt_that_waits_in_vain(monkeypatch: pytest.MonkeyPatch) -> None:
    """After its time it is told without a message."""
    monkeypatch.setattr(reports, "PATIENCE", 0.05)
    async with played() as smsc:
        stand = Stand(smsc, Consumer())
        desk, esme = await stand.open()
        (task,) = sending(desk, 1)
        (frame,) = await esme.until(SUBMIT)
        assert await stand.answer(esme, stand.deliver(esme, receipt("unknown"))) == 0
        (told,) = stand.consumer.taken
        assert isinstance(told, ReceivedReceipt)
        assert told.tracked is None
        esme.accept(frame, "1")
        await task
        await stand.bench.table.close()


async def test_a_text_that_looks_like_a_receipt() -> None:
    """Anybody can write one: without the mark of a receipt it is a text, unless it is for a message of ours."""
    async with played() as smsc:
        stand = Stand(smsc, Consumer())
        desk, esme = await stand.open()
        (task,) = sending(desk, 1)
        (frame,) = await esme.until(SUBMIT)
        esme.accept(frame, "7")
        await task
        for identity in ("8", "7"):
            unmarked = receipt(identity)
            unmarked.esm_class = 0
            assert await stand.answer(esme, stand.deliver(esme, unmarked)) == 0
        assert [type(one) for one in stand.consumer.taken] == [ReceivedText, ReceivedReceipt]
        await stand.bench.table.close()


async def test_a_receipt_that_is_not_taken_stays_matched() -> None:
    """Sent again after a temporary refusal, it still finds its message."""
    async with played() as smsc:
        stand = Stand(smsc, Consumer())
        desk, esme = await stand.open()
        (task,) = sending(desk, 1)
        (frame,) = await esme.until(SUBMIT)
        esme.accept(frame, "7")
        await task
        stand.consumer.verdict = lambda _: Verdict.TEMPORARY
        assert await stand.answer(esme, stand.deliver(esme, receipt("7"))) == ESME_RX_T_APPN
        stand.consumer.verdict = lambda _: Verdict.ACCEPT
        assert await stand.answer(esme, stand.deliver(esme, receipt("7"))) == 0
        assert all(isinstance(one, ReceivedReceipt) and one.tracked is not None for one in stand.consumer.taken)
        await stand.bench.table.close()


async def test_poison() -> None:
    """What cannot be read costs that PDU; the third time it is put aside and refused for good."""
    async with played() as smsc:
        stand = Stand(smsc, Consumer())
        _, esme = await stand.open()
        statuses: list[int] = []
        for sequence in (7, 8, 9):
            esme.send(DELIVER, sequence, 0, b"\0\1")
            statuses.append(await stand.answer(esme, sequence))
        assert statuses[:2] != [0, 0]
        assert statuses[2] == ESME_RX_R_APPN
        assert await stand.answer(esme, stand.deliver(esme, text("well")[0])) == 0
        assert len(stand.consumer.taken) == 1
        assert stand.bench.sample("smpp_quarantined_total") == 1
        assert len(smsc.connections) == 1
        await stand.bench.table.close()


async def test_a_handler_that_fails() -> None:
    """Its exception is a temporary error, three times; then the message is put aside. The bind lives on."""
    async with played() as smsc:
        stand = Stand(smsc, Consumer())
        _, esme = await stand.open()

        def fail(_: Received) -> Verdict:
            raise RuntimeError("a fault")

        stand.consumer.verdict = fail
        message = text("again and again")[0]
        statuses = [await stand.answer(esme, stand.deliver(esme, message)) for _ in range(3)]
        assert statuses == [ESME_RX_T_APPN, ESME_RX_T_APPN, ESME_RX_R_APPN]
        stand.consumer.verdict = lambda _: Verdict.ACCEPT
        assert await stand.answer(esme, stand.deliver(esme, text("well")[0])) == 0
        assert len(smsc.connections) == 1
        await stand.bench.table.close()


async def test_more_than_a_handler_can_think_about(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit the SMSC is told that a queue is full; nothing piles up."""
    monkeypatch.setattr(inbound, "MOST_AT_A_TIME", 2)
    async with played() as smsc:
        stand = Stand(smsc, Consumer())
        _, esme = await stand.open()
        decided: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        stand.consumer.verdict = lambda _: decided
        waiting = [stand.deliver(esme, text("one")[0]), stand.deliver(esme, text("two")[0])]
        assert await stand.answer(esme, stand.deliver(esme, text("three")[0])) == ESME_RMSGQFUL
        decided.set_result(Verdict.ACCEPT)
        assert [await stand.answer(esme, one) for one in waiting] == [0, 0]
        await stand.bench.table.close()


async def test_binary_and_alerts() -> None:
    """Octets that are no text stay octets; an alert has no answer."""
    async with played() as smsc:
        stand = Stand(smsc, Consumer())
        _, esme = await stand.open()
        octets = ShortMessage(PHONE, US, data_coding=4, short_message=b"\x00\xff")
        assert await stand.answer(esme, stand.deliver(esme, octets)) == 0
        esme.send(Command.ALERT_NOTIFICATION, 5, 0, AlertNotification(PHONE, US).encode())
        binary, alert = await stand.consumer.until(2)
        assert isinstance(binary, ReceivedBinary)
        assert binary.content == b"\x00\xff"
        assert isinstance(alert, ReceivedAlert)
        assert alert.alert.source == PHONE
        await stand.bench.table.close()


def test_what_people_write_is_not_in_a_repr() -> None:
    """Logs show lengths, never texts."""
    (message,) = text("a secret text")
    received = ReceivedText("tenant/gateway", PHONE, US, "a secret text", (message,))
    assert "secret" not in repr(received)
    assert "secret" not in repr(message)
    assert "secret" not in repr(TextMessage(PHONE, "a secret text"))
