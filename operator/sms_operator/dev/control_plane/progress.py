"""What a person sees while something takes long."""

from __future__ import annotations

import sys
import time
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from threading import Event, Thread
from typing import Final, Protocol, TextIO

EVERY: Final = 15.0
"""Seconds between lines where lines stay; a terminal's line is renewed every second."""


class Progress(Protocol):
    """Where progress goes."""

    def say(self, line: str) -> None:
        """One step."""

    def working(self, what: str) -> AbstractContextManager[None]:
        """A step that takes long: seen to be alive until the context ends."""
        ...


class Silent:
    """For callers that want to know nothing."""

    def say(self, line: str) -> None:
        """Nothing."""

    @contextmanager
    def working(self, what: str) -> Generator[None]:
        """Nothing."""
        yield


class Lines:
    """Lines on standard error (or another stream); on a terminal a long step renews its own line."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr

    def say(self, line: str) -> None:
        """One line."""
        print(line, file=self._stream, flush=True)

    @contextmanager
    def working(self, what: str) -> Generator[None]:
        """Says so, then again with the time that passed, and in the end how long it took."""
        started = time.monotonic()
        done = Event()
        terminal = self._stream.isatty()

        def show(end: str) -> None:
            line = f"{what}: {time.monotonic() - started:.0f} s{end}"
            print(f"\r{line}   " if terminal else line, end="" if terminal else "\n", file=self._stream, flush=True)

        def keep_showing() -> None:
            while not done.wait(1.0 if terminal else EVERY):
                show(" …")

        thread = Thread(target=keep_showing, daemon=True)
        show(" …")
        thread.start()
        try:
            yield
        except BaseException:
            self._finish(done, thread, terminal)
            raise
        done.set()
        thread.join()
        show("")
        self._finish(done, thread, terminal)

    def _finish(self, done: Event, thread: Thread, terminal: bool) -> None:
        done.set()
        thread.join()
        if terminal:
            print(file=self._stream, flush=True)
