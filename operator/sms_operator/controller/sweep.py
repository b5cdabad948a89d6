"""What the API server lists against what is known: finds the changes that no watch event told.

After a 410 kopf never reports deletions, and a watch can fall silent. A metadata-only listing of each kind every
minute, and after each listing of kopf's, finds both for half a second of CPU per 10,000 objects.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final

import structlog

from sms_operator.core.keys import Key
from sms_operator.core.world import Entry, World
from sms_operator.kube.client import Client, Resource
from sms_operator.kube.errors import KubeError, NotFound

WATCH_LAG: Final = 3.0
"""Seconds in which a watch event still counts as on its way: what changes while we list was not missed."""

Wake = Callable[[Iterable[Key]], None]


@dataclass(frozen=True)
class _Suspect:
    """An object that was not known as it was listed. It was missed when that is so a while later as well."""

    resource: Resource
    key: Key
    known: Entry | None
    """What was known before the listing."""
    listed: int | None
    """Its listed resource version; None: it was not in the list."""

    def missed(self, world: World) -> bool:
        """Whether no event has told it yet."""
        entry = world.get(self.key)
        if self.listed is None:
            # It may have changed since: by a late event, or by an answer to a write. Its uid does not come back.
            return entry is not None and self.known is not None and entry.uid == self.known.uid
        return entry is None or int(entry.metadata.resource_version) < self.listed


class Sweep:
    """Seeds the World at the start and compares it with the API server afterwards."""

    def __init__(
        self, client: Client, world: World, wake: Wake, resources: Collection[Resource], namespaces: Collection[str]
    ) -> None:
        self._client = client
        self._world = world
        self._wake = wake
        self._resources = resources
        self._namespaces: Collection[str | None] = namespaces or (None,)
        self._log = structlog.get_logger("sweep")

    async def seed(self) -> None:
        """Put every object into the World; tried until each kind was listed whole."""
        for resource in self._resources:
            while True:
                try:
                    for namespace in self._namespaces:
                        items, _ = await self._client.list(resource, namespace)
                        for item in items:
                            self._world.put(item)
                    break
                except KubeError as error:
                    self._log.warning("cannot list", kind=resource.kind, error=str(error))
                    await asyncio.sleep(1.0)

    async def compare(self) -> int:
        """Repair the World; returns how many changes had been missed. Raises KubeError."""
        behind = [
            await self._behind(resource, namespace) for resource in self._resources for namespace in self._namespaces
        ]
        suspects = [suspect for found in behind for suspect in found]
        if suspects:
            await asyncio.sleep(WATCH_LAG)
        missed = sum([await self._refetch(suspect) for suspect in suspects if suspect.missed(self._world)])
        if missed:
            self._log.warning("changes had been missed", count=missed)
        return missed

    async def _behind(self, resource: Resource, namespace: str | None) -> list[_Suspect]:
        """What of a kind is not known as it is listed."""
        known = {
            entry.key: entry
            for entry in self._world.entries(resource.kind)
            if namespace is None or entry.key.namespace == namespace
        }
        items, _ = await self._client.list(resource, namespace, metadata_only=True)
        listed = {_key(resource, item): int(item["metadata"]["resourceVersion"]) for item in items}
        suspects = [_Suspect(resource, key, known.get(key), listed.get(key)) for key in {**known, **listed}]
        return [suspect for suspect in suspects if suspect.missed(self._world)]

    async def _refetch(self, suspect: _Suspect) -> bool:
        """Read one object again; whether that was news."""
        key = suspect.key
        before = self._world.get(key)
        try:
            woken = self._world.put(await self._client.get(suspect.resource, key.namespace, key.name))
        except NotFound:
            woken = self._world.remove(key, before.uid) if before is not None else set[Key]()
        self._wake(woken)
        return bool(woken)


def _key(resource: Resource, item: dict[str, Any]) -> Key:
    return Key(resource.kind, item["metadata"]["namespace"], item["metadata"]["name"])
