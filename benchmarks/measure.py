"""What is measured: writes from the API server's audit log, CPU and memory from the kernel."""

from __future__ import annotations

import json
import os
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

WRITING = frozenset(("create", "update", "patch", "delete", "deletecollection"))


@dataclass
class Writes:
    """Granted writes in one namespace from now on, as the audit log tells them; `read` takes in what is new."""

    log: Path
    namespace: str
    count: Counter[str] = field(default_factory=Counter[str])
    """By plural, with `/status`."""
    verbs: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict[str, set[str]](set))
    """How each was written: `create`, `patch` (apply) and so on."""
    first: datetime | None = None
    """When the first was received."""
    last: datetime | None = None
    """When the last, Events aside, was answered."""
    _offset: int = 0

    def __post_init__(self) -> None:
        self._offset = self.log.stat().st_size

    def read(self) -> None:
        """Take in the lines written since the last call."""
        with self.log.open("rb") as file:
            file.seek(self._offset)
            whole, newline, _ = file.read().rpartition(b"\n")
        self._offset += len(whole) + len(newline)
        for line in whole.splitlines():
            if self.namespace.encode() in line:
                self._take(json.loads(line))

    @property
    def seconds(self) -> float:
        """From the first to the last."""
        assert self.first is not None
        assert self.last is not None
        return (self.last - self.first).total_seconds()

    def _take(self, event: dict[str, Any]) -> None:
        target, code = event.get("objectRef", {}), int(event.get("responseStatus", {}).get("code", 0))
        if target.get("namespace") != self.namespace or event["verb"] not in WRITING:
            return
        plural = "/".join(str(target[part]) for part in ("resource", "subresource") if part in target)
        self.count[plural if code < 300 else f"{plural} ({code})"] += 1
        if plural == "events":
            return
        self.verbs[plural].add(str(event["verb"]))
        began, ended = _time(event["requestReceivedTimestamp"]), _time(event["stageTimestamp"])
        self.first = began if self.first is None else min(self.first, began)
        self.last = ended if self.last is None else max(self.last, ended)


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process has used since its start."""

    cpu: float
    """Seconds, user and system."""
    peak: float
    """MiB of resident memory."""

    @staticmethod
    def of(pid: int) -> Usage:
        """Of a running process."""
        proc = Path("/proc", str(pid))
        fields = (proc / "stat").read_text().rpartition(")")[2].split()
        status = dict(line.split(":", 1) for line in (proc / "status").read_text().splitlines())
        ticks = int(fields[11]) + int(fields[12])
        return Usage(ticks / os.sysconf("SC_CLK_TCK"), int(status["VmHWM"].split()[0]) / 1024)


def _time(stamp: object) -> datetime:
    return datetime.fromisoformat(str(stamp))
