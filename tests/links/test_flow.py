"""When messages leave: windows, rates, throttling, several binds, patience, and the end of a link."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from sms_operator.links import sender
from sms_operator.links.outcomes import (
    Hindrance,
    NotSent,
    OutcomeUnknown,
    PartlySent,
    Refused,
    SegmentAccepted,
    SegmentNotSent,
    SegmentUnknown,
)
from sms_operator.links.outgoing import TextMessage
from sms_operator.protocol.messages import BindType
from sms_operator.smpp.command_status import ESME_RMSGQFUL, ESME_RTHROTTLED
from sms_operator.smpp.commands import Command
from support.dataplane import wanted
from support.linkbench import LinkBench
from support.played import played
from support.sending import PHONE, SUBMIT, bound, desk_of, sending, text


async def test_the_window_holds_back(bench: LinkBench) -> None:
    """No more than the window leaves; each response lets one more go, in order; the window may change while bound."""
    async with played() as smsc:
        link = wanted(smsc.port, window_size=2)
        desk, esme = await bound(bench, smsc, link)
        tasks = sending(desk, 6)
        frames = await esme.until(SUBMIT, 2)
        esme.send(Command.ENQUIRE_LINK, 77)
        await esme.until(Command.ENQUIRE_LINK_RESP)
        assert [text(one) for one in esme.of(SUBMIT)] == ["text 0", "text 1"]
        esme.accept(frames[1], "b")
        assert [text(one) for one in await esme.until(SUBMIT, 3)] == ["text 0", "text 1", "text 2"]
        bench.table.want(replace(link, revision="wider", window_size=4))
        assert len(await esme.until(SUBMIT, 5)) == 5
        for frame in (frames[0], *esme.of(SUBMIT)[2:]):
            esme.accept(frame, "id")
        esme.accept((await esme.until(SUBMIT, 6))[5], "last")
        assert (await tasks[5]).message_ids == ("last",)
        await asyncio.gather(*tasks)
        assert len(smsc.connections) == 1


@pytest.mark.parametrize("status", [ESME_RTHROTTLED, ESME_RMSGQFUL])
async def test_throttling_slows_down_keeps_the_order_and_recovers(bench: LinkBench, status: int) -> None:
    """What the SMSC throttled leaves again, before what came after it; the fact says so until it is over."""
    async with played() as smsc:
        link = wanted(smsc.port, window_size=2)
        desk, esme = await bound(bench, smsc, link)
        tasks = sending(desk, 4)
        frames = await esme.until(SUBMIT, 2)
        esme.refuse(frames[1], status)
        esme.refuse(frames[0], status)
        await bench.until(link.key, lambda fact: fact.throttled, "throttled")
        for number in range(4):
            frame = (await esme.until(SUBMIT, 3 + number))[2 + number]
            assert text(frame) == f"text {number}"
            esme.accept(frame, str(number))
        assert [(await task).message_ids for task in tasks] == [("0",), ("1",), ("2",), ("3",)]
        assert bench.sample("smpp_throttled_total") == 2


async def test_patience_with_an_smsc_that_throttles_for_ever(bench: LinkBench) -> None:
    """When it is over the message is not sent again; nobody waits for ever."""
    async with played() as smsc:
        desk, esme = await bound(bench, smsc)
        (task,) = sending(desk, 1, patience=0.1)
        (frame,) = await esme.until(SUBMIT)
        esme.refuse(frame, ESME_RTHROTTLED)
        with pytest.raises((Refused, NotSent)):
            await task
        assert len(esme.of(SUBMIT)) == 1


async def test_throughput(bench: LinkBench) -> None:
    """No more than the rate leaves; raising it takes effect at once, without a new bind."""
    async with played() as smsc:
        link = wanted(smsc.port, window_size=100, throughput=1.0)
        desk, esme = await bound(bench, smsc, link)
        tasks = sending(desk, 20)
        (frame,) = await esme.until(SUBMIT)
        esme.accept(frame, "first")
        await tasks[0]
        assert len(esme.of(SUBMIT)) == 1
        bench.table.want(replace(link, revision="faster", throughput=0.0))
        for frame in (await esme.until(SUBMIT, 20))[1:]:
            esme.accept(frame, "more")
        await asyncio.gather(*tasks)
        assert len(smsc.connections) == 1


async def test_several_binds_share_the_work(bench: LinkBench) -> None:
    """Each bind in turn."""
    async with played() as smsc:
        desk = await desk_of(bench, wanted(smsc.port, bind_count=4))
        tasks = sending(desk, 8)
        for connection in smsc.connections:
            for frame in await connection.until(SUBMIT, 2):
                connection.accept(frame, "id")
        await asyncio.gather(*tasks)
        assert [len(connection.of(SUBMIT)) for connection in smsc.connections] == [2, 2, 2, 2]


async def test_a_full_bind_holds_up_nobody(bench: LinkBench) -> None:
    """What one bind cannot take goes over the other."""
    async with played() as smsc:
        desk = await desk_of(bench, wanted(smsc.port, bind_count=2, window_size=1))
        tasks = sending(desk, 3)
        first, second = smsc.connections
        await first.until(SUBMIT)
        (frame,) = await second.until(SUBMIT)
        second.accept(frame, "1")
        second.accept((await second.until(SUBMIT, 2))[1], "2")
        first.accept(first.of(SUBMIT)[0], "0")
        await asyncio.gather(*tasks)


async def test_patience_without_a_bind(bench: LinkBench) -> None:
    """Not sent, which is certain: it may be sent again."""
    link = wanted(9)
    bench.table.want(link)
    found = bench.table.link(link.key)
    assert found is not None
    with pytest.raises(NotSent) as caught:
        await found.messages.submit(TextMessage(PHONE, "text"), patience=0.05)
    assert caught.value.segments == (SegmentNotSent(Hindrance.PATIENCE),)


async def test_closing_hands_back_the_queue_and_waits_for_the_window(bench: LinkBench) -> None:
    """What did not leave is handed back at once; what left gets its answer before the unbind."""
    async with played() as smsc:
        link = wanted(smsc.port, window_size=1)
        desk, esme = await bound(bench, smsc, link)
        first, second = sending(desk, 2)
        (frame,) = await esme.until(SUBMIT)
        bench.table.remove(link.key)
        with pytest.raises(NotSent) as caught:
            await second
        assert caught.value.hindrance is Hindrance.CLOSED
        assert not esme.of(Command.UNBIND)
        esme.accept(frame, "in time")
        assert (await first).message_ids == ("in time",)
        await esme.until(Command.UNBIND)
        with pytest.raises(NotSent):
            await desk.submit(TextMessage(PHONE, "too late"))


async def test_closing_in_the_middle_of_a_long_text(bench: LinkBench) -> None:
    """Accepted parts and parts that never left: neither sent nor not sent."""
    async with played() as smsc:
        link = wanted(smsc.port, window_size=1)
        desk, esme = await bound(bench, smsc, link)
        task = asyncio.ensure_future(desk.submit(TextMessage(PHONE, "x" * 400)))
        (frame,) = await esme.until(SUBMIT)
        bench.table.remove(link.key)
        esme.accept(frame, "one")
        with pytest.raises(PartlySent) as caught:
            await task
        assert [type(one) for one in caught.value.segments] == [SegmentAccepted, SegmentNotSent, SegmentNotSent]


async def test_a_caller_that_gives_up(bench: LinkBench) -> None:
    """A cancelled submit that waits is not sent; others are not held up."""
    async with played() as smsc:
        desk, esme = await bound(bench, smsc, wanted(smsc.port, window_size=1))
        tasks = sending(desk, 3)
        (frame,) = await esme.until(SUBMIT)
        tasks[1].cancel()
        esme.accept(frame, "0")
        frames = await esme.until(SUBMIT, 2)
        assert [text(one) for one in frames] == ["text 0", "text 2"]
        esme.accept(frames[1], "2")
        await asyncio.gather(*tasks, return_exceptions=True)
        assert tasks[1].cancelled()


async def test_an_answer_that_cannot_come_is_said_at_once(bench: LinkBench) -> None:
    """Whoever waits for the resolution of an outcome that is unknown for good waits for nothing."""
    async with played() as smsc:
        desk, esme = await bound(bench, smsc)
        (task,) = sending(desk, 1)
        await esme.until(SUBMIT)
        esme.cut()
        with pytest.raises(OutcomeUnknown) as caught:
            await task
        (segment,) = caught.value.segments
        assert isinstance(segment, SegmentUnknown)
        assert await segment.resolution is None


async def test_a_gateway_that_begins_to_send(bench: LinkBench) -> None:
    """From Receive to both and back, with a rate: what may be sent follows the mode."""
    async with played() as smsc:
        receiver = wanted(smsc.port, bind_types=(BindType.RECEIVER,), throughput=100.0)
        desk = await desk_of(bench, receiver)
        with pytest.raises(NotSent):
            await desk.submit(TextMessage(PHONE, "no"))
        both = replace(receiver, bind_types=(BindType.TRANSCEIVER,), revision="both")
        bench.table.want(both)
        await bench.until_bound(both)
        (task,) = sending(desk, 1)
        esme = smsc.connections[-1]
        esme.accept((await esme.until(SUBMIT))[0], "1")
        assert (await task).message_ids == ("1",)
        bench.table.want(replace(receiver, revision="back"))
        with pytest.raises(NotSent) as caught:
            await desk.submit(TextMessage(PHONE, "no"))
        assert caught.value.hindrance is Hindrance.NO_SENDER


async def test_half_a_message_is_never_sent_for_a_caller_that_gave_up(bench: LinkBench) -> None:
    """Cancelled while it waits: no segment leaves."""
    async with played() as smsc:
        desk, esme = await bound(bench, smsc, wanted(smsc.port, window_size=1))
        (first,) = sending(desk, 1)
        (frame,) = await esme.until(SUBMIT)
        long = asyncio.ensure_future(desk.submit(TextMessage(PHONE, "x" * 400)))
        await asyncio.sleep(0)
        long.cancel()
        await asyncio.gather(long, return_exceptions=True)
        (last,) = sending(desk, 1)
        esme.accept(frame, "1")
        frames = await esme.until(SUBMIT, 2)
        esme.accept(frames[1], "2")
        await asyncio.gather(first, last)
        assert [text(one) for one in frames] == ["text 0", "text 0"]


async def test_a_long_message_has_room_as_a_whole(bench: LinkBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a full queue none of its segments is queued."""
    monkeypatch.setattr(sender, "MAX_QUEUE", 4)
    async with played() as smsc:
        desk, esme = await bound(bench, smsc, wanted(smsc.port, window_size=1))
        tasks = sending(desk, 3)
        await esme.until(SUBMIT)
        with pytest.raises(NotSent) as caught:
            await desk.submit(TextMessage(PHONE, "x" * 400))
        assert caught.value.hindrance is Hindrance.QUEUE_FULL
        for number in range(3):
            esme.accept((await esme.until(SUBMIT, number + 1))[number], "1")
        await asyncio.gather(*tasks)
