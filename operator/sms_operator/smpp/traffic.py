"""What passed over the wire, for metrics."""

from __future__ import annotations


class Traffic:
    """Only grows. May be shared by the sessions that follow one another, and by several at a time."""

    __slots__ = ("octets_received", "octets_sent", "received", "sent")

    def __init__(self) -> None:
        self.received: dict[int, int] = {}
        """PDUs by command_id, as they came."""
        self.sent: dict[int, int] = {}
        self.octets_received = 0
        self.octets_sent = 0
