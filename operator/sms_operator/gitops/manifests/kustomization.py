"""What a kustomization file says, as far as that matters for checking what it brings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, cast

from .document import Document
from .positions import Path

NAMES: Final = ("kustomization.yaml", "kustomization.yml", "Kustomization")

_INCLUDES: Final = ("resources", "bases", "components")
_GENERATORS: Final = {"secretGenerator": "Secret", "configMapGenerator": "ConfigMap"}
_CHANGING: Final = (
    "generators",
    "helmCharts",
    "namePrefix",
    "nameSuffix",
    "patches",
    "patchesJson6902",
    "patchesStrategicMerge",
    "replacements",
    "transformers",
    "vars",
)
"""Fields that change objects or make some. The rest (labels, images, …) changes nothing that is checked here."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that a kustomization includes."""

    target: str
    path: Path

    @property
    def remote(self) -> bool:
        """Whether it is somewhere else, where nobody looks while checking files."""
        return "://" in self.target or "?ref=" in self.target or self.target.startswith(("github.com/", "git@"))


@dataclass(frozen=True, slots=True)
class Generated:
    """A Secret or ConfigMap that a kustomization makes."""

    kind: str
    name: str
    literal: bool
    """Whether its values stand in the kustomization file itself."""
    path: Path


@dataclass(frozen=True, slots=True)
class Kustomization:
    """One kustomization file."""

    document: Document
    namespace: str | None
    entries: tuple[Entry, ...]
    generated: tuple[Generated, ...]
    changing: tuple[Path, ...]
    """Fields that are not carried out here, although they change what is applied."""


def interpret(document: Document) -> Kustomization | None:
    """A kustomization file's document; None when it is no block."""
    if not isinstance(document.value, dict):
        return None
    fields = cast("dict[str, Any]", document.value)
    namespace = fields.get("namespace")
    return Kustomization(
        document,
        namespace if isinstance(namespace, str) and namespace else None,
        tuple(_entries(fields)),
        tuple(_generated(fields)),
        tuple((name,) for name in _CHANGING if fields.get(name)),
    )


def _entries(fields: dict[str, Any]) -> Iterator[Entry]:
    for name in _INCLUDES:
        for index, target in enumerate(_items(fields.get(name))):
            if isinstance(target, str) and target:
                yield Entry(target, (name, index))


def _generated(fields: dict[str, Any]) -> Iterator[Generated]:
    for name, kind in _GENERATORS.items():
        for index, item in enumerate(_items(fields.get(name))):
            if isinstance(item, dict):
                settings = cast("dict[str, Any]", item)
                if isinstance(made := settings.get("name"), str):
                    yield Generated(kind, made, bool(settings.get("literals")), (name, index))


def _items(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []
