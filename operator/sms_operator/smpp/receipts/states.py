"""States of a message (SMPP 3.4, section 5.2.28) and the words that stand for them in receipts (appendix B)."""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class MessageState(IntEnum):
    """message_state; SCHEDULED and SKIPPED are of SMPP 5.0."""

    SCHEDULED = 0
    ENROUTE = 1
    DELIVERED = 2
    EXPIRED = 3
    DELETED = 4
    UNDELIVERABLE = 5
    ACCEPTED = 6
    UNKNOWN = 7
    REJECTED = 8
    SKIPPED = 9

    @property
    def final(self) -> bool:
        """Whether nothing more will be told of the message."""
        return self not in _UNDER_WAY


# ACCEPTED is final in the standard: read by somebody for the subscriber. SMSCs use it for what they have accepted and
# not yet delivered, and to wait in vain for another receipt costs less than to close a message too early.
_UNDER_WAY: Final = frozenset({MessageState.SCHEDULED, MessageState.ENROUTE, MessageState.ACCEPTED})

# The standard's words have seven letters; the rest is what SMSCs write instead.
_WORDS: Final = {
    b"SCHEDLD": MessageState.SCHEDULED,
    b"SCHEDULED": MessageState.SCHEDULED,
    b"SENT": MessageState.ENROUTE,
    b"ENROUTE": MessageState.ENROUTE,
    b"BUFFERED": MessageState.ENROUTE,
    b"BUFFERD": MessageState.ENROUTE,
    b"BUFFRED": MessageState.ENROUTE,
    b"DELIVRD": MessageState.DELIVERED,
    b"DELIVERD": MessageState.DELIVERED,
    b"DELIVERED": MessageState.DELIVERED,
    b"DELIVERY": MessageState.DELIVERED,
    b"EXPIRED": MessageState.EXPIRED,
    b"DELETED": MessageState.DELETED,
    b"UNDELIV": MessageState.UNDELIVERABLE,
    b"UNDELIVERED": MessageState.UNDELIVERABLE,
    b"UNDELIVERABLE": MessageState.UNDELIVERABLE,
    b"UNDELIVRD": MessageState.UNDELIVERABLE,
    b"FAILED": MessageState.UNDELIVERABLE,
    b"ACCEPTD": MessageState.ACCEPTED,
    b"ACCEPTED": MessageState.ACCEPTED,
    b"ACKED": MessageState.ACCEPTED,
    b"UNKNOWN": MessageState.UNKNOWN,
    b"UNKNOWND": MessageState.UNKNOWN,
    b"REJECTD": MessageState.REJECTED,
    b"REJECTED": MessageState.REJECTED,
    b"SKIPPED": MessageState.SKIPPED,
}


def state_of_word(word: bytes) -> MessageState | None:
    """The state that a word of a receipt's text names; None: no word that is known."""
    found = _WORDS.get(word)
    return _WORDS.get(word.upper()) if found is None else found


def state_of_number(number: int) -> MessageState | None:
    """The state of message_state; None: none of the standard."""
    return _BY_NUMBER.get(number)


_BY_NUMBER: Final = {int(state): state for state in MessageState}
