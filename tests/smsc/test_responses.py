"""What the simulator answers to submissions when it does not simply take them."""

from __future__ import annotations

import pytest

from sms_operator.dev.smsc import Account, Behaviour, Fault, Limits, Responses, Simulator, Stage
from sms_operator.smpp.commands import Command
from support.wire import Wire, bound


async def statuses(esme: Wire, count: int) -> list[int]:
    """Of so many messages, one after the other."""
    found: list[int] = []
    for _ in range(count):
        esme.submit()
        frame = await esme.frame()
        assert frame.command_id == Command.SUBMIT_SM_RESP
        found.append(frame.status)
    return found


@pytest.mark.parametrize("status", [0x58, 0x14])
async def test_the_first_ones_are_refused(smsc: Simulator, status: int) -> None:
    """So many of an account, over all its sessions, and again when the behaviour is set again."""
    behaviour = Behaviour(limits=Limits(first=4, status=status))
    smsc.accounts.put(Account("other", "secret"))
    await smsc.behave(behaviour)
    async with bound(smsc.port) as one, bound(smsc.port) as two, bound(smsc.port, "other") as other:
        assert await statuses(one, 2) + await statuses(two, 3) == [status] * 4 + [0]
        assert await statuses(other, 1) == [status]
        await smsc.behave(behaviour)
        assert await statuses(one, 5) == [status] * 4 + [0]
        assert smsc.ledger.statuses == {status: 9, 0: 2}


async def test_refused_for_a_time(smsc: Simulator) -> None:
    """From the first message on, until the time is over."""
    await smsc.behave(Behaviour(limits=Limits(seconds=0.2)))
    async with bound(smsc.port) as esme:
        found = await statuses(esme, 1)
        while found[-1]:
            found += await statuses(esme, 1)
        assert set(found[:-1]) == {0x58}
        first, last = smsc.ledger.submitted[0], smsc.ledger.submitted[-1]
        assert last.at - first.at >= 0.2
        assert await statuses(esme, 3) == [0, 0, 0]


async def test_a_rate(smsc: Simulator) -> None:
    """In no second are more taken, however many come."""
    await smsc.behave(Behaviour(limits=Limits(rate=20)))
    async with bound(smsc.port) as esme:
        while sum(1 for _ in smsc.ledger.accepted()) < 45:
            for _ in range(5):
                esme.submit()
            for _ in range(5):
                await esme.frame()
        times = [entry.at for entry in smsc.ledger.accepted()]
        assert all(later - earlier >= 1 for earlier, later in zip(times, times[20:], strict=False))
        assert set(smsc.ledger.statuses) == {0, 0x58}


async def test_throttled_with_and_without_a_body(smsc: Simulator) -> None:
    """The standard wants none; some send an empty message_id."""
    async with bound(smsc.port) as esme:
        for script, body in ((Responses(), b""), (Responses(error_body=True), b"\0")):
            await smsc.behave(Behaviour(submit_status=0x58, responses=script))
            esme.submit()
            answer = await esme.frame()
            assert (answer.status, answer.body) == (0x58, body)


async def test_parameters_in_a_response(smsc: Simulator) -> None:
    """network_error_code behind the message_id."""
    await smsc.behave("network-error")
    async with bound(smsc.port) as esme:
        esme.submit()
        answer = await esme.frame()
        assert answer.body.partition(b"\0")[2] == bytes.fromhex("0423 0003 030008")


async def test_out_of_order(smsc: Simulator) -> None:
    """Five go out the last one first; what waits alone leaves in the end."""
    await smsc.behave("out-of-order")
    async with bound(smsc.port) as esme:
        sent = [esme.submit() for _ in range(5)]
        assert [(await esme.frame()).sequence for _ in range(5)] == sent[::-1]
        alone = esme.submit()
        assert (await esme.frame()).sequence == alone


async def test_each_response_twice(smsc: Simulator) -> None:
    """The second one answers nothing."""
    await smsc.behave("answered-twice")
    async with bound(smsc.port) as esme:
        sent = esme.submit()
        first, second = await esme.frame(), await esme.frame()
        assert first == second
        assert first.sequence == sent
        assert await esme.is_alive()


async def test_a_response_to_nothing(smsc: Simulator) -> None:
    """It comes before the right one."""
    await smsc.behave("stray-responses")
    async with bound(smsc.port) as esme:
        sent = esme.submit()
        stray, right = await esme.frame(), await esme.frame()
        assert stray.command_id == right.command_id == Command.SUBMIT_SM_RESP
        assert right.sequence == sent
        assert stray.sequence - sent == 0x0100_0000


