"""A coalescing queue of keys: waking a key twice before it is looked at is waking it once."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable
from typing import Generic, TypeVar

K = TypeVar("K")


class Wakeups(Generic[K]):
    """Keys to look at, now or later. A key is held by one worker at a time.

    A key woken while a worker holds it comes again after `done`. A delayed wake never postpones an earlier one.
    """

    def __init__(self) -> None:
        self._ready: OrderedDict[K, None] = OrderedDict()
        self._held: set[K] = set()
        self._again: set[K] = set()
        self._timers: dict[K, asyncio.TimerHandle] = {}
        self._waiting: asyncio.Queue[None] = asyncio.Queue()
        self._idle = asyncio.Event()
        self._idle.set()

    def __len__(self) -> int:
        return len(self._ready)

    def wake(self, keys: Iterable[K]) -> None:
        """Look at these keys as soon as a worker is free."""
        for key in keys:
            if timer := self._timers.pop(key, None):
                timer.cancel()
            if key in self._held:
                self._again.add(key)
            elif key not in self._ready:
                self._ready[key] = None
                self._idle.clear()
                self._waiting.put_nowait(None)

    def wake_later(self, key: K, delay: float) -> None:
        """Look at a key in `delay` seconds, unless it is due earlier anyway."""
        loop = asyncio.get_running_loop()
        if key in self._ready or key in self._again:
            return
        if pending := self._timers.get(key):
            if pending.when() <= loop.time() + delay:
                return
            pending.cancel()
        self._timers[key] = loop.call_later(max(delay, 0.0), self._due, key)

    async def next(self) -> K:
        """The key that waited longest; the caller holds it until `done`."""
        await self._waiting.get()
        key, _ = self._ready.popitem(last=False)
        self._held.add(key)
        return key

    def done(self, key: K) -> None:
        """The caller is through with a key."""
        self._held.discard(key)
        if key in self._again:
            self._again.discard(key)
            self.wake([key])
        if self.idle():
            self._idle.set()

    def idle(self) -> bool:
        """Whether nothing is ready or held."""
        return not self._ready and not self._held

    async def until_idle(self) -> None:
        """Wait until nothing is ready or held."""
        await self._idle.wait()

    def _due(self, key: K) -> None:
        self._timers.pop(key, None)
        self.wake([key])
