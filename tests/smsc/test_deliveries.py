"""What the simulator delivers: long messages in every form and every mess, again and again, and what cannot be read."""

from __future__ import annotations

import asyncio

import pytest

from sms_operator.dev.smsc import Behaviour, Deliveries, Kind, NobodyBound, Poison, Simulator, Text
from sms_operator.smpp.commands import Command
from sms_operator.smpp.errors import Malformed
from sms_operator.smpp.operations import AlertNotification
from sms_operator.smpp.pdus import DataSm, ShortMessage
from sms_operator.smpp.text.encoding import Encoding
from sms_operator.smpp.text.splitting import LongMessages
from support.wire import PHONE, Wire, bound

LONG = "abcdefghij" * 40
AGAIN = Behaviour(deliveries=Deliveries(redeliver_after=0.02))


async def taken(esme: Wire, count: int) -> list[ShortMessage]:
    """So many deliver_sm, acknowledged."""
    found: list[ShortMessage] = []
    for _ in range(count):
        frame, message = await esme.short_message()
        esme.answer(frame)
        found.append(message)
    return found


@pytest.mark.parametrize(
    ("text", "encoding", "data_coding", "octets"),
    [
        ("hi @", Encoding.AUTO, 0, b"hi \0"),
        ("été", Encoding.GSM7, 0, b"\x05t\x05"),
        ("été", Encoding.LATIN1, 3, b"\xe9t\xe9"),
        ("żół", Encoding.AUTO, 8, "żół".encode("utf-16-be")),
        ("hi", Encoding.UCS2, 8, b"\0h\0i"),
    ],
)
async def test_alphabets(smsc: Simulator, text: str, encoding: Encoding, data_coding: int, octets: bytes) -> None:
    """Each in its own octets."""
    async with bound(smsc.port) as esme:
        injected = asyncio.create_task(smsc.inject("demo", "+31600000000", "12345", text, encoding=encoding))
        (message,) = await taken(esme, 1)
        assert (message.data_coding, message.short_message) == (data_coding, octets)
        assert message.source == PHONE
        assert await injected == 0


async def test_long_messages_in_each_form(smsc: Simulator) -> None:
    """Headers of five and six octets, the three SAR parameters, one payload; together always the whole text."""
    async with bound(smsc.port) as esme:
        for form, esm_class, header in (
            (LongMessages.UDH, 0x40, b"\x05\0\x03\x07\x03"),
            (LongMessages.UDH16, 0x40, b"\x06\x08\x04\x01\x07\x03"),
            (LongMessages.SAR, 0, b""),
        ):
            text = Text("1", "2", LONG, long_messages=form, reference=0x0107)
            delivered = asyncio.create_task(smsc.deliver("demo", text.messages()))
            parts = await taken(esme, 3)
            assert await delivered == [0, 0, 0]
            assert {part.esm_class for part in parts} == {esm_class}
            assert all(part.short_message.startswith(header) for part in parts)
            start = len(header) + 1 if header else 0
            assert b"".join(part.short_message[start:] for part in parts) == LONG.encode()
            if form is LongMessages.SAR:
                assert [dict(part.tlvs) for part in parts] == [
                    {0x020C: b"\x01\x07", 0x020E: b"\3", 0x020F: bytes((number,))} for number in (1, 2, 3)
                ]
        delivered = asyncio.create_task(smsc.inject("demo", "1", "2", LONG))
        (whole,) = await taken(esme, 1)
        assert dict(whole.tlvs) == {0x0424: LONG.encode()}
        assert await delivered == 0


async def test_parts_out_of_order_doubled_and_missing(smsc: Simulator) -> None:
    """Exactly those that were asked for, in that order."""
    async with bound(smsc.port) as esme:
        injected = asyncio.create_task(
            smsc.inject("demo", "1", "2", LONG, long_messages=LongMessages.UDH, parts=(3, 1, 1))
        )
        assert [part.short_message[5] for part in await taken(esme, 3)] == [3, 1, 1]
        assert await injected == 0
        with pytest.raises(ValueError, match="no part 4: the text has 3"):
            await smsc.inject("demo", "1", "2", LONG, long_messages=LongMessages.UDH, parts=(4,))


async def test_parts_take_turns_on_two_binds(smsc: Simulator) -> None:
    """As an SMSC does that has several: what belongs together comes on more than one."""
    async with bound(smsc.port) as first, bound(smsc.port) as second:
        injected = asyncio.create_task(smsc.inject("demo", "1", "2", LONG, long_messages=LongMessages.UDH))
        found = [
            part.short_message[5] for esme, count in ((first, 2), (second, 1)) for part in await taken(esme, count)
        ]
        assert found == [1, 3, 2]
        assert await injected == 0


async def test_data_sm_with_a_vendors_parameter(smsc: Simulator) -> None:
    """In place of deliver_sm, the text in message_payload, and what nobody knows behind it."""
    tlvs = bytes.fromhex("1403 0004 deadbeef")
    await smsc.behave(Behaviour(deliveries=Deliveries(as_data_sm=True, tlvs=tlvs)))
    async with bound(smsc.port) as esme:
        injected = asyncio.create_task(smsc.inject("demo", "1", "2", "hello"))
        frame = await esme.frame()
        assert frame.command_id == Command.DATA_SM
        assert DataSm.decode(frame.body).tlvs == ((0x0424, b"hello"), (0x1403, b"\xde\xad\xbe\xef"))
        esme.answer(frame)
        assert await injected == 0


