"""One bind without a socket: every state, timer and answer."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sms_operator.smpp.codec import BindRequest, EncodingError, encode
from sms_operator.smpp.command_status import (
    ESME_RINVBNDSTS,
    ESME_RINVCMDID,
    ESME_RINVCMDLEN,
    ESME_RINVPASWD,
    ESME_RX_T_APPN,
)
from sms_operator.smpp.commands import RESPONSE, Command
from sms_operator.smpp.events import Alert, Alive, BindAccepted, BindRefused, Delivery, EndCause, Ended, Oddity
from sms_operator.smpp.framing import Frame, FrameBuffer
from sms_operator.smpp.session import Session
from sms_operator.smpp.states import TRANSITIONS, State, Timers
from sms_operator.smpp.traffic import UNKNOWN

TRX = Command.BIND_TRANSCEIVER
ACCEPTED = BindAccepted("SMSC")


def new(command: Command = TRX) -> Session:
    """A session that has not begun."""
    return Session(BindRequest(command, "id", "secret"), Timers(30, 10))


def binding(command: Command = TRX) -> Session:
    """A session that has sent its bind at time 0; nothing is left to send."""
    session = new(command)
    session.start(0)
    session.take_output()
    return session


def bound(command: Command = TRX) -> Session:
    """A session that was bound at time 1."""
    session = binding(command)
    assert session.receive(encode(command | RESPONSE, 1, 0, b"SMSC\0"), 1) == [ACCEPTED]
    return session


def sent(session: Session) -> list[Frame]:
    """What the session wants sent, as PDUs."""
    buffer = FrameBuffer()
    octets = session.take_output()
    frames = buffer.receive(octets)
    assert sum(16 + len(frame.body) for frame in frames) == len(octets)
    assert buffer.broken is None
    return frames


class TestBind:
    """From the connection to the answer."""

    @pytest.mark.parametrize("command", [TRX, Command.BIND_RECEIVER, Command.BIND_TRANSMITTER])
    def test_accepted(self, command: Command) -> None:
        """The response with the right command, sequence and status 0 binds."""
        session = new(command)
        assert (session.state, session.deadline) == (State.OPEN, None)
        session.start(0)
        assert [(frame.command_id, frame.sequence) for frame in sent(session)] == [(command, 1)]
        assert (session.state, session.deadline) == (State.BINDING, 10)
        assert session.receive(encode(command | RESPONSE, 1, 0, b"SMSC\0"), 3) == [ACCEPTED]
        assert (session.state, session.deadline) == (State.BOUND, 33)

    @pytest.mark.parametrize("body", [b"", b"\0", b"SMSC\0", b"SMSC"])
    def test_refused_with_any_body(self, body: bytes) -> None:
        """The status is read from the header, with or without a body."""
        session = binding()
        assert session.receive(encode(TRX | RESPONSE, 1, ESME_RINVPASWD, body), 1) == [BindRefused(ESME_RINVPASWD)]
        assert session.over
        assert session.deadline is None
        assert session.take_output() == b""

    def test_accepted_without_a_body(self) -> None:
        """A bind_resp of sixteen octets and status 0 binds too."""
        assert binding().receive(encode(TRX | RESPONSE, 1), 1) == [BindAccepted("")]

    @pytest.mark.parametrize(("command", "sequence"), [(TRX, 2), (TRX, 0), (Command.BIND_RECEIVER, 1)])
    def test_an_answer_to_something_else_is_no_answer(self, command: Command, sequence: int) -> None:
        """Another sequence or another command neither binds nor refuses, whatever its status."""
        session = binding()
        for status in (0, ESME_RINVPASWD):
            (event,) = session.receive(encode(command | RESPONSE, sequence, status, b"SMSC\0"), 1)
            assert isinstance(event, Oddity)
        assert (session.state, session.deadline) == (State.BINDING, 10)
        assert session.receive(encode(TRX | RESPONSE, 1, 0, b"SMSC\0"), 2) == [ACCEPTED]

    @pytest.mark.parametrize(("sequence", "status", "told"), [(1, 3, 3), (0, 3, 3), (1, 0, ESME_RINVCMDID)])
    def test_generic_nack_refuses(self, sequence: int, status: int, told: int) -> None:
        """A nack of our sequence, or of none, refuses the bind; one without a status counts as unknown command."""
        assert binding().receive(encode(Command.GENERIC_NACK, sequence, status), 1) == [BindRefused(told)]

    def test_generic_nack_of_another_sequence_is_passed_over(self) -> None:
        """It is not the answer to the bind."""
        session = binding()
        assert session.receive(encode(Command.GENERIC_NACK, 9, 3), 1) == [Oddity("generic_nack that answers nothing")]
        assert session.state is State.BINDING

    def test_enquire_link_before_the_answer_is_answered(self) -> None:
        """It is answered, does not bind, and gives the SMSC no more time."""
        session = binding()
        assert session.receive(encode(Command.ENQUIRE_LINK, 40), 5) == []
        assert sent(session) == [Frame(Command.ENQUIRE_LINK_RESP, 0, 40, b"")]
        assert (session.state, session.deadline) == (State.BINDING, 10)

    def test_a_delivery_before_the_answer_is_refused(self) -> None:
        """deliver_sm before bind_resp gets ESME_RINVBNDSTS."""
        session = binding()
        (event,) = session.receive(encode(Command.DELIVER_SM, 40), 5)
        assert isinstance(event, Oddity)
        assert sent(session) == [Frame(Command.DELIVER_SM_RESP, ESME_RINVBNDSTS, 40, b"\0")]

    def test_a_delivery_right_behind_the_answer_is_seen(self) -> None:
        """Both in one portion: first bound, then the message."""
        octets = encode(TRX | RESPONSE, 1, 0, b"SMSC\0") + encode(Command.DELIVER_SM, 7, body=b"m")
        assert binding().receive(octets, 1) == [ACCEPTED, Delivery(Command.DELIVER_SM, 7, b"m")]

    def test_no_answer(self) -> None:
        """At the deadline and not before, the session ends for it."""
        session = binding()
        assert session.tick(9.99) == []
        assert session.tick(10) == [Ended(EndCause.BIND_TIMEOUT, "no answer to the bind within 10 s")]
        assert session.over

    def test_unbound_by_the_smsc_before_the_answer(self) -> None:
        """unbind instead of bind_resp is answered and ends."""
        session = binding()
        assert session.receive(encode(Command.UNBIND, 3), 1) == [Ended(EndCause.PEER_UNBOUND)]
        assert sent(session) == [Frame(Command.UNBIND_RESP, 0, 3, b"")]

    def test_ended_by_us_before_the_answer(self) -> None:
        """There is nothing to unbind yet: over at once, without a word."""
        session = binding()
        assert session.unbind(2) == [Ended(EndCause.UNBOUND)]
        assert session.take_output() == b""

    def test_a_bind_that_cannot_be_sent_is_refused_before_any_connection(self) -> None:
        """The error comes when the session is made, not in the middle of the event loop."""
        with pytest.raises(EncodingError, match="password"):
            Session(BindRequest(TRX, "id", "Ж"), Timers())


class TestLife:
    """While bound."""

    def test_silence_is_asked_after_and_answered(self) -> None:
        """enquire_link after the interval; its answer starts the interval afresh."""
        session = bound()
        assert session.tick(30.9) == []
        assert session.take_output() == b""
        assert session.tick(31) == []
        assert sent(session) == [Frame(Command.ENQUIRE_LINK, 0, 2, b"")]
        assert session.deadline == 41
        assert session.receive(encode(Command.ENQUIRE_LINK_RESP, 2), 33) == [Alive(2)]
        assert session.deadline == 63

    def test_a_repeated_answer_is_told_once(self) -> None:
        """Two enquire_link_resp to one question: one round trip, and nothing odd about the second."""
        session = bound()
        session.tick(31)
        answer = encode(Command.ENQUIRE_LINK_RESP, 2)
        assert session.receive(answer + answer, 32) == [Alive(1)]
        assert session.receive(answer, 34) == []
        assert session.deadline == 64

    def test_silence_after_the_question_ends(self) -> None:
        """No PDU within the response timeout after enquire_link: the peer is gone."""
        session = bound()
        session.tick(31)
        (event,) = session.tick(41)
        assert event == Ended(EndCause.ENQUIRE_LINK_TIMEOUT, "no answer to enquire_link within 10 s")
        assert session.over

    @pytest.mark.parametrize("command", [Command.ENQUIRE_LINK, Command.DELIVER_SM, Command.GENERIC_NACK])
    def test_any_pdu_is_life(self, command: Command) -> None:
        """After an unanswered enquire_link any other PDU counts as well."""
        session = bound()
        session.tick(31)
        session.receive(encode(command, 99), 40)
        assert session.deadline == 70
        session.take_output()
        assert session.tick(70) == []
        assert [frame.command_id for frame in sent(session)] == [Command.ENQUIRE_LINK]

    def test_part_of_a_pdu_is_no_life(self) -> None:
        """Octets that never become a PDU put nothing off."""
        session = bound()
        assert session.receive(encode(Command.ENQUIRE_LINK, 5)[:9], 20) == []
        assert session.deadline == 31

    def test_enquire_link_of_the_smsc_is_answered(self) -> None:
        """With its own sequence number."""
        session = bound()
        assert session.receive(encode(Command.ENQUIRE_LINK, 0x7FFF_FFFF), 2) == []
        assert sent(session) == [Frame(Command.ENQUIRE_LINK_RESP, 0, 0x7FFF_FFFF, b"")]

    @pytest.mark.parametrize("command", [Command.DELIVER_SM, Command.DATA_SM])
    def test_deliveries_wait_for_their_answer(self, command: Command) -> None:
        """The message is told, nothing is sent until it is answered."""
        session = bound()
        (event,) = session.receive(encode(command, 8, body=b"text"), 2)
        assert event == Delivery(command, 8, b"text")
        assert session.take_output() == b""
        assert isinstance(event, Delivery)
        session.answer(event, ESME_RX_T_APPN, 3)
        assert sent(session) == [Frame(command | RESPONSE, ESME_RX_T_APPN, 8, b"\0")]

    def test_a_transmitter_takes_no_delivery(self) -> None:
        """deliver_sm on a transmitter bind gets ESME_RINVBNDSTS."""
        session = bound(Command.BIND_TRANSMITTER)
        (event,) = session.receive(encode(Command.DELIVER_SM, 8), 2)
        assert isinstance(event, Oddity)
        assert sent(session) == [Frame(Command.DELIVER_SM_RESP, ESME_RINVBNDSTS, 8, b"\0")]

    @pytest.mark.parametrize("command", [0x1234, 0x7FFF_FFFF, 0, Command.SUBMIT_SM, Command.BIND_RECEIVER])
    def test_unknown_requests_are_nacked(self, command: int) -> None:
        """With their own sequence; the bind lives on."""
        session = bound()
        (event,) = session.receive(encode(command, 8), 2)
        assert isinstance(event, Oddity)
        assert sent(session) == [Frame(Command.GENERIC_NACK, ESME_RINVCMDID, 8, b"")]
        assert session.state is State.BOUND

    @pytest.mark.parametrize("command", [0x8000_1234, Command.SUBMIT_SM_RESP])
    def test_stray_responses_are_passed_over(self, command: int) -> None:
        """They are noted and nothing is sent."""
        session = bound()
        (event,) = session.receive(encode(command, 8), 2)
        assert isinstance(event, Oddity)
        assert session.take_output() == b""
        assert session.state is State.BOUND

    def test_alert_notification_is_told(self) -> None:
        """Its body goes to the owner, and it has no response (section 4.12)."""
        session = bound()
        assert session.receive(encode(Command.ALERT_NOTIFICATION, 8, body=b"\1\1447700900123\0"), 2) == [
            Alert(b"\1\1447700900123\0")
        ]
        assert session.take_output() == b""

    @pytest.mark.parametrize("start", [binding, bound])
    def test_outbind_is_refused(self, start: Callable[[], Session]) -> None:
        """generic_nack with ESME_RINVBNDSTS, whatever was reached; the session goes on."""
        session = start()
        state = session.state
        (event,) = session.receive(encode(Command.OUTBIND, 8, body=b"SMSC\0secret\0"), 2)
        assert isinstance(event, Oddity)
        assert "secret" not in event.what
        assert sent(session) == [Frame(Command.GENERIC_NACK, ESME_RINVBNDSTS, 8, b"")]
        assert session.state is state

    def test_timers_may_change(self) -> None:
        """A new interval counts from the last sign of life, so that changing it often puts nothing off."""
        session = bound()
        session.timers.enquire_link_interval = 5
        session.retime(3)
        assert session.deadline == 6
        session.timers.enquire_link_interval = 50
        session.retime(4)
        assert session.deadline == 51

    def test_timers_changed_too_late_for_the_new_interval(self) -> None:
        """A silence already longer than the new interval is asked after at once."""
        session = bound()
        session.timers.enquire_link_interval = 5
        session.retime(20)
        assert session.deadline == 20
        session.tick(20)
        assert [frame.command_id for frame in sent(session)] == [Command.ENQUIRE_LINK]

    def test_an_open_question_keeps_its_time(self) -> None:
        """Changing timers while enquire_link waits for its answer changes nothing."""
        session = bound()
        session.tick(31)
        session.timers.enquire_link_interval = 500
        session.retime(35)
        assert session.deadline == 41

    def test_pdus_are_counted(self) -> None:
        """By command, as they came and as they left."""
        session = bound()
        session.receive(encode(Command.ENQUIRE_LINK, 5) * 2 + encode(0x1234, 6), 2)
        assert session.traffic.received == {TRX | RESPONSE: 1, Command.ENQUIRE_LINK: 2, UNKNOWN: 1}
        assert session.traffic.sent == {TRX: 1, Command.ENQUIRE_LINK_RESP: 2, Command.GENERIC_NACK: 1}


class TestEnd:
    """Unbinding, by either side, and everything else that ends a session."""

    def test_unbound_by_us(self) -> None:
        """unbind, its answer, over."""
        session = bound()
        assert session.unbind(5) == []
        assert sent(session) == [Frame(Command.UNBIND, 0, 2, b"")]
        assert (session.state, session.deadline) == (State.UNBINDING, 15)
        assert session.receive(encode(Command.UNBIND_RESP, 2), 6) == [Ended(EndCause.UNBOUND)]
        assert session.over

    @pytest.mark.parametrize("state", [State.UNBINDING, State.CLOSED])
    def test_unbinding_twice_is_once(self, state: State) -> None:
        """A second unbind says nothing and changes nothing."""
        session = bound()
        session.unbind(5)
        if state is State.CLOSED:
            session.receive(encode(Command.UNBIND_RESP, 2), 6)
        session.take_output()
        assert session.unbind(7) == []
        assert session.take_output() == b""
        assert session.state is state

    def test_unbind_is_not_answered(self) -> None:
        """Over after the response timeout."""
        session = bound()
        session.unbind(5)
        assert session.tick(14.9) == []
        assert session.tick(15) == [Ended(EndCause.UNBOUND, "no answer to unbind within 10 s")]

    def test_unbind_is_nacked(self) -> None:
        """A generic_nack of our unbind ends as well; of anything else it does not."""
        session = bound()
        session.unbind(5)
        (event,) = session.receive(encode(Command.GENERIC_NACK, 1, 3), 6)
        assert isinstance(event, Oddity)
        assert session.receive(encode(Command.GENERIC_NACK, 2, 3), 6) == [Ended(EndCause.UNBOUND)]

    def test_messages_that_cross_the_unbind(self) -> None:
        """A delivery while unbinding is left with the SMSC; it puts the end off by nothing."""
        session = bound()
        session.unbind(5)
        session.take_output()
        (event,) = session.receive(encode(Command.DELIVER_SM, 8) + encode(Command.ENQUIRE_LINK, 9), 6)
        assert isinstance(event, Oddity)
        assert sent(session) == [
            Frame(Command.DELIVER_SM_RESP, ESME_RX_T_APPN, 8, b"\0"),
            Frame(Command.ENQUIRE_LINK_RESP, 0, 9, b""),
        ]
        assert session.deadline == 15

    def test_unbound_by_the_smsc(self) -> None:
        """Answered and over; a message right behind it is left with the SMSC."""
        session = bound()
        oddity, end = session.receive(encode(Command.UNBIND, 3) + encode(Command.DELIVER_SM, 4), 5)
        assert isinstance(oddity, Oddity)
        assert end == Ended(EndCause.PEER_UNBOUND)
        assert sent(session) == [
            Frame(Command.DELIVER_SM_RESP, ESME_RX_T_APPN, 4, b"\0"),
            Frame(Command.UNBIND_RESP, 0, 3, b""),
        ]

    def test_unbinds_that_cross(self) -> None:
        """Both sides at once: answered and over."""
        session = bound()
        session.unbind(5)
        session.take_output()
        assert session.receive(encode(Command.UNBIND, 3), 6) == [Ended(EndCause.PEER_UNBOUND)]
        assert sent(session) == [Frame(Command.UNBIND_RESP, 0, 3, b"")]

    def test_nothing_is_said_or_heard_afterwards(self) -> None:
        """A closed session ignores octets, time and answers."""
        session = bound()
        (message,) = session.receive(encode(Command.DELIVER_SM, 8), 2)
        session.receive(encode(Command.UNBIND, 3), 5)
        session.take_output()
        assert isinstance(message, Delivery)
        session.answer(message, 0, 11)
        session.tick(11)
        session.take_output()
        assert session.over
        session.answer(message, 0, 12)
        assert session.receive(encode(Command.ENQUIRE_LINK, 4), 12) == []
        assert session.tick(1e9) == []
        assert session.take_output() == b""

    @pytest.mark.parametrize(
        ("octets", "words"),
        [
            (b"HTTP/1.1 400 Bad Request\r\n", "HTTP server"),
            (b"<!DOCTYPE html>", "HTTP server"),
            (b"\x15\x03\x03\x00\x02\x02\x46", "spec.tls missing"),
            (b"\x15\x03\x01\x00\x02\x02\x0a", "spec.tls missing"),
            (b"SSH-2.0-OpenSSH_9.2\r\n", "another protocol"),
            (b"220 mail.example ESMTP\r\n", "another protocol"),
            (bytes(16), "command_length 0"),
            (b"\x80\x00\x00\x00\x80\x00\x00\x09", "command_length 2147483648"),
        ],
    )
    @pytest.mark.parametrize("start", [binding, bound])
    def test_what_is_no_smpp(self, octets: bytes, words: str, start: Callable[[], Session]) -> None:
        """The end says what it looks like; the other side is told once, with generic_nack."""
        session = start()
        (event,) = session.receive(octets, 5)
        assert isinstance(event, Ended)
        assert event.cause is EndCause.PROTOCOL_ERROR
        assert words in event.detail
        assert sent(session) == [Frame(Command.GENERIC_NACK, ESME_RINVCMDLEN, 0, b"")]
        assert session.over

    def test_a_refusal_in_front_of_garbage_is_told(self) -> None:
        """What came whole before the octets that make no sense is not lost with them."""
        octets = encode(TRX | RESPONSE, 1, ESME_RINVPASWD) + b"HTTP/1.1 400 Bad Request"
        assert binding().receive(octets, 1) == [BindRefused(ESME_RINVPASWD)]


def test_no_transition_but_those_listed() -> None:
    """A session that would leave its table stops with an assertion."""
    for state, following in TRANSITIONS.items():
        for wanted in set(State) - following:
            session = new()
            session.state = state
            with pytest.raises(AssertionError, match="no transition"):
                session._enter(wanted)  # pyright: ignore[reportPrivateUsage]
