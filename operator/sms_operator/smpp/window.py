"""Requests that wait for their response, and those whose response is late."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Final

MAX_SEQUENCE: Final = 0x7FFF_FFFF
MAX_LATE: Final = 10_000
"""Requests without a response in time that a late response is still matched to; beyond it the oldest is given up."""


class Request:
    """A PDU to send and to match with its response. Owners add what they need in a subclass."""

    __slots__ = ("body", "command_id", "sent_at", "sequence")

    def __init__(self, command_id: int, body: bytes) -> None:
        self.command_id = command_id
        self.body = body
        self.sequence = 0
        """Set when it is sent; it means something only within that session."""
        self.sent_at = 0.0
        """Monotonic seconds."""


class Window:
    """Requests by sequence number, oldest first. Everything costs the same however many there are.

    All requests have the same time for their response, so the order of sending is the order of expiry and one look at
    the oldest is enough; nothing is scheduled for each request.
    """

    __slots__ = ("_late", "_sequence", "_waiting", "due", "size")

    def __init__(self, size: int) -> None:
        self.size = size
        """How many may wait; may be changed at any time, and holds for what is sent from then on."""
        self.due: float | None = None
        """Monotonic time of the next `expire`, which may then find nothing; None: none is needed."""
        self._sequence = 0
        self._waiting: dict[int, Request] = {}
        self._late: dict[int, Request] | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def requests(self) -> Iterable[Request]:
        """Those that wait, oldest first."""
        return self._waiting.values()

    @property
    def room(self) -> int:
        """How many more may be sent now; 0 or less: none."""
        return self.size - len(self._waiting)

    def next_sequence(self) -> int:
        """From 1 to MAX_SEQUENCE and round (section 3.2), but none that a response may still come for."""
        sequence = self._sequence % MAX_SEQUENCE + 1
        while sequence in self._waiting or (self._late is not None and sequence in self._late):
            sequence = sequence % MAX_SEQUENCE + 1
        self._sequence = sequence
        return sequence

    def add(self, request: Request, timeout: float, now: float) -> int:
        """It is sent now, and its response has `timeout` seconds. Returns its sequence number."""
        sequence = self._sequence + 1
        if sequence > MAX_SEQUENCE or sequence in self._waiting or self._late is not None:
            sequence = self.next_sequence()
        self._sequence = request.sequence = sequence
        request.sent_at = now
        self._waiting[sequence] = request
        if self.due is None:
            self.due = now + timeout
        return sequence

    def take(self, sequence: int) -> Request | None:
        """The request that has this response; None: there is none, or it waits no longer."""
        return self._waiting.pop(sequence, None)

    def take_late(self, sequence: int) -> Request | None:
        """The request that has this response though its time was over."""
        return None if self._late is None else self._late.pop(sequence, None)

    def expire(self, timeout: float, now: float) -> list[Request]:
        """Those whose time is over, oldest first; they are waited for no longer, but still known."""
        overdue: list[Request] = []
        if self.due is None or now < self.due:
            return overdue
        for request in self._waiting.values():
            # Added up as the deadline is, so that at the deadline rounding never leaves one behind.
            if request.sent_at + timeout > now:
                break
            overdue.append(request)
        if overdue:
            late = self._late = {} if self._late is None else self._late
            for request in overdue:
                late[request.sequence] = self._waiting.pop(request.sequence)
        self.retime(timeout)
        return overdue

    def forget(self) -> list[Request]:
        """The oldest ones that are late, as many as are beyond MAX_LATE: they are known no longer."""
        if self._late is None or len(self._late) <= MAX_LATE:
            return []
        sequences = list(islice(self._late, len(self._late) - MAX_LATE))
        return [self._late.pop(sequence) for sequence in sequences]

    def retime(self, timeout: float) -> None:
        """Responses have so many seconds now, those that are waited for already too."""
        oldest = next(iter(self._waiting.values()), None)
        self.due = None if oldest is None else oldest.sent_at + timeout

    def clear(self) -> list[Request]:
        """Those that wait, oldest first; nothing is known any more."""
        requests = list(self._waiting.values())
        self._waiting.clear()
        self.due = None
        return requests

    def clear_late(self) -> list[Request]:
        """Those whose response never came."""
        late, self._late = self._late, None
        return [] if late is None else list(late.values())