async def test_late_responses(smsc: Simulator) -> None:
    """An enquire_link and the response to another message overtake them, and they come all the same."""
    await smsc.behave(Behaviour(responses=Responses(delay=0.3)))
    async with bound(smsc.port) as esme:
        late = esme.submit()
        assert await esme.is_alive()
        assert not smsc.ledger.submitted[0].answered
        await smsc.behave("normal")
        prompt = esme.submit()
        assert [(await esme.frame()).sequence for _ in range(2)] == [prompt, late]
        assert smsc.ledger.submitted[0].answered


@pytest.mark.parametrize(
    ("fault", "command_id", "far"),
    [
        (Fault.NACK, Command.GENERIC_NACK, 0),
        (Fault.WRONG_TYPE, Command.QUERY_SM_RESP, 0),
        (Fault.WRONG_SEQUENCE, Command.SUBMIT_SM_RESP, 0x0100_0000),
    ],
)
async def test_wrong_answers(smsc: Simulator, fault: Fault, command_id: Command, far: int) -> None:
    """In place of the response, and the ledger knows that none was given."""
    await smsc.behave(Behaviour(faults={Stage.SUBMIT: fault}))
    async with bound(smsc.port) as esme:
        sent = esme.submit()
        answer = await esme.frame()
        assert (answer.command_id, answer.sequence) == (command_id, sent + far)
        assert await esme.is_alive()
        (entry,) = smsc.ledger.submitted
        assert (entry.content, entry.status, entry.message_id, entry.answered) == (b"hello", None, "", False)


async def test_nack_without_a_sequence(smsc: Simulator) -> None:
    """Nobody can say which request it answers."""
    await smsc.behave(Behaviour(faults={Stage.SUBMIT: Fault.NACK_NOBODY}))
    async with bound(smsc.port) as esme:
        esme.submit()
        answer = await esme.frame()
        assert (answer.command_id, answer.sequence) == (Command.GENERIC_NACK, 0)


async def test_silence_to_messages_only(smsc: Simulator) -> None:
    """enquire_link is answered, submit_sm never."""
    await smsc.behave("silent-submit")
    async with bound(smsc.port) as esme:
        for _ in range(3):
            esme.submit()
            assert await esme.is_alive()
        assert [entry.status for entry in smsc.ledger.submitted] == [None, None, None]


async def test_the_ledger_against_what_an_esme_saw(smsc: Simulator) -> None:
    """Every submission with its sequence, text and verdict, over two sessions; a repeated text is counted twice."""
    await smsc.behave(Behaviour(limits=Limits(first=3)))
    async with bound(smsc.port) as one, bound(smsc.port) as two:
        sent: list[tuple[int, bytes]] = []
        for esme, number in ((one, 1), (two, 2), (one, 3), (two, 4), (one, 5), (one, 5)):
            text = b"text %d" % number
            sent.append((esme.submit(text), text))
            await esme.frame()
        ledger = smsc.ledger
        assert [(entry.sequence, entry.content) for entry in ledger.submitted] == sent
        assert [entry.status for entry in ledger.submitted] == [0x58] * 3 + [0] * 3
        assert ledger.texts("demo") == {("+31600000000", b"text 4"): 1, ("+31600000000", b"text 5"): 2}
        assert len({entry.message_id for entry in ledger.accepted()}) == 3
        assert len({entry.session for entry in ledger.submitted}) == 2
        assert all(entry.answered for entry in ledger.submitted)
        assert not ledger.texts("other")


async def test_two_hundred_at_once(smsc: Simulator) -> None:
    """None is lost and none answered twice, receipts included."""
    async with bound(smsc.port) as esme:
        sent = {esme.submit(b"%d" % number, registered_delivery=1) for number in range(200)}
        responses: dict[int, bytes] = {}
        told: list[bytes] = []
        while len(told) < 200:
            frame = await esme.frame()
            if frame.command_id == Command.SUBMIT_SM_RESP:
                responses[frame.sequence] = frame.body[:-1]
            else:
                told.append(frame.body.partition(b"id:")[2].partition(b" ")[0])
                esme.answer(frame)
        assert set(responses) == sent
        assert sorted(told) == sorted(responses.values())
        await smsc.until(lambda: all(entry.taken == 1 for entry in smsc.ledger.delivered), what="all answers")
