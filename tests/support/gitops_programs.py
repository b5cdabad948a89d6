"""Helm and kstatus, built once by Go into the cache outside the tree, and promtool out of Debian's package.

kstatus is how Flux and Helm read health; its library has no program of its own, so a few lines of Go give it one.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sms_operator.dev.control_plane.go import find_go
from sms_operator.dev.control_plane.once import cache, once
from sms_operator.dev.control_plane.progress import Progress
from support.kubectl import ROOT, Manifest
from support.peers_debian import Program, find_program
from support.peers_programs import run

SOURCE: Final = Path(__file__).parent / "gitops_go"
FILES: Final = ("go.mod", "go.sum", "kstatus/main.go")
PACKAGES: Final = {"helm": "helm.sh/helm/v4/cmd/helm", "kstatus": "./kstatus"}
TIME: Final = 60.0
"""Seconds that one run of a program may take."""


@dataclass(frozen=True)
class Done:
    """What a program said."""

    code: int
    output: str
    errors: str


@dataclass(frozen=True)
class GitOpsPrograms:
    """A directory that holds helm and kstatus."""

    directory: Path

    def helm(self, *arguments: str, home: Path, body: str | None = None) -> Done:
        """Helm from the root of the repository, with its own files below `home`."""
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(home),
            "HELM_CACHE_HOME": str(home / "cache"),
            "HELM_CONFIG_HOME": str(home / "config"),
            "HELM_DATA_HOME": str(home / "data"),
        }
        return _run([str(self.directory / "helm"), *arguments], environment, body)

    def kstatus(self, objects: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
        """What kstatus computes for each object: status and message."""
        done = _run([str(self.directory / "kstatus")], {}, json.dumps(list(objects)))
        assert done.code == 0, done.errors
        verdicts: list[Manifest] = json.loads(done.output)
        return [(verdict["status"], verdict["message"]) for verdict in verdicts]


def gitops_programs(progress: Progress) -> GitOpsPrograms:
    """Both programs at the committed versions, built once for them (two to three minutes on two cores).

    Raises:
        CannotInstall: go could not build them, or could not reach its modules.
        CannotBuild: there is no Go, and PyPI's could not be installed.
    """
    key = hashlib.sha256(b"".join((SOURCE / name).read_bytes() for name in FILES)).hexdigest()[:16]
    target = cache() / "gitops" / key
    with once(target) as building:
        if building is not None:
            with progress.working("Building Helm and kstatus with Go: once, a few minutes"):
                _build(building, progress)
    return GitOpsPrograms(target)


def promtool(progress: Progress) -> Program:
    """The checker of rules and expressions that comes with Prometheus.

    Raises:
        CannotInstall: it is not there and the package could not be had.
    """
    return find_program("promtool", "prometheus", progress)


def _build(target: Path, progress: Progress) -> None:
    module = target.parent / "module"
    for name in FILES:
        (module / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SOURCE / name, module / name)
    go = find_go(module / "go.mod", cache(), progress)
    environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off"}
    for name, package in PACKAGES.items():
        command = [str(go), "build", "-mod=readonly", "-trimpath", "-ldflags=-s -w", "-o", str(target / name), package]
        run(command, module, environment, "Let go reach its modules.")


def _run(command: Sequence[str], environment: Mapping[str, str], body: str | None) -> Done:
    done = subprocess.run(
        command, cwd=ROOT, env=dict(environment), input=body, capture_output=True, text=True, timeout=TIME, check=False
    )
    return Done(done.returncode, done.stdout, done.stderr)
