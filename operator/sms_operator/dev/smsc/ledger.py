"""What a simulator was sent and what it sent, message by message: to be compared with what an ESME says of the same.

Everything is kept in bounds: the newest entries, and of each message its first octets.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from sms_operator.smpp.command_status import ESME_ROK

ENTRIES: Final = 100_000
"""Submissions remembered, and as many deliveries."""
OCTETS: Final = 1024
"""Octets remembered of a message."""


@dataclass(slots=True)
class Submitted:
    """A request to send a message, whatever became of it; a submit_multi has one for each destination."""

    at: float
    """Time by the event loop's clock, in seconds."""
    session: int
    """`Session.number`."""
    sequence: int
    """sequence_number of the request."""
    system_id: str
    command_id: int
    source: str
    destination: str
    content: bytes = field(repr=False)
    """User data header and text, the first 1,024 octets."""
    status: int | None = None
    """command_status of the response; None: none was decided on, a fault took its place."""
    message_id: str = ""
    """The id given to it; empty: refused."""
    answered: bool = False
    """Whether the response was sent, once or more often."""


@dataclass(slots=True)
class Attempt:
    """One deliver_sm or data_sm on one session."""

    at: float
    session: int
    sequence: int
    status: int | None = None
    """command_status of the answer; None: there was none (yet)."""


class Kind(StrEnum):
    """What is delivered to an ESME."""

    MESSAGE = "message"
    RECEIPT = "receipt"
    NOTIFICATION = "notification"
    """An intermediate notification."""
    POISON = "poison"
    """A PDU that cannot be read."""


@dataclass(slots=True)
class Delivered:
    """One message or receipt and all attempts to deliver it."""

    kind: Kind
    system_id: str
    source: str
    destination: str
    content: bytes = field(repr=False)
    """User data header and text, the first 1,024 octets."""
    attempts: list[Attempt] = field(default_factory=list[Attempt])

    @property
    def status(self) -> int | None:
        """The last answer."""
        return self.attempts[-1].status if self.attempts else None

    @property
    def taken(self) -> int:
        """How often the ESME said ESME_ROK to it: more than once is a duplicate of the simulator's making."""
        return sum(attempt.status == ESME_ROK for attempt in self.attempts)


class Ledger:
    """Newest entries last."""

    def __init__(self, entries: int = ENTRIES) -> None:
        self.submitted: deque[Submitted] = deque(maxlen=entries)
        self.delivered: deque[Delivered] = deque(maxlen=entries)
        self.statuses: Counter[int] = Counter()
        """Responses to submissions by command_status, of all times."""

    def accepted(self, system_id: str | None = None) -> Iterator[Submitted]:
        """Submissions that got an id, of this account or all."""
        for entry in self.submitted:
            if entry.message_id and system_id in (None, entry.system_id):
                yield entry

    def texts(self, system_id: str | None = None) -> Counter[tuple[str, bytes]]:
        """How often each text was accepted for each destination: 0 times is lost, twice is doubled."""
        return Counter((entry.destination, entry.content) for entry in self.accepted(system_id))

    def of(self, kind: Kind, system_id: str | None = None) -> list[Delivered]:
        """Deliveries of this kind, to this account or all."""
        return [entry for entry in self.delivered if entry.kind is kind and system_id in (None, entry.system_id)]
