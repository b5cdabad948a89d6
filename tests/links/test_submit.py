"""Sending over a link: what comes back, in which order it leaves, and what is never guessed."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from sms_operator.links.outcomes import (
    Accepted,
    Hindrance,
    NotSent,
    OutcomeUnknown,
    Refused,
    SegmentAccepted,
    SegmentRefused,
    SegmentUnknown,
)
from sms_operator.links.outgoing import BinaryMessage, SendOptions, TextMessage
from sms_operator.protocol.messages import BindType, MessageOptions, TextEncoding
from sms_operator.smpp.address import Address
from sms_operator.smpp.command_status import ESME_RINVDSTADR
from sms_operator.smpp.commands import Command
from sms_operator.smpp.events import Doubt
from sms_operator.smpp.pdus import ShortMessage
from sms_operator.smpp.text.errors import Unencodable
from support.dataplane import wanted
from support.linkbench import LinkBench
from support.played import played
from support.sending import PHONE, SUBMIT, bound, desk_of, sending, text


async def test_accepted(bench: LinkBench) -> None:
    """The SMSC's id comes back, with who took it."""
    async with played() as smsc:
        desk, esme = await bound(bench, smsc)
        (task,) = sending(desk, 1)
        (frame,) = await esme.until(SUBMIT)
        message = ShortMessage.decode(frame.body)
        assert (message.destination, message.short_message) == (PHONE, b"text 0")
        esme.accept(frame, "00AbC")
        assert await task == Accepted(("00AbC",), f"127.0.0.1:{smsc.port}")


async def test_refused(bench: LinkBench) -> None:
    """A typed error with the SMSC's status, in words."""
    async with played() as smsc:
        desk, esme = await bound(bench, smsc)
        (task,) = sending(desk, 1)
        (frame,) = await esme.until(SUBMIT)
        esme.refuse(frame, ESME_RINVDSTADR)
        with pytest.raises(Refused, match=r"ESME_RINVDSTADR.*destination address is invalid") as caught:
            await task
        assert caught.value.command_status == ESME_RINVDSTADR
        assert caught.value.segments == (SegmentRefused(ESME_RINVDSTADR, f"127.0.0.1:{smsc.port}"),)


async def test_generic_nack_refuses(bench: LinkBench) -> None:
    """A generic_nack with the sequence of a submit_sm is its answer."""
    async with played() as smsc:
        desk, esme = await bound(bench, smsc)
        (task,) = sending(desk, 1)
        (frame,) = await esme.until(SUBMIT)
        esme.send(Command.GENERIC_NACK, frame.sequence, 3)
        with pytest.raises(Refused, match="ESME_RINVCMDID"):
            await task


async def test_no_answer_is_unknown_and_frees_the_window(bench: LinkBench) -> None:
    """After the response timeout: unknown, told with what the SMSC's operator needs; the next one leaves."""
    async with played() as smsc:
        desk, esme = await bound(bench, smsc, wanted(smsc.port, window_size=1, response_timeout=0.2))
        first, second = sending(desk, 2)
        (frame,) = await esme.until(SUBMIT)
        with pytest.raises(OutcomeUnknown, match="no response in time") as caught:
            await first
        (segment,) = caught.value.segments
        assert isinstance(segment, SegmentUnknown)
        assert (segment.doubt, segment.sequence) == (Doubt.TIMEOUT, frame.sequence)
        assert segment.endpoint == f"127.0.0.1:{smsc.port}"
        frames = await esme.until(SUBMIT, 2)
        assert [text(one) for one in frames] == ["text 0", "text 1"]
        esme.accept(frames[1], "2")
        await second
        assert len(smsc.connections) == 1


