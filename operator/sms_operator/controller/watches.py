"""kopf as the informer: every watch event of our kinds reaches one callback, whatever happens to kopf.

kopf ends on a 500 inside a watch, on a minute of 503 or 403, and when a CRD is replaced; it may hang at that. It also
takes every task of its event loop for its own and cancels them when it ends. So it runs on a loop and a thread of its
own and is started again when it ends; nothing that matters lives there.
"""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final

import aiohttp
import kopf
import structlog

from sms_operator.kube.access import Access
from sms_operator.kube.client import Resource
from sms_operator.kube.proxies import discreet

from .pulse import Pulse

Sink = Callable[[str | None, Mapping[str, Any]], None]
"""Called on the main loop with the event's type (None: from a listing) and the object."""


BEAT: Final = 0.5
"""Seconds between two looks at kopf."""
PATIENCE: Final = 8.0
"""Seconds kopf has for ending; it needs up to 5 for what its watches leave behind."""
HUNG: Final = 1.0
"""Seconds that its tasks have for that when it is over."""
NOT_REPEATED: Final = frozenset({400, 404, 405, 406, 415, 422})
"""Answers after which kopf gives a watch up: it ends then, or hangs with one watch less and does not say so."""


class EndlessBackoff:
    """Delays between retries of a failing API request, without an end: kopf gives up when they run out."""

    def __iter__(self) -> Iterator[float]:
        delay = 0.5
        while True:
            yield delay * random.uniform(0.5, 1.0)
            delay = min(delay * 2, 10.0)


class NothingStored(kopf.DiffBaseStorage, kopf.ProgressStorage):
    """kopf keeps notes on objects for handlers that we do not use; it must not even prepare to."""

    def build(self, *, body: Any, extra_fields: Any = None) -> Any:
        return {}

    def fetch(self, **_: Any) -> None:
        return None

    def store(self, **_: Any) -> None:
        return None

    def purge(self, **_: Any) -> None:
        return None

    def touch(self, **_: Any) -> None:
        return None

    def clear(self, *, essence: Any) -> Any:
        return essence


