"""A simulator in a thread of its own, for callers that have no event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TypeVar

from .simulator import Simulator

Result = TypeVar("Result")


class Background:
    """The way to a simulator that runs elsewhere: nothing of it may be touched but through `call`."""

    def __init__(self, simulator: Simulator, loop: asyncio.AbstractEventLoop) -> None:
        self._simulator = simulator
        self._loop = loop

    def call(self, work: Callable[[Simulator], Coroutine[object, object, Result]], deadline: float = 30) -> Result:
        """Runs this with the simulator, in its thread, and returns what it returns or raises what it raises.

        Raises:
            TimeoutError: it did not end within `deadline` seconds.
        """
        return asyncio.run_coroutine_threadsafe(work(self._simulator), self._loop).result(deadline)

    def get(self, look: Callable[[Simulator], Result], deadline: float = 30) -> Result:
        """As `call`, for what is a plain function."""

        async def work(simulator: Simulator) -> Result:
            return look(simulator)

        return self.call(work, deadline)


@contextmanager
def in_background(make: Callable[[], Simulator]) -> Generator[Background, None, None]:
    """Makes a simulator in a new thread and listens until the block ends.

    Raises:
        OSError: a port is taken.
    """
    ready: Future[Background] = Future()
    done = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(_run(make, ready, done)), name="smsc", daemon=True)
    thread.start()
    try:
        yield ready.result()
    finally:
        done.set()
        thread.join()


async def _run(make: Callable[[], Simulator], ready: Future[Background], done: threading.Event) -> None:
    try:
        simulator = make()
    except OSError as error:
        ready.set_exception(error)
        return
    async with simulator:
        ready.set_result(Background(simulator, asyncio.get_running_loop()))
        await asyncio.to_thread(done.wait)
