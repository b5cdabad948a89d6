"""The states of a session and the ways between them (SMPP 3.4, section 2.2)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final


class State(Enum):
    """As the standard has them, with those of waiting for an answer and of letting work come to its end."""

    OPEN = auto()
    BINDING = auto()
    BOUND = auto()
    DRAINING = auto()
    UNBINDING = auto()
    CLOSED = auto()


TRANSITIONS: Final = {
    State.OPEN: {State.BINDING, State.CLOSED},
    State.BINDING: {State.BOUND, State.CLOSED},
    State.BOUND: {State.DRAINING, State.CLOSED},
    State.DRAINING: {State.UNBINDING, State.CLOSED},
    State.UNBINDING: {State.CLOSED},
    State.CLOSED: set[State](),
}
STANDING: Final = (State.BOUND, State.DRAINING, State.UNBINDING)
"""Those in which the SMSC counts the bind as one."""


@dataclass(slots=True)
class Timers:
    """Seconds. May be changed while the session lives."""

    enquire_link_interval: float = 30.0
    """Silence after which the SMSC is asked whether it is there; any PDU from it counts as life."""
    response_timeout: float = 10.0
    """For the answer to any request: bind, enquire_link and unbind, and those given to `send`."""