async def test_again_after_a_temporary_error(smsc: Simulator) -> None:
    """The first answer is told; the message comes until it is taken, and not after."""
    await smsc.behave(AGAIN)
    async with bound(smsc.port) as esme:
        injected = asyncio.create_task(smsc.inject("demo", "1", "2", "hello"))
        for status in (0x64, 0x14, 0x58, 0x08, 0x00):
            frame, message = await esme.short_message()
            assert message.short_message == b"hello"
            esme.answer(frame, status)
        assert await injected == 0x64
        (entry,) = smsc.ledger.of(Kind.MESSAGE)
        await smsc.until(lambda: entry.taken == 1, what="the last answer")
        assert [attempt.status for attempt in entry.attempts] == [0x64, 0x14, 0x58, 0x08, 0]
        second = asyncio.create_task(smsc.inject("demo", "1", "2", "second"))
        assert [one.short_message for one in await taken(esme, 1)] == [b"second"]
        await second


@pytest.mark.parametrize("status", [0x65, 0x66, 0x01])
async def test_not_again_after_a_permanent_error(smsc: Simulator, status: int) -> None:
    """What is refused for good is gone."""
    await smsc.behave(AGAIN)
    async with bound(smsc.port) as esme:
        injected = asyncio.create_task(smsc.inject("demo", "1", "2", "hello"))
        esme.answer(await esme.frame(), status)
        assert await injected == status
        second = asyncio.create_task(smsc.inject("demo", "1", "2", "second"))
        assert [one.short_message for one in await taken(esme, 1)] == [b"second"]
        await second


async def test_again_on_the_next_session(smsc: Simulator) -> None:
    """What was not answered when the connection broke comes on the one that follows."""
    await smsc.behave(AGAIN)
    async with bound(smsc.port) as esme:
        injected = asyncio.create_task(smsc.inject("demo", "1", "2", "hello"))
        await esme.frame()
    with pytest.raises(Exception, match="ended before it answered"):
        await injected
    async with bound(smsc.port) as esme:
        assert [one.short_message for one in await taken(esme, 1)] == [b"hello"]
        (entry,) = smsc.ledger.of(Kind.MESSAGE)
        await smsc.until(lambda: entry.taken == 1, what="the answer")
        assert len({attempt.session for attempt in entry.attempts}) == 2


async def test_limit_of_repetitions(smsc: Simulator) -> None:
    """After so many the SMSC gives up."""
    await smsc.behave(Behaviour(deliveries=Deliveries(redeliver_after=0.01, redeliver_limit=2)))
    async with bound(smsc.port) as esme:
        for text in (b"first", b"second"):
            injected = asyncio.create_task(smsc.inject("demo", "1", "2", text.decode()))
            for _ in range(3):
                frame, message = await esme.short_message()
                assert message.short_message == text
                esme.answer(frame, 0x64)
            assert await injected == 0x64
        await smsc.until(lambda: smsc.ledger.delivered[1].status == 0x64, what="the last answer")
        assert [len(entry.attempts) for entry in smsc.ledger.delivered] == [3, 3]


@pytest.mark.parametrize("how", Poison)
async def test_poison_comes_until_it_is_refused_for_good(smsc: Simulator, how: Poison) -> None:
    """It cannot be read, and neither a generic_nack nor a complaint about it keeps it away."""
    await smsc.behave(Behaviour(deliveries=Deliveries(redeliver_after=0.01, stubborn=True)))
    async with bound(smsc.port) as esme:
        poisoned = asyncio.create_task(smsc.poison("demo", how))
        bodies: set[bytes] = set()
        for status in (0x01, 0x02, 0xC0, 0x66):
            frame = await esme.frame()
            assert frame.command_id == Command.DELIVER_SM
            with pytest.raises(Malformed):
                ShortMessage.decode(frame.body)
            bodies.add(frame.body)
            esme.answer(frame, status)
        assert (await poisoned, len(bodies)) == (0x01, 1)
        (entry,) = smsc.ledger.of(Kind.POISON)
        await smsc.until(lambda: entry.status == 0x66, what="the last answer")
        second = asyncio.create_task(smsc.inject("demo", "1", "2", "second"))
        assert [one.short_message for one in await taken(esme, 1)] == [b"second"]
        await second


async def test_flood(smsc: Simulator) -> None:
    """All without waiting for an answer; with a window never more than that."""
    async with bound(smsc.port) as esme:
        flood = asyncio.create_task(smsc.flood("demo", 500))
        frames = [await esme.frame() for _ in range(500)]
        for frame in frames:
            esme.answer(frame, 0x64 if frame.sequence % 2 else 0)
        assert await flood == {0: 250, 0x64: 250}
        flood = asyncio.create_task(smsc.flood("demo", 9, window=3))
        for _ in range(3):
            frames = [await esme.frame() for _ in range(3)]
            with pytest.raises(TimeoutError):
                await esme.frame(0.05)
            for frame in frames:
                esme.answer(frame)
        assert await flood == {0: 9}


async def test_alert(smsc: Simulator) -> None:
    """A notification that has no answer."""
    with pytest.raises(NobodyBound):
        await smsc.alert("demo", "+31600000000", "12345")
    async with bound(smsc.port) as esme:
        await smsc.alert("demo", "+31600000000", "12345")
        frame = await esme.frame()
        assert frame.command_id == Command.ALERT_NOTIFICATION
        told = AlertNotification.decode(frame.body)
        assert (told.source, told.esme.digits) == (PHONE, "12345")
        assert await esme.is_alive()


async def test_any_octets(smsc: Simulator) -> None:
    """What no behaviour has can still be sent."""
    async with bound(smsc.port) as esme:
        await smsc.send_octets("demo", bytes.fromhex("00000010 80000999 00000000 00000007"))
        assert await esme.frame() == (0x8000_0999, 0, 7, b"")
