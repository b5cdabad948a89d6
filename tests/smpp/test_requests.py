"""Requests of ours: the window, their responses, and what becomes of those without one."""

from __future__ import annotations

from itertools import permutations

import pytest

from sms_operator.smpp.codec import BindRequest, encode
from sms_operator.smpp.command_status import ESME_RTHROTTLED, ESME_RUNKNOWNERR, ESME_RX_T_APPN
from sms_operator.smpp.commands import RESPONSE, Command
from sms_operator.smpp.errors import NotBound
from sms_operator.smpp.events import (
    Abandoned,
    Alive,
    Answered,
    AnsweredLate,
    Delivery,
    Doubt,
    EndCause,
    Ended,
    Event,
    Oddity,
    Unanswered,
)
from sms_operator.smpp.framing import Frame, FrameBuffer
from sms_operator.smpp.session import Session
from sms_operator.smpp.states import State, Timers
from sms_operator.smpp.window import MAX_LATE, MAX_SEQUENCE, Request

TRX = Command.BIND_TRANSCEIVER
SUBMIT, SUBMITTED = Command.SUBMIT_SM, Command.SUBMIT_SM_RESP


def bound(window: int = 10) -> Session:
    """A session that was bound at time 0; the bind had sequence number 1."""
    session = Session(BindRequest(TRX, "id", "secret"), Timers(30, 10), window)
    session.start(0)
    session.receive(encode(TRX | RESPONSE, 1, 0, b"SMSC\0"), 0)
    session.take_output()
    return session


def sent(session: Session) -> list[Frame]:
    """What the session wants sent, as PDUs."""
    return FrameBuffer().receive(session.take_output())


def submit(session: Session, now: float, command: int = SUBMIT) -> Request:
    """A request that was sent; nothing is left to send."""
    request = Request(command, b"message")
    session.send(request, now)
    assert sent(session)[-1] == Frame(command, 0, request.sequence, b"message")
    return request


def response(request: Request, status: int = 0, body: bytes = b"id\0") -> bytes:
    """The response to a request."""
    return encode(request.command_id | RESPONSE, request.sequence, status, body)


def owed(session: Session, now: float, sequence: int = 70) -> Delivery:
    """A message from the SMSC that waits for its answer."""
    (event,) = session.receive(encode(Command.DELIVER_SM, sequence, body=b"text"), now)
    assert isinstance(event, Delivery)
    return event


