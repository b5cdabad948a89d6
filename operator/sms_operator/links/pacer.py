"""Spreads the first connection attempts of many links, so that a start is no stampede."""

from __future__ import annotations

import asyncio
from typing import Final

PER_SECOND: Final = 200.0
"""Attempts a second; one that hangs delays nobody, because a turn is a moment and not a place."""


class Pacer:
    """Hands out moments, evenly spaced while there is a crowd, at once otherwise."""

    def __init__(self, per_second: float = PER_SECOND) -> None:
        self._gap = 1.0 / per_second
        self._next = 0.0

    async def turn(self) -> None:
        """Return when it is the caller's turn."""
        now = asyncio.get_running_loop().time()
        mine = max(now, self._next)
        self._next = mine + self._gap
        if mine > now:
            await asyncio.sleep(mine - now)
