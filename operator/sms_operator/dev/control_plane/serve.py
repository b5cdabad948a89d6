"""A control plane until a signal ends it: what `smsctl dev control-plane` does."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable
from pathlib import Path
from threading import Event
from typing import Final

from .plane import ControlPlane
from .progress import Progress

LOOK_AGAIN: Final = 1.0


def serve(crds: Iterable[Path], say: Callable[[str], None], progress: Progress, directory: Path | None = None) -> None:
    """Starts, says how to reach it, and waits for SIGINT or SIGTERM. Call it from the main thread.

    Raises:
        CannotBuild, ProgramFailed, ApiError: as `ControlPlane.start`; ProgramFailed also when a server ends later.
    """
    stopping = Event()

    def stop(*_: object) -> None:
        stopping.set()

    with ControlPlane.start(crds=crds, directory=directory, progress=progress) as plane:
        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            say(f"export KUBECONFIG={plane.kubeconfig}")
            say(f'export PATH="{plane.kubectl.program.parent}:$PATH"')
            while not stopping.wait(LOOK_AGAIN):
                plane.check()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
