"""The command blocks of a document."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_FENCE: Final = re.compile(r"^([ ]*)```(sh|console)([^\n]*)\n(.*?)^\1```[ ]*$", re.M | re.S)
_SKIP: Final = re.compile(r'skip="([^"]+)"')


@dataclass(frozen=True)
class Block:
    """Commands that a reader types."""

    line: int
    """Of its fence."""
    script: str
    skip: str
    """Why they cannot be run here; empty: they are."""
    printed: tuple[str, ...] = ()
    """Lines that a `console` block shows; `…` stands for anything."""


def blocks(page: Path) -> list[Block]:
    """In their order. Of a `console` block the commands are what follows `$ `; the rest is what they print.

    Raises:
        ValueError: a fence says something else than why it is skipped.
    """
    text = page.read_text()
    found: list[Block] = []
    for fence in _FENCE.finditer(text):
        line = text.count("\n", 0, fence.start()) + 1
        said = fence[3].strip()
        skip = _SKIP.fullmatch(said)
        if said and skip is None:
            raise ValueError(f'{page.name}:{line}: a fence is followed by nothing, or by skip="why"; found {said}')
        script, printed = textwrap.dedent(fence[4]), ()
        if fence[2] == "console":
            rows = script.splitlines()
            script = "".join(f"{row[2:]}\n" for row in rows if row.startswith("$ "))
            printed = tuple(row for row in rows if row and not row.startswith("$ "))
        found.append(Block(line, script, skip[1] if skip is not None else "", printed))
    return found
