"""The control plane, put together: the only place that knows all its parts."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import random
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import structlog

from sms_operator.core.keys import SMPP_GATEWAY, Key
from sms_operator.core.materials import Material
from sms_operator.core.moment import Moment
from sms_operator.core.outcome import KeepAsIs
from sms_operator.core.reconcile import reconcile
from sms_operator.core.world import World
from sms_operator.kube.access import Access
from sms_operator.kube.client import Client
from sms_operator.kube.errors import Forbidden, KubeError, Rejected, Unavailable
from sms_operator.protocol.environment import SettingError

from .applier import Applier
from .downloads import Downloads
from .event_poster import EventPoster
from .exporter import Exporter
from .link_client import LinkClient
from .material_reader import MaterialReader
from .metrics import Metrics
from .probes import Probes
from .rebuilds import PATIENCE, Rebuilds
from .resources import OURS
from .settings import Settings
from .sweep import Sweep
from .wakeups import Wakeups
from .watches import Watches

CATCH_UP: Final = 10.0
"""Seconds at most in which what the first listing asks for is written before the watches begin."""
GARBAGE: Final = 20_000
"""Allocations between two searches of the youngest objects for garbage cycles; Python's 700 suit small programs."""
LISTED: Final = 1.0
"""Seconds after kopf listed something anew, in which its other listings come."""
CLOCK_CHECK: Final = 3600.0
"""Seconds after which a date ahead is compared with the wall clock again: it may have been set."""
DEAF: Final = 3
"""Comparisons in a row that found missed changes, each after the watches were started anew: we are not alive then."""
SILENT: Final = 90.0
"""Seconds without a turn of kopf's loop after which we are not alive."""


Work = Callable[[], Awaitable[None]]


