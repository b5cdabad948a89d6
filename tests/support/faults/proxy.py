"""A reverse proxy before the API server that can be told to fail, to lie, and to kill: plain HTTP, for a kubeconfig.

It numbers nothing by itself: what it saw is its trace, and a plan names its moments in the trace's words.
"""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from enum import Enum
from types import TracebackType
from typing import Any, Final, Self

import aiohttp
from aiohttp import web

from .faults import Answered, Crash, Event, Fault, Lost, Moment, Slow, Watched
from .relay import Relay
from .requests import Request, read_request
from .streams import Falsifier, Step, Stop

HOST: Final = "127.0.0.1"
HOP_BY_HOP: Final = frozenset({"connection", "keep-alive", "transfer-encoding", "upgrade", "host", "content-length"})
REASONS: Final = {401: "Unauthorized", 403: "Forbidden", 409: "Conflict", 410: "Expired", 429: "TooManyRequests"}
SILENCE: Final = 3.0
"""Seconds that a lost answer is silent before its connection is reset."""


class Outage(Enum):
    """What is no HTTP answer."""

    REFUSE = "refuse"
    """Nobody listens; what was connected is cut."""
    BLACKHOLE = "blackhole"
    """Connections stand or are accepted, and not an octet comes back."""


@dataclass(frozen=True)
class _Trouble:
    fault: Outage | int
    concerns: Callable[[str, str], bool]


@dataclass(frozen=True)
class Seen:
    """A request and what the API server said to it; 0: it never heard of it."""

    request: Request
    status: int
    at: float = field(default_factory=time.monotonic)


class _Cut(Exception):
    """End this connection by a reset."""