class Watches:
    """Runs kopf until stopped. Create it on the main loop."""

    def __init__(
        self,
        access: Access,
        resources: Collection[Resource],
        namespaces: Collection[str],
        sink: Sink,
        listed: Callable[[], object],
    ) -> None:
        """`listed` is called on the main loop when something has been listed: kopf does so after a gap as well, and
        never says what was deleted in it."""
        self._access = access
        self._resources = resources
        self._namespaces = namespaces
        self._sink = sink
        self._listed = listed
        self._main = asyncio.get_running_loop()
        self._mailbox: deque[tuple[str | None, Mapping[str, Any]]] = deque()
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._running: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None
        self._given_up = False
        self._open: set[str] = set()
        self._beat = time.monotonic()
        self._pulse = Pulse(self._beat)
        self._log = structlog.get_logger("watches")
        self.restarts = 0
        self.established = False
        """Whether every kind has been listed and watched since kopf was started last."""
        self._thread = threading.Thread(target=self._run, name="kopf", daemon=True)

    def start(self) -> None:
        """Begin to watch; once is enough."""
        self._beat = time.monotonic()
        if self._thread.ident is None:
            self._thread.start()

    async def stop(self) -> None:
        """End the watches and wait for the thread."""
        self._stopping.set()
        self.renew()
        if self._thread.ident is not None:
            await asyncio.to_thread(self._thread.join, 15.0)

    def renew(self) -> None:
        """Start kopf anew: it misses changes that the API server lists."""
        with self._lock:
            if self._running is not None:
                loop, end = self._running
                loop.call_soon_threadsafe(end.set)

    @property
    def silence(self) -> float:
        """Seconds since kopf's event loop last turned."""
        return time.monotonic() - self._beat

    def _run(self) -> None:
        while not self._stopping.is_set():
            started = time.monotonic()
            try:
                self._watch_on_a_loop()
                reason = "ended"
            except Exception as error:  # noqa: BLE001 - kopf ends by anything; we begin anew
                reason = f"{type(error).__name__}: {error}"
            if self._stopping.is_set():
                return
            self.restarts += 1
            self._log.warning("watching starts anew", reason=reason, after_seconds=round(time.monotonic() - started, 1))
            self._stopping.wait(random.uniform(0.5, 2.0))

    def _watch_on_a_loop(self) -> None:
        """As asyncio.run, which would wait for ever for a task of kopf's that does not let itself be cancelled."""
        loop = asyncio.new_event_loop()
        loop.set_exception_handler(self._left_behind)
        try:
            loop.run_until_complete(self._watch_once())
        finally:
            loop.run_until_complete(_end_tasks())
            loop.close()

    async def _watch_once(self) -> None:
        end = asyncio.Event()
        self._given_up = False
        self._pulse = Pulse(time.monotonic())
        self._open.clear()
        self.established = False
        with self._lock:
            self._running = (asyncio.get_running_loop(), end)
        try:
            if not self._stopping.is_set():
                await self._supervise(end)
        finally:
            with self._lock:
                self._running = None

    def _left_behind(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """kopf's tasks fail as they like when it ends; that it ended is said elsewhere."""
        self._log.debug("left behind by kopf", what=context["message"], error=repr(context.get("exception")))

    async def _supervise(self, end: asyncio.Event) -> None:
        """Run kopf until it ends; it is asked to when it gave a watch up, and cancelled when it hangs at its end."""
        operator = asyncio.create_task(
            kopf.operator(
                registry=self._registry(),
                settings=_settings(),
                standalone=True,
                clusterwide=not self._namespaces,
                namespaces=self._namespaces,
                stop_flag=end,
            )
        )
        patience = PATIENCE
        while not operator.done() and patience > 0:
            self._beat = time.monotonic()
            await asyncio.wait({operator}, timeout=BEAT)
            if self._pulse.stopped(self._beat):
                break
            if self._given_up:
                end.set()
            if end.is_set():
                patience -= BEAT
        if not operator.done():
            operator.cancel()
            await asyncio.wait({operator}, timeout=PATIENCE)
            raise TimeoutError("kopf hung")
        operator.result()

    def _registry(self) -> kopf.OperatorRegistry:
        registry = kopf.OperatorRegistry()

        @kopf.on.login(registry=registry)
        async def _(**__: Any) -> kopf.AiohttpSession:  # pyright: ignore[reportUnusedFunction]
            return kopf.AiohttpSession(aiohttp_session=self._session(), server=self._access.server)

        async def seen(event: kopf.RawEvent, **_: Any) -> None:
            self._deliver(event["type"], event["object"])

        for resource in self._resources:
            kopf.on.event(resource.group, resource.version, resource.plural, registry=registry)(seen)
        return registry

    def _session(self) -> aiohttp.ClientSession:
        access = self._access

        async def authorize(
            request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
        ) -> aiohttp.ClientResponse:
            if token := access.current_token():
                request.headers["Authorization"] = f"Bearer {token}"
            pulse = self._pulse
            pulse.begun()
            try:
                answer = await handler(request)
            except BaseException:
                pulse.ended(time.monotonic(), well=False)
                raise
            if answer.connection is None:
                pulse.ended(time.monotonic(), well=answer.ok)
            else:
                answer.connection.add_callback(lambda: pulse.ended(time.monotonic(), well=answer.ok))
            self._note(request, answer.status)
            return answer

        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=access.ssl_context() or True, limit=0),
            middlewares=(authorize, discreet),
            proxy=access.proxy,
        )

    def _note(self, request: aiohttp.ClientRequest, status: int) -> None:
        if status in NOT_REPEATED:
            self._given_up = True
        elif status == 200 and "watch" not in request.url.query:
            self._main.call_soon_threadsafe(self._listed)
        elif status == 200:
            self._open.add(request.url.path)
            self.established |= len(self._open) >= len(self._resources) * max(len(self._namespaces), 1)

    def _deliver(self, kind: str | None, body: Mapping[str, Any]) -> None:
        self._pulse.delivered(time.monotonic())
        self._mailbox.append((kind, body))
        if len(self._mailbox) == 1:
            self._main.call_soon_threadsafe(self._empty)

    def _empty(self) -> None:
        try:
            for _ in range(len(self._mailbox)):
                self._sink(*self._mailbox.popleft())
        finally:
            if self._mailbox:
                self._main.call_soon(self._empty)


async def _end_tasks() -> None:
    """Cancel what still runs on this loop, and wait for it a while."""
    if tasks := asyncio.all_tasks() - {asyncio.current_task()}:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=HUNG)


def _settings() -> kopf.OperatorSettings:
    settings = kopf.OperatorSettings()
    nothing = NothingStored()
    settings.persistence.finalizer = "sms-operator.dev/none"
    settings.persistence.diffbase_storage = nothing
    settings.persistence.progress_storage = nothing
    settings.posting.enabled = False
    settings.peering.standalone = True
    settings.scanning.disabled = True
    settings.watching.connect_timeout = 5.0
    settings.watching.server_timeout = 300
    settings.watching.chunk_size = 500
    settings.queueing.idle_timeout = 0.2
    settings.networking.request_timeout = 30.0
    settings.networking.connect_timeout = 5.0
    settings.networking.error_backoffs = EndlessBackoff()
    settings.process.ultimate_exiting_timeout = None  # by SIGKILL, of the whole process
    return settings
