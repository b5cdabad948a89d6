"""Whether kopf still works, by what can be seen of it: its requests, its open watches, and what it delivers."""

from __future__ import annotations

from typing import Final

BETWEEN: Final = 4.0
"""Seconds in which kopf may neither watch nor ask nor deliver: it takes a tenth of a second to watch again."""
WAITING: Final = 20.0
"""Seconds for the same after a request that failed; its longest pause before another try is ten."""


class Pulse:
    """kopf that ends by an `ERROR` in a watch may hang at its end, without a word: nothing is asked any more.

    Times are monotonic seconds, and must not go back.
    """

    def __init__(self, now: float) -> None:
        self._under_way = 0
        self._since = now
        self._pause = WAITING

    def begun(self) -> None:
        """A request goes out."""
        self._under_way += 1

    def ended(self, now: float, *, well: bool) -> None:
        """A request was answered and read, a watch is closed, or no answer came."""
        self._under_way -= 1
        self._since = now
        self._pause = BETWEEN if well else WAITING

    def delivered(self, now: float) -> None:
        """An event was handed on: a long listing takes its time between the answer and the watch."""
        self._since = now

    def stopped(self, now: float) -> bool:
        """Whether nothing is under way, and has not been for longer than kopf ever pauses."""
        return not self._under_way and now - self._since > self._pause
