"""Which lines a diff changes, for those who look at changed lines first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sms_operator.gitops.manifests import Span

_HUNK: Final = re.compile(r"@@ -[0-9]+(?:,[0-9]+)? \+([0-9]+)(?:,([0-9]+))? @@")
_NEW: Final = "+++ "


@dataclass(frozen=True, slots=True)
class Changed:
    """Lines that are new or changed, by file."""

    lines: Mapping[str, tuple[range, ...]]

    def touches(self, file: str, span: Span) -> bool:
        """Whether a place has one of them."""
        found = self.lines.get(file, ())
        return any(part.start <= span.end_line and span.line < part.stop for part in found)


def changed(diff: str, names: Mapping[str, str]) -> Changed:
    """The lines of a unified diff without context and without prefixes (`git diff -U0 --no-prefix`).

    Args:
        diff: its text.
        names: the file's name as findings have it, by the name in the diff; others are left out.
    """
    lines: dict[str, tuple[range, ...]] = {}
    file, left = "", 0
    for line in diff.splitlines():
        if left and line.startswith("+"):
            # A line of a file may look like the head of one.
            left -= 1
        elif line.startswith(_NEW):
            file = names.get(line.removeprefix(_NEW).rstrip("\t"), "")
        elif (hunk := _HUNK.match(line)) is not None:
            first, left = int(hunk[1]), int(hunk[2] or 1)
            if file and left:
                lines[file] = (*lines.get(file, ()), range(first, first + left))
    return Changed(lines)