class TestResponses:
    """What answers a request, and what does not."""

    @pytest.mark.parametrize(
        "command", [SUBMIT, Command.DATA_SM, Command.QUERY_SM, Command.CANCEL_SM, Command.REPLACE_SM, 0x0001_0042]
    )
    def test_any_command(self, command: int) -> None:
        """Each has the response with its own id and the highest bit set; a vendor's own too."""
        session = bound()
        request = submit(session, 1, command)
        assert session.receive(response(request), 3.5) == [Answered(request, 0, b"id\0", 2.5)]
        assert session.traffic.sent[command] == 1

    @pytest.mark.parametrize("status", [ESME_RTHROTTLED, 0x0499, 0xFFFF_FFFF])
    def test_a_refusal_is_an_answer(self, status: int) -> None:
        """With or without a body, the vendor's numbers too."""
        session = bound()
        first, second = submit(session, 1), submit(session, 1)
        octets = response(first, status, b"") + response(second, status)
        assert session.receive(octets, 2) == [Answered(first, status, b"", 1), Answered(second, status, b"id\0", 1)]

    @pytest.mark.parametrize("order", list(permutations(range(3))))
    def test_out_of_order(self, order: tuple[int, ...]) -> None:
        """Responses belong to their numbers, whatever their order."""
        session = bound()
        requests = [submit(session, 1) for _ in range(3)]
        octets = b"".join(response(requests[at], 0, b"%d\0" % at) for at in order)
        assert session.receive(octets, 2) == [Answered(requests[at], 0, b"%d\0" % at, 1) for at in order]

    def test_repeated_and_unknown_numbers(self) -> None:
        """A second response to a request, and one to nothing, are passed over."""
        session = bound()
        request, other = submit(session, 1), submit(session, 1)
        events = session.receive(response(request) * 2 + encode(SUBMITTED, 4711) + encode(SUBMITTED, 0), 2)
        assert events[0] == Answered(request, 0, b"id\0", 1)
        assert [type(event) for event in events[1:]] == [Oddity, Oddity, Oddity]
        assert len(session.window) == 1
        assert session.receive(response(other), 3) == [Answered(other, 0, b"id\0", 2)]

    def test_another_type_of_response(self) -> None:
        """It says nothing about the request, whose outcome stays unknown; a right one afterwards comes too late."""
        session = bound()
        request = submit(session, 1)
        assert session.receive(encode(Command.QUERY_SM_RESP, request.sequence), 2) == [
            Unanswered(request, Doubt.MISMATCH)
        ]
        assert len(session.window) == 0
        (event,) = session.receive(response(request), 3)
        assert isinstance(event, Oddity)
        assert session.close() == []

    @pytest.mark.parametrize(("status", "told"), [(3, 3), (ESME_RTHROTTLED, ESME_RTHROTTLED), (0, ESME_RUNKNOWNERR)])
    def test_generic_nack_refuses(self, status: int, told: int) -> None:
        """Never accepted, even where it has no status."""
        session = bound()
        request = submit(session, 1)
        nack = encode(Command.GENERIC_NACK, request.sequence, status, b"left over")
        assert session.receive(nack, 2) == [Answered(request, told, b"", 1)]

    def test_generic_nack_without_a_number_is_for_none(self) -> None:
        """Sequence 0 says that the SMSC could not read one: every request goes on waiting."""
        session = bound()
        request = submit(session, 1)
        (event,) = session.receive(encode(Command.GENERIC_NACK, 0, 2), 2)
        assert isinstance(event, Oddity)
        assert session.receive(response(request), 3) == [Answered(request, 0, b"id\0", 2)]

    def test_octet_by_octet(self) -> None:
        """The response is there with its last octet."""
        session = bound()
        request = submit(session, 1)
        octets = response(request)
        assert [session.receive(octets[at : at + 1], 2) for at in range(len(octets) - 1)] == [[]] * (len(octets) - 1)
        assert session.receive(octets[-1:], 2) == [Answered(request, 0, b"id\0", 1)]


