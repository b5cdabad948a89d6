"""The operator as two real processes under the rights of `manifests/`, and what they wrote to their logs."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import yaml

ROOT: Final = Path(__file__).resolve().parents[2]
PR_SET_PDEATHSIG: Final = 1
LOOPBACK: Final = "127.0.0.0/8,::1/128,169.254.254.0/24"


@dataclass
class Planes:
    """Both planes of one operator. Each can be stopped, killed and started by itself."""

    kubeconfig: Path
    directory: Path
    namespaces: str = ""
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    source: Path = ROOT / "operator"
    """Where the operator's packages are."""
    _processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict[str, subprocess.Popen[bytes]])
    _starts: int = 0

    def start(self, *planes: str) -> None:
        """Start planes (both when none is named) and wait until each serves its probes."""
        for plane in planes or ("links", "controller"):
            self._starts += 1
            log = (self.directory / f"{self._starts:02}-{plane}.log").open("wb")
            self._processes[plane] = subprocess.Popen(
                [sys.executable, "-m", "sms_operator", plane],
                env=self._environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_end_with_parent,
            )
            log.close()
        for plane in planes or ("links", "controller"):
            self.address(plane)

    def stop(self, *planes: str) -> None:
        """SIGTERM, and wait for the end; a plane that needs more than 30 seconds fails the test."""
        chosen = [
            (plane, self._processes.pop(plane))
            for plane in planes or ("controller", "links")
            if plane in self._processes
        ]
        for plane, process in chosen:
            process.terminate()
            try:
                code = process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise AssertionError(
                    f"{plane} did not end within 30 s of SIGTERM:\n{self.log(plane)[-3000:]}"
                ) from None
            assert code == 0, f"{plane} ended with {code}:\n{self.log(plane)[-3000:]}"

    def kill(self, plane: str) -> None:
        """SIGKILL."""
        process = self._processes.pop(plane)
        process.kill()
        process.wait()

    def signal_kill(self, plane: str) -> None:
        """SIGKILL without waiting; `kill` has to follow."""
        self._processes[plane].kill()

    def pause(self, plane: str) -> None:
        """SIGSTOP."""
        self._processes[plane].send_signal(signal.SIGSTOP)

    def alive(self, plane: str) -> bool:
        """Whether the process runs."""
        return plane in self._processes and self._processes[plane].poll() is None

    def pid(self, plane: str) -> int:
        """Its process id."""
        return self._processes[plane].pid

    def close(self) -> None:
        """End what still runs, in whatever state."""
        for process in self._processes.values():
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGCONT)
                process.terminate()
        for process in self._processes.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._processes.clear()

    def log(self, plane: str = "") -> str:
        """Everything that all runs of a plane (or of both) wrote."""
        return "\n".join(path.read_text(errors="replace") for path in sorted(self.directory.glob(f"*{plane}.log")))

    def get(self, plane: str, path: str) -> tuple[int, str]:
        """Status and body of /livez, /readyz or /metrics."""
        try:
            with urllib.request.urlopen(f"http://{self.address(plane)}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def metric(self, plane: str, name: str, **labels: str) -> float:
        """The sum of a metric's series that have these labels; 0 when there is none."""
        total = 0.0
        for line in self.get(plane, "/metrics")[1].splitlines():
            if line.startswith((f"{name}{{", f"{name} ")) and all(
                f'{key}="{value}"' in line for key, value in labels.items()
            ):
                total += float(line.rsplit(" ", 1)[1])
        return total

    def address(self, plane: str, seconds: float = 20.0) -> str:
        """`host:port` of a plane's probes, once it said so."""
        path = max(self.directory.glob(f"*{plane}.log"))
        word = "http=" if plane == "links" else "address="
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for line in path.read_text(errors="replace").splitlines():
                if word in line:
                    return line.split(word)[1].split()[0]
            assert self.alive(plane), f"{plane} ended at its start:\n{path.read_text(errors='replace')}"
            time.sleep(0.05)
        raise AssertionError(f"{plane} did not say where it listens:\n{path.read_text(errors='replace')}")

    def _environment(self) -> dict[str, str]:
        keep = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
        return {
            **keep,
            "PYTHONPATH": str(self.source),
            "KUBECONFIG": str(self.kubeconfig),
            "SMS_OPERATOR_SOCKET": str(self.directory / "links.sock"),
            "SMS_OPERATOR_HTTP": "127.0.0.1:0",
            "SMS_OPERATOR_LINKS_HTTP": "127.0.0.1:0",
            "SMS_OPERATOR_ALLOWED_NETWORKS": LOOPBACK,
            "SMS_OPERATOR_LOG_LEVEL": "DEBUG",
            "SMS_OPERATOR_LOG_FORMAT": "console",
            "SMS_OPERATOR_NAMESPACES": self.namespaces,
            "SMS_OPERATOR_SECRET_INTERVAL": "2",
            "SMS_OPERATOR_CONNECT_TIMEOUT": "2",
            "SMS_OPERATOR_TIME_SCALE": "0.05",
            **self.environment,
        }


def _end_with_parent() -> None:
    """A test run that is killed leaves no operator behind."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def service_account_kubeconfig(url: str, ca_pem: str, token: str, directory: Path) -> Path:
    """A kubeconfig for a bearer token."""
    path = directory / "operator.kubeconfig"
    (directory / "ca.pem").write_text(ca_pem)
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "local", "cluster": {"server": url, "certificate-authority": str(directory / "ca.pem")}}],
        "users": [{"name": "operator", "user": {"token": token}}],
        "contexts": [{"name": "local", "context": {"cluster": "local", "user": "operator"}}],
        "current-context": "local",
    }
    path.write_text(yaml.safe_dump(document))
    path.chmod(0o600)
    return path
