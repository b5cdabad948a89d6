"""Receipts and notifications: who gets which, and every form in which they come."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from sms_operator.dev.smsc import Account, Behaviour, Deliveries, Dialect, IdForm, Receipts, Simulator
from sms_operator.dev.smsc.states import MessageState
from sms_operator.smpp.commands import Command
from sms_operator.smpp.framing import Frame
from sms_operator.smpp.pdus import DataSm, ShortMessage
from support.wire import PHONE, SHORT_CODE, Wire, bound

FAILED = Receipts(outcome=MessageState.UNDELIVERABLE, error=8)


async def accepted(esme: Wire, registered_delivery: int = 1) -> str:
    """Submits a message and returns its id."""
    esme.submit(registered_delivery=registered_delivery)
    frame = await esme.frame()
    assert (frame.command_id, frame.status) == (Command.SUBMIT_SM_RESP, 0)
    return frame.body[:-1].decode()


async def receipt(esme: Wire) -> ShortMessage:
    """The next PDU, which is acknowledged."""
    frame, told = await esme.short_message()
    esme.answer(frame)
    return told


@pytest.mark.parametrize(
    ("wanted", "script", "comes"),
    [
        (0, Receipts(), False),
        (1, Receipts(), True),
        (1, FAILED, True),
        (2, Receipts(), False),
        (2, FAILED, True),
        (3, Receipts(), True),
        (3, FAILED, False),
    ],
)
async def test_only_what_was_asked_for(smsc: Simulator, wanted: int, script: Receipts, comes: bool) -> None:
    """registered_delivery decides with the outcome; the receipt of a second message shows that none is missing."""
    await smsc.behave(Behaviour(receipts=script))
    async with bound(smsc.port) as esme:
        first = await accepted(esme, wanted)
        await smsc.behave("normal")
        second = await accepted(esme, 1)
        expected = [first, second] if comes else [second]
        found = [re.match(rb"id:(\w+) ", (await receipt(esme)).short_message) for _ in expected]
        assert [one[1].decode() for one in found if one] == expected


async def test_text_and_parameters_of_a_success(smsc: Simulator) -> None:
    """Both say the same."""
    async with bound(smsc.port) as esme:
        message_id = await accepted(esme)
        told = await receipt(esme)
        assert (told.source, told.destination, told.esm_class) == (PHONE, SHORT_CODE, 0x04)
        pattern = rb"id:(\w+) sub:001 dlvrd:001 submit date:\d{10} done date:\d{10} stat:DELIVRD err:000 text:hello"
        match = re.fullmatch(pattern, told.short_message)
        assert match
        assert match[1].decode() == message_id
        assert told.tlvs == ((0x001E, message_id.encode() + b"\0"), (0x0427, b"\x02"))


async def test_failure(smsc: Simulator) -> None:
    """With the network's error in the text and in a parameter."""
    await smsc.behave("undeliverable")
    async with bound(smsc.port) as esme:
        await accepted(esme)
        told = await receipt(esme)
        assert b" dlvrd:000 " in told.short_message
        assert b" stat:UNDELIV err:008 " in told.short_message
        assert told.tlvs[1:] == ((0x0427, b"\x05"), (0x0423, b"\x03\0\x08"))


@pytest.mark.parametrize(
    ("dialect", "pattern"),
    [
        (Dialect.SECONDS, r"id:\w+ sub:001 dlvrd:001 submit date:\d{12} done date:\d{12} stat:DELIVRD .*"),
        (Dialect.CENTURY, r"id:\w+ sub:001 dlvrd:001 submit date:20\d{12} done date:20\d{12} stat:DELIVRD .*"),
        (Dialect.CAPITALS, r"ID:\w+ SUB:001 DLVRD:001 SUBMIT DATE:\d{10} DONE DATE:\d{10} STAT:DELIVRD ERR:000 .*"),
        (Dialect.JOINED, r"id:\w+ sub:001 dlvrd:001 submitdate:\d{10} donedate:\d{10} stat:DELIVRD err:000 .*"),
        (Dialect.SPACED, r"id: \w+ sub: 001 dlvrd: 001 submit date: \d{10} done date: \d{10} stat: DELIVRD .*"),
        (Dialect.REORDERED, r"stat:DELIVRD err:000 id:\w+ done date:\d{10} submit date:\d{10} .*"),
        (Dialect.SHORT, r"id:\w+ stat:DELIVRD err:000"),
    ],
)
async def test_dialects(smsc: Simulator, dialect: Dialect, pattern: str) -> None:
    """Each as its description says."""
    await smsc.behave(Behaviour(receipts=Receipts(dialect=dialect)))
    async with bound(smsc.port) as esme:
        await accepted(esme)
        assert re.fullmatch(pattern, (await receipt(esme)).short_message.decode())