async def test_a_late_answer_is_matched(bench: LinkBench) -> None:
    """What was unknown is resolved by the response that comes after all."""
    async with played() as smsc:
        desk, esme = await bound(bench, smsc, wanted(smsc.port, response_timeout=0.2))
        first, second = sending(desk, 2)
        await esme.until(SUBMIT, 2)
        resolutions: list[asyncio.Future[SegmentAccepted | SegmentRefused | None]] = []
        for task in (first, second):
            with pytest.raises(OutcomeUnknown) as caught:
                await task
            (segment,) = caught.value.segments
            assert isinstance(segment, SegmentUnknown)
            resolutions.append(segment.resolution)
        frames = esme.of(SUBMIT)
        esme.accept(frames[0], "late")
        esme.refuse(frames[1], ESME_RINVDSTADR)
        accepted, refused = await asyncio.gather(*resolutions)
        assert isinstance(accepted, SegmentAccepted)
        assert accepted.message_id == "late"
        assert isinstance(refused, SegmentRefused)
        assert bench.sample("smpp_late_responses_total") == 2


async def test_a_lost_connection_leaves_the_window_unknown_and_the_queue_waiting(bench: LinkBench) -> None:
    """In flight: unknown, never sent again. Not sent yet: goes out over the next bind."""
    async with played() as smsc:
        desk, esme = await bound(bench, smsc, wanted(smsc.port, window_size=2))
        tasks = sending(desk, 3)
        await esme.until(SUBMIT, 2)
        esme.cut()
        for task in tasks[:2]:
            with pytest.raises(OutcomeUnknown, match="connection was lost"):
                await task
        again = await smsc.connection(2)
        (frame,) = await again.until(SUBMIT)
        assert text(frame) == "text 2"
        again.accept(frame, "3")
        assert (await tasks[2]).message_ids == ("3",)
        assert len(again.of(SUBMIT)) == 1


async def test_a_late_answer_that_cannot_come_any_more(bench: LinkBench) -> None:
    """The resolution of an unknown outcome ends with the connection."""
    async with played() as smsc:
        desk, esme = await bound(bench, smsc, wanted(smsc.port, response_timeout=0.2))
        (task,) = sending(desk, 1)
        with pytest.raises(OutcomeUnknown) as caught:
            await task
        esme.cut()
        (segment,) = caught.value.segments
        assert isinstance(segment, SegmentUnknown)
        assert await segment.resolution is None


async def test_an_answer_to_another_command_is_unknown(bench: LinkBench) -> None:
    """A data_sm_resp with the sequence of a submit_sm says nothing about it."""
    async with played() as smsc:
        desk, esme = await bound(bench, smsc)
        (task,) = sending(desk, 1)
        (frame,) = await esme.until(SUBMIT)
        esme.send(Command.DATA_SM_RESP, frame.sequence, 0, b"1\0")
        with pytest.raises(OutcomeUnknown, match="another command"):
            await task


async def test_long_texts(bench: LinkBench) -> None:
    """One submit_sm a segment, an id for each."""
    async with played() as smsc:
        desk, esme = await bound(bench, smsc)
        task = asyncio.ensure_future(desk.submit(TextMessage(PHONE, "x" * 400)))
        frames = await esme.until(SUBMIT, 3)
        assert all(ShortMessage.decode(frame.body).esm_class == 0x40 for frame in frames)
        for number, frame in reversed(list(enumerate(frames))):
            esme.accept(frame, f"id{number}")
        assert (await task).message_ids == ("id0", "id1", "id2")


async def test_a_long_text_of_which_one_part_is_refused(bench: LinkBench) -> None:
    """The error has the outcome of each part."""
    async with played() as smsc:
        desk, esme = await bound(bench, smsc)
        task = asyncio.ensure_future(desk.submit(TextMessage(PHONE, "x" * 400)))
        frames = await esme.until(SUBMIT, 3)
        esme.accept(frames[0], "one")
        esme.refuse(frames[1], ESME_RINVDSTADR)
        esme.accept(frames[2], "three")
        with pytest.raises(Refused) as caught:
            await task
        kinds = [type(segment) for segment in caught.value.segments]
        assert kinds == [SegmentAccepted, SegmentRefused, SegmentAccepted]


