"""What is asked of git: read only."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sms_operator.views.texts import one_line

from .law import CannotAnswer

if TYPE_CHECKING:
    from sms_operator.gitops.report.changed import Changed

_PATIENCE: Final = 60.0
"""Seconds that git may take."""


def git(*arguments: str, said: str = "") -> bytes:
    """What git prints.

    Args:
        said: instead of git's own words when it fails.

    Raises:
        CannotAnswer: git is not there, fails, or takes too long.
    """
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, timeout=_PATIENCE, check=False)
    except FileNotFoundError:
        raise CannotAnswer("git is not installed, or not on PATH") from None
    except subprocess.TimeoutExpired:
        raise CannotAnswer(f"git {arguments[0]} took more than {_PATIENCE:g} s") from None
    if done.returncode:
        raise CannotAnswer(said or f"git: {one_line(done.stderr.decode(errors='replace'))}")
    return done.stdout


def top() -> Path:
    """The root of the work tree around the current directory. Raises CannotAnswer."""
    return Path(git("rev-parse", "--show-toplevel").decode().strip())


def commit(ref: str) -> str:
    """The full name of the commit that a branch, a tag or a short name means. Raises CannotAnswer."""
    said = f'git knows no commit "{one_line(ref)}"'
    if ref.startswith("-"):
        raise CannotAnswer(said)
    return git("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}", said=said).decode().strip()


def changed_since(ref: str, files: Iterable[str]) -> Changed:
    """Lines of files that differ from a commit.

    Raises:
        CannotAnswer: no git, no repository, no such commit.
    """
    from sms_operator.gitops.report.changed import changed

    root, base = top().resolve(), commit(ref)
    inside = {
        str(path.relative_to(root)): file for file in files if (path := Path(file).resolve()).is_relative_to(root)
    }
    options = ("--unified=0", "--no-prefix", "--no-color", "--no-ext-diff", "--no-renames")
    # Names come as they are, but for those with quotes and control characters, which are found nowhere then.
    diff = git("-C", str(root), "-c", "core.quotePath=false", "diff", *options, base, "--", *inside) if inside else b""
    return changed(diff.decode(errors="replace"), inside)