async def test_ids_in_another_form(smsc: Simulator) -> None:
    """Hex in the response, decimal in the receipt, in text and parameter."""
    smsc.accounts.put(Account("demo", "secret", message_ids=IdForm.HEX_UPPER, receipt_ids=IdForm.DECIMAL))
    async with bound(smsc.port) as esme:
        message_id = await accepted(esme)
        told = await receipt(esme)
        assert told.short_message.startswith(b"id:%d " % int(message_id, 16))
        assert told.tlvs[0] == (0x001E, b"%d\0" % int(message_id, 16))


async def test_forms_that_the_standard_does_not_have(smsc: Simulator) -> None:
    """No NUL, a wide state, no text, no parameters, no esm_class, UCS-2, message_payload: any of them."""
    async with bound(smsc.port) as esme:
        await smsc.behave(Behaviour(receipts=Receipts(id_nul=False, state_octets=2, text=False)))
        message_id = await accepted(esme)
        told = await receipt(esme)
        assert told.short_message == b""
        assert told.tlvs == ((0x001E, message_id.encode()), (0x0427, b"\0\x02"))
        await smsc.behave("plain-receipts")
        await accepted(esme)
        told = await receipt(esme)
        assert (told.esm_class, told.tlvs) == (0, ())
        assert b"stat:DELIVRD" in told.short_message
        await smsc.behave(Behaviour(receipts=Receipts(ucs2=True, payload=True, tlvs=False)))
        await accepted(esme)
        told = await receipt(esme)
        assert (told.data_coding, told.short_message, [tag for tag, _ in told.tlvs]) == (8, b"", [0x0424])
        assert "stat:DELIVRD" in told.content.decode("utf-16-be")


async def test_receipt_before_its_response(smsc: Simulator) -> None:
    """The id is heard of first in the receipt."""
    await smsc.behave("early-receipts")
    async with bound(smsc.port) as esme:
        esme.submit(registered_delivery=1)
        told = await receipt(esme)
        response = await esme.frame()
        assert response.command_id == Command.SUBMIT_SM_RESP
        assert told.tlvs[0] == (0x001E, response.body)


async def test_receipts_that_come_twice(smsc: Simulator) -> None:
    """The same, in two deliver_sm of their own."""
    await smsc.behave("double-receipts")
    async with bound(smsc.port) as esme:
        await accepted(esme)
        assert await receipt(esme) == await receipt(esme)


async def test_receipts_that_come_late(smsc: Simulator) -> None:
    """Another message is answered and told of before."""
    await smsc.behave(Behaviour(receipts=Receipts(delay=0.3)))
    async with bound(smsc.port) as esme:
        late = await accepted(esme)
        await smsc.behave("normal")
        soon = await accepted(esme)
        assert [(await receipt(esme)).tlvs[0][1] for _ in range(2)] == [soon.encode() + b"\0", late.encode() + b"\0"]


async def test_intermediate_notification(smsc: Simulator) -> None:
    """It says that the message is under way; the receipt, where wanted, follows."""
    async with bound(smsc.port) as esme:
        await accepted(esme, 0x11)
        first, second = await receipt(esme), await receipt(esme)
        assert (first.esm_class, second.esm_class) == (0x20, 0x04)
        assert b"stat:ENROUTE" in first.short_message
        assert first.tlvs[1] == (0x0427, b"\x01")


async def test_receipts_as_data_sm(smsc: Simulator) -> None:
    """The text is in message_payload then, and a transmitter's receipts go to the account's receiver."""
    await smsc.behave(Behaviour(deliveries=Deliveries(as_data_sm=True)))
    async with (
        bound(smsc.port, command=Command.BIND_TRANSMITTER) as sender,
        bound(smsc.port, command=Command.BIND_RECEIVER) as receiver,
    ):
        message_id = await accepted(sender)
        frame: Frame = await receiver.frame()
        assert frame.command_id == Command.DATA_SM
        told = DataSm.decode(frame.body)
        assert told.esm_class == 0x04
        assert dict(told.tlvs)[0x0424].startswith(b"id:" + message_id.encode())


async def test_a_receipt_waits_for_a_receiver_where_it_is_to_come_again(smsc: Simulator) -> None:
    """Without one bound it is kept; without redelivery it is lost, and both are in the ledger."""
    async with bound(smsc.port, command=Command.BIND_TRANSMITTER) as sender:
        await accepted(sender)
        await smsc.until(lambda: len(smsc.ledger.delivered) == 1, what="a lost receipt")
        await smsc.behave(Behaviour(deliveries=replace(Deliveries(), redeliver_after=0.01)))
        message_id = await accepted(sender)
        await smsc.until(lambda: len(smsc.ledger.delivered) == 2, what="a receipt")
        async with bound(smsc.port, command=Command.BIND_RECEIVER) as receiver:
            assert (await receipt(receiver)).tlvs[0][1] == message_id.encode() + b"\0"
            await smsc.until(lambda: smsc.ledger.delivered[1].taken == 1, what="the answer")
        assert smsc.ledger.delivered[0].attempts == []
