"""`serve`: a control plane in the foreground, as a person runs it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from sms_operator.dev.control_plane import Programs

Eventually = Callable[..., Any]

SCRIPT = """
import sys
from functools import partial
from pathlib import Path
from sms_operator.dev.control_plane.progress import Lines
from sms_operator.dev.control_plane.serve import serve
serve([], partial(print, flush=True), Lines(), Path(sys.argv[1]))
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Where all control planes of a test live, one after the other."""
    return tmp_path / "plane"


@contextmanager
def served(directory: Path, programs: Programs) -> Generator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """The process that serves, and the environment that it tells a person to set."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).resolve().parents[2] / "operator"),
        "KUBEBUILDER_ASSETS": str(programs.directory),
    }
    command = [sys.executable, "-c", SCRIPT, str(directory)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(2)]
            shown = subprocess.run(
                ["/bin/sh", "-c", "".join(lines) + "env"], capture_output=True, text=True, check=True
            )
            yield process, dict(line.split("=", 1) for line in shown.stdout.splitlines() if "=" in line)
        finally:
            process.kill()


def kubectl(environment: dict[str, str], *arguments: str) -> str:
    """What a person types in a second terminal."""
    return subprocess.run(
        ["/usr/bin/env", "kubectl", *arguments], env=environment, capture_output=True, text=True, check=True
    ).stdout


def servers(directory: Path) -> list[int]:
    """Process ids of what runs in the directory: each server and its keeper."""
    found: list[int] = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "cwd").readlink() == directory:
                found.append(int(process.name))
    return found


def test_a_directory_is_kept(control_plane_programs: Programs, directory: Path, eventually: Eventually) -> None:
    """Killed, interrupted or terminated: nothing runs on, and the next start finds every object and works."""
    for number in (signal.SIGKILL, signal.SIGINT, signal.SIGTERM):
        with served(directory, control_plane_programs) as (process, environment):
            kubectl(environment, "create", "configmap", f"kept-{number.name.lower()}")
            found = kubectl(environment, "get", "configmaps", "--output=name").split()
            process.send_signal(number)
            _, errors = process.communicate(timeout=60)
            assert process.returncode == (-9 if number is signal.SIGKILL else 0), errors
        eventually(lambda: servers(directory) == [])
    assert [name for name in found if "kept" in name] == [
        "configmap/kept-sigint",
        "configmap/kept-sigkill",
        "configmap/kept-sigterm",
    ]


def test_a_server_that_ends_ends_it(control_plane_programs: Programs, directory: Path) -> None:
    """A server lost later is said, with the end of its log, and takes the others with it."""
    with served(directory, control_plane_programs) as (process, _):
        (etcd,) = [pid for pid in servers(directory) if Path(f"/proc/{pid}/exe").readlink().name == "etcd"]
        os.kill(etcd, signal.SIGKILL)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"etcd ended with 137; the end of {directory}/etcd.log" in errors
    assert servers(directory) == []
