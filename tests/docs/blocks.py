"""The command blocks of a document."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_FENCE: Final = re.compile(r"^([ ]*)```(sh|console)([^\n]*)\n(.*?)^\1```[ ]*$", re.M | re.S)
_SAID: Final = re.compile(r'skip="(?P<skip>[^"]+)"|exits="(?P<exits>[12])"|')


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
    exits: int = 0
    """The code of its last command; the others end well."""


def blocks(page: Path) -> list[Block]:
    """In their order. Of a `console` block the commands are what follows `$ `; the rest is what they print.

    Raises:
        ValueError: a fence says something else than why it is skipped, or how it exits.
    """
    text = page.read_text()
    found: list[Block] = []
    for fence in _FENCE.finditer(text):
        line = text.count("\n", 0, fence.start()) + 1
        said = _SAID.fullmatch(fence[3].strip())
        if said is None:
            raise ValueError(
                f'{page.name}:{line}: a fence is followed by nothing, skip="why" or exits="2"; found {fence[3]}'
            )
        script, printed = textwrap.dedent(fence[4]), ()
        if fence[2] == "console":
            rows = script.splitlines()
            script = "".join(f"{row[2:]}\n" for row in rows if row.startswith("$ "))
            printed = tuple(row for row in rows if row and not row.startswith("$ "))
        found.append(Block(line, script, said["skip"] or "", printed, int(said["exits"] or 0)))
    return found
