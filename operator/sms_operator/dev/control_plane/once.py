"""Making a directory once, however many processes want it at the same time."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


def cache() -> Path:
    """Where what is built lives: outside the tree, kept between runs."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sms-operator"


@contextmanager
def once(target: Path) -> Generator[Path | None]:
    """A directory to fill that becomes `target` if all goes well; None if it is there. One process at a time."""
    if target.exists():
        yield None
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with (target.parent / f"{target.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if target.exists():
            yield None
            return
        started = f"{target.name}.building-"
        for abandoned in target.parent.glob(f"{started}*"):
            shutil.rmtree(abandoned, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=started) as building:
            filled = Path(building) / "filled"
            filled.mkdir()
            yield filled
            filled.rename(target)
