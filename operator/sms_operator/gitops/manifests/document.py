"""A document of a file: its value at once, positions when asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from .builder import Built, build
from .notes import Note
from .positions import Complaint, ManifestError, Path, Span
from .text import Piece, pieces


@dataclass(slots=True)
class Document:
    """What stands between two `---` of a file."""

    file: str
    """As people name it; `-` for standard input."""
    value: Any
    namespace: str | None = None
    """What a kustomization puts every object into; None: what the object says."""
    _piece: Piece = field(repr=False, default_factory=lambda: Piece("", 1))
    _noteworthy: bool = False
    _built: Built | None = field(repr=False, default=None)

    @property
    def notes(self) -> list[Note]:
        """What is worth saying of how it is written."""
        return self._with_positions().notes if self._noteworthy else []

    def span(self, path: Path = (), *, key: bool = False) -> Span:
        """Where a value stands; for a block, and with `key`, where its key stands.

        Of what is not there, the nearest thing around it.
        """
        built = self._with_positions()
        for end in range(len(path), -1, -1):
            here = path[:end]
            if here in built.keys and (key or here not in built.values or end < len(path) or self._is_block(here)):
                return built.keys[here]
            if here in built.values:
                return _first_line(built.values[here])
        return Span(self._piece.first_line, self._piece.first_column, self._piece.first_line, self._piece.first_column)

    def _is_block(self, path: Path) -> bool:
        value: Any = self.value
        for step in path:
            value = value[step]
        return isinstance(value, (dict, list))

    def _with_positions(self) -> Built:
        if self._built is None:
            self._built = build(self._piece, positions=True) or Built()
        return self._built


def _first_line(span: Span) -> Span:
    """A block has its whole length, which nobody wants to see underlined."""
    return span if span.line == span.end_line else Span(span.line, span.column, span.line, span.column + 1)


def documents(file: str, text: str) -> Iterator[Document | Complaint]:
    """Every document of a file, and what could not be read; a broken document does not hide the others."""
    found = pieces(text)
    while True:
        try:
            piece = next(found, None)
            if piece is None:
                return
            built = build(piece)
        except ManifestError as error:
            yield Complaint(error.trouble, file, error.message, error.span)
            continue
        if built is not None:
            yield Document(file, built.value, None, piece, built.noteworthy)


def resolve(value: Any, text: str) -> Path:
    """The path that the API server's notation names in a value, as far as it exists; names may hold dots.

    The step that does not exist any more is kept as the last one.
    """
    path: list[str | int] = []
    rest = text
    while rest:
        if isinstance(value, list) and rest[0] == "[":
            number, _, rest = rest[1:].partition("]")
            items = cast("list[Any]", value)
            path.append(int(number))
            value = items[int(number)] if int(number) < len(items) else None
        elif isinstance(value, dict):
            rest = rest.removeprefix(".")
            block = cast("dict[str, Any]", value)
            fitting = [name for name in block if rest == name or rest.startswith((f"{name}.", f"{name}["))]
            if not fitting:
                return (*path, rest)
            name = max(fitting, key=len)
            path.append(name)
            value, rest = block[name], rest[len(name) :]
        else:
            return (*path, rest.lstrip("."))
    return tuple(path)
