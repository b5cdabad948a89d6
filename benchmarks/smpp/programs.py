"""Builds and installs what the benchmark runs, once, into the cache outside the tree."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

from sms_operator.dev.control_plane.once import cache, once

HERE: Final = Path(__file__).resolve().parent
PEERS: Final = HERE / "peers"
TIME: Final = 600.0
"""Seconds that an installer may take."""
COPY: Final = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"
PYTHON_PEERS: Final = ("smpplib==2.2.4", "smpp34==1.5.0", "aiosmpplib==0.7.4")


class NotAvailable(Exception):
    """A program that cannot be had here; the text says why."""


def c_program(name: str, *, tls: bool) -> Path:
    """`c/name.c`, built with or without OpenSSL.

    Raises:
        NotAvailable: there is no C compiler, or for TLS no OpenSSL to build with.
    """
    source = HERE / "c" / f"{name}.c"
    options = ["-DWITH_TLS", "-lssl", "-lcrypto"] if tls else []

    def build(target: Path) -> None:
        _run([_program("cc"), "-O2", "-o", target / name, source, *options])

    return _made(f"{name}-{'tls' if tls else 'plain'}", [source], build) / name


def gosmpp() -> list[str]:
    """The command of the client on gosmpp. Raises NotAvailable."""
    sources = [PEERS / "go" / name for name in ("go.mod", "go.sum", "main.go")]

    def build(target: Path) -> None:
        _copy(sources, target)
        environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off"}
        _run([_program("go"), "build", "-mod=readonly", "-trimpath", "-o", "client", "."], target, environment)

    return [str(_made("gosmpp", sources, build) / "client")]


def cloudhopper() -> list[str]:
    """The command of the client on cloudhopper, without the class to run. Raises NotAvailable."""
    sources = [PEERS / "java" / name for name in ("pom.xml", "Client.java")]

    def build(target: Path) -> None:
        _copy(sources, target)
        _run([_program("mvn"), "--quiet", "--batch-mode", COPY, f"-DoutputDirectory={target / 'libraries'}"], target)
        compiler = [_program("javac"), "-encoding", "UTF-8", "-cp", f"{target / 'libraries'}/*"]
        _run([*compiler, "-d", target / "classes", target / "Client.java"])

    made = _made("cloudhopper", sources, build)
    return [_program("java"), "-Xmx512m", "-cp", f"{made / 'classes'}:{made / 'libraries'}/*"]


def node_smpp() -> list[str]:
    """The command of the client on node-smpp. Raises NotAvailable."""
    sources = [PEERS / "node" / name for name in ("package.json", "package-lock.json", "client.js")]

    def build(target: Path) -> None:
        _copy(sources, target)
        _run([_program("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], target)

    return [_program("node"), str(_made("node-smpp", sources, build) / "client.js")]


def python_peers() -> Path:
    """A directory with the Python peers at their pinned versions. Raises NotAvailable."""

    def build(target: Path) -> None:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        _run([*pip, "--target", target, *PYTHON_PEERS])

    return _made("python", [], build, PYTHON_PEERS)


def _made(name: str, sources: Iterable[Path], build: Callable[[Path], None], more: Sequence[str] = ()) -> Path:
    content = b"".join(path.read_bytes() for path in sources) + "".join(more).encode()
    target = cache() / "benchmarks" / f"{name}-{hashlib.sha256(content).hexdigest()[:16]}"
    with once(target) as building:
        if building is not None:
            print(f"Building {name}", file=sys.stderr, flush=True)
            build(building)
    return target


def _copy(sources: Iterable[Path], target: Path) -> None:
    for path in sources:
        shutil.copy(path, target)


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise NotAvailable(f"there is no {name} on PATH")
    return found


def _run(
    command: Sequence[str | Path], directory: Path | None = None, environment: dict[str, str] | None = None
) -> None:
    name = Path(command[0]).name
    try:
        done = subprocess.run(
            command, cwd=directory, env=environment, capture_output=True, text=True, timeout=TIME, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotAvailable(f"{name} did not run: {error}") from None
    if done.returncode != 0:
        words = (done.stderr.strip() or done.stdout.strip())[-300:]
        raise NotAvailable(f"{name} ended with {done.returncode}: {words}")
