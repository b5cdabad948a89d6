"""One bind as a state machine: octets and monotonic time in; events, octets and the next deadline out.

Opens no socket and reads no clock, so every state and timer can be tested with a few lines. All transitions are in
TRANSITIONS; a method that changes the state goes through `_enter`.
"""

from __future__ import annotations

from struct import Struct
from typing import Final

from . import codec
from .codec import BindRequest
from .command_status import ESME_RINVBNDSTS, ESME_RINVCMDID, ESME_RINVCMDLEN, ESME_ROK, ESME_RUNKNOWNERR, ESME_RX_T_APPN
from .commands import RESPONSE, Command, command_name
from .diagnosis import diagnose
from .errors import NotBound
from .events import (
    Abandoned,
    Alert,
    Alive,
    Answered,
    AnsweredLate,
    BindAccepted,
    BindRefused,
    Delivery,
    Doubt,
    EndCause,
    Ended,
    Event,
    Oddity,
    Unanswered,
)
from .framing import HEADER, Frame, FrameBuffer
from .states import STANDING, TRANSITIONS, State, Timers
from .traffic import Traffic
from .tuples import maker
from .window import Request, Window

_RESPONSE: Final = int(RESPONSE)
_NACK: Final = int(Command.GENERIC_NACK)
_DELIVERY_RESPONSE: Final = Struct(">IIIIB")
"""Header and empty message_id."""


_answered: Final = maker(Answered)
_delivery: Final = maker(Delivery)


