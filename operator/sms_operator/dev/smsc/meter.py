"""Counts what an account submits, against the limits of its behaviour."""

from __future__ import annotations

from collections import deque

from sms_operator.smpp.command_status import ESME_ROK

from .behaviour import Limits


class Meter:
    """Of one account, since its behaviour was set."""

    def __init__(self) -> None:
        self._refused = 0
        self._since: float | None = None
        self._taken: deque[float] = deque()

    def verdict(self, limits: Limits, now: float) -> int:
        """The command_status for a message that comes now (seconds, any monotonic clock)."""
        if self._since is None:
            self._since = now
        if now - self._since < limits.seconds:
            return limits.status
        if self._refused < limits.first:
            self._refused += 1
            return limits.status
        if not limits.rate:
            return ESME_ROK
        while self._taken and now - self._taken[0] >= 1:
            self._taken.popleft()
        if len(self._taken) >= limits.rate:
            return limits.status
        self._taken.append(now)
        return ESME_ROK
