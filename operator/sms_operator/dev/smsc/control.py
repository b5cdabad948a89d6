"""The control interface of a running simulator: JSON over HTTP on loopback, for `smsctl dev smsc …` and for scripts.

What there is to ask for is listed in `control_table.py`. What is wrong with a request is answered as
`{"error": "…"}`, status 400 or 409.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final, cast

from aiohttp import web

from .control_table import Table
from .courier import NobodyBound, SessionGone
from .simulator import Simulator

LOOPBACK: Final = "127.0.0.1"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def control(simulator: Simulator, port: int = 0) -> AsyncGenerator[int, None]:
    """Serves the interface on this loopback port, 0: a free one, and yields the port.

    Raises:
        OSError: the port is taken.
    """
    runner = web.AppRunner(_application(simulator), access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, LOOPBACK, port)
        await site.start()
        yield cast(int, runner.addresses[0][1])
    finally:
        await runner.cleanup()


def _application(simulator: Simulator) -> web.Application:
    application = web.Application(middlewares=[_explain])
    application.add_routes(Table(simulator).routes())
    return application


@web.middleware
async def _explain(request: web.Request, handler: Handler) -> web.StreamResponse:
    # A web page in a browser can send requests to loopback, but neither this Host nor this type of content.
    host = request.host.rpartition(":")[0] or request.host
    if host not in (LOOPBACK, "localhost"):
        return _error(403, f'Host is "{host}": ask for {LOOPBACK} or localhost')
    if request.can_read_body and request.content_type != "application/json":
        return _error(400, f'Content-Type is "{request.content_type}": send application/json')
    try:
        return await handler(request)
    except (ValueError, KeyError) as error:
        return _error(400, str(error.args[0]))
    except (NobodyBound, SessionGone, TimeoutError) as error:
        return _error(409, str(error))


def _error(status: int, text: str) -> web.Response:
    return web.json_response({"error": text}, status=status)
