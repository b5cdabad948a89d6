"""An API server that answers what a test prepared."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web


class Server:
    """Answers of an API server, by method and path, and the bodies it was sent."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, str], tuple[int, dict[str, Any]]] = {}
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.address = ""
        self.before_answer: Callable[[], object] = lambda: None

    async def answer(self, request: web.Request) -> web.Response:
        """What the test prepared."""
        self.sent.append((request.method, await request.json() if request.can_read_body else {}))
        self.before_answer()
        status, body = self.answers[request.method, request.path]
        return web.json_response(body, status=status)


@asynccontextmanager
async def answering() -> AsyncGenerator[Server]:
    """A server that listens."""
    server = Server()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()
