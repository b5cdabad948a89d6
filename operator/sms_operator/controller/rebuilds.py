"""A rebuild means the password and certificates of now: what a gateway refers to is read again before it is decided on.

Otherwise who rotates a password and asks for a rebuild in the same minute would see the old one being used.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final

from sms_operator.api.smpp_gateway import REBUILD_ANNOTATION
from sms_operator.core.keys import SMPP_GATEWAY, Key
from sms_operator.core.world import World

PATIENCE: Final = 2.0
"""Seconds after which a rebuild goes on with what is known."""


class Rebuilds:
    """Which gateways wait for which Secrets and ConfigMaps. `refresh` asks for these to be read now."""

    def __init__(self, world: World, refresh: Callable[[Collection[Key]], object]) -> None:
        self._world = world
        self._refresh = refresh
        self._asked: dict[Key, str] = {}
        self._waiting: dict[Key, set[Key]] = {}

    def know(self) -> None:
        """Take every rebuild that was asked for so far as done: of what is new, everything is read anyway."""
        for entry in self._world.entries(SMPP_GATEWAY):
            self._asked[entry.key] = entry.metadata.annotations.get(REBUILD_ANNOTATION, "")

    def wait(self, key: Key) -> bool:
        """Whether an object that has just been seen is a gateway whose rebuild has to wait; the reading has begun."""
        entry = self._world.get(key) if key.kind == SMPP_GATEWAY else None
        if entry is None:
            self._asked.pop(key, None)
            self._waiting.pop(key, None)
            return False
        asked = entry.metadata.annotations.get(REBUILD_ANNOTATION, "")
        before = self._asked.get(key, asked)
        self._asked[key] = asked
        behind = self._world.materials_behind(key)
        if asked == before or not asked or not behind:
            return False
        self._waiting[key] = behind
        self._refresh(behind)
        return True

    def read(self, material: Key) -> list[Key]:
        """The gateways whose last missing Secret or ConfigMap has been read by this."""
        ready: list[Key] = []
        for gateway, behind in self._waiting.items():
            behind.discard(material)
            if not behind:
                ready.append(gateway)
        for gateway in ready:
            del self._waiting[gateway]
        return ready
