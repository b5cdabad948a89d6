"""Values as the text of one cell, and back, without loss and without a formula.

Lists are joined by ` | `; a backslash in front of a bar, a backslash, or white space at an end makes it part of the
item. A text that a spreadsheet would take for a formula gets an apostrophe in CSV (OWASP, "CSV Injection"), and one
more if it begins with apostrophes already, so that taking one off gives back the original.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

TRIGGERS: Final = "=+\\-@\t\r\n＝＋－＠"
NONE: Final = "none"
"""A list that is there and empty, where that differs from an absent one."""

_DANGEROUS = re.compile(f"'*[{TRIGGERS}]")
_GUARDED = re.compile(f"'+[{TRIGGERS}]")
_SPECIAL = re.compile(r"[\\|]")
_SEGMENT = re.compile(r"([0-9]{2}:[0-9]{2})\s*[-–]\s*([0-9]{2}:[0-9]{2})")


class CellError(ValueError):
    """A cell that does not say what its column holds; the text says what was found and what is wanted."""


def guard(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if _DANGEROUS.match(text) else text


def unguard(text: str) -> str:
    """The inverse of `guard`. What was never guarded stays as it is."""
    return text[1:] if _GUARDED.match(text) else text


def join(items: Sequence[str]) -> str:
    """Items as one cell."""
    return " | ".join(_escaped(item) for item in items)


def split(text: str) -> list[str]:
    """The items of a cell; an empty one has none.

    Raises:
        CellError: an item is empty, or a backslash ends the cell.
    """
    if not text.strip():
        return []
    items: list[str] = []
    piece = ""
    kept = 0  # how much of the item must not be stripped at its end
    position = 0
    while position <= len(text):
        one = text[position : position + 1]
        if one in ("", "|"):
            items.append(piece[:kept] + piece[kept:].rstrip())
            piece, kept = "", 0
        elif one == "\\":
            position += 1
            if position == len(text):
                raise CellError("ends with a backslash; write two for one")
            piece += text[position]
            kept = len(piece)
        elif piece or not one.isspace():
            piece += one
        position += 1
    if "" in items:
        raise CellError(f'has an empty item in "{_shortened(text)}"; a bar that is part of an item is written \\|')
    return items


def boolean(text: str) -> bool:
    """`true` or `false`, in any case, as spreadsheets write them.

    Raises:
        CellError: it is neither.
    """
    match text.strip().lower():
        case "true":
            return True
        case "false":
            return False
        case _:
            raise CellError(f'must be true or false, found "{_shortened(text)}"')


def segments_text(segments: Sequence[Mapping[str, str]]) -> str:
    """`08:00-12:00 | 13:00-18:00`, or `none`."""
    return " | ".join(f"{one['start']}-{one['end']}" for one in segments) or NONE


def segments(text: str) -> list[dict[str, str]]:
    """The inverse of `segments_text`.

    Raises:
        CellError: it is no list of segments.
    """
    if text.strip().lower() == NONE:
        return []
    found: list[dict[str, str]] = []
    for item in split(text):
        match = _SEGMENT.fullmatch(item)
        if match is None:
            raise CellError(f'must be segments such as 08:00-12:00 | 13:00-18:00, or none; found "{_shortened(item)}"')
        found.append({"start": match[1], "end": match[2]})
    return found


def labels_text(labels: Mapping[str, str]) -> str:
    """`app=desk | team=north`, sorted."""
    return join([f"{key}={value}" for key, value in sorted(labels.items())])


def labels(text: str) -> dict[str, str]:
    """The inverse of `labels_text`.

    Raises:
        CellError: an item has no `=`, or a label is there twice.
    """
    found: dict[str, str] = {}
    for item in split(text):
        key, equals, value = item.partition("=")
        if not equals or key in found:
            raise CellError(f'must be labels such as team=north | app=desk, each once; found "{_shortened(item)}"')
        found[key] = value
    return found


def shown(value: Any) -> str:
    """A found value for an error message, cut where it is long."""
    return _shortened(str(value))


def _escaped(item: str) -> str:
    text = _SPECIAL.sub(r"\\\g<0>", item)
    if item[-1:].isspace():
        text = f"{text[:-1]}\\{text[-1]}"
    return f"\\{text}" if item[:1].isspace() and len(item) > 1 else text


def _shortened(text: str) -> str:
    return text if len(text) <= 60 else text[:60] + "…"
