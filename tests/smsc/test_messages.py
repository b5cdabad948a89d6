"""What the simulator does with messages: takes, refuses, finds, cancels and replaces them."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest

from sms_operator.dev.smsc import Account, Behaviour, IdForm, Receipts, Simulator
from sms_operator.dev.smsc.states import MessageState
from sms_operator.smpp.address import Address
from sms_operator.smpp.commands import Command
from sms_operator.smpp.framing import Frame
from sms_operator.smpp.operations import CancelSm, DistributionList, QuerySm, ReplaceSm, SubmitMulti
from sms_operator.smpp.pdus import DataSm, ShortMessage
from sms_operator.smpp.responses import QuerySmResponse, SubmitMultiResponse
from support.wire import PHONE, SHORT_CODE, Wire, bound

ELSEWHERE = Address("31611111111", 1, 1)
MESSAGE = ShortMessage(SHORT_CODE, PHONE, short_message=b"hello")
NOT_YET = Behaviour(receipts=Receipts(delay=60))


def told_id(frame: Frame) -> str:
    """The message_id of a response."""
    assert frame.status == 0
    return frame.body.partition(b"\0")[0].decode()


async def state_of(esme: Wire, message_id: str) -> tuple[int, int, bool]:
    """Status of a query_sm_resp, the state in it, and whether that is final."""
    answer = await esme.ask(Command.QUERY_SM, QuerySm(message_id, SHORT_CODE).encode())
    assert answer.command_id == Command.QUERY_SM_RESP
    if answer.status:
        return answer.status, 0, False
    told = QuerySmResponse.decode(answer.body)
    assert told.message_id == message_id
    return 0, told.message_state, bool(told.final_date)


@pytest.mark.parametrize(
    ("form", "shown"),
    [
        (IdForm.HEX, "0a3c0001"),
        (IdForm.HEX_UPPER, "0A3C0001"),
        (IdForm.HEX_BARE, "a3c0001"),
        (IdForm.DECIMAL, "171704321"),
        (IdForm.DECIMAL_PADDED, "0171704321"),
    ],
)
async def test_forms_of_ids(smsc: Simulator, form: IdForm, shown: str) -> None:
    """All are forms of one number, and the message is found by the form that the response had."""
    smsc.accounts.put(Account("demo", "secret", message_ids=form))
    async with bound(smsc.port) as esme:
        esme.submit()
        message_id = told_id(await esme.frame())
        assert message_id == shown
        assert (await state_of(esme, message_id))[0] == 0


async def test_ids_that_are_uuids(smsc: Simulator) -> None:
    """Each message has one of its own."""
    smsc.accounts.put(Account("demo", "secret", message_ids=IdForm.UUID))
    async with bound(smsc.port) as esme:
        for _ in range(20):
            esme.submit()
        found = [uuid.UUID(told_id(await esme.frame())) for _ in range(20)]
        assert len(set(found)) == 20


async def test_states_of_a_message(smsc: Simulator) -> None:
    """Under way, then delivered, with a final date; nobody else can ask for it."""
    smsc.accounts.put(Account("other", "secret"))
    await smsc.behave(NOT_YET)
    async with bound(smsc.port) as esme, bound(smsc.port, "other") as other:
        esme.submit()
        message_id = told_id(await esme.frame())
        assert await state_of(esme, message_id) == (0, MessageState.ENROUTE, False)
        assert (await state_of(other, message_id))[0] == 0x0C
        assert (await state_of(esme, "unheard"))[0] == 0x0C
        await smsc.behave(Behaviour(receipts=Receipts(outcome=MessageState.REJECTED)))
        smsc.state.receipt_delay = 0
        esme.submit()
        assert await state_after(esme) == (0, MessageState.REJECTED, True)
        wrong = await esme.ask(Command.QUERY_SM, QuerySm(message_id, ELSEWHERE).encode())
        assert wrong.status == 0x67


async def state_after(esme: Wire) -> tuple[int, int, bool]:
    """The state of the message whose response comes next."""
    return await state_of(esme, told_id(await esme.frame()))


async def test_cancel(smsc: Simulator) -> None:
    """By id, and all between two addresses; what is final stays."""
    await smsc.behave(NOT_YET)
    async with bound(smsc.port) as esme:
        found: list[str] = []
        for to in (PHONE, PHONE, PHONE, ELSEWHERE):
            esme.submit(to=to)
            found.append(told_id(await esme.frame()))
        by_id = CancelSm(service_type="", message_id=found[0], source=SHORT_CODE, destination=Address())
        assert (await esme.ask(Command.CANCEL_SM, by_id.encode())).status == 0
        assert (await esme.ask(Command.CANCEL_SM, by_id.encode())).status == 0x11
        unknown = replace(by_id, message_id="unheard")
        assert (await esme.ask(Command.CANCEL_SM, unknown.encode())).status == 0x0C
        between = CancelSm(service_type="", message_id="", source=SHORT_CODE, destination=PHONE)
        assert (await esme.ask(Command.CANCEL_SM, between.encode())).status == 0
        states = [(await state_of(esme, one))[1] for one in found]
        assert states == [MessageState.DELETED] * 3 + [MessageState.ENROUTE]


async def test_a_cancelled_message_is_reported(smsc: Simulator) -> None:
    """The receipt says so at once, and no other follows."""
    await smsc.behave(NOT_YET)
    async with bound(smsc.port) as esme:
        esme.submit(registered_delivery=1)
        message_id = told_id(await esme.frame())
        by_id = CancelSm(service_type="", message_id=message_id, source=SHORT_CODE, destination=PHONE)
        esme.send(Command.CANCEL_SM, by_id.encode())
        assert {(await esme.frame()).command_id for _ in range(2)} == {Command.CANCEL_SM_RESP, Command.DELIVER_SM}
        assert b"stat:DELETED" in smsc.ledger.delivered[0].content


async def test_replace(smsc: Simulator) -> None:
    """The text of a message under way changes; another's, or one that is final, does not."""
    await smsc.behave(NOT_YET)
    async with bound(smsc.port) as esme:
        esme.submit()
        message_id = told_id(await esme.frame())
        request = ReplaceSm(message_id=message_id, source=SHORT_CODE, short_message=b"other")
        assert (await esme.ask(Command.REPLACE_SM, request.encode())).status == 0
        assert smsc.state.submissions[0].message.content == b"other"
        assert (await esme.ask(Command.REPLACE_SM, replace(request, source=PHONE).encode())).status == 0x13
        assert (await esme.ask(Command.REPLACE_SM, replace(request, message_id="unheard").encode())).status == 0x0C
        smsc.state.submissions[0].cancel(smsc.state.submissions[0].submitted)
        assert (await esme.ask(Command.REPLACE_SM, request.encode())).status == 0x13