class Controller:
    """Runs until `stop` is set."""

    def __init__(self, settings: Settings, access: Access) -> None:
        self._settings = settings
        self._log = structlog.get_logger("controller")
        self._world = World()
        self._wakeups: Wakeups[Key] = Wakeups()
        self._metrics = Metrics(self._world, lambda: len(self._wakeups))
        self._client = Client(access, observer=self._metrics.request, connections=max(settings.workers, 16))
        self._materials = MaterialReader(self._client, self._material_found, settings.material_interval)
        self._rebuilds = Rebuilds(self._world, self._materials.refresh)
        self._poster = EventPoster(self._client)
        self._applier = Applier(self._client, self._world, self._poster)
        self._links = LinkClient(settings.socket, self._world, self._wake, self._refused)
        self._relisted = asyncio.Event()
        self._watches = Watches(access, OURS, settings.namespaces, self._seen, self._relisted.set)
        self._sweep = Sweep(self._client, self._world, self._wake, OURS, settings.namespaces)
        place = settings.exports or str(settings.socket.parent / "exports")
        self._exporter = Exporter(place, self._world, self._wake, settings.namespaces)
        downloads = Downloads(self._world, self._exporter.store)
        self._probes = Probes(self._metrics, self._liveness, self._readiness, downloads.routes())
        self._failures: dict[Key, int] = {}
        self._synced = False
        self._deaf = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop`; then close without a word to the API server.

        Raises:
            SettingError: the address of the probes cannot be had.
        """
        try:
            address = await self._probes.start(self._settings.http)
        except OSError as error:
            await self._client.close()
            raise SettingError(f"SMS_OPERATOR_HTTP {self._settings.http}: {error.strerror or error}") from None
        self._log.info("serving probes and metrics", address=address)
        try:
            async with asyncio.TaskGroup() as tasks:
                running = [tasks.create_task(self._forever(name, work)) for name, work in self._work()]
                await stop.wait()
                for task in running:
                    task.cancel()
        finally:
            await self._watches.stop()
            await self._client.close()
            await self._probes.stop()
            self._log.info("stopped")

    def _work(self) -> Iterable[tuple[str, Work]]:
        yield "sweep", self._sweep_forever
        yield "materials", self._materials.run
        yield "events", self._poster.run
        yield "links", self._links.run
        yield "exports", self._exporter.run
        if self._settings.watch_secrets:
            yield "material watch", lambda: self._materials.watch(self._settings.namespaces)
        for number in range(self._settings.workers):
            yield f"worker {number}", self._reconcile_forever

    async def _forever(self, name: str, work: Work) -> None:
        """A part that ends by a bug is begun anew: the others, and every bind, are worth more than a clean crash."""
        while True:
            try:
                await work()
            except Exception:  # noqa: BLE001 - whatever it is, the rest lives on
                self._log.exception("a bug: this part begins anew", part=name)
            await asyncio.sleep(1.0)

    async def _begin(self) -> None:
        await self._sweep.seed()
        gc.freeze()  # What stays need not be searched for garbage again and again: a fifth of the CPU of a start.
        gc.set_threshold(GARBAGE)
        self._log.info("all objects listed", count=sum(1 for _ in self._world.entries()))
        self._want_materials()
        self._rebuilds.know()
        self._decide_links()
        self._synced = True
        self._exporter.sweep()
        self._wake(entry.key for entry in self._world.entries())
        await self._catch_up()
        self._watches.start()

    async def _catch_up(self) -> None:
        """Write what the listing asks for first: kopf lists for itself when it begins, so no change is lost by it,
        and the echoes of a thousand first writes cost more CPU than the writes."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wakeups.until_idle(), CATCH_UP)

    def _decide_links(self) -> None:
        """Say what is wanted of every gateway before the data plane hears the first word."""
        for entry in self._world.entries(SMPP_GATEWAY):
            try:
                decision = reconcile(self._world, entry.key, _now()).link or KeepAsIs()
            except Exception:  # noqa: BLE001 - one odd object must not keep all others from being served
                self._log.exception("a bug: this link is left as it is", key=str(entry.key))
                decision = KeepAsIs()
            self._links.decide(entry.key, entry.uid, decision)
        self._links.begin()

    async def _reconcile_forever(self) -> None:
        while True:
            key = await self._wakeups.next()
            try:
                with self._metrics.reconcile_seconds.labels(key.kind).time():
                    await self._reconcile(key)
                self._failures.pop(key, None)
            except KubeError as error:
                self._repeat(key, error)
            except Exception:  # noqa: BLE001 - whatever it is, the rest lives on
                self._log.exception("a bug: this object is tried again later", key=str(key))
                self._repeat(key, None)
            finally:
                self._wakeups.done(key)

    async def _reconcile(self, key: Key) -> None:
        outcome = reconcile(self._world, key, _now())
        entry = self._world.get(key)
        if outcome.link is not None:
            self._links.decide(key, entry.uid if entry else "", outcome.link)
        if outcome.export is not None:
            self._exporter.ask(key, entry, outcome.export)
        if outcome.again_in is not None:
            self._wakeups.wake_later(key, min(outcome.again_in, CLOCK_CHECK))
        self._wake(await self._applier.apply(key, outcome))

    def _repeat(self, key: Key, error: KubeError | None) -> None:
        self._metrics.reconcile_errors.labels(key.kind).inc()
        failures = self._failures[key] = self._failures.get(key, 0) + 1
        slow = error is None or isinstance(error, Forbidden | Rejected)
        delay = min(0.1 * 2 ** min(failures, 12), 60.0 if slow else 5.0) * random.uniform(0.5, 1.0)
        if isinstance(error, Unavailable) and error.retry_after is not None:
            delay = max(delay, error.retry_after)
        if error is not None:
            report = self._log.warning if slow or failures == 1 else self._log.debug
            report("not written yet", key=str(key), error=str(error), again_in_seconds=round(delay, 1))
        self._wakeups.wake_later(key, delay)

    async def _sweep_forever(self) -> None:
        if not self._synced:
            await self._begin()
        while True:
            expected = await self._sweep_due()
            try:
                missed = await self._sweep.compare()
                self._metrics.repairs.inc(missed)
                if missed:
                    self._want_materials()
                if not expected:
                    self._judge_watches(missed)
            except KubeError as error:
                self._log.info("cannot compare now", error=str(error))
            self._metrics.watch_restarts.set(self._watches.restarts)

    async def _sweep_due(self) -> bool:
        """Wait for the next comparison; true when kopf listed anew: it does not tell what was deleted before that."""
        try:
            async with asyncio.timeout(self._settings.sweep_interval * random.uniform(0.8, 1.0)):
                await self._relisted.wait()
        except TimeoutError:
            return False
        await asyncio.sleep(LISTED)
        self._relisted.clear()
        return True

    def _judge_watches(self, missed: int) -> None:
        """Changes that no watch told, without a listing that would explain it: a watch is silent."""
        self._deaf = self._deaf + 1 if missed else 0
        if missed:
            self._watches.renew()

    def _seen(self, kind: str | None, body: Mapping[str, Any]) -> None:
        if kind == "DELETED":
            metadata = body["metadata"]
            key = Key(body["kind"], metadata["namespace"], metadata["name"])
            woken = self._world.remove(key, metadata["uid"], metadata["resourceVersion"])
        else:
            key = Key(body["kind"], body["metadata"]["namespace"], body["metadata"]["name"])
            woken = self._world.put(body)
        if woken:
            self._want_materials()
            if self._rebuilds.wait(key):
                self._wakeups.wake_later(key, PATIENCE)
                woken = woken - {key}
            self._wake(woken)

    def _want_materials(self) -> None:
        if self._world.materials_changed:
            self._world.materials_changed = False
            for key in self._materials.want(self._world.referenced_materials()):
                self._world.materials.pop(key, None)

    def _material_found(self, key: Key, material: Material) -> None:
        self._wake(self._world.put_material(key, material))
        self._wake(self._rebuilds.read(key))

    def _refused(self, gateway: Key) -> None:
        """A bind was refused: a Secret or certificate may have been rotated meanwhile."""
        self._materials.doubt(self._world.materials_behind(gateway))

    def _wake(self, keys: Iterable[Key]) -> None:
        self._wakeups.wake(key for key in keys if key.kind not in ("Secret", "ConfigMap"))

    def _liveness(self) -> str:
        if self._watches.silence > SILENT and self._synced:
            return f"the informer's event loop has not turned for {self._watches.silence:.0f} s"
        if self._deaf >= DEAF:
            return f"the last {self._deaf} comparisons with the API server found changes that no watch had told"
        return ""

    def _readiness(self) -> str:
        if not self._synced:
            return "not every kind has been listed yet"
        if not self._watches.established:
            return "not every kind is watched yet"
        return "" if self._links.connected else "the data plane does not answer"


def _now() -> Moment:
    return Moment(time.monotonic(), datetime.now(UTC))
