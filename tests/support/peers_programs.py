"""Running installers for the peers, and what is said when one fails."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

TIME: Final = 600.0
"""Seconds that an installer may take."""


class CannotInstall(Exception):
    """A peer could not be installed or built; the text says what to do or holds the installer's last words."""


def run(
    command: Sequence[str | Path],
    directory: Path | None = None,
    environment: Mapping[str, str] | None = None,
    advice: str = "",
) -> str:
    """Runs it and returns what it wrote to its standard output.

    Raises:
        CannotInstall: it ended with an error, or not in time.
    """
    try:
        done = subprocess.run(
            command, cwd=directory, env=environment, capture_output=True, text=True, timeout=TIME, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotInstall(f"{Path(command[0]).name} did not run: {error}. {advice}") from None
    if done.returncode != 0:
        words = (done.stderr.strip() or done.stdout.strip())[-800:]
        raise CannotInstall(f"{Path(command[0]).name} ended with {done.returncode}. {advice}\n{words}")
    return done.stdout
