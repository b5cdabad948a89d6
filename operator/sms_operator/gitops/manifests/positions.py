"""Where something stands, and what cannot be read there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

Path = tuple[str | int, ...]
"""Steps from the root of a document: names of fields and indexes of items."""


class Span(NamedTuple):
    """A stretch of a file. Lines and columns count from 1, columns in characters; the end is the place behind it."""

    line: int
    column: int
    end_line: int
    end_column: int


START = Span(1, 1, 1, 1)
"""Of what speaks of a file as a whole."""


class Trouble(StrEnum):
    """Why something cannot be read: whatever is in it stays unknown."""

    UNREADABLE = "unreadable"
    SYNTAX = "syntax"
    LIMIT = "limit"
    EMPTY = "empty"
    KUSTOMIZATION = "kustomization"


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that could not be read, in one line."""

    trouble: Trouble
    file: str
    message: str
    span: Span = START


class ManifestError(Exception):
    """A text that cannot be read."""

    def __init__(self, trouble: Trouble, message: str, span: Span = START) -> None:
        super().__init__(message)
        self.trouble = trouble
        self.message = message
        self.span = span


def shown(path: Path) -> str:
    """A path as the API server writes it: `spec.endpoints[0].port`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text
