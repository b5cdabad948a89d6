"""A session against a model of itself and of the SMSC, under any interleaving; and against any octets at all."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sms_operator.smpp.codec import BindRequest, encode
from sms_operator.smpp.command_status import ESME_RUNKNOWNERR
from sms_operator.smpp.commands import RESPONSE, Command
from sms_operator.smpp.errors import NotBound
from sms_operator.smpp.events import (
    Abandoned,
    Answered,
    AnsweredLate,
    BindAccepted,
    BindRefused,
    Delivery,
    Doubt,
    Ended,
    Event,
    Unanswered,
)
from sms_operator.smpp.framing import Frame, FrameBuffer
from sms_operator.smpp.session import Session
from sms_operator.smpp.states import State, Timers
from sms_operator.smpp.window import MAX_SEQUENCE, Request

TRX = Command.BIND_TRANSCEIVER
REQUESTS = (Command.SUBMIT_SM, Command.DATA_SM, Command.QUERY_SM, Command.CANCEL_SM)
DELIVERIES = (Command.DELIVER_SM, Command.DATA_SM)
WINDOW = 5
OUTCOMES = (Answered, Unanswered, AnsweredLate, Abandoned)


class Entry:
    """A request in the ledger: when it was sent, whether it left, and all that was told of it."""

    def __init__(self, request: Request, sent_at: float) -> None:
        self.request = request
        self.sent_at = sent_at
        self.left = False
        self.told: list[Event] = []

    @property
    def waiting(self) -> bool:
        """Whether nothing was told yet."""
        return not self.told

    @property
    def late(self) -> bool:
        """Whether one thing more is to be told."""
        return self.told == [Unanswered(self.request, Doubt.TIMEOUT)]


class SessionMachine(RuleBasedStateMachine):
    """Owner, SMSC, network and clock do what they like; the ledger says exactly what each request is to be told."""

    def __init__(self) -> None:
        super().__init__()
        self.session = Session(BindRequest(TRX, "id", "secret"), Timers(30, 10), WINDOW)
        self.now = 0.0
        self.ledger: list[Entry] = []
        self.messages: list[Delivery] = []
        """Told and not answered."""
        self.unreplied: dict[int, int] = {}
        """Commands of the SMSC's requests that were not responded to, by their numbers."""
        self.unbinds = 0
        self.idle_by = float("inf")
        self.endings = 0
        self.congested = False
        self.coming = b""
        self.frames: list[Frame] = []
        """PDUs that are on their way to the session, in whole or in part."""

    @initialize(sequence=st.sampled_from([0, MAX_SEQUENCE - 4]))
    def bind(self, sequence: int) -> None:
        """Now and then so that the numbers soon begin again."""
        self.session.window._sequence = sequence  # pyright: ignore[reportPrivateUsage]
        self.session.start(self.now)
        self.session.take_output()
        self.session.receive(encode(TRX | RESPONSE, 1, 0, b"SMSC\0"), self.now)
        assert self.session.state is State.BOUND

    @rule(command=st.sampled_from(REQUESTS))
    def send(self, command: Command) -> None:
        """A request, where there is room; refused where the session is not bound."""
        if self.session.window.room <= 0:
            return
        request = Request(command, b"%d" % len(self.ledger))
        if self.session.state is not State.BOUND:
            with pytest.raises(NotBound):
                self.session.send(request, self.now)
            return
        self.session.send(request, self.now)
        assert 1 <= request.sequence <= MAX_SEQUENCE
        assert self.answerable(request.sequence) is None
        self.ledger.append(Entry(request, self.now))
        self.leave()

    @precondition(lambda self: self.ledger)
    @rule(
        data=st.data(),
        status=st.sampled_from([0, 0, 8, 0x58]),
        command=st.sampled_from([None, None, None, Command.GENERIC_NACK, Command.REPLACE_SM_RESP]),
    )
    def respond(self, data: st.DataObject, status: int, command: Command | None) -> None:
        """To any request there ever was: in any order, late, repeated, nacked, or by another type (None: the right)."""
        request = data.draw(st.sampled_from(self.ledger)).request
        self.arrive(encode(command or request.command_id | RESPONSE, request.sequence, status, b"id\0"))

    @rule(command=st.sampled_from([Command.SUBMIT_SM_RESP, Command.GENERIC_NACK, Command.ENQUIRE_LINK_RESP]))
    def respond_to_nothing(self, command: Command) -> None:
        """A number that no request has; as the answer to enquire_link it will do."""
        self.arrive(encode(command, 0x4000_0000, 3))

    @rule(command=st.sampled_from([*DELIVERIES, Command.ENQUIRE_LINK]))
    def request(self, command: Command) -> None:
        """A message or a question of the SMSC."""
        number = 0x5000_0000 + len(self.unreplied)
        self.unreplied[number] = command
        self.arrive(encode(command, number, 0, b"text"))

    @precondition(lambda self: self.messages)
    @rule(data=st.data(), status=st.sampled_from([0, 0x64]))
    def answer(self, data: st.DataObject, status: int) -> None:
        """One of the messages, in any order, even after the end."""
        message = self.messages.pop(data.draw(st.integers(0, len(self.messages) - 1)))
        self.session.answer(message, status, self.now)
        replied = [frame for frame in self.leave() if frame.sequence == message.sequence]
        assert len(replied) == (not self.session.over)

    @rule(seconds=st.floats(0, 12) | st.sampled_from([0.0, 1.0, 10.0]))
    def wait(self, seconds: float) -> None:
        """Time goes by, with a tick at each deadline, as the event loop would."""
        until = self.now + seconds
        for _ in range(100):
            deadline = self.session.deadline
            if deadline is None or deadline > until:
                break
            self.now = max(self.now, deadline)
            self.tick()
        else:
            raise AssertionError("a deadline that does not move")
        self.now = until
        self.tick()

    @rule(timeout=st.sampled_from([2.0, 10.0, 15.0]))
    def retime(self, timeout: float) -> None:
        """Another time for responses."""
        self.session.timers.response_timeout = timeout
        self.session.retime(self.now)

    @rule()
    def go_round(self) -> None:
        """As many requests were sent meanwhile as there are numbers."""
        self.session.window._sequence = 0  # pyright: ignore[reportPrivateUsage]

    @rule()
    def congest(self) -> None:
        """From now on octets are on their way for some time."""
        self.congested = True

    @precondition(lambda self: self.coming)
    @rule(count=st.integers(1, 40))
    def flow(self, count: int) -> None:
        """Some of them arrive, whole PDUs or not."""
        self.pass_on(count)

    @rule()
    def clear(self) -> None:
        """All of them arrive, in one portion."""
        self.congested = False
        self.pass_on(len(self.coming))

    @precondition(lambda self: len(self.ledger) > 2)
    @rule()
    def unbind(self) -> None:
        """By us."""
        self.take(self.session.unbind(self.now))

    @precondition(lambda self: len(self.ledger) > 2)
    @rule()
    def unbind_by_peer(self) -> None:
        """By the SMSC."""
        number = 0x6000_0000 + len(self.unreplied)
        self.unreplied[number] = Command.UNBIND
        self.arrive(encode(Command.UNBIND, number))

    @precondition(lambda self: self.unbinds)
    @rule(command=st.sampled_from([Command.UNBIND_RESP, Command.GENERIC_NACK]))
    def answer_unbind(self, command: Command) -> None:
        """The SMSC answers ours."""
        self.arrive(encode(command, self.session._waiting_for))  # pyright: ignore[reportPrivateUsage]

    @precondition(lambda self: len(self.ledger) > 4)
    @rule()
    def lose_connection(self) -> None:
        """What was on its way is lost."""
        self.coming, self.frames = b"", []
        self.take(self.session.close())

    @invariant()
    def the_window_is_the_ledgers(self) -> None:
        """As many wait as were told nothing, and a living session has a deadline."""
        assert len(self.session.window) == sum(entry.waiting for entry in self.ledger)
        assert (self.session.deadline is None) == self.session.over
        assert self.endings <= 1

    def teardown(self) -> None:
        """Everything ends; each request was told one outcome, and those that were late one thing more."""
        self.lose_connection()
        for entry in self.ledger:
            first, *more = entry.told
            assert isinstance(first, Answered | Unanswered)
            assert len(more) == (first == Unanswered(entry.request, Doubt.TIMEOUT))
            assert all(isinstance(event, AnsweredLate | Abandoned) for event in more)
            assert entry.left
        for events in (
            self.session.receive(encode(Command.ENQUIRE_LINK, 1), self.now),
            self.session.tick(self.now + 1e6),
            self.session.unbind(self.now),
            self.session.close(),
        ):
            assert events == []
        assert self.session.take_output() == b""

    def answerable(self, sequence: int) -> Entry | None:
        """The request that a response with this number belongs to."""
        found = [one for one in self.ledger if one.request.sequence == sequence and (one.waiting or one.late)]
        assert len(found) <= 1
        return found[0] if found else None

    def foretell(self, frame: Frame) -> Event | None:
        """What a response is to be told as; None: not at all, or as an oddity."""
        entry = self.answerable(frame.sequence)
        if entry is None or not frame.command_id & RESPONSE:
            return None
        request, status, body = entry.request, frame.status, frame.body
        if frame.command_id == Command.GENERIC_NACK:
            status, body = status or ESME_RUNKNOWNERR, b""
        elif frame.command_id != request.command_id | RESPONSE:
            return Unanswered(request, Doubt.MISMATCH) if entry.waiting else Abandoned(request)
        if entry.waiting:
            return Answered(request, status, body, self.now - entry.sent_at)
        return AnsweredLate(request, status, body)

    def arrive(self, octets: bytes) -> None:
        """A PDU is on its way."""
        (frame,) = FrameBuffer().receive(octets)
        self.coming += octets
        self.frames.append(frame)
        if not self.congested:
            self.pass_on(len(self.coming))

    def pass_on(self, count: int) -> None:
        """So many octets arrive."""
        portion, self.coming = self.coming[:count], self.coming[count:]
        whole = len(self.frames)
        on_their_way = 0
        while whole and on_their_way + 16 + len(self.frames[whole - 1].body) <= len(self.coming):
            whole -= 1
            on_their_way += 16 + len(self.frames[whole].body)
        if on_their_way < len(self.coming):
            whole -= 1
        arrived, self.frames = self.frames[:whole], self.frames[whole:]
        self.take(self.session.receive(portion, self.now), arrived)

    def tick(self) -> None:
        """All whose time is over are told so, oldest first."""
        timeout = self.session.timers.response_timeout
        overdue = [entry for entry in self.ledger if entry.waiting and entry.sent_at + timeout <= self.now]
        told = self.session.tick(self.now)
        assert told[: len(overdue)] == [Unanswered(entry.request, Doubt.TIMEOUT) for entry in overdue]
        for entry, event in zip(overdue, told, strict=False):
            entry.told.append(event)
        self.take(told[len(overdue) :])

    def take(self, events: list[Event], arrived: list[Frame] | None = None) -> None:
        """Hold what was told against what these responses foretell, and against the ledger where it is the end."""
        outcomes = [event for event in events if isinstance(event, OUTCOMES)]
        for frame in arrived or ():
            foretold = self.foretell(frame)
            if foretold is None:
                continue
            if self.session.over and (not outcomes or outcomes[0] != foretold):
                break
            assert outcomes, f"{foretold} was not told"
            self.note(outcomes.pop(0), foretold)
        if self.session.over:
            for entry in [one for one in self.ledger if one.waiting]:
                self.note(outcomes.pop(0), Unanswered(entry.request, Doubt.CONNECTION_LOST))
            for entry in [one for one in self.ledger if one.late]:
                self.note(outcomes.pop(0), Abandoned(entry.request))
        assert outcomes == []
        self.messages += [event for event in events if isinstance(event, Delivery)]
        endings = [event for event in events if isinstance(event, Ended)]
        assert events[-1:] == endings or not endings
        self.endings += len(endings)
        if self.session.state is State.DRAINING and self.idle_by == float("inf"):
            self.idle_by = self.now + self.session.timers.response_timeout
        self.leave()

    def note(self, event: Event, expected: Event) -> None:
        """One line in the ledger."""
        assert event == expected
        assert isinstance(event, OUTCOMES)
        (entry,) = (one for one in self.ledger if one.request is event.request)
        entry.told.append(event)

    def leave(self) -> list[Frame]:
        """What goes to the SMSC: whole PDUs, each asked for and none twice; unbind when all is done or time is over."""
        octets = self.session.take_output()
        frames = FrameBuffer().receive(octets)
        assert sum(16 + len(frame.body) for frame in frames) == len(octets)
        for command, status, sequence, body in frames:
            if command in REQUESTS:
                entry = self.ledger[int(body)]
                assert (command, status, sequence) == (entry.request.command_id, 0, entry.request.sequence)
                assert not entry.left
                entry.left = True
            elif command & RESPONSE:
                assert self.unreplied[sequence] | RESPONSE == command
                self.unreplied[sequence] = 0
            else:
                assert command in (Command.ENQUIRE_LINK, Command.UNBIND)
                self.unbinds += command == Command.UNBIND
            if command in (Command.UNBIND, Command.UNBIND_RESP):
                busy = self.messages or any(entry.waiting for entry in self.ledger)
                assert not busy or self.now >= self.idle_by
        assert self.unbinds <= 1
        return frames


