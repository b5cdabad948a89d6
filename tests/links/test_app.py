"""The data plane put together: it serves both sockets, and ends in order."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from sms_operator.dev.smsc import Simulator
from sms_operator.links import app
from sms_operator.links.addresses import parse_networks
from sms_operator.links.app import CannotListen
from sms_operator.links.settings import LinkSettings
from sms_operator.protocol import wire
from sms_operator.protocol.messages import PROTOCOL_VERSION, Hello
from support.dataplane import LOOPBACK, DataPlane, wanted
from support.scripted import unused_port
from support.waiting import eventually_async


def settings(directory: Path, http: str = "127.0.0.1:0") -> LinkSettings:
    """Loopback allowed, everything in this directory."""
    return LinkSettings(directory / "links.sock", http, parse_networks(LOOPBACK), drain=5.0)


@asynccontextmanager
async def running(chosen: LinkSettings) -> AsyncGenerator[DataPlane]:
    """The data plane, and a control plane that talks to it; stopped at the end."""
    stop = asyncio.Event()
    task = asyncio.create_task(app.run(chosen, stop))
    try:
        await eventually_async(chosen.socket.exists, describe="the socket")
        plane = DataPlane(*await asyncio.open_unix_connection(chosen.socket, limit=wire.MAX_LINE), set())
        plane.say(Hello(PROTOCOL_VERSION, "test"))
        yield plane
        stop.set()
        await task
        await plane.close()
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_from_start_to_stop(tmp_path: Path, smsc: Simulator) -> None:
    """Probes and metrics are served; at the end every bind is unbound and the socket is gone."""
    port = unused_port()
    said: list[str] = []
    smsc.state.log = said.append
    async with running(settings(tmp_path, f"127.0.0.1:{port}")) as plane:
        link = wanted(smsc.port)
        plane.snapshot(link)
        await plane.until_bound(link)
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:
            for path in ("/livez", "/readyz"):
                async with http.get(path) as response:
                    assert (response.status, await response.text()) == (200, "ok")
            async with http.get("/metrics") as response:
                text = await response.text()
                assert 'smpp_binds_connected{gateway="gateway",namespace="tenant"} 1.0' in text
                assert "demo" not in text
                assert "secret" not in text
    assert sum("unbound by the ESME" in line for line in said) == 1
    assert not (tmp_path / "links.sock").exists()


async def test_a_taken_port_is_named(tmp_path: Path) -> None:
    """The error names the setting, its value and the cause, and nothing is left behind."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(CannotListen, match=f"SMS_OPERATOR_LINKS_HTTP {address}: .*in use"):
            await app.run(settings(tmp_path, address), asyncio.Event())
    assert not (tmp_path / "links.sock").exists()


async def test_an_impossible_socket_is_named(tmp_path: Path) -> None:
    """A path that is too long for a Unix socket."""
    with pytest.raises(CannotListen, match=r"SMS_OPERATOR_SOCKET .*too long"):
        await app.run(settings(tmp_path / ("x" * 120)), asyncio.Event())
