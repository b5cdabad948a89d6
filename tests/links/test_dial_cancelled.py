"""A dial that is given up while the TLS handshake fails: nothing of it is left to be reported as a bug."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from sms_operator.links.addresses import parse_networks
from sms_operator.links.complaints import complain
from sms_operator.links.dial import DialError, DialLimits, dial
from sms_operator.protocol.messages import Endpoint, TlsOptions
from sms_operator.smpp.codec import BindRequest
from sms_operator.smpp.commands import Command
from sms_operator.smpp.session import Session
from sms_operator.smpp.states import Timers
from sms_operator.smpp.transport import SessionProtocol

TURNS = 40
"""Of the event loop, after which the dial has ended by itself."""


@pytest.fixture
def plain_port() -> Iterator[int]:
    """A server that speaks at once, and no TLS."""
    server = socket.create_server(("127.0.0.1", 0))
    held: list[socket.socket] = []

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = server.accept()
                held.append(connection)
                with suppress(OSError):
                    connection.sendall(bytes(16))

    thread = threading.Thread(target=serve)
    thread.start()
    yield server.getsockname()[1]
    server.shutdown(socket.SHUT_RDWR)
    thread.join()
    for connection in (server, *held):
        connection.close()


async def test_given_up_at_every_turn(plain_port: int, caplog: pytest.LogCaptureFixture) -> None:
    """Whenever it is cancelled, nothing is logged, and no socket is left open."""
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(complain)
    limits = DialLimits(parse_networks("127.0.0.0/8"), 2.0)
    tls = TlsOptions(None, None, None, None, "1.2")
    ends: set[type[BaseException]] = set()
    for turn in range(TURNS):
        task = asyncio.create_task(dial(Endpoint("127.0.0.1", plain_port, None), tls, limits, _session))
        _cancel_at(loop, task, turn)
        try:
            await task
        except (asyncio.CancelledError, DialError) as error:
            ends.add(type(error))
        del task
    for _ in range(TURNS):
        await asyncio.sleep(0.002)
        gc.collect()
    assert caplog.records == []
    assert ends == {asyncio.CancelledError, DialError}, "the turns reach from the first step to beyond the last"


async def test_other_complaints_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    """A future or task that nobody waited for is a bug, whatever it failed with."""
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(complain)

    async def fail() -> None:
        raise OSError("in a task")

    task = asyncio.create_task(fail())
    future = loop.create_future()
    future.set_exception(ValueError("in a future"))
    await asyncio.wait([task])
    del task, future
    gc.collect()
    assert sorted(str(record.exc_info and record.exc_info[1]) for record in caplog.records) == [
        "in a future",
        "in a task",
    ]


def _cancel_at(loop: asyncio.AbstractEventLoop, task: asyncio.Task[SessionProtocol], turn: int) -> None:
    """Cancel after so many turns, each so slow that the server has answered when the next begins."""
    time.sleep(0.002)
    if turn:
        loop.call_soon(_cancel_at, loop, task, turn - 1)
    else:
        task.cancel()


def _session() -> SessionProtocol:
    request = BindRequest(Command.BIND_TRANSCEIVER, "demo", "secret")
    session = Session(request, Timers())
    return SessionProtocol(session, lambda _: None, lambda _: None)
