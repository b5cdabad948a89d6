"""One bind as a state machine: octets and monotonic time in; events, octets and the next deadline out.

Opens no socket and reads no clock, so every state and timer can be tested with a few lines. All transitions are in
TRANSITIONS; a method that changes the state goes through `_enter`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from . import codec
from .codec import BindRequest
from .command_status import ESME_RINVBNDSTS, ESME_RINVCMDID, ESME_RINVCMDLEN, ESME_ROK
from .commands import RESPONSE, Command, command_name
from .events import BindAccepted, BindRefused, Delivery, EndCause, Ended, Event, Oddity
from .framing import Frame, FrameBuffer, FramingError

MAX_SEQUENCE: Final = 0x7FFF_FFFF


class State(Enum):
    """As SMPP 3.4, section 2.2, with the two states of waiting for an answer."""

    OPEN = auto()
    BINDING = auto()
    BOUND = auto()
    UNBINDING = auto()
    CLOSED = auto()


TRANSITIONS: Final = {
    State.OPEN: {State.BINDING, State.CLOSED},
    State.BINDING: {State.BOUND, State.CLOSED},
    State.BOUND: {State.UNBINDING, State.CLOSED},
    State.UNBINDING: {State.CLOSED},
    State.CLOSED: set[State](),
}


@dataclass(slots=True)
class Timers:
    """Seconds. May be changed while the session lives."""

    enquire_link_interval: float = 30.0
    """Silence after which the SMSC is asked whether it is there; any PDU from it counts as life."""
    response_timeout: float = 10.0
    """For the answer to bind, enquire_link and unbind."""


class Session:
    """See the module. `receive`, `tick` and `unbind` return events; `take_output` what is to be sent."""

    __slots__ = (
        "_buffer",
        "_command",
        "_deadline",
        "_enquiry",
        "_greeting",
        "_heard",
        "_output",
        "_sequence",
        "_waiting_for",
        "state",
        "timers",
    )

    def __init__(self, bind: BindRequest, timers: Timers) -> None:
        """Raises codec.EncodingError, so that nothing is dialled for a bind that cannot be sent."""
        self._command = bind.command
        self.timers = timers
        self.state = State.OPEN
        self._buffer = FrameBuffer()
        self._output: list[bytes] = []
        self._sequence = 0
        self._waiting_for = self._next_sequence()
        self._greeting = bind.encode(self._waiting_for)
        self._enquiry = False
        self._heard = 0.0
        self._deadline: float | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more will be sent or understood."""
        return self.state is State.CLOSED

    @property
    def deadline(self) -> float | None:
        """Monotonic time of the next `tick`; None: none is needed."""
        return self._deadline

    def take_output(self) -> bytes:
        """Octets to send now."""
        if not self._output:
            return b""
        data = b"".join(self._output)
        self._output.clear()
        return data

    def start(self, now: float) -> None:
        """Send the bind."""
        self._output.append(self._greeting)
        self._greeting = b""
        self._enter(State.BINDING)
        self._deadline = now + self.timers.response_timeout

    def receive(self, data: bytes, now: float) -> list[Event]:
        """Take in octets from the SMSC."""
        if self.state is State.CLOSED:
            return []
        frames = self._buffer.receive(data)
        events: list[Event] = []
        for frame in frames:
            event = self._handle(frame)
            if event is not None:
                events.append(event)
            if self.over:
                return events
        if self._buffer.broken is not None:
            self._output.append(codec.nack(0, ESME_RINVCMDLEN))
            events.append(self._end(EndCause.PROTOCOL_ERROR, _diagnose(self._buffer.broken)))
        if frames and self.state is State.BOUND:
            self._enquiry, self._heard = False, now
            self._deadline = now + self.timers.enquire_link_interval
        return events

    def tick(self, now: float) -> list[Event]:
        """The deadline has come."""
        if self._deadline is None or now < self._deadline:
            return []
        timeout = f"{self.timers.response_timeout:g} s"
        match self.state:
            case State.BINDING:
                return [self._end(EndCause.BIND_TIMEOUT, f"no answer to the bind within {timeout}")]
            case State.BOUND if self._enquiry:
                return [self._end(EndCause.ENQUIRE_LINK_TIMEOUT, f"no answer to enquire_link within {timeout}")]
            case State.BOUND:
                self._output.append(codec.encode(Command.ENQUIRE_LINK, self._next_sequence()))
                self._enquiry = True
                self._deadline = now + self.timers.response_timeout
                return []
            case _:
                return [self._end(EndCause.UNBOUND, f"no answer to unbind within {timeout}")]

    def retime(self) -> None:
        """`timers` were changed: let a session that is idle follow at once, counting from what was heard last."""
        if self.state is State.BOUND and not self._enquiry:
            self._deadline = self._heard + self.timers.enquire_link_interval

    def answer(self, delivery: Delivery, status: int) -> None:
        """Answer a deliver_sm or data_sm, whose responses carry an empty message_id (sections 4.6.2, 4.7.2)."""
        if self.state in (State.BOUND, State.UNBINDING):
            frame = Frame(delivery.command_id, 0, delivery.sequence, b"")
            self._output.append(codec.answer(frame, status, b"\0"))

    def unbind(self, now: float) -> list[Event]:
        """End the bind; `Ended` follows with the answer, or at once where there is nothing to unbind."""
        if self.state is not State.BOUND:
            return [] if self.state in (State.UNBINDING, State.CLOSED) else [self._end(EndCause.UNBOUND)]
        self._waiting_for = self._next_sequence()
        self._output.append(codec.encode(Command.UNBIND, self._waiting_for))
        self._enter(State.UNBINDING)
        self._deadline = now + self.timers.response_timeout
        return []

    def _handle(self, frame: Frame) -> Event | None:
        if frame.command_id & RESPONSE:
            return self._handle_response(frame)
        match frame.command_id:
            case Command.ENQUIRE_LINK:
                self._output.append(codec.answer(frame))
                return None
            case Command.UNBIND:
                self._output.append(codec.answer(frame))
                return self._end(EndCause.PEER_UNBOUND)
            case Command.DELIVER_SM | Command.DATA_SM:
                return self._handle_delivery(frame)
            case Command.ALERT_NOTIFICATION:
                return Oddity("alert_notification")
            case Command.OUTBIND:
                return Oddity("outbind on a connection of ours")
            case _:
                self._output.append(codec.nack(frame.sequence, ESME_RINVCMDID))
                return Oddity(f"command {command_name(frame.command_id)} is not one for an ESME")

    def _handle_delivery(self, frame: Frame) -> Event:
        bound = self.state in (State.BOUND, State.UNBINDING)
        if not bound or self._command is Command.BIND_TRANSMITTER:
            self._output.append(codec.answer(frame, ESME_RINVBNDSTS, b"\0"))
            return Oddity(f"{command_name(frame.command_id)} without a bind that receives")
        return Delivery(frame.command_id, frame.sequence, frame.body)

    def _handle_response(self, frame: Frame) -> Event | None:
        expected = frame.sequence == self._waiting_for
        match self.state, frame.command_id:
            case State.BINDING, Command.GENERIC_NACK if expected or frame.sequence == 0:
                return self._refused(frame.status or ESME_RINVCMDID)
            case State.BINDING, command if command == self._command | RESPONSE and expected:
                if frame.status != ESME_ROK:
                    return self._refused(frame.status)
                self._enter(State.BOUND)
                return BindAccepted(codec.first_c_octets(frame.body))
            case State.UNBINDING, (Command.UNBIND_RESP | Command.GENERIC_NACK) if expected:
                return self._end(EndCause.UNBOUND)
            case _, Command.ENQUIRE_LINK_RESP:
                return None
            case _, command:
                return Oddity(f"{command_name(command)} that answers nothing")

    def _refused(self, status: int) -> Event:
        self._enter(State.CLOSED)
        self._deadline = None
        return BindRefused(status)

    def _end(self, cause: EndCause, detail: str = "") -> Event:
        self._enter(State.CLOSED)
        self._deadline = None
        return Ended(cause, detail)

    def _enter(self, state: State) -> None:
        if state not in TRANSITIONS[self.state]:
            raise AssertionError(f"no transition from {self.state} to {state}")
        self.state = state

    def _next_sequence(self) -> int:
        self._sequence = self._sequence % MAX_SEQUENCE + 1
        return self._sequence


def _diagnose(error: FramingError) -> str:
    head = error.head
    if head.startswith((b"HTTP", b"<!DO", b"<htm")):
        return "it answers like an HTTP server; is the port right?"
    if head[:2] == b"\x15\x03":
        return "it answers like a TLS server; is spec.tls missing?"
    if head.startswith((b"SSH-", b"220 ", b"220-")):
        return "it answers like a server of another protocol; is the port right?"
    return f"it does not speak SMPP: {error}"
