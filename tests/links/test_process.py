"""The data plane as a process: its settings, its HTTP, and its end."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

import sms_operator
from sms_operator.dev.smsc import Account, Behaviour, Simulator, Stage
from sms_operator.protocol import wire
from sms_operator.protocol.messages import PROTOCOL_VERSION, Hello, SnapshotBegin, SnapshotEnd, Want
from support.dataplane import LOOPBACK, wanted

TIMEOUT = 15.0


class Process:
    """A running data plane."""

    def __init__(self, process: asyncio.subprocess.Process, directory: Path) -> None:
        self._process = process
        self.socket = directory / "links.sock"
        self.lines: list[dict[str, Any]] = []

    async def said(self, event: str) -> dict[str, Any]:
        """The next line of its log with this event."""
        assert self._process.stderr is not None
        async with asyncio.timeout(TIMEOUT):
            while line := await self._process.stderr.readline():
                self.lines.append(json.loads(line))
                if self.lines[-1]["event"] == event:
                    return self.lines[-1]
        raise AssertionError(f"it ended without {event!r}: {self.lines}")

    async def end(self) -> int:
        """SIGTERM, and the exit code."""
        self._process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(TIMEOUT):
            return await self._process.wait()


def environment(directory: Path, **more: str) -> dict[str, str]:
    """Enough to run beside others."""
    return {
        **os.environ,
        "PYTHONPATH": str(Path(sms_operator.__file__).parents[1]),
        "SMS_OPERATOR_SOCKET": str(directory / "links.sock"),
        "SMS_OPERATOR_ALLOWED_NETWORKS": LOOPBACK,
        "SMS_OPERATOR_LINKS_HTTP": "127.0.0.1:0",
        "SMS_OPERATOR_LOG_FORMAT": "json",
        **more,
    }


async def start(directory: Path, **more: str) -> asyncio.subprocess.Process:
    """`python -m sms_operator.links`."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sms_operator.links", env=environment(directory, **more), stderr=asyncio.subprocess.PIPE
    )


@asynccontextmanager
async def running(directory: Path) -> AsyncGenerator[tuple[Process, str], None]:
    """A process that listens, and the address of its HTTP."""
    started = await start(directory)
    process = Process(started, directory)
    try:
        yield process, (await process.said("listening"))["http"]
    finally:
        if started.returncode is None:
            started.kill()
        await started.wait()


async def test_probes_and_metrics(tmp_path: Path) -> None:
    """/livez, /readyz and /metrics answer, with the binds of a gateway that is wanted."""
    async with running(tmp_path) as (process, address), Simulator([Account("demo", "secret")]) as smsc:
        _, writer = await asyncio.open_unix_connection(process.socket)
        link = wanted(smsc.port)
        for message in (Hello(PROTOCOL_VERSION, "test"), SnapshotBegin(), Want(link), SnapshotEnd()):
            writer.write(wire.encode(message))
        await smsc.until_bound("demo")
        await process.said("bound")
        async with aiohttp.ClientSession() as session:
            for path in ("livez", "readyz"):
                async with session.get(f"http://{address}/{path}") as response:
                    assert (response.status, await response.text()) == (200, "ok")
            async with session.get(f"http://{address}/metrics") as response:
                metrics = await response.text()
        labels = 'gateway="gateway",namespace="tenant"'
        assert f"smpp_binds_wanted{{{labels}}} 1.0" in metrics
        assert f"smpp_binds_connected{{{labels}}} 1.0" in metrics
        writer.close()
        assert await process.end() == 0


@pytest.mark.parametrize("answers", [True, False])
async def test_sigterm_unbinds_and_ends_well(tmp_path: Path, answers: bool) -> None:
    """Every SMSC sees its unbind, whether it answers or not, and the exit code is 0; the socket is gone."""
    said: list[str] = []
    async with running(tmp_path) as (process, _), Simulator([Account("demo", "secret")], log=said.append) as smsc:
        _, writer = await asyncio.open_unix_connection(process.socket)
        links = [wanted(smsc.port, key=f"tenant/{number}", response_timeout=1.0) for number in range(3)]
        for message in (Hello(PROTOCOL_VERSION, "test"), SnapshotBegin(), *map(Want, links), SnapshotEnd()):
            writer.write(wire.encode(message))
        await smsc.until_bound("demo", 3)
        if not answers:
            await smsc.behave(Behaviour(silent_from=Stage.BOUND))
        assert await process.end() == 0
        await smsc.until_bound("demo", 0)
        word = "unbound by the ESME" if answers else "unbind left without an answer"
        assert sum(word in line for line in said) == 3, said
        assert not process.socket.exists()
        writer.close()


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("SMS_OPERATOR_LINKS_HTTP", "8081"),
        ("SMS_OPERATOR_LINKS_HTTP", "127.0.0.1:99999"),
        ("SMS_OPERATOR_LINKS_HTTP", "192.0.2.1:8081"),
        ("SMS_OPERATOR_ALLOWED_NETWORKS", "everything"),
        ("SMS_OPERATOR_TIME_SCALE", "-1"),
        ("SMS_OPERATOR_SOCKET", "/dev/null/links.sock"),
        ("SMS_OPERATOR_SOCKET", "/tmp/" + "long" * 40),
    ],
)
async def test_settings_that_cannot_be_used(tmp_path: Path, setting: str, value: str) -> None:
    """One line that names the setting and the value, exit code 1, no traceback."""
    process = await start(tmp_path, **{setting: value})
    async with asyncio.timeout(TIMEOUT):
        _, errors = await process.communicate()
    assert process.returncode == 1
    (line,) = errors.decode().splitlines()
    assert line.startswith("Error: ")
    assert setting in line
    assert value in line
