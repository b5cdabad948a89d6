"""Reads the Secrets and ConfigMaps that specs refer to, and reads them again.

By default the operator may only `get` them: each is read when it is first referred to, when a bind with it is refused,
and every `interval` seconds at the latest. With list and watch rights a metadata-only watch makes it at once. Contents
go into the World and nowhere else.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import random
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final

import structlog

from sms_operator.core.keys import SECRET, Key
from sms_operator.core.materials import Loaded, Material, Missing, Unreadable
from sms_operator.kube.client import Client
from sms_operator.kube.errors import Forbidden, KubeError, NotFound, Unavailable

from .resources import BY_KIND, MATERIALS
from .wakeups import Wakeups

FIRST_MISSING_INTERVAL: Final = 3.0
"""A Secret that is not there yet is asked for again this soon, then more slowly."""
DOUBT_INTERVAL: Final = 10.0
"""Seconds between readings because of refused binds: an SMSC that refuses a bind every second changes no Secret."""
AT_ONCE: Final = 16
"""Reads in flight."""

Found = Callable[[Key, Material], None]


class MaterialReader:
    """Keeps a set of Secrets and ConfigMaps read. `found` is called with every result."""

    def __init__(self, client: Client, found: Found, interval: float) -> None:
        self._client = client
        self._found = found
        self._interval = interval
        self._wanted: set[Key] = set()
        self._patience: dict[Key, float] = {}
        self._doubted_at: dict[Key, float] = {}
        self._due: Wakeups[Key] = Wakeups()
        self._log = structlog.get_logger("materials")

    def want(self, keys: Collection[Key]) -> list[Key]:
        """Keep exactly these read from now on; new ones are read at once. Returns those no longer wanted."""
        dropped = self._wanted.difference(keys)
        for key in dropped:
            self._patience.pop(key, None)
            self._doubted_at.pop(key, None)
        new = set(keys) - self._wanted
        self._wanted = set(keys)
        self._due.wake(new)
        return list(dropped)

    def refresh(self, keys: Iterable[Key]) -> None:
        """Read these now, as far as they are wanted."""
        self._due.wake(self._wanted.intersection(keys))

    def doubt(self, keys: Iterable[Key]) -> None:
        """Read these now, or after a while if they are doubted again and again."""
        now = time.monotonic()
        for key in self._wanted.intersection(keys):
            rest = self._doubted_at.get(key, float("-inf")) + DOUBT_INTERVAL - now
            if rest > 0:
                self._due.wake_later(key, rest)
            else:
                self._doubted_at[key] = now
                self._due.wake([key])

    async def run(self) -> None:
        """Read until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(AT_ONCE):
                tasks.create_task(self._work())

    async def watch(self, namespaces: Collection[str]) -> None:
        """Watch Secrets and ConfigMaps for changes until cancelled; needs list and watch rights."""
        async with asyncio.TaskGroup() as tasks:
            for resource in MATERIALS:
                for namespace in namespaces or (None,):
                    tasks.create_task(self._watch(resource.kind, namespace))

    async def _work(self) -> None:
        while True:
            key = await self._due.next()
            try:
                if key in self._wanted:
                    await self._read_and_plan(key)
            finally:
                self._due.done(key)

    async def _read_and_plan(self, key: Key) -> None:
        material = await self._read(key)
        if key not in self._wanted:
            return
        if material is not None:
            self._found(key, material)
        self._plan(key, material)

    def _plan(self, key: Key, material: Material | None) -> None:
        if isinstance(material, Loaded):
            self._patience.pop(key, None)
            delay = self._interval
        else:
            delay = min(self._patience.get(key, FIRST_MISSING_INTERVAL), self._interval)
            self._patience[key] = delay * 1.5
        self._due.wake_later(key, delay * random.uniform(0.75, 1.0))

    async def _read(self, key: Key) -> Material | None:
        try:
            return _loaded(await self._client.get(BY_KIND[key.kind], key.namespace, key.name))
        except NotFound:
            return Missing()
        except Forbidden as error:
            self._log.warning("not allowed to read", key=str(key), error=str(error))
            return Unreadable("the operator's ServiceAccount may not get it; grant `get` on it in this namespace")
        except Unavailable as error:
            self._log.info("cannot be read now", key=str(key), error=str(error))
            return None
        except KubeError as error:
            self._log.warning("cannot be read", key=str(key), error=str(error))
            return Unreadable(f"the API server answers {error.status}")

    async def _watch(self, kind: str, namespace: str | None) -> None:
        resource = BY_KIND[kind]
        while True:
            with contextlib.suppress(KubeError, ValueError):
                items, version = await self._client.list(resource, namespace, metadata_only=True)
                self._changed(kind, items)
                while True:
                    version = await self._follow(kind, namespace, version)
            await asyncio.sleep(random.uniform(0.5, 2.0))

    async def _follow(self, kind: str, namespace: str | None, version: str) -> str:
        resource = BY_KIND[kind]
        async with self._client.watch(resource, namespace, version, seconds=300, metadata_only=True) as events:
            async for event in events:
                if event["type"] == "ERROR":
                    raise ValueError("the watch must begin anew")
                version = event["object"]["metadata"]["resourceVersion"]
                if event["type"] != "BOOKMARK":
                    self._changed(kind, [event["object"]])
        return version

    def _changed(self, kind: str, items: Iterable[Mapping[str, Any]]) -> None:
        keys = (Key(kind, item["metadata"]["namespace"], item["metadata"]["name"]) for item in items)
        self.refresh(keys)


def _loaded(body: Mapping[str, Any]) -> Loaded:
    plain: Mapping[str, str] = body.get("data") or {}
    encoded: Mapping[str, str] = body.get("binaryData") or {}
    if body["kind"] == SECRET:
        plain, encoded = {}, plain
    data = {name: base64.b64decode(value) for name, value in encoded.items()}
    data.update({name: value.encode() for name, value in plain.items()})
    return Loaded(data, body.get("type", ""), body["metadata"].get("resourceVersion", ""))
