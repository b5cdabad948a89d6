"""The page from its first listing to Ctrl-C, and the list once."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from aiohttp import web

from sms_operator.kube.client import Client

from .board import Board
from .feed import Feed
from .guard import Door
from .page import Viewer
from .rights import Rights, who_am_i
from .server import ENTRANCE, Site
from .store import Store

LOOPBACK: Final = ("127.0.0.1", "::1")
END: Final = 2.0
"""Seconds that open answers have at the end."""


class CannotListen(Exception):
    """The port cannot be used; the text says why."""


async def look(client: Client, namespace: str | None) -> Board:
    """The list as it is now. Raises KubeError."""
    return (await _filled(client, namespace))[0]


async def _filled(client: Client, namespace: str | None) -> tuple[Board, Feed]:
    store = Store()
    board = Board(store, lambda: datetime.now(UTC), namespaces=namespace is None)
    feed = Feed(client, store, (namespace,), board.touch, board.set_health)
    await feed.fill()
    board.settle()
    return board, feed


async def serve(
    client: Client,
    namespace: str | None,
    context: str,
    port: int,
    tell: Callable[[str], None],
) -> None:
    """Serve the page until cancelled; `tell` gets the address that lets a browser in, and the next one once it is used.

    Args:
        client: of the caller, with nobody else's rights.
        namespace: None is all.
        context: shown on the page.
        port: 0 is any free one.
        tell: for instance prints it.

    Raises:
        KubeError: the gateways cannot be listed at the start.
        CannotListen: the port is taken, or not for us.
    """
    sockets = listen(port)
    try:
        chosen = sockets[0].getsockname()[1]
        board, feed = await _filled(client, namespace)
        viewer = Viewer(context, namespace or "", await who_am_i(client))
        door = Door(lambda token: tell(f"http://127.0.0.1:{chosen}{ENTRANCE}?token={token}"))
        site = Site(client, board, Rights(client), viewer, door, port=chosen)
        await _run(site, sockets, feed)
    finally:
        for listening in sockets:
            listening.close()


async def _run(site: Site, sockets: list[socket.socket], feed: Feed) -> None:
    runner = web.AppRunner(site.application(), access_log=None, shutdown_timeout=END)
    await runner.setup()
    try:
        for listening in sockets:
            await web.SockSite(runner, listening).start()
        site.door.open()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(site.board.run())
            tasks.create_task(feed.run())
    finally:
        site.closing.set()
        await runner.cleanup()


def listen(port: int) -> list[socket.socket]:
    """Sockets on both loopback addresses with the same port; where there is no IPv6, on one.

    Raises:
        CannotListen: the port is taken, or not for us.
    """
    first = _bound(socket.AF_INET, LOOPBACK[0], port)
    try:
        return [first, _bound(socket.AF_INET6, LOOPBACK[1], first.getsockname()[1])]
    except CannotListen:
        return [first]


def _bound(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    try:
        listening = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise CannotListen(f"no sockets of this family: {error.strerror}") from None
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise CannotListen(
            f"port {port} of {host} cannot be used: {error.strerror}; choose another with --port"
        ) from None
    listening.setblocking(False)
    return listening