class ApiFaultProxy:
    """Runs in a thread of its own, from `with` to its end, so that plain and asyncio tests may use it."""

    def __init__(self, url: str, ca_pem: str) -> None:
        self._upstream = url
        self._context = ssl.create_default_context(cadata=ca_pem)
        self._trouble: _Trouble | None = None
        self._changed = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="api-fault-proxy")
        self._reservation = _socket(0)
        self._pending: list[Crash | Answered | Lost | Slow] = []
        self._seen: dict[int, int] = {}
        self._kill: Callable[[], None] = _nobody
        self._falsifier = Falsifier()
        self._silent = asyncio.Event()
        self.port: int = self._reservation.getsockname()[1]
        self.url = f"http://{HOST}:{self.port}"
        self.requests: list[tuple[str, str]] = []
        """Method and path with query of everything that was asked, failures included."""
        self.trace: list[Seen] = []
        """Every request that was answered, by the API server or not; watches when they are opened."""
        self.injected: list[Fault] = []
        """The faults of `arm` that have happened, once for each time."""
        self.cleared_at = 0.0
        """time.monotonic() of the end of the last fault."""

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

    def fail(self, fault: Outage | int, only: Callable[[str, str], bool] | None = None) -> None:
        """From now on this goes wrong, for all requests, or those of which `only(method, path)` is true.

        An integer is an HTTP status, with the API server's kind of error as body. Without `only` open watches are cut,
        except in a black hole, where they fall silent.
        """
        self._do(self._set(_Trouble(fault, only or (lambda method, path: True)), cut=only is None))

    def heal(self) -> None:
        """All goes well again; what fell silent is cut."""
        self._do(self._set(None, cut=True))

    def arm(self, faults: Sequence[Fault], kill: Callable[[], None]) -> None:
        """From now on these happen, each as often as it says; `kill` ends the controller. The trace begins anew."""

        async def work() -> None:
            self._pending = [fault for fault in faults if isinstance(fault, Crash | Answered | Lost | Slow)]
            self._falsifier.arm([fault for fault in faults if isinstance(fault, Watched)])
            self._seen.clear()
            self._kill = kill
            self.trace, self.injected, self.cleared_at = [], [], 0.0

        self._do(work())

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

    async def _set(self, trouble: _Trouble | None, *, cut: bool) -> None:
        self._trouble = trouble
        self._changed.set()
        self._changed = asyncio.Event()
        fault = trouble.fault if trouble else None
        if fault is Outage.REFUSE and self._site is not None:
            await self._site.stop()
            self._site = None
        if cut and fault is not Outage.BLACKHOLE:
            self._cut()
        if fault is not Outage.REFUSE and self._site is None:
            await self._listen()

    def _cut(self) -> None:
        server = self._runner.server
        assert server is not None
        for connection in server.connections:
            if connection.transport is not None:
                connection.transport.abort()

    async def _silence(self, method: str, path: str) -> None:
        """Returns when this request is not in a black hole."""
        while (now := self._trouble) and now.fault is Outage.BLACKHOLE and now.concerns(method, path):
            await self._changed.wait()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        method, path = request.method, request.raw_path
        self.requests.append((method, path))
        await self._silence(method, path)
        trouble = self._trouble
        body = await request.read()
        asked = read_request(method, path, _name(body) if method == "POST" else "")
        if trouble and isinstance(trouble.fault, int) and trouble.concerns(method, path):
            self.trace.append(Seen(asked, 0))
            return _refusal(trouble.fault)
        try:
            return await self._forward(request, asked, body, self._due(asked))
        except aiohttp.ClientError as error:
            return _refusal(502, str(error))
        except _Cut:
            if request.transport is not None:
                request.transport.abort()
            raise asyncio.CancelledError from None

    def _due(self, asked: Request) -> Crash | Answered | Lost | Slow | None:
        """The fault that this request meets, if any."""
        for fault in self._pending:
            if not fault.at.fits(asked):
                continue
            count = self._seen[id(fault)] = self._seen.get(id(fault), 0) + 1
            if isinstance(fault, Crash):
                if count < fault.nth:
                    continue
                self._pending.remove(fault)
            elif count >= fault.times:
                self._pending.remove(fault)
            self.injected.append(fault)
            return fault
        return None

    async def _forward(
        self, request: web.Request, asked: Request, body: bytes, fault: Crash | Answered | Lost | Slow | None
    ) -> web.StreamResponse:
        if isinstance(fault, Answered):
            self.trace.append(Seen(asked, 0))
            self._clear()
            return _refusal(fault.status, retry_after=fault.retry_after)
        if isinstance(fault, Crash) and fault.moment is Moment.BEFORE:
            self.trace.append(Seen(asked, 0))
            self._kill()
            self._clear()
            raise _Cut
        headers = {name: value for name, value in request.headers.items() if name.lower() not in HOP_BY_HOP}
        timeout = aiohttp.ClientTimeout(total=None)
        async with self._session.request(
            request.method, self._upstream + request.raw_path, headers=headers, data=body or None, timeout=timeout
        ) as answer:
            self.trace.append(Seen(asked, answer.status))
            if isinstance(fault, Crash):
                self._kill()
                self._clear()
                raise _Cut
            if isinstance(fault, Slow):
                await asyncio.sleep(fault.seconds)
                self._clear()
            if isinstance(fault, Lost):
                await self._lose(request, answer, fault)
            return await self._relay(request, asked, answer)

    async def _lose(self, request: web.Request, answer: aiohttp.ClientResponse, fault: Lost) -> None:
        if fault.how == "half":
            whole = await answer.read()
            response = _begun(answer)
            response.content_length = len(whole)
            await response.prepare(request)
            await response.write(whole[: len(whole) // 2])
        elif fault.how == "silence":
            await asyncio.sleep(SILENCE)
        self._clear()
        raise _Cut

    async def _relay(self, request: web.Request, asked: Request, answer: aiohttp.ClientResponse) -> web.StreamResponse:
        response = _begun(answer)
        await self._silence(request.method, request.raw_path)
        await response.prepare(request)

        async def write(octets: bytes) -> None:
            await self._silence(request.method, request.raw_path)
            await response.write(octets)

        if asked.verb == "watch" and answer.status == 200:
            await self._stream(asked, answer, write)
        else:
            async for chunk in answer.content.iter_any():
                await write(chunk)
        await response.write_eof()
        return response

    async def _stream(self, asked: Request, answer: aiohttp.ClientResponse, write: Any) -> None:
        def feed(line: bytes) -> Sequence[Step]:
            if self._crash_at(asked.resource, line):
                self._kill()
                self._clear()
                return [Stop(Event.HALF)]
            done = len(self._falsifier.done)
            steps = self._falsifier.feed(asked.resource, line)
            self.injected += self._falsifier.done[done:]
            if len(self._falsifier.done) > done:
                self._clear()
            return steps

        how = await Relay(feed, write, self._clear).run(answer.content.iter_any())
        if how is Event.HALF:
            raise _Cut
        if how is Event.SILENCE:
            await self._silent.wait()

    def _crash_at(self, resource: str, line: bytes) -> bool:
        """Whether the controller is to die at the news of this event."""
        event = json.loads(line)
        seen = Request(event["type"], resource, name=event["object"].get("metadata", {}).get("name", ""))
        crash = next((one for one in self._pending if isinstance(one, Crash) and one.at.fits(seen)), None)
        if crash is not None:
            self._pending.remove(crash)
            self.injected.append(crash)
        return crash is not None

    def _clear(self) -> None:
        self.cleared_at = time.monotonic()


def _nobody() -> None:
    """There is nobody to kill."""


def _begun(answer: aiohttp.ClientResponse) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status, reason=answer.reason)
    for name, value in answer.headers.items():
        if name.lower() not in HOP_BY_HOP:
            response.headers[name] = value
    return response


def _name(body: bytes) -> str:
    try:
        return str(json.loads(body)["metadata"]["name"])
    except (ValueError, KeyError, TypeError):
        return ""


def _socket(port: int) -> socket.socket:
    """Bound and not yet listening; several may share a port, of which one listens."""
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    bound.bind((HOST, port))
    return bound


def _refusal(code: int, message: str = "said the fault proxy", retry_after: int | None = None) -> web.Response:
    status: dict[str, object] = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message}
    body = {**status, "reason": REASONS.get(code, "InternalError"), "code": code}
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return web.Response(status=code, text=json.dumps(body), content_type="application/json", headers=headers)
