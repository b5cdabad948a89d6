"""Writes, finds and removes the files of ChannelExports: one after the other, in a thread, not in the way of the loop.

What became of it is a fact in the World; `core.export` decides what that means. A process that ends in the middle
leaves no export; the next one begins again, and gives up what brought it down too often.
"""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import structlog

from sms_operator.api.channel_export import MAX_RECORDS, ChannelExportSpec, ExportFormat
from sms_operator.api.conditions import Reason
from sms_operator.core.export import RETRY, password, selected, too_many
from sms_operator.core.export_facts import (
    Absent,
    AtWork,
    Complete,
    ExportAction,
    ExportFact,
    ExportState,
    Failed,
    FindFiles,
    RemoveFiles,
    WriteFiles,
)
from sms_operator.core.keys import CHANNEL_EXPORT, Key
from sms_operator.core.world import Entry, World
from sms_operator.exports.formats import Format
from sms_operator.exports.records import Record, make_record
from sms_operator.exports.store import Store, open_store
from sms_operator.exports.workbook import CellTooLong
from sms_operator.exports.writing import TooManyRecords, Wish, Written, write

ATTEMPTS: Final = 3
"""Times that an export may have been under way when the operator was killed before it is the one to blame."""
BREATH: Final = 0.002
"""Seconds for which the writing thread sleeps after each `STRIDE` channels: the event loop shares its interpreter."""
STRIDE: Final = 40
FORMATS: Final = {ExportFormat.CSV: Format.CSV, ExportFormat.XLSX: Format.XLSX, ExportFormat.YAML: Format.YAML}


class Stopped(Exception):
    """The export is not wanted any more, or the operator ends."""


@dataclass(frozen=True, slots=True)
class Job:
    """What to do about one object."""

    key: Key
    uid: str
    action: ExportAction

    @property
    def name(self) -> str:
        """Of the export in the store."""
        return f"{self.key.namespace}/{self.uid}"


