"""Two planes as two processes: one that ends is started again, both end with this process, whatever ends it."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Final

import click

STEADY: Final = 10.0
"""Seconds a plane must have run for its next start to be immediate."""
MAX_PAUSE: Final = 5.0
"""Seconds between starts of a plane that keeps ending."""
PATIENCE: Final = 25.0
"""Seconds a plane may take to end: unbinding takes up to 15."""
PR_SET_PDEATHSIG: Final = 1


class Supervisor:
    """Keeps named planes running; their arguments follow `python -m sms_operator`."""

    def __init__(self, planes: Mapping[str, Sequence[str]]) -> None:
        self._planes = planes

    async def run(self, stop: asyncio.Event) -> int:
        """Until `stop`: then the control plane ends first, so that it writes nothing about the binds that close."""
        keepers = {name: asyncio.create_task(self._keep(arguments)) for name, arguments in self._planes.items()}
        await stop.wait()
        for name in reversed(list(keepers)):
            keepers[name].cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await keepers[name]
        return 0

    async def _keep(self, arguments: Sequence[str]) -> None:
        pause = 0.0
        while True:
            started = time.monotonic()
            process = await _start(arguments)
            try:
                code = await process.wait()
            except asyncio.CancelledError:
                await _end(process)
                raise
            pause = 0.0 if time.monotonic() - started > STEADY else min(pause * 2 + 0.2, MAX_PAUSE)
            click.echo(f"sms-operator {arguments[0]} ended with code {code}; starting it again", err=True)
            await asyncio.sleep(pause)


async def _start(arguments: Sequence[str]) -> asyncio.subprocess.Process:
    libc, parent = ctypes.CDLL(None), os.getpid()

    def follow_parent() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sms_operator", *arguments, preexec_fn=follow_parent, start_new_session=True
    )


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), PATIENCE)
        except TimeoutError:
            process.kill()
            await process.wait()
