"""What the files have, and what they use: over all bundles, because one tenant may be several of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from sms_operator.core.keys import Key


class Place(NamedTuple):
    """A namespace of a bundle."""

    bundle: int
    namespace: str


@dataclass(slots=True)
class Index:
    """Keys with the bundle that they are from.

    Within a bundle namespaces are compared as they are written. Between bundles an unknown namespace may be any:
    whoever applies the bundle says which.
    """

    _places: dict[tuple[str, str], set[Place]] = field(default_factory=dict[tuple[str, str], set[Place]])

    def add(self, bundle: int, key: Key) -> None:
        """Take in an object or a reference."""
        self._places.setdefault((key.kind, key.name), set()).add(Place(bundle, key.namespace))

    def holds(self, bundle: int, key: Key) -> bool:
        """Whether the key, seen from a bundle, is or may be among those taken in."""
        return any(
            place.namespace == key.namespace or (place.bundle != bundle and not (place.namespace and key.namespace))
            for place in self._places.get((key.kind, key.name), ())
        )

    def namespaces(self, kind: str, name: str) -> list[str]:
        """Where else something of this kind and name is."""
        return sorted({place.namespace for place in self._places.get((kind, name), ())})

    def names(self, kind: str, namespaces: Iterable[str]) -> list[str]:
        """All names of a kind in some namespaces."""
        wanted = set(namespaces)
        return sorted(
            name
            for (known, name), places in self._places.items()
            if known == kind and any(place.namespace in wanted for place in places)
        )