class TestWindow:
    """Room, numbers, and what never waits behind them."""

    def test_room_comes_back(self) -> None:
        """With a response, with a mismatch and with the end of its time."""
        session = bound(window=3)
        requests = [submit(session, 1) for _ in range(3)]
        assert session.window.room == 0
        session.receive(response(requests[0]), 2)
        session.receive(encode(Command.QUERY_SM_RESP, requests[1].sequence), 2)
        assert session.window.room == 2
        session.tick(11)
        assert session.window.room == 3

    def test_enquire_link_does_not_wait_behind_a_full_window(self) -> None:
        """Ours is sent, the SMSC's is answered, and deliveries are, with no room at all."""
        session = bound(window=1)
        session.timers.response_timeout = 100
        submit(session, 0)
        session.tick(30)
        session.receive(encode(Command.ENQUIRE_LINK, 9), 30)
        session.answer(owed(session, 30), 0, 30)
        assert [frame.command_id for frame in sent(session)] == [
            Command.ENQUIRE_LINK,
            Command.ENQUIRE_LINK_RESP,
            Command.DELIVER_SM_RESP,
        ]

    def test_responses_are_life(self) -> None:
        """While they come there is no enquire_link; requests that we send are no life."""
        session = bound()
        request, other = submit(session, 20), submit(session, 25)
        session.receive(response(request), 29)
        assert session.tick(30) == []
        assert session.take_output() == b""
        assert session.tick(35) == [Unanswered(other, Doubt.TIMEOUT)]
        assert session.deadline == 59

    def test_the_answer_to_enquire_link_is_none_to_a_request(self) -> None:
        """They share the numbers, and each finds its own."""
        session = bound()
        session.timers.response_timeout = 100
        session.retime(0)
        request = submit(session, 29)
        session.tick(30)
        (enquiry,) = sent(session)
        assert enquiry.sequence == request.sequence + 1
        octets = encode(Command.ENQUIRE_LINK_RESP, enquiry.sequence) + response(request)
        assert session.receive(octets, 31) == [Alive(1), Answered(request, 0, b"id\0", 2)]

    def test_numbers_in_flight_are_skipped(self) -> None:
        """After 0x7fffffff comes 1, except where 1 still waits or is late."""
        session = bound()
        late, waiting = submit(session, 1), submit(session, 9)
        assert (late.sequence, waiting.sequence) == (2, 3)
        session.tick(11)
        session.window._sequence = MAX_SEQUENCE - 1  # pyright: ignore[reportPrivateUsage]
        requests = [submit(session, 12) for _ in range(3)]
        assert [request.sequence for request in requests] == [MAX_SEQUENCE, 1, 4]
        events = session.receive(b"".join(map(response, [*requests, waiting, late])), 13)
        assert events == [
            *(Answered(request, 0, b"id\0", 1) for request in requests),
            Answered(waiting, 0, b"id\0", 4),
            AnsweredLate(late, 0, b"id\0"),
        ]

    @pytest.mark.parametrize("state", ["open", "binding", "draining", "unbinding", "closed"])
    def test_not_bound(self, state: str) -> None:
        """Before and after, a request is refused at once: nothing leaves and nothing is remembered."""
        session = Session(BindRequest(TRX, "id", "secret"), Timers(30, 10))
        if state != "open":
            session.start(0)
        if state not in ("open", "binding"):
            session = bound()
            if state == "draining":
                submit(session, 0)
            if state == "closed":
                session.close()
            else:
                session.unbind(1)
        assert session.state is State[state.upper()]
        session.take_output()
        waiting = len(session.window)
        with pytest.raises(NotBound, match=state):
            session.send(Request(SUBMIT, b"message"), 2)
        assert session.take_output() == b""
        assert len(session.window) == waiting
        assert session.traffic.sent.get(SUBMIT, 0) == waiting


class TestTime:
    """Responses that do not come in time."""

    def test_exact(self) -> None:
        """At the time-out and not before; each counts for itself."""
        session = bound()
        first, second = submit(session, 1), submit(session, 2)
        assert session.deadline == 11
        assert session.tick(10.999) == []
        assert session.tick(11) == [Unanswered(first, Doubt.TIMEOUT)]
        assert session.deadline == 12
        assert session.tick(12) == [Unanswered(second, Doubt.TIMEOUT)]
        assert session.deadline == 30

    def test_a_late_response_is_matched_once(self) -> None:
        """Accepted, refused or nacked: told as late; the second one is odd."""
        session = bound()
        requests = [submit(session, 1) for _ in range(4)]
        session.tick(11)
        nacks = [
            encode(Command.GENERIC_NACK, request.sequence, status)
            for request, status in zip(requests, (0, 3), strict=False)
        ]
        octets = b"".join(nacks) + response(requests[2]) + response(requests[3], 8, b"")
        assert session.receive(octets, 15) == [
            AnsweredLate(requests[0], ESME_RUNKNOWNERR, b""),
            AnsweredLate(requests[1], 3, b""),
            AnsweredLate(requests[2], 0, b"id\0"),
            AnsweredLate(requests[3], 8, b""),
        ]
        (event,) = session.receive(response(requests[2]), 16)
        assert isinstance(event, Oddity)
        assert session.close() == []

    def test_a_late_response_of_another_type(self) -> None:
        """It is never taken for an acceptance; nothing more is waited for."""
        session = bound()
        request = submit(session, 1)
        session.tick(11)
        assert session.receive(encode(Command.QUERY_SM_RESP, request.sequence), 12) == [Abandoned(request)]
        (event,) = session.receive(response(request), 13)
        assert isinstance(event, Oddity)

    def test_no_more_than_so_many_are_waited_for(self) -> None:
        """The oldest is given up by an event of its own, not in silence."""
        session = bound(window=MAX_LATE + 1)
        requests = [Request(SUBMIT, b"") for _ in range(MAX_LATE + 1)]
        for request in requests:
            session.send(request, 1)
        events = session.tick(11)
        assert events[:-1] == [Unanswered(request, Doubt.TIMEOUT) for request in requests]
        assert events[-1] == Abandoned(requests[0])
        assert session.receive(response(requests[1]), 12) == [AnsweredLate(requests[1], 0, b"id\0")]

    @pytest.mark.parametrize(("timeout", "due"), [(3.0, 8.0), (60.0, 65.0)])
    def test_another_timeout_with_requests_in_flight(self, timeout: float, due: float) -> None:
        """It holds for them too, counted from when they were sent."""
        session = bound()
        session.timers.enquire_link_interval = 1000
        request = submit(session, 5)
        session.timers.response_timeout = timeout
        session.retime(6)
        assert session.deadline == due
        assert session.tick(due - 0.001) == []
        assert session.tick(due) == [Unanswered(request, Doubt.TIMEOUT)]

    def test_another_timeout_that_is_over_already(self) -> None:
        """The next look finds it."""
        session = bound()
        request = submit(session, 1)
        session.timers.response_timeout = 2
        session.retime(9)
        assert session.deadline is not None
        assert session.deadline <= 9
        assert session.tick(9) == [Unanswered(request, Doubt.TIMEOUT)]

    def test_another_timeout_between_requests(self) -> None:
        """A request that is sent after the change has the new time, however long the one before had."""
        session = bound()
        session.receive(response(submit(session, 1)), 2)
        session.timers.response_timeout = 3
        session.retime(2)
        request = submit(session, 4)
        assert session.deadline == 7
        assert session.tick(7) == [Unanswered(request, Doubt.TIMEOUT)]


