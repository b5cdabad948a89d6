"""The web server: routes to functions, every request past the guard, every answer with the same headers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from aiohttp import web

from sms_operator.kube.client import Client
from sms_operator.views.bodies import Name

from .board import Board, health_json
from .guard import BODY_LIMIT, HEADERS, TOKEN_HEADER, Asked, Door, Keys, hosts, refuse
from .page import Templates, Viewer, static
from .panel import panel
from .perform import BadOrder, perform, read_order
from .plain import plain
from .query import Query, parse
from .rights import Rights

ENTRANCE: Final = "/enter"
HEARTBEAT: Final = 5.0
"""Seconds of silence after which a browser is told that everything is as it was."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Site:
    """What the handlers share. `port` is known once the server listens."""

    client: Client
    board: Board
    rights: Rights
    viewer: Viewer
    door: Door
    keys: Keys = field(default_factory=Keys)
    templates: Templates = field(default_factory=Templates)
    port: int = 0
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def cookie(self) -> str:
        """The cookie's name. Cookies do not know ports, so its name does."""
        return f"sms-monitor-{self.port}"

    def application(self) -> web.Application:
        """The routes, behind the guard."""
        app = web.Application(middlewares=[self._guard], client_max_size=BODY_LIMIT)
        app.on_response_prepare.append(_with_headers)
        app.add_routes(
            [
                web.get(ENTRANCE, self._enter, allow_head=False),
                web.get("/", self._page),
                web.get("/static/{name}", self._static),
                web.get("/gateways.json", self._json),
                web.get("/gateways.txt", self._text),
                web.get("/panel/{namespace}/{name}", self._panel),
                web.get("/rights", self._rights),
                web.get("/events", self._events),
                web.post("/actions", self._actions),
            ]
        )
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        headers = request.headers
        asked = Asked(
            method=request.method,
            host=headers.get("Host", ""),
            cookie=request.cookies.get(self.cookie),
            entering=request.path == ENTRANCE,
            fetch_site=headers.get("Sec-Fetch-Site"),
            fetch_mode=headers.get("Sec-Fetch-Mode"),
            origin=headers.get("Origin"),
            token=headers.get(TOKEN_HEADER),
            content_type=request.content_type,
        )
        if (refusal := refuse(asked, hosts(self.port), self.keys)) is not None:
            return web.Response(status=refusal.status, text=refusal.words + "\n")
        try:
            return await handler(request)
        except web.HTTPException as error:
            return web.Response(status=error.status, text=f"{error.reason}\n")

    async def _enter(self, request: web.Request) -> web.Response:
        """The token for the cookie.

        A page that leads on, not a redirect: a browser that was sent here by another site (a terminal in a web page)
        would carry that site through a redirect, and keep the strict cookie back.
        """
        known = request.cookies.get(self.cookie) == self.keys.cookie
        if not known and not self.door.enter(request.query.get("token", "")):
            words = "This address was used already, or is of another run: the terminal shows the one that is good now."
            return web.Response(status=403, text=words + "\n")
        answer = web.Response(text=self.templates.entered(), content_type="text/html")
        answer.set_cookie(self.cookie, self.keys.cookie, httponly=True, samesite="Strict", path="/")
        return answer

    async def _page(self, request: web.Request) -> web.Response:
        board = self.board
        text = self.templates.page(
            self.viewer, board.rows(), board.counts(), _query(request), board.health, self.keys.page, board.now()
        )
        return web.Response(text=text, content_type="text/html")

    async def _static(self, request: web.Request) -> web.Response:
        found = static(request.match_info["name"])
        if found is None:
            raise web.HTTPNotFound
        return web.Response(text=found[0], content_type=found[1])

    async def _json(self, request: web.Request) -> web.Response:
        rows = _query(request).choose(self.board.rows())
        body = {
            "gateways": [row.to_json() for row in rows],
            "counts": self.board.counts(),
            "health": health_json(self.board.health),
        }
        return web.json_response(body)

    async def _text(self, request: web.Request) -> web.Response:
        rows = _query(request).choose(self.board.rows())
        text = plain(rows, self.board.counts(), self.board.now(), namespaces=not self.viewer.namespace)
        return web.Response(text=text)

    async def _panel(self, request: web.Request) -> web.Response:
        name = Name(request.match_info["namespace"], request.match_info["name"])
        found = panel(self.board.store, name, self.board.now())
        if found is None:
            raise web.HTTPNotFound
        right = await self.rights.in_namespace(name.namespace)
        return web.json_response({**found, "right": asdict(right)})

    async def _rights(self, _: web.Request) -> web.Response:
        """By namespace of the gateways that are shown."""
        found = await self.rights.in_namespaces({row.namespace for row in self.board.rows()})
        return web.json_response({namespace: asdict(right) for namespace, right in found.items()})

    async def _actions(self, request: web.Request) -> web.Response:
        try:
            order = read_order(json.loads(await request.text()))
        except (ValueError, BadOrder, RecursionError) as error:
            return web.Response(status=400, text=f"{error}\n")
        results = await perform(self.client, order, self.viewer.user or "smsctl monitor")
        return web.json_response({"results": [asdict(result) for result in results]})

    async def _events(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
        await answer.prepare(request)
        queue = self.board.subscribe()
        ended = asyncio.create_task(self.closing.wait())
        try:
            await answer.write(b"retry: 1000\n\n")
            while not self.closing.is_set():
                message = await _next(queue, ended)
                await answer.write(_event(message or {"type": "health", "health": health_json(self.board.health)}))
        except ConnectionResetError:
            pass  # the browser went away
        finally:
            ended.cancel()
            self.board.unsubscribe(queue)
        return answer


async def _next(queue: asyncio.Queue[dict[str, Any]], ended: asyncio.Task[Any]) -> dict[str, Any] | None:
    """The next message; None when the heartbeat is due, or the server ends."""
    getting = asyncio.create_task(queue.get())
    await asyncio.wait({getting, ended}, timeout=HEARTBEAT, return_when=asyncio.FIRST_COMPLETED)
    if getting.done():
        return getting.result()
    getting.cancel()
    return None


def _event(message: dict[str, Any]) -> bytes:
    body = {name: value for name, value in message.items() if name != "type"}
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return f"event: {message['type']}\ndata: {json.dumps({**body, 'now': now}, separators=(',', ':'))}\n\n".encode()


def _query(request: web.Request) -> Query:
    return parse({name: request.query.getall(name) for name in request.query})


async def _with_headers(_: web.Request, answer: web.StreamResponse) -> None:
    answer.headers.update(HEADERS)
