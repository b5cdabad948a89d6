"""get --watch: as a process of its own, through whatever ends a watch."""

from __future__ import annotations

import os
import queue
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from sms_operator.dev.control_plane import Client, ControlPlane
from support.planes import ROOT
from support.tenant import Tenant, eventually

DEADLINE = 20.0
HEARS_CTRL_C = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
"""Who runs tests in a shell's background hands down that SIGINT is ignored."""


class Relay:
    """Passes TCP connections on to a port of this machine, until it is told to cut them and to take no more."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._cut = threading.Event()
        self._start(self._accept)

    def cut(self) -> None:
        """End every connection, and refuse to talk on new ones."""
        self._cut.set()
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """Pass connections on again."""
        self._cut.clear()

    def close(self) -> None:
        """For good; nothing is left of it."""
        self.cut()
        # On Linux this ends an accept that waits; closing alone does not.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(DEADLINE)
        for connection in (self._listener, *self._open):
            connection.close()

    def _start(self, work: Callable[..., None], *arguments: socket.socket) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                caller, _ = self._listener.accept()
                if self._cut.is_set():
                    caller.close()
                    continue
                called = socket.create_connection(("127.0.0.1", self._target))
                self._open += [caller, called]
                self._start(_pump, caller, called)
                self._start(_pump, called, caller)


def _pump(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while octets := one.recv(65536):
            other.sendall(octets)
    for end in (one, other):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


class Watching:
    """A process of `smsctl get … --watch` and its lines."""

    def __init__(self, kubeconfig: Path, *arguments: str) -> None:
        program = f"{HEARS_CTRL_C}; from sms_operator.cli.smsctl import main; main()"
        environment = {**os.environ, "KUBECONFIG": str(kubeconfig), "PYTHONPATH": str(ROOT / "operator")}
        self.process = subprocess.Popen(
            [sys.executable, "-c", program, "get", *arguments, "--watch"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))

    def line(self) -> str:
        """The next line."""
        return self._lines.get(timeout=DEADLINE)

    def complaint(self) -> str:
        """The next line on stderr."""
        assert self.process.stderr is not None
        assert select.select([self.process.stderr], [], [], DEADLINE)[0], "nothing on stderr"
        return self.process.stderr.readline()

    def close(self) -> None:
        """What it printed is read to its end."""
        self._reader.join(DEADLINE)
        self.process.communicate()

    def interrupt(self) -> tuple[int, str, list[str]]:
        """Ctrl-C: the exit code, what came on stderr, and the lines that were left."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(DEADLINE)
        assert self.process.stderr is not None
        return self.process.returncode, self.process.stderr.read(), list(self._lines.queue)


@contextmanager
def watching(kubeconfig: Path, *arguments: str) -> Generator[Watching]:
    """Ends the process."""
    one = Watching(kubeconfig, *arguments)
    try:
        yield one
    finally:
        one.process.kill()
        one.close()


@pytest.fixture
def tenant(api: Client, namespace: str) -> Tenant:
    """Without an operator: every change is the test's."""
    return Tenant(api, namespace)


def unit(tenant: Tenant, name: str, display: str, **labels: str) -> dict[str, Any]:
    """An object that nobody else changes."""
    return tenant.apply("OrganizationUnit", name, {"displayName": display}, labels=labels)


def cells(line: str) -> list[str]:
    """Of a row."""
    return [cell.strip() for cell in line.split("   ") if cell.strip()]


def test_changes_are_shown(control_plane: ControlPlane, tenant: Tenant, tmp_path: Path) -> None:
    """What there is, with headings once; then what is made, changed and deleted; by label; Ctrl-C is 130."""
    kubeconfig = control_plane.write_kubeconfig(tmp_path / "config", namespace=tenant.namespace)
    unit(tenant, "a", "one", shown="yes")
    with watching(kubeconfig, "ou", "-l", "shown=yes") as smsctl:
        assert cells(smsctl.line())[:2] == ["NAME", "DISPLAY NAME"]
        assert cells(smsctl.line())[:2] == ["a", "one"]
        unit(tenant, "hidden", "no")
        unit(tenant, "b", "two", shown="yes")
        unit(tenant, "b", "three", shown="yes")
        tenant.delete("OrganizationUnit", "a")
        assert [cells(smsctl.line())[:2] for _ in range(2)] == [["b", "two"], ["b", "three"]]
        gone = smsctl.line()
        assert (cells(gone)[:2], gone.endswith("   (deleted)")) == (["a", "one"], True)
        assert smsctl.interrupt() == (130, "\nInterrupted.\n", [])


def test_a_watch_goes_on_where_it_ended(control_plane: ControlPlane, tenant: Tenant, tmp_path: Path) -> None:
    """The network goes away: it is said, nothing is shown twice, and what changed meanwhile is shown."""
    relay = Relay(int(control_plane.url.rpartition(":")[2]))
    url = f"https://127.0.0.1:{relay.port}"
    kubeconfig = control_plane.write_kubeconfig(tmp_path / "config", url=url, namespace=tenant.namespace)
    unit(tenant, "a", "one")
    try:
        with watching(kubeconfig, "ou", "--no-headers") as smsctl:
            assert cells(smsctl.line())[:2] == ["a", "one"]
            relay.cut()
            assert smsctl.complaint().startswith("The API server does not answer; again in ")
            unit(tenant, "b", "meanwhile")
            relay.mend()
            assert cells(smsctl.line())[:2] == ["b", "meanwhile"]
            unit(tenant, "a", "two")
            assert cells(smsctl.line())[:2] == ["a", "two"]
            assert smsctl.interrupt()[::2] == (130, [])
    finally:
        relay.close()


def test_whoever_stops_reading_ends_it(control_plane: ControlPlane, tenant: Tenant, tmp_path: Path) -> None:
    """`smsctl get -w | head -1` ends quietly with the next change."""
    kubeconfig = control_plane.write_kubeconfig(tmp_path / "config", namespace=tenant.namespace)
    unit(tenant, "a", "one")
    program = "from sms_operator.cli.smsctl import main; main()"
    environment = {**os.environ, "KUBECONFIG": str(kubeconfig), "PYTHONPATH": str(ROOT / "operator")}
    command = [sys.executable, "-c", program, "get", "ou", "-o", "name", "-w"]
    smsctl = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        assert smsctl.stdout is not None
        assert smsctl.stderr is not None
        assert smsctl.stdout.readline() == b"organizationunit.sms-operator.dev/a\n"
        smsctl.stdout.close()
        unit(tenant, "b", "two")
        eventually(smsctl.poll, lambda code: code is not None, "its end")
        assert smsctl.stderr.read() == b""
    finally:
        smsctl.kill()
        smsctl.communicate()