async def test_a_long_text_in_doubt(bench: LinkBench) -> None:
    """One part without an answer makes the whole unknown, even where another was refused."""
    async with played() as smsc:
        desk, esme = await bound(bench, smsc)
        task = asyncio.ensure_future(desk.submit(TextMessage(PHONE, "x" * 400)))
        frames = await esme.until(SUBMIT, 3)
        esme.refuse(frames[0], ESME_RINVDSTADR)
        await bench.until_bound(wanted(smsc.port))
        esme.send(Command.ENQUIRE_LINK, 5)
        await esme.until(Command.ENQUIRE_LINK_RESP)
        esme.cut()
        with pytest.raises(OutcomeUnknown) as caught:
            await task
        kinds = [type(segment) for segment in caught.value.segments]
        assert kinds == [SegmentRefused, SegmentUnknown, SegmentUnknown]


async def test_defaults_and_options(bench: LinkBench) -> None:
    """The gateway's defaults, where the message has nothing of its own; changed without a new bind."""
    async with played() as smsc:
        options = MessageOptions(source_address="12345", source_ton=3, registered_delivery=1)
        link = wanted(smsc.port, message=options)
        desk, esme = await bound(bench, smsc, link)
        own = SendOptions(source=Address("Brand", 5, 0), registered_delivery=0, tlvs=((0x1401, b"v"),), priority_flag=2)
        tasks = [
            asyncio.ensure_future(desk.submit(TextMessage(PHONE, "usual"))),
            asyncio.ensure_future(desk.submit(TextMessage(PHONE, "own", own))),
            asyncio.ensure_future(desk.submit(BinaryMessage(PHONE, bytes(300), options=own))),
        ]
        usual, special, binary = [ShortMessage.decode(frame.body) for frame in await esme.until(SUBMIT, 3)]
        assert (usual.source, usual.registered_delivery) == (Address("12345", 3, 0), 1)
        assert (special.source, special.registered_delivery) == (Address("Brand", 5, 0), 0)
        assert (special.tlvs, special.priority_flag) == (((0x1401, b"v"),), 2)
        assert (binary.short_message, binary.content, binary.data_coding) == (b"", bytes(300), 4)
        bench.table.want(replace(link, revision="other", message=replace(options, source_address="54321")))
        tasks.append(asyncio.ensure_future(desk.submit(TextMessage(PHONE, "changed"))))
        changed = ShortMessage.decode((await esme.until(SUBMIT, 4))[3].body)
        assert changed.source.digits == "54321"
        for frame in esme.of(SUBMIT):
            esme.accept(frame, "1")
        await asyncio.gather(*tasks)
        assert len(smsc.connections) == 1


async def test_what_cannot_be_encoded_is_never_queued(bench: LinkBench) -> None:
    """The error names the character; nothing leaves."""
    async with played() as smsc:
        desk, esme = await bound(bench, smsc, wanted(smsc.port, message=MessageOptions(encoding=TextEncoding.GSM7)))
        with pytest.raises(Unencodable, match=r"U\+0416"):
            await desk.submit(TextMessage(PHONE, "Ж"))
        assert not esme.of(SUBMIT)


async def test_a_gateway_that_only_receives(bench: LinkBench) -> None:
    """Said at once, not after the patience is over."""
    async with played() as smsc:
        desk = await desk_of(bench, wanted(smsc.port, bind_types=(BindType.RECEIVER,)))
        with pytest.raises(NotSent) as caught:
            await desk.submit(TextMessage(PHONE, "text"))
        assert caught.value.hindrance is Hindrance.NO_SENDER


async def test_the_state_as_a_stream(bench: LinkBench) -> None:
    """The present state first, then every change, until the link is closed."""
    async with played() as smsc:
        link = wanted(smsc.port)
        bench.table.want(link)
        found = bench.table.link(link.key)
        assert found is not None
        states = found.states()
        assert (await anext(states)).binds_connected == 0
        async for state in states:
            if state.binds_connected:
                break
        (await smsc.connection()).cut()
        async for state in found.states():
            if state.failure is not None:
                break
        bench.table.remove(link.key)
        async with asyncio.timeout(10):
            last = [state async for state in found.states()][-1]
        assert last.binds_connected == 0
