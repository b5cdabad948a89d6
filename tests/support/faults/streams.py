"""What a faulty watch stream carries: pure, a line in, what is to be done out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from .faults import Event, Watched

TYPES: Final = ("ADDED", "MODIFIED", "DELETED")


@dataclass(frozen=True)
class Send:
    """Pass these octets on."""

    octets: bytes


@dataclass(frozen=True)
class Hold:
    """Keep this and what follows on the stream for some seconds; `collapse`: then of each object the last."""

    octets: bytes
    seconds: float
    collapse: bool = False


@dataclass(frozen=True)
class AfterNext:
    """Pass this on after the stream's next line."""

    octets: bytes


@dataclass(frozen=True)
class Stop:
    """No more of this stream."""

    how: Event


Step = Send | Hold | AfterNext | Stop


@dataclass
class History:
    """Every version of every object that any stream showed: what a liar may show again."""

    first: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict[tuple[str, str], dict[str, Any]])
    """By resource and uid."""
    last: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict[tuple[str, str], dict[str, Any]])
    """The last living version, by resource and uid."""
    dead: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict[tuple[str, str, str], dict[str, Any]])
    """The last version before its end, by resource, namespace and name."""

    def note(self, resource: str, event: str, body: dict[str, Any]) -> None:
        """Remember a version."""
        metadata = body["metadata"]
        self.first.setdefault((resource, metadata["uid"]), body)
        if event != "DELETED":
            self.last[resource, metadata["uid"]] = body
        else:
            self.dead[resource, metadata.get("namespace", ""), metadata["name"]] = body

    def dead_namesake(self, resource: str, body: dict[str, Any]) -> dict[str, Any] | None:
        """An object of this name that is no more, and not this one."""
        metadata = body["metadata"]
        found = self.dead.get((resource, metadata.get("namespace", ""), metadata["name"]))
        return found if found is not None and found["metadata"]["uid"] != metadata["uid"] else None


class Falsifier:
    """Applies the faults of a plan to the lines of all watch streams; each fault once. It remembers what it saw."""

    def __init__(self, faults: Sequence[Watched] = ()) -> None:
        self.history = History()
        self.arm(faults)

    def arm(self, faults: Sequence[Watched]) -> None:
        """Begin anew with these faults."""
        self._waiting = list(faults)
        self._seen: dict[int, int] = {}
        self.done: list[Watched] = []

    def feed(self, resource: str, line: bytes) -> Sequence[Step]:
        """What becomes of a line, with its line end, of a watch on `resource`."""
        event = json.loads(line)
        kind, body = event["type"], event.get("object", {})
        if kind not in TYPES:
            return [Send(line)]
        try:
            for fault in self._due(resource, kind, body["metadata"]["name"]):
                steps = self._apply(fault, resource, kind, body, line)
                if steps is not None:
                    self._waiting.remove(fault)
                    self.done.append(fault)
                    return steps
        finally:
            self.history.note(resource, kind, body)
        return [Send(line)]

    def _due(self, resource: str, kind: str, name: str) -> Iterator[Watched]:
        for fault in list(self._waiting):
            at = fault.at
            if at.verb in ("", kind) and at.resource in ("", resource) and at.name in ("", name):
                self._seen[id(fault)] = self._seen.get(id(fault), 0) + 1
                if self._seen[id(fault)] >= fault.nth:
                    yield fault

    def _apply(
        self, fault: Watched, resource: str, kind: str, body: dict[str, Any], line: bytes
    ) -> Sequence[Step] | None:
        """None: this is not the moment, for want of what would be shown."""
        match fault.event:
            case Event.DROP:
                return []
            case Event.DUPLICATE:
                return [Send(line)] * 3
            case Event.DELAY | Event.COLLAPSE:
                return [Hold(line, fault.seconds, fault.event is Event.COLLAPSE)]
            case Event.SWAP:
                return [AfterNext(line)]
            case Event.OLD_VERSION:
                first = self.history.first.get((resource, body["metadata"]["uid"]))
                return None if first is None else [Send(line), Send(_line("MODIFIED", first))]
            case Event.OLD_OBJECT | Event.OLD_DELETION | Event.OLD_DELETING:
                former = self.history.dead_namesake(resource, body)
                return None if former is None else [Send(line), Send(_lie(fault.event, former))]
            case Event.UNDEAD:
                last = self.history.last.get((resource, body["metadata"]["uid"]), body)
                return [Send(line), Send(_line("MODIFIED", last))]
            case Event.ERROR_410 | Event.ERROR_500:
                return [Send(_error(410 if fault.event is Event.ERROR_410 else 500)), Stop(Event.END)]
            case Event.HALF:
                return [Send(line[: len(line) // 2]), Stop(Event.HALF)]
            case Event.GARBAGE:
                return [Send(b'{"type": "MODIFIED", \xff}\n'), Send(line)]
            case Event.SILENCE | Event.END:
                return [Stop(fault.event)]


def collapse(lines: Sequence[bytes]) -> list[bytes]:
    """Of each object the last event only, in the order of these."""
    last: dict[str, bytes] = {}
    for line in lines:
        uid = json.loads(line)["object"].get("metadata", {}).get("uid", "")
        last.pop(uid, None)
        last[uid] = line
    return list(last.values())


def _lie(event: Event, former: dict[str, Any]) -> bytes:
    if event is Event.OLD_OBJECT:
        return _line("ADDED", former)
    if event is Event.OLD_DELETION:
        return _line("DELETED", former)
    metadata = {**former["metadata"], "deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["example.com/held"]}
    return _line("MODIFIED", {**former, "metadata": metadata})


def _line(kind: str, body: dict[str, Any]) -> bytes:
    return json.dumps({"type": kind, "object": body}, separators=(",", ":")).encode() + b"\n"


def _error(code: int) -> bytes:
    reason, message = ("Expired", "too old resource version") if code == 410 else ("InternalError", "etcd: leader lost")
    status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message}
    return _line("ERROR", {**status, "reason": reason, "code": code})
