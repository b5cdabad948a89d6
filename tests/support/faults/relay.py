"""Passes the lines of one watch stream on, late or not at all where a plan says so."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Final

from .faults import Event
from .streams import AfterNext, Hold, Send, Step, Stop, collapse

PARKED: Final = 1.0
"""Seconds after which an event that was to come after the next one comes all the same."""

Write = Callable[[bytes], Awaitable[None]]


class Relay:
    """One stream. `feed` turns a line into steps, `write` sends octets to the watcher, `released` is told when what was
    held has been sent."""

    def __init__(self, feed: Callable[[bytes], Sequence[Step]], write: Write, released: Callable[[], None]) -> None:
        self._feed = feed
        self._write = write
        self._released = released
        self._lines: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._held: list[bytes] = []
        self._hold: Hold | None = None
        self._parked: list[bytes] = []
        self._due = float("inf")

    async def run(self, chunks: AsyncIterator[bytes]) -> Event | None:
        """Until the upstream ends (None) or a step ends the stream."""
        reading = asyncio.create_task(self._read(chunks))
        try:
            while True:
                line = await self._next()
                if line is None:
                    await self._release()
                    return None
                if line and (end := await self._pass(line)) is not None:
                    return end
        finally:
            reading.cancel()

    async def _read(self, chunks: AsyncIterator[bytes]) -> None:
        pending = b""
        try:
            async for chunk in chunks:
                pending += chunk
                *whole, pending = pending.split(b"\n")
                for line in whole:
                    self._lines.put_nowait(line + b"\n")
        finally:
            self._lines.put_nowait(None)

    async def _next(self) -> bytes | None:
        """The next line; empty after something was released."""
        try:
            async with asyncio.timeout(None if self._due == float("inf") else max(self._due - time.monotonic(), 0.0)):
                return await self._lines.get()
        except TimeoutError:
            await self._release()
            return b""

    async def _release(self) -> None:
        waiting = bool(self._held or self._parked)
        lines = collapse(self._held) if self._hold is not None and self._hold.collapse else self._held
        for line in [*lines, *self._parked]:
            await self._write(line)
        self._held, self._parked, self._hold, self._due = [], [], None, float("inf")
        if waiting:
            self._released()

    async def _pass(self, line: bytes) -> Event | None:
        if self._hold is not None:
            self._held.append(line)
            return None
        parked, self._parked = self._parked, []
        for step in self._feed(line):
            match step:
                case Send(octets):
                    await self._write(octets)
                case Hold(octets, seconds):
                    self._hold, self._held, self._due = step, [octets], time.monotonic() + seconds
                case AfterNext(octets):
                    self._parked, self._due = [octets], time.monotonic() + PARKED
                case Stop(how):
                    return how
        for octets in parked:
            await self._write(octets)
            self._released()
        return None
