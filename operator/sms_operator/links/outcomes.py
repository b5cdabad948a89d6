"""What becomes of a message: accepted, refused, not sent, or unknown. Never guessed.

A message of several segments has an outcome for each; `submit` returns only when all were accepted.
"""

from __future__ import annotations

import asyncio
from enum import StrEnum
from typing import NamedTuple

from sms_operator.smpp.command_status import describe
from sms_operator.smpp.events import Doubt


class Hindrance(StrEnum):
    """Why a request was certainly not sent."""

    CLOSED = "the link is being closed"
    NO_SENDER = "the gateway has no bind that sends (its mode is Receive)"
    QUEUE_FULL = "too many messages wait for this gateway already"
    PATIENCE = "it could not be sent within the patience given"


class SegmentAccepted(NamedTuple):
    """The SMSC took it; from here on receipts tell what becomes of it."""

    message_id: str
    """As the SMSC wrote it (SMPP 3.4, section 5.2.23)."""
    endpoint: str
    """`host:port` that took it."""
    body: bytes = b""
    """The whole body of the response."""


class SegmentRefused(NamedTuple):
    """The SMSC answered with an error: it did not take it, and will not deliver it."""

    command_status: int
    endpoint: str
    body: bytes = b""

    def __str__(self) -> str:
        return f"{self.endpoint} answered {describe(self.command_status)}"


class SegmentUnknown(NamedTuple):
    """It was sent, and nobody knows whether the SMSC has it. To send it again may deliver it twice."""

    doubt: Doubt
    endpoint: str
    sequence: int
    """Sequence number on the wire, for the SMSC's operator to look for."""
    seconds: float
    """Since it was sent."""
    resolution: asyncio.Future[SegmentAccepted | SegmentRefused | None]
    """Set when a late response comes; None: it can no longer come. May be waited for, or left alone."""

    def __str__(self) -> str:
        return f"{self.endpoint}: {self.doubt} (sequence {self.sequence}, sent {self.seconds:.1f} s before)"


class SegmentNotSent(NamedTuple):
    """It never left: to send it again delivers it once."""

    hindrance: Hindrance

    def __str__(self) -> str:
        return str(self.hindrance)


SegmentOutcome = SegmentAccepted | SegmentRefused | SegmentUnknown | SegmentNotSent


class Accepted(NamedTuple):
    """The SMSC took the whole message."""

    message_ids: tuple[str, ...]
    """One for each segment, in order."""
    endpoint: str
    """`host:port` that took the last one."""


class SubmitError(Exception):
    """Not everything was accepted. `segments` has the outcome of each part, in order."""

    def __init__(self, message: str, segments: tuple[SegmentOutcome, ...]) -> None:
        super().__init__(message)
        self.segments = segments


class NotSent(SubmitError):
    """Nothing left: sending it again is safe. `hindrance` says why."""

    def __init__(self, hindrance: Hindrance, segments: tuple[SegmentOutcome, ...]) -> None:
        super().__init__(str(hindrance), segments)
        self.hindrance = hindrance


class Refused(SubmitError):
    """At least one segment was refused, and none is in doubt. `command_status` is that of the first one refused.

    Segments before and after it may have been accepted, or (where `Hindrance` says so) not been sent.
    """

    def __init__(self, refusal: SegmentRefused, segments: tuple[SegmentOutcome, ...]) -> None:
        super().__init__(str(refusal), segments)
        self.command_status = refusal.command_status


class PartlySent(SubmitError):
    """Some segments were accepted and the rest never left: the phone cannot show the message as it is."""

    def __init__(self, hindrance: Hindrance, segments: tuple[SegmentOutcome, ...]) -> None:
        super().__init__(f"not all segments left: {hindrance}", segments)
        self.hindrance = hindrance


class OutcomeUnknown(SubmitError):
    """At least one segment may or may not have been accepted; the link does not send it again by itself.

    Each `SegmentUnknown` among `segments` has a `resolution` to wait for.
    """

    def __init__(self, first: SegmentUnknown, segments: tuple[SegmentOutcome, ...]) -> None:
        super().__init__(str(first), segments)
        self.doubt = first.doubt


def conclude(segments: tuple[SegmentOutcome, ...]) -> Accepted:
    """The outcome of the whole.

    Raises:
        OutcomeUnknown: one segment is in doubt, whatever became of the others.
        Refused: one was refused.
        NotSent: none left.
        PartlySent: some were accepted and the others did not leave.
    """
    accepted: list[SegmentAccepted] = []
    refused: SegmentRefused | None = None
    kept: SegmentNotSent | None = None
    unknown: SegmentUnknown | None = None
    for one in segments:
        match one:
            case SegmentAccepted():
                accepted.append(one)
            case SegmentUnknown():
                unknown = unknown or one
            case SegmentRefused():
                refused = refused or one
            case SegmentNotSent():
                kept = kept or one
    if unknown is not None:
        raise OutcomeUnknown(unknown, segments)
    if refused is not None:
        raise Refused(refused, segments)
    if kept is not None:
        raise (PartlySent if accepted else NotSent)(kept.hindrance, segments)
    return Accepted(tuple(one.message_id for one in accepted), accepted[-1].endpoint)
