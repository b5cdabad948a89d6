"""Names into addresses, each look-up in a thread of its own.

The event loop's thread pool has a handful of threads, and a name server that is silent would hold all of them: every
other gateway would wait for it, and so would the end of the process.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from threading import Thread
from typing import Any

Found = tuple[int, tuple[Any, ...]]
"""An address family and an address of it, as sockets take it."""


async def lookup(host: str, port: int) -> list[Found]:
    """All addresses of a name, in the system's order of preference. An address is its own.

    Raises:
        OSError: the name cannot be resolved.
        UnicodeError: the name is none.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[Found]] = loop.create_future()

    def deliver(found: list[Found] | Exception) -> None:
        if answer.done():
            return
        if isinstance(found, Exception):
            answer.set_exception(found)
        else:
            answer.set_result(found)

    def ask() -> None:
        found: list[Found] | Exception
        try:
            found = _addresses(host, port)
        except (OSError, UnicodeError) as error:
            found = error
        with contextlib.suppress(RuntimeError):  # the loop may have ended meanwhile
            loop.call_soon_threadsafe(deliver, found)

    try:
        return _addresses(host, port, socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        Thread(target=ask, name=f"look up {host}", daemon=True).start()
    return await answer


def _addresses(host: str, port: int, flags: int = 0) -> list[Found]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    return list(dict.fromkeys((int(family), tuple(address)) for family, _, _, _, address in found))
