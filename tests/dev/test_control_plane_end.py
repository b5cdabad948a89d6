"""Nothing is left of a control plane, however it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from sms_operator.dev.control_plane import ControlPlane, Programs
from sms_operator.dev.environment import clean_environment
from sms_operator.dev.processes import Program, ProgramFailed

Eventually = Callable[..., Any]

STARTER = """
import json, sys, time
from pathlib import Path
from sms_operator.dev.control_plane import ControlPlane, Programs
plane = ControlPlane.start(programs=Programs(Path(sys.argv[1])))
print(json.dumps({"pids": plane.pids, "directory": str(plane.directory)}), flush=True)
sys.stdin.read()
"""
SERVER = """
import sys
from pathlib import Path
from sms_operator.dev.control_plane import Lines, serve
serve([], lambda line: print(line, flush=True), Lines(), Path(sys.argv[1]))
"""
FORKING_STARTER = """
import os, sys, time
from pathlib import Path
from sms_operator.dev.processes import Program
running = Program("sleeper", (sys.argv[1], "60"), {}, Path(sys.argv[2])).start()
print(running.pid, flush=True)
if os.fork() == 0:
    os.setsid()
    sys.stdin.read()
    os._exit(0)
sys.stdin.read()
"""


def ended(pid: int) -> bool:
    """Whether no such process runs; one that waits to be reaped does not."""
    try:
        return _state(pid) in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]


def running_in(directory: Path) -> list[str]:
    """Process ids of what has this working directory."""
    found: list[str] = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "cwd").readlink() == directory:
                found.append(process.name)
    return found


def start(script: str, *arguments: str) -> subprocess.Popen[str]:
    """A process that starts something and stays."""
    source = str(Path(__file__).resolve().parents[2] / "operator")
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": source},
    )


def program(directory: Path, *arguments: str) -> Program:
    """`sh -c …` as a program of the bench."""
    return Program("shell", ("/bin/sh", "-c", *arguments), clean_environment(directory), directory)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_starter_takes_its_servers_along(
    control_plane_programs: Programs, eventually: Eventually, number: signal.Signals
) -> None:
    """No server runs on, and the temporary directory goes."""
    with start(STARTER, str(control_plane_programs.directory)) as starter:
        assert starter.stdout is not None
        said = json.loads(starter.stdout.readline())
        assert not any(ended(pid) for pid in said["pids"].values())
        assert len(running_in(Path(said["directory"]))) == 6, "each server has a keeper"
        assert len(said["pids"]) == 3
        starter.send_signal(number)
        starter.wait()
        eventually(lambda: all(ended(pid) for pid in said["pids"].values()))
        eventually(lambda: not Path(said["directory"]).exists())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_served_control_plane_ends_in_peace(
    control_plane_programs: Programs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    """It says how to reach it, runs until the signal, and leaves its logs and no process."""
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(control_plane_programs.directory))
    with start(SERVER, str(tmp_path)) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == f"export KUBECONFIG={tmp_path}/kubeconfig\n"
        assert server.stdout.readline() == f'export PATH="{control_plane_programs.directory}:$PATH"\n'
        server.send_signal(number)
        assert server.wait() == 0
    assert running_in(tmp_path) == []
    assert (tmp_path / "kube-apiserver.log").exists()


def test_stop_leaves_nothing(control_plane_programs: Programs) -> None:
    """When `stop` returns every server has ended and the temporary directory is gone; a second `stop` is harmless."""
    plane = ControlPlane.start(programs=control_plane_programs)
    pids = plane.pids
    plane.stop()
    assert all(ended(pid) for pid in pids.values())
    assert not plane.directory.exists()
    plane.stop()


def test_a_failed_start_says_why_and_leaves_nothing(control_plane_programs: Programs, tmp_path: Path) -> None:
    """The error names the server and repeats the end of its log."""
    wrong = tmp_path / "programs"
    wrong.mkdir()
    for name in ("etcd", "kube-controller-manager", "kubectl"):
        (wrong / name).symlink_to(control_plane_programs.path(name))
    (wrong / "kube-apiserver").write_text("#!/bin/sh\necho no such luck; exit 3\n")
    (wrong / "kube-apiserver").chmod(0o755)
    with pytest.raises(ProgramFailed, match=r"kube-apiserver ended with 3; [^$]*no such luck"):
        ControlPlane.start(programs=Programs(wrong), directory=tmp_path / "plane")
    assert running_in(tmp_path / "plane") == []


def test_a_forked_child_of_the_starter_holds_nothing_up(tmp_path: Path, eventually: Eventually) -> None:
    """The program ends with its starter although a fork of the starter holds the lifeline open."""
    with start(FORKING_STARTER, "/bin/sleep", str(tmp_path)) as starter:
        assert starter.stdout is not None
        pid = int(starter.stdout.readline())
        assert not ended(pid)
        starter.kill()
        starter.wait()
        eventually(lambda: ended(pid))


def test_a_killed_keeper_takes_its_program_along(tmp_path: Path, eventually: Eventually) -> None:
    """The kernel ends the program when its keeper is killed."""
    running = program(tmp_path, "exec sleep 60").start()
    keeper = int(Path(f"/proc/{running.pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    os.kill(keeper, signal.SIGKILL)
    eventually(lambda: ended(running.pid))
    running.terminate()


def test_a_program_outlives_the_thread_that_started_it(tmp_path: Path) -> None:
    """A worker thread may start a program and end."""
    started: list[Any] = []
    thread = threading.Thread(target=lambda: started.append(program(tmp_path, "exec sleep 60").start()))
    thread.start()
    thread.join()
    (running,) = started
    assert not ended(running.pid)
    assert running.alive
    running.terminate()
    assert ended(running.pid)


def test_who_does_not_end_in_peace_is_killed(tmp_path: Path, eventually: Eventually) -> None:
    """A program that ignores SIGTERM is gone after its grace."""
    running = program(tmp_path, "trap '' TERM; echo ready; while :; do sleep 0.1; done").start()
    eventually(lambda: "ready" in running.program.log.read_text())
    running.terminate(grace=0.3)
    assert ended(running.pid)


def test_a_paused_program_can_be_ended(tmp_path: Path, eventually: Eventually) -> None:
    """A pause does not outlast the program, which ends in peace all the same."""
    running = program(tmp_path, "trap 'echo goodbye; exit' TERM; echo ready; while :; do sleep 0.1; done").start()
    eventually(lambda: "ready" in running.program.log.read_text())
    running.pause()
    eventually(lambda: _state(running.pid) == "T")
    running.terminate()
    assert ended(running.pid)
    assert "goodbye" in running.program.log.read_text()


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    """The error says which program of what name is not there."""
    with pytest.raises(FileNotFoundError, match=f"nothing: there is no program {tmp_path}/nothing"):
        Program("nothing", (f"{tmp_path}/nothing",), {}, tmp_path).start()


def test_programs_inherit_no_way_to_another_cluster(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, eventually: Eventually
) -> None:
    """Of a rich environment only harmless variables are passed on, and home is elsewhere."""
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST", "HTTPS_PROXY", "SMS_OPERATOR_SOCKET", "PYTHONPATH"):
        monkeypatch.setenv(name, "foreign")
    monkeypatch.setenv("LANG", "C.UTF-8")
    running = program(tmp_path, "env").start()
    eventually(lambda: not running.alive)
    running.terminate()
    seen = dict(line.split("=", 1) for line in running.program.log.read_text().splitlines())
    assert "foreign" not in seen.values()
    assert (seen["HOME"], seen["LANG"]) == (str(tmp_path), "C.UTF-8")
