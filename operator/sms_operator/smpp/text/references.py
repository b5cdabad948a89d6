"""Reference numbers of long messages, for each destination its own."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

MOST: Final = 10_000
"""Destinations that are remembered."""


class References:
    """Counts up for each destination, so that a number comes back to a phone as late as can be.

    The destination that was not written to for longest is forgotten first; it then begins somewhere else than it ended.
    """

    __slots__ = ("_last", "_most", "_start")

    def __init__(self, start: int, most: int = MOST) -> None:
        """`start`: any number, best another at each process start. `most`: destinations remembered, at least 1."""
        self._start = start
        self._most = most
        self._last: OrderedDict[str, int] = OrderedDict()

    def __len__(self) -> int:
        return len(self._last)

    def next(self, destination: str) -> int:
        """The reference of the next long message to this destination: 0..65535. An 8-bit one is its low octet."""
        last = self._last.pop(destination, None)
        if last is None:
            if len(self._last) >= self._most:
                self._last.popitem(last=False)
            # Odd, so that neighbours differ in the low octet too and all of them are used before one comes again.
            self._start += 0x6D
            last = self._start
        reference = (last + 1) & 0xFFFF
        self._last[destination] = reference
        return reference
