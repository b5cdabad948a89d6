"""Work that goes on beside whoever started it, and ends with its owner."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine


class Chores:
    """Background tasks of one owner; an OSError in one means that a connection is gone, and is no error."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[object, object, object]) -> None:
        """Begins at the next turn of the event loop."""
        task = asyncio.create_task(self._run(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # One that is cancelled before its first step would leave a coroutine behind that was never awaited.
        task.add_done_callback(lambda _: work.close())

    def cancel(self) -> None:
        """Ends all, soon."""
        for task in self._tasks:
            task.cancel()

    async def end(self) -> None:
        """Ends all, and returns when the last one has ended."""
        self.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, work: Coroutine[object, object, object]) -> None:
        try:
            await work
        except OSError:
            return
