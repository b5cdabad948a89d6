"""One run of one client: its messages, what they cost it and the SMSC, and proof that all of them were exchanged."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import Final

from .smsc import Smsc

DEADLINE: Final = 90.0
"""Seconds that a run may take, warm-up included."""
SETTLING: Final = 2.0
"""Seconds within which the SMSC has seen what a client says it has sent."""


class RunFailed(Exception):
    """A client failed, or did less than it said."""


@dataclass(frozen=True)
class Job:
    """What one run does."""

    window: int
    count: int
    warm_up: int
    tls: bool = False
    receipts: bool = False
    opened: int = 0
    """Receipts that are open before the warm-up; for our client alone."""


@dataclass(frozen=True)
class Measured:
    """CPU is microseconds a message, memory the peak of the resident set in MiB."""

    rate: float
    cpu: float
    smsc_cpu: float
    memory: float

    @property
    def smsc_busy(self) -> float:
        """Part of a core that the SMSC used: near 1 it is what was measured."""
        return self.smsc_cpu * self.rate / 1e6


def run(command: Sequence[str], environment: Mapping[str, str], smsc: Smsc, job: Job) -> Measured:
    """Run a client in a process of its own.

    Raises:
        RunFailed: it ended, took too long, or the SMSC saw other numbers than it says.
    """
    account = "receipts" if job.receipts else "bench"
    numbers = [str(job.count), str(job.warm_up), str(job.window)]
    more = [str(job.opened)] if job.opened else []
    arguments = [*command, "load", *smsc.target(tls=job.tls), *numbers, account, *more]
    before = smsc.counted()
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        arguments, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env={**os.environ, **environment}
    )
    deadline = Timer(DEADLINE, process.kill)
    deadline.start()
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        memory = peak_memory(process.pid) if line else 0.0
    finally:
        deadline.cancel()
        process.kill()
        _, errors = process.communicate()
    if not line:
        raise RunFailed(errors.strip()[-300:] or f"nothing within {DEADLINE:g} s")
    said = json.loads(line)
    smsc_cpu = _check(smsc, before.submits, before.acknowledged, before.refused, before.cpu, job)
    total = job.count + job.warm_up + job.opened
    return Measured(
        said["messages"] / said["seconds"], said["cpu"] / said["messages"] * 1e6, smsc_cpu / total * 1e6, memory
    )


def peak_memory(process: int) -> float:
    """The most memory that a process has had, in MiB."""
    return _memory(process, "VmHWM")


def memory(process: int) -> float:
    """The memory that a process has now, in MiB."""
    return _memory(process, "VmRSS")


def _memory(process: int, field: str) -> float:
    found = re.search(rf"(?m)^{field}:\s+(\d+)", Path(f"/proc/{process}/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


def _check(smsc: Smsc, submits: int, acknowledged: int, refused: int, cpu: float, job: Job) -> float:
    """CPU seconds of the SMSC, after proof that it has seen every message and every answer to a receipt."""
    wanted = job.count + job.warm_up
    ends = time.monotonic() + SETTLING
    while True:
        now = smsc.counted()
        sent, answered = now.submits - submits, now.acknowledged - acknowledged
        if sent == wanted + job.opened and (not job.receipts or answered == wanted) and now.refused == refused:
            return now.cpu - cpu
        if time.monotonic() > ends:
            lost = f"{sent} of {wanted + job.opened} messages, {answered} receipts acknowledged"
            raise RunFailed(f"the SMSC saw {lost}, {now.refused - refused} refused")
        time.sleep(0.01)