async def test_replace_if_present(smsc: Simulator) -> None:
    """A submit_sm that asks for it takes the place of the one under way and keeps its id."""
    await smsc.behave(NOT_YET)
    second = replace(MESSAGE, short_message=b"second", replace_if_present_flag=1)
    async with bound(smsc.port) as esme:
        first_id = told_id(await esme.ask(Command.SUBMIT_SM, MESSAGE.encode()))
        assert told_id(await esme.ask(Command.SUBMIT_SM, second.encode())) == first_id
        assert told_id(await esme.ask(Command.SUBMIT_SM, replace(second, destination=ELSEWHERE).encode())) != first_id
        assert [one.message.content for one in smsc.state.submissions] == [b"second", b"second"]


async def test_submit_multi(smsc: Simulator) -> None:
    """One id for all, and the destinations that were refused with their reasons."""
    smsc.accounts.put(Account("demo", "secret", refused_destinations=frozenset({"+31611111111"})))
    everybody = (PHONE, ELSEWHERE, DistributionList("friends"), SHORT_CODE)
    request = SubmitMulti(source=SHORT_CODE, destinations=everybody, short_message=b"to all")
    async with bound(smsc.port) as esme:
        answer = await esme.ask(Command.SUBMIT_MULTI, request.encode())
        assert (answer.command_id, answer.status) == (Command.SUBMIT_MULTI_RESP, 0)
        told = SubmitMultiResponse.decode(answer.body)
        assert {(address.digits, status) for address, status in told.unsuccessful} == {
            ("friends", 0x34),
            ("31611111111", 0x0B),
        }
        assert [(one.message_id, one.message.destination) for one in smsc.state.submissions] == [
            (told.message_id, PHONE),
            (told.message_id, SHORT_CODE),
        ]
        nobody = replace(request, destinations=(ELSEWHERE, DistributionList("friends")))
        refused = await esme.ask(Command.SUBMIT_MULTI, nobody.encode())
        assert (refused.status, refused.body) == (0x44, b"")


async def test_data_sm(smsc: Simulator) -> None:
    """As good as a submit_sm."""
    request = DataSm(source=SHORT_CODE, destination=PHONE, data_coding=8, tlvs=((0x0424, b"\0h\0i"),))
    async with bound(smsc.port) as esme:
        answer = await esme.ask(Command.DATA_SM, request.encode())
        assert answer.command_id == Command.DATA_SM_RESP
        assert await state_of(esme, told_id(answer)) == (0, MessageState.ENROUTE, False)
        (one,) = smsc.state.submissions
        assert (one.message.content, one.message.data_coding) == (b"\0h\0i", 8)


