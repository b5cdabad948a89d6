"""A reverse proxy before the API server that can be told to fail: plain HTTP, for an operator's kubeconfig."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from enum import Enum
from types import TracebackType
from typing import Any, Final, Self

import aiohttp
from aiohttp import web

HOST: Final = "127.0.0.1"
HOP_BY_HOP: Final = frozenset({"connection", "keep-alive", "transfer-encoding", "upgrade", "host", "content-length"})
REASONS: Final = {401: "Unauthorized", 403: "Forbidden", 409: "Conflict", 410: "Expired", 429: "TooManyRequests"}


class Fault(Enum):
    """What is no HTTP answer."""

    REFUSE = "refuse"
    """Nobody listens; what was connected is cut."""
    BLACKHOLE = "blackhole"
    """Connections stand or are accepted, and not an octet comes back."""


@dataclass(frozen=True)
class Trouble:
    """What goes wrong, and for which requests (method and path with query)."""

    fault: Fault | int
    """An integer: this HTTP status, with the API server's kind of error as body."""
    concerns: Callable[[str, str], bool]


class ApiFaultProxy:
    """Runs in a thread of its own, from `with` to its end, so that plain and asyncio tests may use it."""

    def __init__(self, url: str, ca_pem: str) -> None:
        self._upstream = url
        self._context = ssl.create_default_context(cadata=ca_pem)
        self._trouble: Trouble | None = None
        self._changed = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="api-fault-proxy")
        self._reservation = _socket(0)
        self.port: int = self._reservation.getsockname()[1]
        self.url = f"http://{HOST}:{self.port}"
        self.requests: list[tuple[str, str]] = []
        """Method and path with query of everything that was asked, failures included."""

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._open())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._reservation.close()

    def fail(self, fault: Fault | int, only: Callable[[str, str], bool] | None = None) -> None:
        """From now on this goes wrong, for all requests, or those of which `only(method, path)` is true.

        Without `only` open watches are cut, except in a black hole, where they fall silent.
        """
        self._do(self._set(Trouble(fault, only or (lambda method, path: True)), cut=only is None))

    def heal(self) -> None:
        """All goes well again; what fell silent is cut."""
        self._do(self._set(None, cut=True))

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _open(self) -> None:
        connector = aiohttp.TCPConnector(ssl=self._context, limit=0)
        self._session = aiohttp.ClientSession(connector=connector, auto_decompress=False)
        app = web.Application(client_max_size=0)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0)
        await self._runner.setup()
        await self._listen()

    async def _listen(self) -> None:
        self._site: web.SockSite | None = web.SockSite(self._runner, _socket(self.port))
        await self._site.start()

    async def _close(self) -> None:
        self._cut()
        await self._runner.cleanup()
        await self._session.close()

    async def _set(self, trouble: Trouble | None, *, cut: bool) -> None:
        self._trouble = trouble
        self._changed.set()
        self._changed = asyncio.Event()
        fault = trouble.fault if trouble else None
        if fault is Fault.REFUSE and self._site is not None:
            await self._site.stop()
            self._site = None
        if cut and fault is not Fault.BLACKHOLE:
            self._cut()
        if fault is not Fault.REFUSE and self._site is None:
            await self._listen()

    def _cut(self) -> None:
        server = self._runner.server
        assert server is not None
        for connection in server.connections:
            if connection.transport is not None:
                connection.transport.abort()

    async def _silence(self, method: str, path: str) -> None:
        """Returns when this request is not in a black hole."""
        while (now := self._trouble) and now.fault is Fault.BLACKHOLE and now.concerns(method, path):
            await self._changed.wait()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        method, path = request.method, request.raw_path
        self.requests.append((method, path))
        await self._silence(method, path)
        trouble = self._trouble
        if trouble and isinstance(trouble.fault, int) and trouble.concerns(method, path):
            return _refusal(trouble.fault)
        headers = {name: value for name, value in request.headers.items() if name.lower() not in HOP_BY_HOP}
        body = await request.read()
        timeout = aiohttp.ClientTimeout(total=None)
        try:
            async with self._session.request(
                method, self._upstream + path, headers=headers, data=body or None, timeout=timeout
            ) as answer:
                return await self._relay(request, answer)
        except aiohttp.ClientError as error:
            return _refusal(502, str(error))

    async def _relay(self, request: web.Request, answer: aiohttp.ClientResponse) -> web.StreamResponse:
        response = web.StreamResponse(status=answer.status, reason=answer.reason)
        for name, value in answer.headers.items():
            if name.lower() not in HOP_BY_HOP:
                response.headers[name] = value
        await self._silence(request.method, request.raw_path)
        await response.prepare(request)
        async for chunk in answer.content.iter_any():
            await self._silence(request.method, request.raw_path)
            await response.write(chunk)
        await response.write_eof()
        return response


def _socket(port: int) -> socket.socket:
    """Bound and not yet listening; several may share a port, of which one listens."""
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    bound.bind((HOST, port))
    return bound


def _refusal(code: int, message: str = "said the fault proxy") -> web.Response:
    status: dict[str, object] = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message}
    body = {**status, "reason": REASONS.get(code, "InternalError"), "code": code}
    return web.Response(status=code, text=json.dumps(body), content_type="application/json")
