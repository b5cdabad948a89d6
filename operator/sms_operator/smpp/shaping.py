"""How fast requests may leave: the rate that was declared, and the one an SMSC that throttles can take.

Pure: monotonic seconds come in as arguments.
"""

from __future__ import annotations

from typing import Final

FIRST_PAUSE: Final = 1.0
"""Seconds in which nothing is sent after the SMSC has throttled; doubled while it goes on, up to LONGEST_PAUSE."""
LONGEST_PAUSE: Final = 30.0
CALM: Final = 30.0
"""Seconds without throttling after which an SMSC counts as one that does not."""
BURST: Final = 0.1
"""Seconds' worth of messages that may leave at once after a silence; at least one message."""
SLOWEST: Final = 0.5
"""Messages a second below which throttling does not push."""
NEAR: Final = 0.9
"""The part of the rate of the last complaint that is gone back to quickly."""
RETURN: Final = 0.2
"""The part of that rate by which the rate grows each second on the way there."""
PROBE: Final = 0.02
"""The same from there on, at first: how much the SMSC really takes is found with few refusals."""
HASTE: Final = 1.2
"""By how much the growth grows each second from there on: an SMSC that recovered is soon used in full again."""


class Shaper:
    """Says for each message whether it may leave now.

    An SMSC that answers ESME_RTHROTTLED or ESME_RMSGQFUL gets a pause, then half of what it had accepted; the rate goes
    back to just below that quickly, feels its way beyond it slowly and then faster and faster, until the declared rate
    (or twice what the SMSC had accepted, where none is declared) is reached without complaint.
    """

    __slots__ = (
        "_accepted",
        "_ceiling",
        "_counted_since",
        "_growth",
        "_knee",
        "_limit",
        "_measured",
        "_pause",
        "_paused_until",
        "_raised_at",
        "_rate",
        "_throttled_at",
        "_tokens",
        "_updated",
    )

    def __init__(self, rate: float, now: float) -> None:
        """`rate` is messages a second; 0: unlimited."""
        self._rate = rate
        self._limit: float | None = None
        self._ceiling = 0.0
        self._knee = 0.0
        self._growth = 0.0
        self._tokens = max(1.0, rate * BURST)
        self._updated = now
        self._pause = FIRST_PAUSE
        self._paused_until = now
        self._throttled_at: float | None = None
        self._raised_at = now
        self._accepted = 0
        self._counted_since = now
        self._measured = 0.0

    @property
    def rate(self) -> float:
        """Messages a second that are let through now; 0: unlimited."""
        return self._rate if self._limit is None else self._limit

    @property
    def free(self) -> bool:
        """Whether every message may leave at once, without asking."""
        return self._limit is None and not self._rate

    def declare(self, rate: float, now: float) -> None:
        """Another declared rate, at once."""
        self._refill(now)
        self._rate = rate
        if rate:
            self._tokens = min(self._tokens, max(1.0, rate * BURST))
            if self._limit is not None:
                self._limit, self._ceiling = min(self._limit, rate), rate

    def take(self, now: float) -> float:
        """Take leave to send one message: 0 when it may go now, else the seconds after which to ask again."""
        if now < self._paused_until:
            return self._paused_until - now
        self.recover(now)
        rate = self.rate
        if not rate:
            return 0.0
        self._refill(now)
        # Less than a whole token by no more than rounding is one, or the wait for the rest would be none.
        if self._tokens >= 1.0 - 1e-9:
            self._tokens -= 1.0
            return 0.0
        return (1.0 - self._tokens) / rate

    def accepted(self, now: float) -> None:
        """The SMSC accepted a message."""
        self._accepted += 1
        if now - self._counted_since >= 1.0:
            self._measured = self._accepted / (now - self._counted_since)
            self._accepted, self._counted_since = 0, now

    def throttled(self, now: float, sent_at: float | None = None) -> None:
        """The SMSC refused a message because there are too many of them; `sent_at` is when that one left, if known."""
        if (now if sent_at is None else sent_at) < self._paused_until:
            return  # sent before the pause: the same complaint once more
        again = self._throttled_at is not None and now - self._throttled_at < 2 * self._pause + 1.0
        self._pause = min(2 * self._pause, LONGEST_PAUSE) if again else FIRST_PAUSE
        self._fall_back(now)
        self._throttled_at = now
        self._paused_until = self._raised_at = now + self._pause
        self._tokens, self._updated = 1.0, self._paused_until
        self._measured, self._accepted, self._counted_since = 0.0, 0, self._paused_until

    def recover(self, now: float) -> None:
        """Let the rate grow as time passes without complaint; `take` does so by itself."""
        if self._limit is None or now - self._raised_at < 1.0:
            return
        steps = int(now - self._raised_at)
        self._raised_at += steps
        for _ in range(steps):
            if self._limit < NEAR * self._knee:
                self._limit = min(self._limit + max(RETURN * self._knee, SLOWEST), max(NEAR * self._knee, SLOWEST))
            else:
                self._limit += max(self._growth, PROBE * SLOWEST)
                self._growth *= HASTE
            if self._limit >= self._ceiling:
                self._limit = None
                self._pause = FIRST_PAUSE
                return

    def is_throttled(self, now: float) -> bool:
        """Whether the SMSC limits us: from its first complaint until the rate has recovered and it was calm since."""
        return self._limit is not None or (self._throttled_at is not None and now - self._throttled_at < CALM)

    def calm_at(self) -> float | None:
        """When `is_throttled` may next become false; None: it is false, or not before the rate has recovered."""
        return None if self._throttled_at is None or self._limit is not None else self._throttled_at + CALM

    def _fall_back(self, now: float) -> None:
        # Over less than a second nothing is known: many SMSCs count by the second and take its whole share at once.
        seen = max(self._measured, self._accepted / max(now - self._counted_since, 1.0))
        if self._limit is None:
            self._knee = min(seen, self._rate) if self._rate and seen else seen or self._rate or 2 * SLOWEST
            self._ceiling = self._rate or 2 * self._knee
            before = self._knee
        else:
            before = self._limit
            if seen:
                self._knee = min(before, seen) if self._measured else before
        self._limit = max(before / 2, SLOWEST)
        self._growth = PROBE * self._knee

    def _refill(self, now: float) -> None:
        rate = self.rate
        if now > self._updated:
            most = max(1.0, rate * BURST)
            self._tokens = min(most, self._tokens + (now - self._updated) * rate)
            self._updated = now
