"""Directories that appear complete or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

PARTIAL: Final = ".partial"
"""How the names of directories end that are still being written."""


class LocalSink:
    """Files of a directory that nobody looks at yet."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    @property
    def scratch(self) -> Path | None:
        """The same directory: its disk is the one with room, and the system's may be read-only."""
        return self._directory

    @contextmanager
    def create(self, name: str) -> Generator[BinaryIO]:
        """A new file, on the disk when the context ends; only its owner may read it."""
        path = self._directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "xb", opener=_private) as out:
            yield out
            out.flush()
            os.fsync(out.fileno())


@contextmanager
def appearing(final: Path, token: str | None = None) -> Generator[LocalSink]:
    """Write into a hidden directory beside `final`; it gets that name at the end, or vanishes on any error.

    Args:
        final: Must not exist, or be an empty directory.
        token: Distinguishes one attempt from another; default: random.

    Raises:
        OSError: it cannot be written, or there is something of that name.
    """
    final = final.absolute()
    final.parent.mkdir(parents=True, exist_ok=True)
    stage = final.parent / f".{final.name}.{token or secrets.token_hex(4)}{PARTIAL}"
    stage.mkdir(mode=0o700)
    try:
        yield LocalSink(stage)
        _sync(stage)
        stage.rename(final)
        _sync(final.parent)
    except BaseException:
        shutil.rmtree(stage, ignore_errors=True)
        raise


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync(directory: Path) -> None:
    """A new name is only safe from a crash when its directory is on the disk."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
