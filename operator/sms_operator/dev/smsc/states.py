"""The states of a message (SMPP 3.4, section 5.2.28).

Said here once more than in the engine: what reads receipts is not to be tested with its own table.
"""

from __future__ import annotations

from enum import IntEnum


class MessageState(IntEnum):
    """Values of message_state."""

    ENROUTE = 1
    DELIVERED = 2
    EXPIRED = 3
    DELETED = 4
    UNDELIVERABLE = 5
    ACCEPTED = 6
    UNKNOWN = 7
    REJECTED = 8
