"""What is worth saying of a document although it can be read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .positions import Path, Span


class Remark(StrEnum):
    """What was noticed."""

    DUPLICATE = "duplicate"
    """A key is there twice; the last one counts."""
    AMBIGUOUS = "ambiguous"
    """A scalar that programs read differently."""
    NOTHING = "nothing"
    """A key without a value."""
    TAG = "tag"
    """A tag that kubectl ignores."""
    IGNORED = "ignored"
    """Text that kubectl does not read, and does not mention."""


@dataclass(frozen=True, slots=True)
class Note:
    """One remark, with its place."""

    remark: Remark
    path: Path
    span: Span
    text: str = ""
    """The scalar, the key, or the tag."""
    first: Span | None = None
    """Where a repeated key is first."""