TestSessionMachine = SessionMachine.TestCase
TestSessionMachine.settings = settings(max_examples=250, stateful_step_count=50, deadline=None, derandomize=True)


PDU = st.builds(
    encode,
    st.sampled_from([*Command, 0x1234, 0x8000_1234]),
    st.integers(0, 4),
    st.sampled_from([0, 3, 14, 0xFFFF_FFFF]),
    st.binary(max_size=12),
)
STEPS = st.lists(
    st.one_of(PDU, st.binary(max_size=30), st.floats(0, 60), st.just("unbind"), st.just("retime")), max_size=30
)


@settings(max_examples=300)
@given(st.sampled_from([TRX, Command.BIND_RECEIVER, Command.BIND_TRANSMITTER]), STEPS)
def test_no_peer_can_break_it(command: Command, steps: list[bytes | float | str]) -> None:
    """Any PDUs, octets and times: no exception, whole PDUs out, one end, nothing after it, a deadline while alive."""
    session, now = Session(BindRequest(command, "id", "secret"), Timers(30, 10)), 0.0
    session.start(now)
    events: list[Event] = []
    for step in steps:
        ended = session.over
        if isinstance(step, bytes):
            more = session.receive(step, now)
        elif isinstance(step, float):
            now += step
            more = session.tick(now)
        elif step == "unbind":
            more = session.unbind(now)
        else:
            session.retime(now)
            more = []
        assert not (ended and more)
        for event in more:
            if isinstance(event, Delivery):
                session.answer(event, 0, now)
        events += more
        octets = session.take_output()
        assert sum(16 + len(frame.body) for frame in FrameBuffer().receive(octets)) == len(octets)
        assert (session.deadline is None) == session.over
    endings = [event for event in events if isinstance(event, Ended | BindRefused)]
    assert len(endings) == session.over
    assert sum(isinstance(event, BindAccepted) for event in events) <= 1
