"""What a session tells its owner."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class EndCause(StrEnum):
    """Why a session is over."""

    BIND_TIMEOUT = "bind timeout"
    ENQUIRE_LINK_TIMEOUT = "enquire_link timeout"
    PEER_UNBOUND = "unbound by the SMSC"
    UNBOUND = "unbound by us"
    PROTOCOL_ERROR = "protocol error"


@dataclass(frozen=True, slots=True)
class BindAccepted:
    """The bind stands (section 2.2: BOUND_TX, BOUND_RX or BOUND_TRX)."""

    smsc_system_id: str


@dataclass(frozen=True, slots=True)
class BindRefused:
    """The SMSC answered the bind with a command_status other than 0. The session is over."""

    command_status: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """A deliver_sm or data_sm that waits for `Session.answer`."""

    command_id: int
    sequence: int
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Oddity:
    """Something the SMSC sent that was answered or passed over; worth a count and a line at DEBUG."""

    what: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The session is over; the connection is to be closed once what is to be sent has been."""

    cause: EndCause
    detail: str = ""


Event = BindAccepted | BindRefused | Delivery | Oddity | Ended
