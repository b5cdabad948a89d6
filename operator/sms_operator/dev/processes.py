"""Programs that the bench starts and that never outlive it (see `keeper`)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from . import keeper
from .keeper import Command

GRACE: Final = 10.0
"""Seconds that a program is given to end in peace."""
LAST_WORDS: Final = 2000
"""Characters of a log that an error repeats."""


class ProgramFailed(Exception):
    """A program ended when it should not have, or did not become ready; the text holds the end of its log."""


@dataclass(frozen=True, slots=True)
class Program:
    """What to run."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    directory: Path
    """Where it runs, and where its log `<name>.log` goes."""
    remove: Path | None = None
    """Deleted if this process vanishes without stopping the program."""

    @property
    def log(self) -> Path:
        """Everything that it prints, over all its lives."""
        return self.directory / f"{self.name}.log"

    def start(self) -> Running:
        """Starts it and returns at once.

        Raises:
            FileNotFoundError: there is no such program.
        """
        if not Path(self.arguments[0]).is_file():
            raise FileNotFoundError(f"{self.name}: there is no program {self.arguments[0]}")
        return Running(self)


class Running:
    """A program that was started."""

    def __init__(self, program: Program) -> None:
        self.program = program
        keeping = [sys.executable, "-I", "-S", keeper.__file__, str(os.getpid()), str(program.remove or "")]
        with program.log.open("ab") as log:
            self._keeper = subprocess.Popen(
                [*keeping, *program.arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=program.directory,
                env=dict(program.environment),
                start_new_session=True,
            )
        self._pid: int | None = None

    @property
    def pid(self) -> int:
        """Process id of the program itself.

        Raises:
            ProgramFailed: it could not be started.
        """
        if self._pid is None:
            assert self._keeper.stdout is not None
            line = self._keeper.stdout.readline()
            self._keeper.stdout.close()
            if not line:
                raise ProgramFailed(self._complaint("could not be started"))
            self._pid = int(line)
        return self._pid

    @property
    def alive(self) -> bool:
        """Whether it runs (paused counts)."""
        return self._keeper.poll() is None

    def check(self) -> None:
        """Raises ProgramFailed if it ended."""
        code = self._keeper.poll()
        if code is not None:
            raise ProgramFailed(self._complaint(f"ended with {code}"))

    def failed(self, what: str) -> ProgramFailed:
        """The error for a program that runs and yet is no good."""
        return ProgramFailed(self._complaint(what))

    def terminate(self, grace: float = GRACE) -> None:
        """Asks it to end, kills it if it has not within `grace` seconds, and waits for the end."""
        self._say(Command.RESUME)
        self._say(Command.TERMINATE)
        try:
            self._keeper.wait(grace)
        except subprocess.TimeoutExpired:
            self._say(Command.KILL)
        self._end()

    def kill(self) -> None:
        """Ends it as a crash would (SIGKILL) and waits for the end."""
        self._say(Command.KILL)
        self._end()

    def pause(self) -> None:
        """Stops it in its tracks: connections stand, nothing is answered."""
        self._say(Command.PAUSE)

    def resume(self) -> None:
        """Ends the pause."""
        self._say(Command.RESUME)

    def _say(self, command: Command) -> None:
        assert self._keeper.stdin is not None
        try:
            os.write(self._keeper.stdin.fileno(), command.value)
        except (BrokenPipeError, ValueError):
            return  # It has ended already, which whoever asks will find out.

    def _end(self) -> None:
        self._keeper.wait()
        with suppress(ProgramFailed):
            _ = self.pid  # Still asked for afterwards, by whoever wants to see that it is gone.
        for pipe in (self._keeper.stdin, self._keeper.stdout):
            assert pipe is not None
            pipe.close()

    def _complaint(self, what: str) -> str:
        log = self.program.log
        words = log.read_text(errors="replace")[-LAST_WORDS:].strip()
        return f"{self.program.name} {what}; the end of {log}:\n{words or '(empty)'}"