class Session:
    """See the module.

    `receive`, `tick`, `unbind` and `close` return events; `take_output` what is to be sent. Every request given to
    `send` comes back in exactly one of `Answered` and `Unanswered`, whatever happens.
    """

    __slots__ = (
        "_buffer",
        "_command",
        "_deadline",
        "_enquired_at",
        "_farewell",
        "_greeting",
        "_heard",
        "_output",
        "_owed",
        "_waiting_for",
        "state",
        "timers",
        "traffic",
        "window",
    )

    def __init__(self, bind: BindRequest, timers: Timers, window: int = 10, traffic: Traffic | None = None) -> None:
        """Raises codec.EncodingError, so that nothing is dialled for a bind that cannot be sent."""
        self._command = bind.command
        self.timers = timers
        self.state = State.OPEN
        self.window = Window(window)
        """Requests that wait for their response. Control PDUs are not among them and never wait behind them."""
        self.traffic = Traffic() if traffic is None else traffic
        self._buffer = FrameBuffer()
        self._output: list[bytes] = []
        self._waiting_for = self.window.next_sequence()
        self._greeting = bind.encode(self._waiting_for)
        self._enquired_at: float | None = None
        self._farewell: Frame | None = None
        self._heard = 0.0
        self._owed = 0
        self._deadline: float | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more will be sent or understood."""
        return self.state is State.CLOSED

    @property
    def deadline(self) -> float | None:
        """Monotonic time of the next `tick`; None: none is needed."""
        due, deadline = self.window.due, self._deadline
        return deadline if due is None or deadline is None else min(due, deadline)

    def take_output(self) -> bytes:
        """Octets to send now."""
        if not self._output:
            return b""
        data = b"".join(self._output)
        self._output.clear()
        return data

    def start(self, now: float) -> None:
        """Send the bind."""
        self._put(int(self._command), self._greeting)
        self._greeting = b""
        self._enter(State.BINDING)
        self._deadline = now + self.timers.response_timeout

    def send(self, request: Request, now: float) -> None:
        """Send a request and wait for its response; whether the window has room is for the caller to ask.

        Raises:
            NotBound: the session is not bound, or is being ended.
        """
        if self.state is not State.BOUND:
            raise NotBound(f"the session is {self.state.name.lower()}")
        sequence = self.window.add(request, self.timers.response_timeout, now)
        body, command_id = request.body, request.command_id
        self._output += (HEADER.pack(16 + len(body), command_id, 0, sequence), body)
        counts = self.traffic.sent
        counts[command_id] = counts.get(command_id, 0) + 1

    def receive(self, data: bytes, now: float) -> list[Event]:
        """Take in octets from the SMSC."""
        if self.over:
            return []
        frames = self._buffer.receive(data)
        events: list[Event] = []
        counts, window = self.traffic.received, self.window
        for frame in frames:
            command_id, status, sequence, body = frame
            if command_id in counts:
                counts[command_id] += 1
            else:
                self.traffic.received_first(command_id)
            if command_id & _RESPONSE:
                request = window.take(sequence)
                if request is None:
                    self._handle_other_response(frame, now, events)
                elif command_id == request.command_id | _RESPONSE:
                    events.append(_answered((request, status, body, now - request.sent_at)))
                elif command_id == _NACK:
                    events.append(Answered(request, status or ESME_RUNKNOWNERR, b"", now - request.sent_at))
                else:
                    events.append(Unanswered(request, Doubt.MISMATCH))
            else:
                self._handle_request(frame, now, events)
            if self.state is State.CLOSED:
                return events
        if self._buffer.broken is not None:
            self._put(_NACK, codec.nack(0, ESME_RINVCMDLEN))
            self._end(events, EndCause.PROTOCOL_ERROR, diagnose(self._buffer.broken))
        elif frames and self.state is State.BOUND:
            self._enquired_at, self._heard = None, now
            self._deadline = now + self.timers.enquire_link_interval
        elif self.state is State.DRAINING:
            self._leave_when_idle(now, events)
        return events

    def tick(self, now: float) -> list[Event]:
        """The deadline has come."""
        events: list[Event] = []
        overdue = self.window.expire(self.timers.response_timeout, now)
        events.extend(Unanswered(request, Doubt.TIMEOUT) for request in overdue)
        events.extend(Abandoned(request) for request in self.window.forget())
        if self._deadline is None or now < self._deadline:
            if self.state is State.DRAINING:
                self._leave_when_idle(now, events)
            return events
        timeout = f"{self.timers.response_timeout:g} s"
        match self.state:
            case State.BINDING:
                self._end(events, EndCause.BIND_TIMEOUT, f"no answer to the bind within {timeout}")
            case State.BOUND if self._enquired_at is not None:
                self._end(events, EndCause.ENQUIRE_LINK_TIMEOUT, f"no answer to enquire_link within {timeout}")
            case State.BOUND:
                self._put(Command.ENQUIRE_LINK, codec.encode(Command.ENQUIRE_LINK, self.window.next_sequence()))
                self._enquired_at = now
                self._deadline = now + self.timers.response_timeout
            case State.DRAINING:
                self._leave(now, events)
            case _:
                self._end(events, EndCause.UNBOUND, f"no answer to unbind within {timeout}")
        return events

    def retime(self, now: float) -> None:
        """`timers` were changed: follow at once, counting from what was heard last and from each request."""
        if self.state is State.BOUND and self._enquired_at is None:
            self._deadline = max(now, self._heard + self.timers.enquire_link_interval)
        self.window.retime(self.timers.response_timeout)

    def answer(self, delivery: Delivery, status: int, now: float) -> bool:
        """Answer a deliver_sm or data_sm, by an empty message_id (sections 4.6.2, 4.7.2). False: too late for that."""
        self._owed -= 1
        if self.state not in STANDING:
            return False
        self._reply(delivery, status)
        if self.state is State.DRAINING and not self.window and self._owed <= 0:
            self._deadline = now
        return True

    def unbind(self, now: float) -> list[Event]:
        """End the bind: let what waits for a response have its time, answer what is owed, and unbind.

        `Ended` follows when the SMSC has answered, at once where there is nothing to unbind. Until then nothing more
        is sent, and a message that comes is left with the SMSC.
        """
        events: list[Event] = []
        if self.state is State.BOUND:
            self._enter(State.DRAINING)
            self._deadline = now + self.timers.response_timeout
            self._leave_when_idle(now, events)
        elif self.state in (State.OPEN, State.BINDING):
            self._end(events, EndCause.UNBOUND)
        return events

    def close(self) -> list[Event]:
        """The connection is gone: what still waited has an unknown outcome. The second time nothing happens."""
        events: list[Event] = []
        self._give_up(events)
        self.state = State.CLOSED
        self._deadline = None
        return events

    def _handle_request(self, frame: Frame, now: float, events: list[Event]) -> None:
        match frame.command_id:
            case Command.DELIVER_SM | Command.DATA_SM:
                self._handle_delivery(frame, events)
            case Command.ENQUIRE_LINK:
                self._put(Command.ENQUIRE_LINK_RESP, codec.answer(frame))
            case Command.UNBIND:
                self._handle_unbind(frame, now, events)
            case Command.ALERT_NOTIFICATION:
                events.append(Alert(frame.body))
            case Command.OUTBIND:
                # It has no response of its own (section 4.1.7), and on a connection that we opened it has no sense.
                self._put(_NACK, codec.nack(frame.sequence, ESME_RINVBNDSTS))
                events.append(Oddity("outbind on a connection of ours"))
            case _:
                self._put(_NACK, codec.nack(frame.sequence, ESME_RINVCMDID))
                name = command_name(frame.command_id)
                events.append(Oddity(f"command {name} is not one for an ESME", unknown_command=True))

    def _handle_unbind(self, frame: Frame, now: float, events: list[Event]) -> None:
        self._farewell = frame
        if self.state is State.BOUND:
            # An SMSC that waits for our answer still has time for the responses it owes.
            self._enter(State.DRAINING)
            self._deadline = now + self.timers.response_timeout
        elif self.state is not State.DRAINING:
            self._leave(now, events)

    def _handle_delivery(self, frame: Frame, events: list[Event]) -> None:
        delivery = _delivery((frame.command_id, frame.sequence, frame.body))
        if self.state is State.BOUND and self._command is not Command.BIND_TRANSMITTER:
            self._owed += 1
            events.append(delivery)
        elif self.state in STANDING and self._command is not Command.BIND_TRANSMITTER:
            self._reply(delivery, ESME_RX_T_APPN)
            events.append(Oddity(f"{command_name(frame.command_id)} while the bind is being ended"))
        else:
            self._reply(delivery, ESME_RINVBNDSTS)
            events.append(Oddity(f"{command_name(frame.command_id)} without a bind that receives"))

    def _handle_other_response(self, frame: Frame, now: float, events: list[Event]) -> None:
        command_id, status, sequence, body = frame
        if sequence == self._waiting_for and self.state in (State.BINDING, State.UNBINDING):
            self._handle_control_response(frame, events)
        elif command_id == Command.ENQUIRE_LINK_RESP and self._enquired_at is not None:
            events.append(Alive(now - self._enquired_at))
            self._enquired_at = None
        elif self.state is State.BINDING and command_id == _NACK and sequence == 0:
            self._refuse(events, status or ESME_RINVCMDID)
        elif (late := self.window.take_late(sequence)) is not None:
            if command_id == late.command_id | _RESPONSE:
                events.append(AnsweredLate(late, status, body))
            elif command_id == _NACK:
                events.append(AnsweredLate(late, status or ESME_RUNKNOWNERR, b""))
            else:
                events.append(Abandoned(late))
        elif command_id != Command.ENQUIRE_LINK_RESP:
            events.append(Oddity(f"{command_name(command_id)} that answers nothing"))

    def _handle_control_response(self, frame: Frame, events: list[Event]) -> None:
        match self.state, frame.command_id:
            case State.BINDING, Command.GENERIC_NACK:
                self._refuse(events, frame.status or ESME_RINVCMDID)
            case State.BINDING, command if command == self._command | _RESPONSE:
                if frame.status != ESME_ROK:
                    self._refuse(events, frame.status)
                    return
                self._enter(State.BOUND)
                events.append(BindAccepted(codec.first_c_octets(frame.body)))
            case State.UNBINDING, Command.UNBIND_RESP | Command.GENERIC_NACK:
                self._end(events, EndCause.UNBOUND)
            case _, command:
                events.append(Oddity(f"{command_name(command)} that answers nothing"))

    def _leave_when_idle(self, now: float, events: list[Event]) -> None:
        if not self.window and self._owed <= 0:
            self._leave(now, events)

    def _leave(self, now: float, events: list[Event]) -> None:
        if self._farewell is not None:
            self._put(Command.UNBIND_RESP, codec.answer(self._farewell))
            self._end(events, EndCause.PEER_UNBOUND)
            return
        self._waiting_for = self.window.next_sequence()
        self._put(Command.UNBIND, codec.encode(Command.UNBIND, self._waiting_for))
        self._enter(State.UNBINDING)
        self._deadline = now + self.timers.response_timeout

    def _refuse(self, events: list[Event], status: int) -> None:
        self._enter(State.CLOSED)
        self._deadline = None
        events.append(BindRefused(status))

    def _end(self, events: list[Event], cause: EndCause, detail: str = "") -> None:
        self._enter(State.CLOSED)
        self._deadline = None
        self._give_up(events)
        events.append(Ended(cause, detail))

    def _give_up(self, events: list[Event]) -> None:
        events.extend(Unanswered(request, Doubt.CONNECTION_LOST) for request in self.window.clear())
        events.extend(Abandoned(request) for request in self.window.clear_late())

    def _reply(self, delivery: Delivery, status: int) -> None:
        command_id = delivery.command_id | _RESPONSE
        self._put(command_id, _DELIVERY_RESPONSE.pack(17, command_id, status, delivery.sequence, 0))

    def _put(self, command_id: int, pdu: bytes) -> None:
        self._output.append(pdu)
        self.traffic.sent[command_id] = self.traffic.sent.get(command_id, 0) + 1

    def _enter(self, state: State) -> None:
        if state not in TRANSITIONS[self.state]:
            raise AssertionError(f"no transition from {self.state} to {state}")
        self.state = state
