"""Binds that only keep alive: memory of one, and CPU of all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from threading import Timer
from typing import Final

from .clients import Client
from .load import memory
from .rounds import Results, commands
from .smsc import Smsc

BINDS: Final = 1000
INTERVAL: Final = 30
"""Seconds between two enquire_link of a bind."""
OPENING: Final = 120.0
"""Seconds in which all binds have to stand."""
QUIET: Final = 3.0
"""Seconds after the last bind before anything is measured."""
ALIVE: Final = 0.9
"""Of the enquire_link that are due, as many as have to come: a client that keeps nothing alive costs nothing."""


@dataclass(frozen=True)
class Idle:
    """One client: KiB a bind, per cent of a core (median over the windows, and least and most), threads.

    `asked` is what its SMSC saw: enquire_link a bind and interval.
    """

    name: str
    memory: float
    cpu: float
    least: float
    most: float
    threads: int
    asked: float


class Holder:
    """A client that holds binds, at an SMSC of its own."""

    def __init__(self, name: str, command: list[str], environment: Mapping[str, str], directory: Path) -> None:
        """Raises OSError or ValueError when it does not come to hold them."""
        self.name = name
        self.smsc = smsc = Smsc(directory)
        pipe = subprocess.PIPE
        arguments = [*command, "idle", *smsc.target(tls=False), str(BINDS), str(INTERVAL)]
        self._process = subprocess.Popen(
            arguments, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True, env={**os.environ, **environment}
        )
        deadline = Timer(OPENING, self._process.kill)
        deadline.start()
        try:
            self._say_ready()
            before = memory(self._process.pid)
            binds = smsc.counted().binds
            self._tell()
            self._say_ready()
            time.sleep(QUIET)
            opened = smsc.counted().binds - binds
            if opened != BINDS:
                raise ValueError(f"opened {opened} binds")
            self.memory = (memory(self._process.pid) - before) * 1024 / BINDS
        except BaseException:
            self.close()
            raise
        finally:
            deadline.cancel()

    @property
    def alive(self) -> bool:
        """Whether it still runs: the numbers of a process that ended can be read, and mean nothing."""
        return self._process.poll() is None

    @property
    def cpu(self) -> float:
        """Seconds used so far, of all threads."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def threads(self) -> int:
        """Of the process."""
        return len(list(Path(f"/proc/{self._process.pid}/task").iterdir()))

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()
        self.smsc.close()

    def _say_ready(self) -> None:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise ValueError("ended before it held its binds")
        json.loads(line)

    def _tell(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()


def measure_idle(clients: Iterable[Client], windows: int, directory: Path, results: Results) -> list[Idle]:
    """All clients hold their binds at the same time; CPU is sampled over so many windows of one interval each."""
    available = commands([client for client in clients if client.idle], results)
    with ExitStack() as stack:
        holders: list[Holder] = []
        for name, (command, environment) in available.items():
            print(f"\r{BINDS} binds of {name:<40}", end="", file=sys.stderr, flush=True)
            try:
                holder = Holder(name, command, environment, directory)
            except (OSError, ValueError) as error:
                results.missing[f"idle, {name}"] = str(error)
                continue
            stack.callback(holder.close)
            holders.append(holder)
        print(f"\nCPU of {len(holders)} clients: {windows} windows of {INTERVAL} s", file=sys.stderr, flush=True)
        used: dict[str, list[float]] = {holder.name: [] for holder in holders}
        asked = {holder.name: holder.smsc.counted().enquiries for holder in holders}
        for _ in range(windows):
            began = time.monotonic()
            before = {holder.name: holder.cpu for holder in holders}
            time.sleep(INTERVAL)
            for holder in holders:
                used[holder.name].append(100 * (holder.cpu - before[holder.name]) / (time.monotonic() - began))
        rows: list[Idle] = []
        for one in holders:
            seen = (one.smsc.counted().enquiries - asked[one.name]) / BINDS / windows
            if not one.alive or seen < ALIVE:
                state = "runs" if one.alive else "ended"
                results.missing[f"idle, {one.name}"] = (
                    f"it {state}, and sent {seen:.2f} enquire_link a bind and interval"
                )
                continue
            cpu = used[one.name]
            rows.append(Idle(one.name, one.memory, median(cpu), min(cpu), max(cpu), one.threads, seen))
        return rows


def idle_table(idle: list[Idle]) -> str:
    """The least memory first."""
    lines = [
        f"### {BINDS:,} idle binds, enquire_link every {INTERVAL} s",
        "",
        "| | KiB a bind | % of a core | least to most | threads | enquire_link a bind and interval |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for one in sorted(idle, key=lambda row: row.memory):
        spread = f"{one.least:.2f} to {one.most:.2f}"
        lines.append(f"| {one.name} | {one.memory:.1f} | {one.cpu:.2f} | {spread} | {one.threads} | {one.asked:.2f} |")
    return "\n".join(lines)
