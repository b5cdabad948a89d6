"""Who wrote what: the API server's audit log, counted."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from uuid import uuid4

from sms_operator.dev.control_plane import ControlPlane

WRITING: Final = frozenset(("create", "update", "patch", "delete", "deletecollection"))
PATIENCE: Final = 15.0
"""Seconds for a request's line to appear."""


class Write(NamedTuple):
    """One request that wanted a change, granted or not."""

    user: str
    verb: str
    resource: str
    """Plural, with `/status` and the like."""
    namespace: str
    name: str
    code: int
    """HTTP status of the answer."""


@dataclass(frozen=True)
class Audit:
    """The audit log of a control plane. Points in time are offsets in the file, from `now`."""

    control_plane: ControlPlane

    def now(self) -> int:
        """This point in time: whatever was answered before is in the log, in front of it."""
        mark = f"/audit-mark/{uuid4()}"
        log = self.control_plane.audit_log
        before = log.stat().st_size
        with self.control_plane.client() as client:
            client.send("GET", mark)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with log.open("rb") as file:
                file.seek(before)
                written = file.read()
            found = written.find(mark.encode())
            end = written.find(b"\n", found)
            if found >= 0 and end >= 0:
                return before + end + 1
            time.sleep(0.01)
        raise AssertionError(f"a request had no line in {log} within {PATIENCE:g} s")

    def writes(
        self, *, since: int = 0, until: int | None = None, user: str | None = None, namespace: str | None = None
    ) -> list[Write]:
        """Writes between two points (None: now), by user and namespace if given, in the order of their answers.

        A write that changed nothing and one that was refused are in it as well; reviews of rights and tokens are not.
        """
        end = self.now() if until is None else until
        return [
            write
            for write in map(_write, self._lines(since, end))
            if write is not None and user in (None, write.user) and namespace in (None, write.namespace)
        ]

    def count(self, *, since: int = 0, user: str | None = None, namespace: str | None = None) -> Counter[str]:
        """How many writes there were since then, by `verb resource`."""
        return Counter(f"{one.verb} {one.resource}" for one in self.writes(since=since, user=user, namespace=namespace))

    def _lines(self, start: int, end: int) -> Iterator[dict[str, Any]]:
        with self.control_plane.audit_log.open("rb") as file:
            file.seek(start)
            for line in file.read(end - start).splitlines():
                yield json.loads(line)


def _write(line: dict[str, Any]) -> Write | None:
    about = line.get("objectRef", {})
    if line["verb"] not in WRITING or not about:
        return None
    if (
        about.get("apiGroup", "") in ("authorization.k8s.io", "authentication.k8s.io")
        or about.get("subresource") == "token"
    ):
        return None
    resource = "/".join(filter(None, (about["resource"], about.get("subresource"))))
    code = line.get("responseStatus", {}).get("code", 0)
    return Write(
        line["user"]["username"], line["verb"], resource, about.get("namespace", ""), about.get("name", ""), code
    )
