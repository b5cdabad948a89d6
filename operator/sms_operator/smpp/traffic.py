"""What passed over the wire, for metrics."""

from __future__ import annotations

from typing import Final

from .commands import Command

UNKNOWN: Final = -1
"""Stands for every command_id that is in no standard."""
_KNOWN: Final = frozenset(map(int, Command))


class Traffic:
    """Only grows. May be shared by the sessions that follow one another, and by several at a time."""

    __slots__ = ("octets_received", "octets_sent", "received", "sent")

    def __init__(self) -> None:
        self.received: dict[int, int] = {}
        """PDUs by command_id; what no standard knows is UNKNOWN, so that a peer cannot make it grow."""
        self.sent: dict[int, int] = {}
        self.octets_received = 0
        self.octets_sent = 0

    def received_first(self, command_id: int) -> None:
        """Count a PDU whose kind has not come before."""
        kind = command_id if command_id in _KNOWN else UNKNOWN
        self.received[kind] = self.received.get(kind, 0) + 1
