"""The SMSC of `tests/peers/go`, built once by Go into the cache outside the tree.

Go comes from PATH, else from PyPI, as for the local control plane.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from sms_operator.dev.control_plane.go import find_go
from sms_operator.dev.control_plane.once import cache, once
from sms_operator.dev.control_plane.progress import Progress

SOURCE: Final = Path(__file__).parents[1] / "peers" / "go"
FILES: Final = ("go.mod", "go.sum", "main.go")


class CannotBuildPeer(Exception):
    """The SMSC could not be built; the text holds the compiler's last words."""


def gosmpp_program(progress: Progress) -> Path:
    """The program of the committed sources, built once for each content of them.

    Raises:
        CannotBuildPeer: go could not build it, or could not reach its modules.
        CannotBuild: there is no Go, and PyPI's could not be installed.
    """
    key = hashlib.sha256(b"".join((SOURCE / name).read_bytes() for name in FILES)).hexdigest()[:16]
    target = cache() / "peers" / f"gosmpp-{key}"
    with once(target) as building:
        if building is not None:
            progress.say("Building an SMSC on gosmpp with Go")
            _build(building, progress)
    return target / "smsc"


def _build(target: Path, progress: Progress) -> None:
    # Beside the program, for go may write next to go.mod and the tree is not its place.
    for name in FILES:
        shutil.copy(SOURCE / name, target)
    go = find_go(target / "go.mod", cache(), progress)
    environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off"}
    command = [str(go), "build", "-mod=readonly", "-trimpath", "-o", "smsc", "."]
    done = subprocess.run(
        command, cwd=target, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    if done.returncode != 0:
        raise CannotBuildPeer(f"go build ended with {done.returncode}: {done.stderr[-800:]}")