@pytest.mark.parametrize(
    ("message", "status"),
    [
        (replace(MESSAGE, destination=Address()), 0x0B),
        (replace(MESSAGE, destination=ELSEWHERE), 0x0B),
        (replace(MESSAGE, schedule_delivery_time="tomorrow"), 0x61),
        (replace(MESSAGE, validity_period="991399000000000+"), 0x62),
    ],
)
async def test_refused_messages(smsc: Simulator, message: ShortMessage, status: int) -> None:
    """Each with its own status, and without a body."""
    smsc.accounts.put(Account("demo", "secret", refused_destinations=frozenset({"+31611111111"})))
    async with bound(smsc.port) as esme:
        answer = await esme.ask(Command.SUBMIT_SM, message.encode())
        assert (answer.command_id, answer.status, answer.body) == (Command.SUBMIT_SM_RESP, status, b"")
        assert not smsc.state.submissions


async def test_validity_and_schedule(smsc: Simulator) -> None:
    """A message that may not wait as long as it has to expires; one that is scheduled is under way until then."""
    await smsc.behave(NOT_YET)
    async with bound(smsc.port) as esme:
        esme.send(Command.SUBMIT_SM, replace(MESSAGE, validity_period="000000000000000R").encode())
        assert await state_after(esme) == (0, MessageState.EXPIRED, True)
        await smsc.behave("normal")
        smsc.state.receipt_delay = 0
        esme.send(Command.SUBMIT_SM, replace(MESSAGE, schedule_delivery_time="000001000000000R").encode())
        assert await state_after(esme) == (0, MessageState.ENROUTE, False)
        esme.send(Command.SUBMIT_SM, replace(MESSAGE, schedule_delivery_time="200101120000000+").encode())
        assert await state_after(esme) == (0, MessageState.DELIVERED, True)


@pytest.mark.parametrize(
    ("command", "body"),
    [
        (Command.SUBMIT_SM, b""),
        (Command.SUBMIT_SM, MESSAGE.encode()[:-1]),
        (Command.SUBMIT_SM, MESSAGE.encode() + b"\x14\x03\0\x04"),
        (Command.DATA_SM, b"\0\1"),
        (Command.SUBMIT_MULTI, b"\0\0\0\0\2\1"),
        (Command.QUERY_SM, b"1"),
        (Command.CANCEL_SM, b"\0"),
        (Command.REPLACE_SM, b"1\0\0\0"),
    ],
)
async def test_what_cannot_be_read_costs_that_request_only(smsc: Simulator, command: Command, body: bytes) -> None:
    """It is answered with an error, and the session goes on."""
    async with bound(smsc.port) as esme:
        answer = await esme.ask(command, body)
        assert answer.command_id == command | 0x8000_0000
        assert answer.status in (0x01, 0x02, 0xC0)
        assert await esme.is_alive()


@pytest.mark.parametrize("command", [Command.SUBMIT_MULTI, Command.DATA_SM, Command.QUERY_SM, Command.CANCEL_SM])
async def test_a_receiver_may_not_ask(smsc: Simulator, command: Command) -> None:
    """ESME_RINVBNDSTS, whatever it asks."""
    async with bound(smsc.port, command=Command.BIND_RECEIVER) as esme:
        assert (await esme.ask(command)).status == 0x04


async def test_addresses_that_only_a_data_sm_can_have(smsc: Simulator) -> None:
    """Up to 64 octets; the receipt comes as a data_sm, since nothing else has the room. More is refused."""
    long = Address("application-" * 5, 5, 0)
    request = DataSm(source=SHORT_CODE, destination=long, registered_delivery=1, tlvs=((0x0424, b"hello"),))
    async with bound(smsc.port) as esme:
        assert (await esme.ask(Command.DATA_SM, request.encode())).status == 0
        told = await esme.frame()
        assert told.command_id == Command.DATA_SM
        assert DataSm.decode(told.body).source == long
        esme.answer(told)
        for number, status in ((PHONE.digits, 0x0B), (SHORT_CODE.digits, 0x0A)):
            too_long = MESSAGE.encode().replace(number.encode(), b"9" * 65)
            assert (await esme.ask(Command.SUBMIT_SM, too_long)).status == status
        many = SubmitMulti(source=SHORT_CODE, destinations=(PHONE, SHORT_CODE), short_message=b"hello")
        body = many.encode().replace(PHONE.digits.encode(), b"9" * 65)
        told_of = SubmitMultiResponse.decode((await esme.ask(Command.SUBMIT_MULTI, body)).body)
        assert told_of.unsuccessful == ((Address("9" * 20, 1, 1), 0x0B),)
