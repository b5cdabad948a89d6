"""/livez, /readyz and /metrics of the control plane."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from aiohttp import web

from .metrics import Metrics

Check = Callable[[], str]
"""Empty when all is well, else what is wrong."""


class Probes:
    """A small HTTP server. Being asked proves that the event loop turns; the checks prove the rest."""

    def __init__(self, metrics: Metrics, live: Check, ready: Check, more: Iterable[web.RouteDef] = ()) -> None:
        """`more` is served on the same port."""
        self._metrics = metrics
        self._more = tuple(more)
        self._checks = {"/livez": live, "/readyz": ready}
        self._runner: web.AppRunner | None = None

    async def start(self, address: str) -> str:
        """Listen on `host:port`, port 0 taking a free one; returns the address listened on."""
        app = web.Application()
        for path in self._checks:
            app.router.add_get(path, self._probe)
        app.router.add_get("/metrics", self._scrape)
        app.router.add_routes(self._more)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        host, _, port = address.rpartition(":")
        site = web.TCPSite(self._runner, host.strip("[]") or None, int(port))
        await site.start()
        bound = self._runner.addresses[0]
        return f"{bound[0]}:{bound[1]}"

    async def stop(self) -> None:
        """Close the server."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _probe(self, request: web.Request) -> web.Response:
        problem = self._checks[request.path]()
        return web.Response(text=problem or "ok", status=503 if problem else 200)

    async def _scrape(self, _: web.Request) -> web.Response:
        body = self._metrics.exposition()
        return web.Response(body=body, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})
