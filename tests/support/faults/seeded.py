"""Bugs put into a copy of the operator, to see that the harness finds them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from support.planes import ROOT

from .seeded_catchers import Catcher

SEEDED: Final = ("operator", "manifests", "crds")
"""What is copied and may be changed."""


@dataclass(frozen=True)
class Edit:
    """One change of the source."""

    path: str
    """In the repository, below one of SEEDED."""
    sound: str
    """What stands there now, exactly once."""
    broken: str
    """What shall stand there."""


@dataclass(frozen=True)
class SeededBug:
    """A bug, and what has to find it."""

    name: str
    story: str
    """Whose bug it was, or what it does."""
    edits: tuple[Edit, ...]
    catcher: Catcher
    says: str
    """A regular expression that the complaint has to contain: it speaks of this bug, and not of any trouble."""

    def __str__(self) -> str:
        return self.name


class SourceChanged(AssertionError):
    """An edit does not fit the source any more; the text names bug and file."""


def seed(bug: SeededBug, directory: Path) -> Path:
    """Copy the operator into a new directory, with a bug.

    Returns:
        Where its packages are.

    Raises:
        SourceChanged: what is to be replaced does not stand there exactly once.
    """
    for name in SEEDED:
        shutil.copytree(ROOT / name, directory / name)
    for edit in bug.edits:
        path = directory / edit.path
        path.write_text(edited(bug, edit, path.read_text()))
    return directory / "operator"


def edited(bug: SeededBug, edit: Edit, text: str) -> str:
    """The text of a file after an edit. Raises SourceChanged."""
    if (found := text.count(edit.sound)) != 1:
        raise SourceChanged(f"{bug.name}: found {found} times in {edit.path}:\n{edit.sound}")
    return text.replace(edit.sound, edit.broken)
