"""What a session tells its owner."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from .window import Request


class EndCause(StrEnum):
    """Why a session is over."""

    BIND_TIMEOUT = "bind timeout"
    ENQUIRE_LINK_TIMEOUT = "enquire_link timeout"
    PEER_UNBOUND = "unbound by the SMSC"
    UNBOUND = "unbound by us"
    PROTOCOL_ERROR = "protocol error"


class Doubt(StrEnum):
    """Why it is not known what became of a request."""

    TIMEOUT = "no response in time"
    CONNECTION_LOST = "the connection was lost before the response"
    MISMATCH = "the response was one to another command"


class BindAccepted(NamedTuple):
    """The bind stands (section 2.2: BOUND_TX, BOUND_RX or BOUND_TRX)."""

    smsc_system_id: str


class BindRefused(NamedTuple):
    """The SMSC answered the bind with a command_status other than 0. The session is over."""

    command_status: int


class Answered(NamedTuple):
    """The response to a request, or a generic_nack in its place (then `command_status` is never 0)."""

    request: Request
    command_status: int
    body: bytes
    seconds: float
    """From the request to its response."""


class Unanswered(NamedTuple):
    """A request with an unknown outcome; after a TIMEOUT an `AnsweredLate` or `Abandoned` follows some day."""

    request: Request
    doubt: Doubt


class AnsweredLate(NamedTuple):
    """The response to a request that was reported `Unanswered`."""

    request: Request
    command_status: int
    body: bytes


class Abandoned(NamedTuple):
    """A request that was reported `Unanswered` and whose response can no longer come."""

    request: Request


class Delivery(NamedTuple):
    """A deliver_sm or data_sm that waits for `Session.answer`."""

    command_id: int
    sequence: int
    body: bytes

    def __repr__(self) -> str:
        return f"Delivery({self.command_id:#x}, {self.sequence}, {len(self.body)} octets)"


class Alert(NamedTuple):
    """alert_notification (section 4.12): a phone can be reached again. It has no response."""

    body: bytes


class Alive(NamedTuple):
    """The answer to an enquire_link."""

    seconds: float
    """From the question to the answer."""


class Oddity(NamedTuple):
    """Something the SMSC sent that was answered or passed over; worth a count and a line at DEBUG."""

    what: str
    unknown_command: bool = False


class Ended(NamedTuple):
    """The session is over; the connection is to be closed once what is to be sent has been."""

    cause: EndCause
    detail: str = ""


Event = (
    BindAccepted
    | BindRefused
    | Answered
    | Unanswered
    | AnsweredLate
    | Abandoned
    | Delivery
    | Alert
    | Alive
    | Oddity
    | Ended
)
