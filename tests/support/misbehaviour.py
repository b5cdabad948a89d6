"""A row of the table of misbehaving SMSCs: one fault, and everything that is expected of a link that meets it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from sms_operator.protocol.messages import FailureReason
from sms_operator.smpp.commands import Command

from .rogue import Habits


class Sent(StrEnum):
    """What becomes of a message that is submitted while the SMSC misbehaves."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    TIMEOUT = "unknown: no response in time"
    LOST = "unknown: the connection was lost"
    MISMATCH = "unknown: another command's response"
    LATER = "waits for the next bind"


class Recovery(StrEnum):
    """What has to happen before the next message goes."""

    NONE = "none needed, the connection stays"
    BINDS_AGAIN = "binds again by itself"
    CHANGE = "binds when spec or Secret change"


PROOF: Final = "test_misbehaving_peers.py::test_each_fault"


@dataclass(frozen=True)
class Told:
    """What docs/misbehaving-peers.md says of one fault."""

    name: str
    peer: str
    """What the SMSC does."""
    we: str
    """What we do."""
    says: str
    """The reason of the condition `Connected`."""
    sent: str
    """What becomes of a message."""
    recovery: str
    """What has to happen before the next message goes."""
    proof: str
    """`file::function` below tests/links."""

    @property
    def line(self) -> str:
        """Its line in the table of the page."""
        return f"| {self.name} | {self.peer} | {self.we} | {self.says} | {self.sent} | {self.recovery} |"

    @property
    def place(self) -> tuple[int, int]:
        """Where it stands: B.3, L, G, each by its numbers."""
        group = self.name.split()[0]
        return "BLG".index(group[0]), int(group[1:].strip("."))


@dataclass(frozen=True)
class Row:
    """One fault."""

    name: str
    peer: str
    """What the SMSC does."""
    we: str
    """What we do."""
    habits: Habits = field(repr=False)
    reason: FailureReason | None = None
    """Why the link is down; None: it is up from the first bind to the end."""
    words: str = ""
    """Found in the failure's message."""
    sent: tuple[Sent, ...] = (Sent.ACCEPTED,)
    """Of messages that are submitted one after the other without waiting."""
    answers: tuple[tuple[Command, int], ...] = ()
    """What we answer to requests of the SMSC, in order."""
    heard: tuple[str, ...] = ()
    """What the handler is given."""
    permanent: bool = False
    """Whether only a change helps."""
    interval: float = 30.0
    """Seconds between enquire_links."""
    timeout: float = 5.0
    """Seconds for a response."""
    window: int = 10
    counted: str = ""
    """A counter that stands at 1 afterwards."""
    waits: tuple[float, float] = (0.0, 0.1)
    """Least and most seconds until the first attempt to bind again, where a quarter of an hour is nine seconds."""

    @property
    def told(self) -> Told:
        """The same in words."""
        says = "`ConnectionSucceeded`" if self.reason is None else f"`{self.reason.value}`"
        sent = ", then ".join(dict.fromkeys(self.sent))
        recovery = Recovery.NONE
        if self.reason is not None:
            recovery = Recovery.CHANGE if self.permanent else Recovery.BINDS_AGAIN
        return Told(self.name, self.peer, self.we, says, sent, recovery, PROOF)
