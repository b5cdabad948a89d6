"""One object of a manifest, with the places of its fields."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from .document import Document, resolve
from .positions import Path, Span


@dataclass(frozen=True, slots=True)
class Manifest:
    """A block of fields that stands where an object is expected."""

    body: dict[str, Any]
    """As it is applied: with the namespace that a kustomization gives it. Shared with the document: not to be
    changed."""
    document: Document
    at: Path = ()
    """Where it stands in its document; not the root for an item of a List."""

    @property
    def file(self) -> str:
        """As people name it; `-` for standard input."""
        return self.document.file

    @property
    def kind(self) -> str:
        """Its kind, or nothing."""
        return _text(self.body.get("kind"))

    @property
    def name(self) -> str:
        """Its name, or nothing."""
        return _text(self._metadata.get("name"))

    @property
    def namespace(self) -> str:
        """Its namespace; nothing when neither the object nor a kustomization says one."""
        return _text(self._metadata.get("namespace"))

    @property
    def annotations(self) -> dict[str, str]:
        """Its annotations, as far as they are texts."""
        found = self._metadata.get("annotations")
        if not isinstance(found, dict):
            return {}
        return {name: value for name, value in cast("dict[str, Any]", found).items() if isinstance(value, str)}

    @property
    def spec(self) -> dict[str, Any]:
        """Its spec; empty when there is no block of that name."""
        found = self.body.get("spec")
        return cast("dict[str, Any]", found) if isinstance(found, dict) else {}

    def span(self, path: Path = (), *, key: bool = False) -> Span:
        """Where a field stands: see `Document.span`."""
        return self.document.span((*self.at, *path), key=key)

    def place(self, text: str, *, key: bool = False) -> Span:
        """Where a field stands that is named as the API server names it: `spec.endpoints[0].port`."""
        return self.span(resolve(self.body, text), key=key)

    @property
    def _metadata(self) -> dict[str, Any]:
        found = self.body.get("metadata")
        return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def manifests(document: Document) -> Iterator[Manifest]:
    """The objects of a document: one, or the items of a List. What is no block of fields is none."""
    for at, value in _objects(document.value, ()):
        yield Manifest(_placed(value, document.namespace), document, at)


def _objects(value: Any, at: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    if not isinstance(value, dict):
        return
    block = cast("dict[str, Any]", value)
    items = block.get("items")
    if _text(block.get("kind")).endswith("List") and isinstance(items, list):
        for index, item in enumerate(cast("list[Any]", items)):
            yield from _objects(item, (*at, "items", index))
    else:
        yield at, block


def _placed(body: dict[str, Any], namespace: str | None) -> dict[str, Any]:
    metadata = body.get("metadata")
    if namespace is None or not isinstance(metadata, dict):
        return body
    return {**body, "metadata": {**cast("dict[str, Any]", metadata), "namespace": namespace}}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
