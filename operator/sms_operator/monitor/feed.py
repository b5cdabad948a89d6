"""One watch per kind for the whole process, however many browsers look; and whether the cluster answers.

A watch starts from a listing and goes on from its resourceVersion. Lost history (410) means a new listing. Loss of the
API server loses no data: what was seen stays, and the feed says since when it is old.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

from sms_operator.kube.client import Client
from sms_operator.kube.errors import Forbidden, KubeError, NotFound
from sms_operator.views.bodies import Name, name_of, part

from .store import EVENT, GATEWAY, RESOURCES, Store

WATCH_SECONDS: Final = 240
"""How long one watch lasts; then it goes on from where it was."""
BEAT: Final = 5.0
"""Seconds between two questions to the API server whether it still answers."""
PATIENCE: Final = 5.0
"""Seconds that it has for the answer."""
PAUSE: Final = (0.5, 10.0)
"""Seconds before the first retry of a watch, and at most."""
ABSENT: Final = "smsctl-monitor-asks-whether-you-are-there"
"""A gateway that nobody has: the cheapest question that needs the API server's storage."""
DENIED_PAUSE: Final = 60.0
"""Seconds before a kind is asked for again that the caller may not list."""

Changed = Callable[[set[Name]], None]


@dataclass(frozen=True, slots=True)
class Health:
    """Whether what is shown is what is."""

    alive: bool = True
    heard: datetime | None = None
    """When the API server last said something."""
    trouble: str = ""
    """Why it does not, in its words."""
    denied: tuple[str, ...] = ()
    """Kinds that the caller may not list or watch, or that the cluster does not know."""


class Gone(Exception):
    """The resourceVersion is too old to go on from: list again."""


class Feed:
    """Keeps a Store equal to what the API server has, for as long as `run` runs."""

    def __init__(
        self,
        client: Client,
        store: Store,
        namespaces: Collection[str | None],
        changed: Changed,
        health_seen: Callable[[Health], None],
    ) -> None:
        """`namespaces`: (None,) is all of them. `changed` gets the gateways that another look is worth,
        `health_seen` the health with every sign of life, or of its lack."""
        self._client = client
        self._store = store
        self._namespaces = namespaces
        self._changed = changed
        self._health_seen = health_seen
        self._versions: dict[tuple[str, str | None], str] = {}
        """From where to watch what `fill` has listed."""
        self._broken: dict[tuple[str, str | None], str] = {}
        self._denied: dict[tuple[str, str | None], str] = {}
        self._unanswered = ""
        self.health = Health()

    async def fill(self) -> None:
        """List everything once. Raises KubeError when the gateways cannot be listed; what else cannot is `denied`."""
        for kind in RESOURCES:
            for namespace in self._namespaces:
                try:
                    self._versions[kind, namespace] = await self._list(kind, namespace)
                except KubeError as error:
                    if kind == GATEWAY or not _is_refused(error):
                        raise
                    self._denied[kind, namespace] = str(error)
        self._heard()

    async def run(self) -> None:
        """Watch until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for kind in RESOURCES:
                for namespace in self._namespaces:
                    tasks.create_task(self._follow(kind, namespace), name=f"watch {kind}")
            tasks.create_task(self._beat(), name="beat")

    async def _follow(self, kind: str, namespace: str | None) -> None:
        pause = PAUSE[0]
        while True:
            try:
                version = self._versions.pop((kind, namespace), None) or await self._list(kind, namespace)
                await self._watch_from(kind, namespace, version)
                pause = PAUSE[0]
            except Gone:
                pause = PAUSE[0]
                continue
            except (KubeError, ValueError) as error:
                if _is_refused(error):
                    self._denied[kind, namespace] = str(error)
                    self._heard()
                    await asyncio.sleep(DENIED_PAUSE)
                    continue
                self._broken[kind, namespace] = str(error)
                self._tell()
                await asyncio.sleep(pause * random.uniform(0.5, 1.0))
                pause = min(pause * 2, PAUSE[1])

    async def _list(self, kind: str, namespace: str | None) -> str:
        items, version = await self._client.list(RESOURCES[kind], namespace)
        self._broken.pop((kind, namespace), None)
        self._denied.pop((kind, namespace), None)
        self._changed(self._store.replace(kind, namespace, _worth(kind, items)))
        self._heard()
        return version

    async def _watch_from(self, kind: str, namespace: str | None, version: str) -> None:
        """Go on from a listing until the history is lost. Raises Gone, KubeError."""
        while True:
            async with self._client.watch(RESOURCES[kind], namespace, version, seconds=WATCH_SECONDS) as events:
                async for event in events:
                    version = self._take(kind, event, version)

    def _take(self, kind: str, event: Mapping[str, Any], version: str) -> str:
        body: Mapping[str, Any] = event["object"]
        if event["type"] == "ERROR":
            if body.get("code") == 410:
                raise Gone
            raise ValueError(str(body.get("message") or "the watch ended with an error"))
        self._heard()
        match event["type"]:
            case "ADDED" | "MODIFIED":
                for item in _worth(kind, [body]):
                    self._changed(self._store.put(kind, item))
            case "DELETED":
                self._changed(self._store.remove(kind, name_of(body)))
            case _:
                pass  # a bookmark: its resourceVersion is all it says
        return str(body["metadata"]["resourceVersion"])

    async def _beat(self) -> None:
        """A watch over a dead network is silent for minutes; a small question is not."""
        namespace = next(iter(self._namespaces)) or "default"
        while True:
            await asyncio.sleep(BEAT)
            try:
                async with asyncio.timeout(PATIENCE):
                    await self._client.get(RESOURCES[GATEWAY], namespace, ABSENT)
            except (KubeError, TimeoutError) as error:
                if not _is_refused(error):
                    self._unanswered = str(error) or f"the API server did not answer within {PATIENCE:g} s"
                    self._tell()
                    continue
            self._unanswered = ""
            self._heard()

    def _heard(self) -> None:
        self.health = replace(self.health, heard=datetime.now(UTC))
        self._tell()

    def _tell(self) -> None:
        troubles = [self._unanswered, *self._broken.values()]
        trouble = next((words for words in troubles if words), "")
        denied = tuple(sorted({kind for kind, _ in self._denied}))
        self.health = replace(self.health, alive=not trouble, trouble=trouble, denied=denied)
        self._health_seen(self.health)


def _is_refused(error: Exception) -> bool:
    """Whether the API server answered that this cannot be had: no right, no such kind. A bad token (401) is none."""
    return isinstance(error, NotFound) or (isinstance(error, Forbidden) and error.status != HTTPStatus.UNAUTHORIZED)


def _worth(kind: str, items: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
    """Of the Events of a namespace only those about gateways are kept."""
    if kind != EVENT:
        return items
    return [item for item in items if part(item, "involvedObject").get("kind") == GATEWAY]