class Exporter:
    """Carries out what decisions ask for. `wake` is called with the key when there is a new fact."""

    def __init__(
        self, place: str, world: World, wake: Callable[[Collection[Key]], object], namespaces: Collection[str]
    ) -> None:
        self._place = place
        self._world = world
        self._wake = wake
        self._namespaces = frozenset(namespaces)
        self._jobs: asyncio.Queue[Job | None] = asyncio.Queue()
        self._stop = threading.Event()
        self._current: Job | None = None
        self._store: Store | None = None
        self._log = structlog.get_logger("exports")

    def ask(self, key: Key, entry: Entry | None, action: ExportAction) -> None:
        """Do something about an export's files; an answer is a fact. Nothing waits for it."""
        if entry is None or entry.deleting:
            self._forget(key)
            return
        self._world.exports[key] = ExportFact(entry.uid, AtWork())
        self._jobs.put_nowait(Job(key, entry.uid, action))

    def sweep(self) -> None:
        """Remove the files of objects that are gone. All objects must be known."""
        self._jobs.put_nowait(None)

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            while True:
                job = await self._jobs.get()
                if job is None:
                    await self._sweep()
                elif self._wanted(job):
                    await self._do(job)
        finally:
            self._stop.set()

    def store(self) -> Store:
        """The store, opened when it is first needed.

        Raises:
            OSError: it cannot be used.
        """
        if self._store is None:
            self._store = open_store(self._place)
        return self._store

    def _forget(self, key: Key) -> None:
        if self._world.exports.pop(key, None) is None:
            return
        if self._current is not None and self._current.key == key:
            self._stop.set()
        self.sweep()

    def _wanted(self, job: Job) -> bool:
        entry = self._world.get(job.key)
        return entry is not None and entry.uid == job.uid and not entry.deleting

    async def _do(self, job: Job) -> None:
        self._current = job
        self._stop.clear()
        try:
            state = await self._state_after(job)
        except Stopped:
            return
        except OSError as error:
            words = f"{self._shown_place()}: {error.strerror or error}"
            state = Failed(Reason.STORAGE_FAILED, f"The files could not be stored in {words}", time.monotonic())
        except Exception:  # noqa: BLE001 - whatever it is, the other exports live on
            self._log.exception("a bug: this export is tried again later", key=str(job.key))
            state = Failed(Reason.STORAGE_FAILED, "The operator failed; its log says more", time.monotonic())
        finally:
            self._current = None
        if isinstance(state, Failed):
            self._log.warning("export failed", key=str(job.key), reason=str(state.reason), message=state.message)
            if isinstance(job.action, RemoveFiles):
                asyncio.get_running_loop().call_later(RETRY, self._jobs.put_nowait, job)
        if self._wanted(job):
            self._world.exports[job.key] = ExportFact(job.uid, state)
            self._wake([job.key])
        else:
            self.sweep()

    async def _state_after(self, job: Job) -> ExportState:
        match job.action:
            case RemoveFiles():
                await asyncio.to_thread(lambda: self.store().remove(job.name))
                return Absent()
            case FindFiles():
                found = await asyncio.to_thread(lambda: self.store().find(job.name))
                return _complete(found) if found is not None else Absent()
            case WriteFiles():
                return await self._write(job)

    async def _write(self, job: Job) -> ExportState:
        entry = self._world.get(job.key)
        if entry is None:
            raise Stopped
        spec: ChannelExportSpec = entry.spec
        channels, missing = selected(self._world, entry)
        if len(channels) > MAX_RECORDS:
            return too_many(len(channels))
        secret, _ = password(self._world, entry)
        if spec.archive_password_secret_ref is not None and secret is None:
            return Failed(Reason.STORAGE_FAILED, "The archive's password is not known yet", time.monotonic())
        wish = Wish(FORMATS[spec.format], secret)
        started = time.monotonic()
        state = await asyncio.to_thread(self._write_files, job, channels, wish, _remark(missing))
        self._log.info("export", key=str(job.key), seconds=round(time.monotonic() - started, 2), channels=len(channels))
        return state

    def _write_files(self, job: Job, channels: list[Entry], wish: Wish, remark: str) -> ExportState:
        """In a thread."""
        store = self.store()
        if (found := store.find(job.name)) is not None:
            return _complete(found, remark)
        attempt = store.begin(job.name)
        if attempt >= ATTEMPTS:
            store.remove(job.name)
            message = f"The operator was killed {attempt} times while it wrote these files; create another export"
            return Failed(Reason.INTERRUPTED, message, time.monotonic(), lasting=True)
        try:
            records = self._records(channels)
            done = store.publish(job.name, attempt, lambda sink: write(records, wish, sink, datetime.now(UTC)))
        except (CellTooLong, TooManyRecords) as error:
            return Failed(Reason.STORAGE_FAILED, str(error), time.monotonic(), lasting=True)
        return _complete(done, remark)

    def _records(self, channels: list[Entry]) -> Iterator[Record]:
        for number, entry in enumerate(sorted(channels, key=lambda channel: channel.key.name), 1):
            if self._stop.is_set():
                raise Stopped
            if number % STRIDE == 0:
                time.sleep(BREATH)
            yield make_record(entry.key.namespace, entry.key.name, entry.spec, entry.metadata.labels, entry.raw_spec)

    async def _sweep(self) -> None:
        alive = {f"{entry.key.namespace}/{entry.uid}" for entry in self._world.entries(CHANNEL_EXPORT)}
        try:
            removed = await asyncio.to_thread(self._remove_others, alive)
        except OSError as error:
            self._log.warning("cannot look for files to remove", error=str(error))
            return
        if removed:
            self._log.info("removed the files of exports that are gone", count=removed)

    def _remove_others(self, alive: Collection[str]) -> int:
        """In a thread. Another operator's namespaces are none of our business."""
        store, count = self.store(), 0
        for name in store.names():
            if name not in alive and (not self._namespaces or name.partition("/")[0] in self._namespaces):
                store.remove(name)
                count += 1
        return count

    def _shown_place(self) -> str:
        """Without what a URL may hold beside its path; it may be a password."""
        return re.sub("//[^/]*@", "//…@", self._place.partition("?")[0])


def _complete(found: Written, remark: str = "") -> Complete:
    return Complete(found.records, found.files, remark)


def _remark(missing: list[str]) -> str:
    if not missing:
        return ""
    names = ", ".join(f'"{name}"' for name in missing[:10])
    return f"not found: {names}{f' and {len(missing) - 10} more' if len(missing) > 10 else ''}"
