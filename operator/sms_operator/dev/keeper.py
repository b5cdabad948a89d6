"""Runs one program and sees to it that the program ends when its starter does, however that ends.

Run as a script: `python -I -S keeper.py STARTER REMOVE PROGRAM ARGUMENT…`. STARTER is the process id of the starter,
REMOVE a directory to delete when the starter vanished ('' for none). Standard input is the lifeline: the starter
writes one octet a command (see `Command`) and its end means that the starter is gone. Standard output says the
program's process id. The keeper ends with the program's exit code, negative signals as 128 + signal.

A process of its own, because Linux ties a parent-death signal to the *thread* that started the child: a control plane
started from a worker thread would die with that thread. Here the main thread starts the program and stays.
"""

from __future__ import annotations

import ctypes
import os
import select
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from enum import Enum

PR_SET_PDEATHSIG = 1
LOOK_AGAIN = 1.0
"""Seconds between looks at who our parent is, for a lifeline that a forked child of the starter holds open."""


class Command(Enum):
    """What the starter asks for."""

    TERMINATE = b"t"
    KILL = b"k"
    PAUSE = b"p"
    RESUME = b"r"


SIGNALS = {
    Command.TERMINATE: signal.SIGTERM,
    Command.KILL: signal.SIGKILL,
    Command.PAUSE: signal.SIGSTOP,
    Command.RESUME: signal.SIGCONT,
}


def _dies_with(keeper: int) -> Callable[[], None] | None:
    """What the child does before it becomes the program: ask the kernel to be killed when the keeper is."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def ask() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != keeper:
            os._exit(1)

    return ask


def keep(starter: int, remove: str, arguments: list[str]) -> int:
    """Runs the program to its end; the exit code."""
    program = subprocess.Popen(
        arguments, stdin=subprocess.DEVNULL, stdout=sys.stderr.fileno(), preexec_fn=_dies_with(os.getpid())
    )
    os.write(sys.stdout.fileno(), f"{program.pid}\n".encode())
    os.close(sys.stdout.fileno())
    orphaned = threading.Event()

    def obey() -> None:
        while os.getppid() == starter:
            if not select.select([0], [], [], LOOK_AGAIN)[0]:
                continue
            octet = os.read(0, 1)
            if not octet:
                break
            program.send_signal(SIGNALS[Command(octet)])
        orphaned.set()
        program.kill()

    threading.Thread(target=obey, daemon=True).start()
    code = program.wait()
    if remove and orphaned.is_set():
        shutil.rmtree(remove, ignore_errors=True)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(keep(int(sys.argv[1]), sys.argv[2], sys.argv[3:]))
