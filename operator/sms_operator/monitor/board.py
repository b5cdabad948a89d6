"""The rows as they stand, and everybody who is to hear when one changes."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sms_operator.views.bodies import Name
from sms_operator.views.gateway_rows import Row, State

from .cells import sent
from .feed import Health
from .rows import row_of
from .store import Store

GATHER: Final = 0.1
"""Seconds for which changes are gathered into one message."""
REFRESH: Final = 30.0
"""Seconds after which rows are looked at again that change by time alone."""
WAITING: Final = 64
"""Messages that a browser may be behind; it then gets everything anew."""

Message = dict[str, Any]


class Board:
    """Rows by gateway. `touch` says what to look at again; only a row that differs is told."""

    def __init__(self, store: Store, now: Callable[[], datetime], *, namespaces: bool) -> None:
        """`namespaces`: whether rows say of which namespace they are."""
        self.store = store
        self._namespaces = namespaces
        self.now = now
        self._rows: dict[str, Row] = {}
        self._touched: set[Name] = set()
        self._something = asyncio.Event()
        self._readers: set[asyncio.Queue[Message]] = set()
        self.health = Health()

    def rows(self) -> list[Row]:
        """All rows, worst first, then by name."""
        return sorted(self._rows.values(), key=lambda row: (row.sort["state"], row.name, row.namespace))

    def touch(self, gateways: Iterable[Name]) -> None:
        """What these rows show may have changed."""
        self._touched.update(gateways)
        if self._touched:
            self._something.set()

    def set_health(self, health: Health) -> None:
        """Whether the cluster answers; told when it is another thing than before, and with the next heartbeat else."""
        before, self.health = self.health, health
        if replace(before, heard=None) != replace(health, heard=None):
            self._tell({"type": "health", "health": health_json(health)})

    def settle(self) -> tuple[list[Row], list[str]]:
        """Look at what was touched now; returns the rows that differ and the ids of those that are gone."""
        touched, self._touched = self._touched, set()
        self._something.clear()
        now = self.now()
        changed: list[Row] = []
        gone: list[str] = []
        for name in touched:
            row = row_of(self.store, name, now)
            if row is None:
                if self._rows.pop(str(name), None) is not None:
                    gone.append(str(name))
            elif self._rows.get(row.id) != row:
                self._rows[row.id] = row
                changed.append(row)
        return changed, gone

    async def run(self) -> None:
        """Tell changes until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._tell_changes())
            tasks.create_task(self._refresh())

    def subscribe(self) -> asyncio.Queue[Message]:
        """A queue of messages that begins with everything."""
        queue: asyncio.Queue[Message] = asyncio.Queue(WAITING)
        queue.put_nowait(self.everything())
        self._readers.add(queue)
        return queue

    def unsubscribe(self, queue: asyncio.Queue[Message]) -> None:
        """No more messages."""
        self._readers.discard(queue)

    def everything(self) -> Message:
        """All rows and the health."""
        return {
            "type": "all",
            "rows": self._sent(self.rows()),
            "counts": self.counts(),
            "health": health_json(self.health),
        }

    def counts(self) -> dict[str, int]:
        """Gateways by state, every state named, worst first."""
        found = Counter(row.state for row in self._rows.values())
        return {str(state): found[state] for state in State}

    def _sent(self, rows: Iterable[Row]) -> list[dict[str, Any]]:
        return [sent(row, namespaces=self._namespaces) for row in rows]

    async def _tell_changes(self) -> None:
        while True:
            await self._something.wait()
            await asyncio.sleep(GATHER)
            changed, gone = self.settle()
            if changed or gone:
                self._tell({"type": "rows", "rows": self._sent(changed), "gone": gone, "counts": self.counts()})

    async def _refresh(self) -> None:
        while True:
            await asyncio.sleep(REFRESH)
            self.touch(self.store.gateways())

    def _tell(self, message: Message) -> None:
        for queue in self._readers:
            if queue.full():
                while not queue.empty():
                    queue.get_nowait()
                queue.put_nowait(self.everything())
            else:
                queue.put_nowait(message)


def health_json(health: Health) -> dict[str, Any]:
    """The health as the page gets it."""
    return {
        "alive": health.alive,
        "heard": health.heard.isoformat(timespec="seconds") if health.heard else "",
        "trouble": health.trouble,
        "denied": list(health.denied),
    }