class TestEnd:
    """Unbinding, by either side, and the loss of the connection, with requests on their way."""

    def test_connection_lost(self) -> None:
        """Those that wait are in doubt, those that were late are given up, once."""
        session = bound()
        late, waiting = submit(session, 1), submit(session, 5)
        session.tick(11)
        assert session.close() == [Unanswered(waiting, Doubt.CONNECTION_LOST), Abandoned(late)]
        assert session.over
        assert (session.deadline, session.close(), session.receive(response(waiting), 12)) == (None, [], [])

    def test_a_dead_peer(self) -> None:
        """Its end tells the requests first."""
        session = bound()
        session.tick(30)
        request = submit(session, 35)
        assert session.tick(40) == [
            Unanswered(request, Doubt.CONNECTION_LOST),
            Ended(EndCause.ENQUIRE_LINK_TIMEOUT, "no answer to enquire_link within 10 s"),
        ]

    def test_draining_waits_for_responses_and_answers(self) -> None:
        """unbind leaves after the last response and the last answer that is owed."""
        session = bound()
        request, message = submit(session, 1), owed(session, 1)
        assert session.unbind(2) == []
        assert (session.state, session.take_output()) == (State.DRAINING, b"")
        assert session.receive(response(request), 3) == [Answered(request, 0, b"id\0", 2)]
        assert session.take_output() == b""
        session.answer(message, 0, 4)
        session.tick(4)
        assert [frame.command_id for frame in sent(session)] == [Command.DELIVER_SM_RESP, Command.UNBIND]
        assert session.tick(13.999) == []
        assert session.tick(14) == [Ended(EndCause.UNBOUND, "no answer to unbind within 10 s")]

    def test_draining_refuses_what_comes(self) -> None:
        """A new message is left with the SMSC and owes nothing; enquire_link is answered."""
        session = bound()
        request = submit(session, 1)
        session.unbind(2)
        (event,) = session.receive(encode(Command.DELIVER_SM, 5) + encode(Command.ENQUIRE_LINK, 6), 3)
        assert isinstance(event, Oddity)
        assert [frame[:3] for frame in sent(session)] == [
            (Command.DELIVER_SM_RESP, ESME_RX_T_APPN, 5),
            (Command.ENQUIRE_LINK_RESP, 0, 6),
        ]
        session.receive(response(request), 4)
        assert [frame.command_id for frame in sent(session)] == [Command.UNBIND]

    def test_draining_ends_with_the_time_of_a_response(self) -> None:
        """A message that nobody answers holds unbind back no longer; its answer may still come."""
        session = bound()
        request, message = submit(session, 1), owed(session, 1)
        session.unbind(5)
        assert session.tick(11) == [Unanswered(request, Doubt.TIMEOUT)]
        assert session.take_output() == b""
        assert session.tick(15) == []
        assert [frame.command_id for frame in sent(session)] == [Command.UNBIND]
        session.answer(message, 0, 16)
        assert [frame.command_id for frame in sent(session)] == [Command.DELIVER_SM_RESP]
        assert session.tick(25) == [Abandoned(request), Ended(EndCause.UNBOUND, "no answer to unbind within 10 s")]

    def test_a_response_in_front_of_the_unbind(self) -> None:
        """Both in one portion: answered, then over."""
        session = bound()
        request = submit(session, 1)
        events = session.receive(response(request) + encode(Command.UNBIND, 9), 2)
        assert events == [Answered(request, 0, b"id\0", 1), Ended(EndCause.PEER_UNBOUND)]
        assert sent(session) == [Frame(Command.UNBIND_RESP, 0, 9, b"")]

    @pytest.mark.parametrize("together", [True, False])
    def test_a_response_behind_the_unbind(self, together: bool) -> None:
        """The SMSC is not let go before its responses came: the answer to its unbind is the last word."""
        session = bound()
        request, message = submit(session, 1), owed(session, 1)
        portions = [encode(Command.UNBIND, 9), response(request)]
        events: list[Event] = []
        for portion in [b"".join(portions)] if together else portions:
            events += session.receive(portion, 2)
        assert events == [Answered(request, 0, b"id\0", 1)]
        assert session.take_output() == b""
        session.answer(message, 0, 3)
        assert session.deadline == 3
        assert session.tick(3) == [Ended(EndCause.PEER_UNBOUND)]
        assert [frame[:3] for frame in sent(session)] == [(Command.DELIVER_SM_RESP, 0, 70), (Command.UNBIND_RESP, 0, 9)]

    def test_an_smsc_that_unbinds_and_answers_nothing_more(self) -> None:
        """It is answered when the time of a response is over; nothing is sent in between."""
        session = bound()
        request = submit(session, 1)
        assert session.receive(encode(Command.UNBIND, 9), 2) == []
        with pytest.raises(NotBound):
            session.send(Request(SUBMIT, b""), 3)
        assert session.tick(11) == [
            Unanswered(request, Doubt.TIMEOUT),
            Abandoned(request),
            Ended(EndCause.PEER_UNBOUND),
        ]
        assert sent(session) == [Frame(Command.UNBIND_RESP, 0, 9, b"")]

    def test_an_smsc_that_unbinds_and_a_message_that_nobody_answers(self) -> None:
        """The answer to the unbind waits for no longer than a response may take."""
        session = bound()
        owed(session, 1)
        session.receive(encode(Command.UNBIND, 9), 5)
        assert session.deadline == 15
        assert session.tick(14.999) == []
        assert session.take_output() == b""
        assert session.tick(15) == [Ended(EndCause.PEER_UNBOUND)]
        assert sent(session) == [Frame(Command.UNBIND_RESP, 0, 9, b"")]

    def test_unbinds_that_cross_with_requests_in_flight(self) -> None:
        """Both drain; the SMSC's unbind is answered and ours is not sent any more."""
        session = bound()
        request = submit(session, 1)
        session.unbind(2)
        assert session.receive(encode(Command.UNBIND, 9), 3) == []
        assert session.receive(response(request), 4) == [Answered(request, 0, b"id\0", 3), Ended(EndCause.PEER_UNBOUND)]
        assert sent(session) == [Frame(Command.UNBIND_RESP, 0, 9, b"")]

    def test_garbage_behind_a_response(self) -> None:
        """What came whole is told; the rest is in doubt."""
        session = bound()
        answered, lost = submit(session, 1), submit(session, 1)
        events = session.receive(response(answered) + bytes(16), 2)
        assert events[:2] == [Answered(answered, 0, b"id\0", 1), Unanswered(lost, Doubt.CONNECTION_LOST)]
        assert isinstance(events[2], Ended)
        assert events[2].cause is EndCause.PROTOCOL_ERROR
