"""Posts Kubernetes Events in the background: they inform, so nothing waits for them and nothing fails with them.

A repeated Event raises the count of the first, as kubectl's readers expect.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from datetime import UTC, datetime
from typing import Any, Final

import structlog

from sms_operator.api.kinds import GROUP, VERSION
from sms_operator.core.events import Notice
from sms_operator.core.world import Entry
from sms_operator.kube.client import Client
from sms_operator.kube.errors import Conflict, KubeError, NotFound

from .resources import EVENTS

REMEMBERED: Final = 4096
"""Events whose count can be raised; older ones are posted anew."""
BACKLOG: Final = 1000
"""Events waiting to be posted; further ones are dropped with a line in the log."""


class EventPoster:
    """A bounded queue of Events and the task that posts them."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._queue: asyncio.Queue[tuple[Entry, Notice]] = asyncio.Queue(BACKLOG)
        self._posted: OrderedDict[str, tuple[str, int]] = OrderedDict()
        """What an Event is called, by what it would be called first, and its count."""
        self._log = structlog.get_logger("events")

    def post(self, entry: Entry, notice: Notice) -> None:
        """Post soon."""
        try:
            self._queue.put_nowait((entry, notice))
        except asyncio.QueueFull:
            self._log.warning("dropped: too many wait", key=str(entry.key), reason=notice.reason)

    async def run(self) -> None:
        """Post until cancelled."""
        while True:
            entry, notice = await self._queue.get()
            try:
                await self._send(entry, notice)
            except KubeError as error:
                self._log.info("not posted", key=str(entry.key), reason=notice.reason, error=str(error))

    async def _send(self, entry: Entry, notice: Notice) -> None:
        name = _name(entry, notice)
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        posted, count = self._posted.get(name, (name, 0))
        namespace = entry.key.namespace
        if count > 0:
            try:
                await self._client.patch(EVENTS, namespace, posted, {"count": count + 1, "lastTimestamp": now})
            except NotFound:  # Events live for an hour
                count = 0
        if count == 0:
            try:
                await self._client.create(EVENTS, namespace, _event(entry, notice, posted, now))
            except Conflict:  # posted before this process began
                posted = f"{name}-{datetime.now(UTC).timestamp():.0f}"
                await self._client.create(EVENTS, namespace, _event(entry, notice, posted, now))
        self._posted[name] = (posted, count + 1)
        self._posted.move_to_end(name)
        while len(self._posted) > REMEMBERED:
            self._posted.popitem(last=False)


def _name(entry: Entry, notice: Notice) -> str:
    digest = hashlib.blake2b(f"{entry.uid}\0{notice.reason}\0{notice.message}".encode(), digest_size=8).hexdigest()
    return f"{entry.key.name[:200]}.{digest}"


def _event(entry: Entry, notice: Notice, name: str, now: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": entry.key.namespace},
        "involvedObject": {
            "apiVersion": f"{GROUP}/{VERSION}",
            "kind": entry.key.kind,
            "namespace": entry.key.namespace,
            "name": entry.key.name,
            "uid": entry.uid,
            "resourceVersion": entry.metadata.resource_version,
        },
        "reason": notice.reason,
        "message": notice.message[:1024],
        "type": "Warning" if notice.warning else "Normal",
        "source": {"component": "sms-operator"},
        "reportingComponent": "sms-operator.dev/controller",
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
    }
