"""The data plane, put together."""

from __future__ import annotations

import asyncio
import signal
import sys
from random import Random

import structlog
import uvloop
from aiohttp import web

from sms_operator.logs import configure_logging
from sms_operator.protocol.environment import SettingError

from .complaints import complain
from .dial import DialLimits
from .metrics import LinkMetrics
from .pacer import Pacer
from .server import LinkServer
from .settings import LinkSettings
from .surroundings import Surroundings
from .table import LinkTable


class CannotListen(Exception):
    """A socket or port of ours cannot be had; the text names the setting."""


async def run(settings: LinkSettings, stop: asyncio.Event) -> None:
    """Hold links until `stop`, then unbind them all, side by side and within `settings.drain`.

    Raises:
        CannotListen: before anything was dialled.
    """
    asyncio.get_running_loop().set_exception_handler(complain)
    log = structlog.get_logger("data plane")
    metrics = LinkMetrics()
    limits = DialLimits(settings.allowed_networks, settings.connect_timeout, denied=settings.denied_networks)
    table = LinkTable(Surroundings(limits, metrics, Pacer(), Random(), settings.time_scale))
    server = LinkServer(settings.socket, table)
    try:
        await server.start()
    except OSError as error:
        raise CannotListen(f"SMS_OPERATOR_SOCKET {settings.socket}: {error.strerror or error}") from None
    try:
        runner = await _serve_http(settings.http, metrics, server)
    except OSError as error:
        await server.stop()
        raise CannotListen(f"SMS_OPERATOR_LINKS_HTTP {settings.http}: {error.strerror or error}") from None
    log.info("listening", socket=str(settings.socket), http=_address(runner))
    try:
        await stop.wait()
    finally:
        await server.stop()
        try:
            async with asyncio.timeout(settings.drain):
                await table.close()
        except TimeoutError:
            log.warning("not every bind was ended in order", within_seconds=settings.drain)
        await runner.cleanup()
        log.info("stopped")


def main() -> None:
    """Run with settings from the environment until SIGTERM or SIGINT."""
    try:
        settings = LinkSettings.from_environment()
    except SettingError as error:
        sys.exit(f"Error: {error}")
    configure_logging(settings.log_level, settings.log_format)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_until_signalled(settings))
    except CannotListen as error:
        sys.exit(f"Error: {error}")


async def _until_signalled(settings: LinkSettings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await run(settings, stop)


async def _serve_http(address: str, metrics: LinkMetrics, server: LinkServer) -> web.AppRunner:
    async def live(_: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def ready(_: web.Request) -> web.Response:
        fine = server.listening
        return web.Response(text="ok" if fine else "not listening", status=200 if fine else 503)

    async def scrape(_: web.Request) -> web.Response:
        headers = {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
        return web.Response(body=metrics.exposition(), headers=headers)

    app = web.Application()
    app.router.add_get("/livez", live)
    app.router.add_get("/readyz", ready)
    app.router.add_get("/metrics", scrape)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    host, _, port = address.rpartition(":")
    await web.TCPSite(runner, host.strip("[]") or None, int(port)).start()
    return runner


def _address(runner: web.AppRunner) -> str:
    bound = runner.addresses[0]
    return f"{bound[0]}:{bound[1]}"
