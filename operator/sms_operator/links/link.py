"""One gateway's link: the binds of the present wish, and those of a former one until the new ones stand."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import replace

from sms_operator.protocol.messages import FailureReason, LinkFact, LinkFailure, WantedLink

from .bind import Bind, BindState, Surroundings
from .failures import Disposition

MAKES_ROOM = frozenset({FailureReason.ALREADY_BOUND, FailureReason.BIND_REJECTED})
"""Refusals of a new bind that ending an old one may heal: the SMSC allows no two at a time."""


class Link:
    """Keeps the binds of one WantedLink up. `changed` is called whenever `fact` may have changed."""

    def __init__(self, wish: WantedLink, surroundings: Surroundings, changed: Callable[[str], None]) -> None:
        self.wish = wish
        self._around = surroundings
        self._tell = changed
        self._former: list[Bind] = []
        self._closing: set[asyncio.Task[None]] = set()
        self._full: bool = False
        self._since = time.monotonic()
        self._rebuilt = wish.rebuild
        self._binds = self._open()

    def change(self, wish: WantedLink) -> None:
        """Follow a changed wish of the same gateway: by the gentlest way that gets there."""
        before, self.wish = self.wish, wish
        if wish.rebuild != before.rebuild:
            self._rebuilt = wish.rebuild
        if _essence(wish) == _essence(before):
            for bind in self._binds:
                bind.retime(wish)
                if wish.rebuild != before.rebuild:
                    bind.reconnect()
        else:
            self._replace()
        self._note()

    async def close(self) -> None:
        """Unbind everything, side by side."""
        binds, self._binds, self._former = [*self._binds, *self._former], [], []
        await asyncio.gather(*(bind.close() for bind in binds), *self._closing, return_exceptions=True)
        self._around.metrics.forget(self.wish.key)

    def fact(self) -> LinkFact:
        """What is to be said of the link now."""
        now = time.monotonic()
        up = [bind for bind in self._binds if bind.state.bound]
        former = [bind for bind in self._former if bind.state.bound]
        failing = _worst(bind.state for bind in self._binds)
        return LinkFact(
            key=self.wish.key,
            uid=self.wish.uid,
            revision=self.wish.revision,
            binds_desired=len(self._binds),
            binds_connected=len(up),
            receivers_connected=sum(bind.kind.receives for bind in (*up, *former)),
            former_connected=len(former),
            endpoint=next((bind.state.endpoint for bind in reversed([*former, *up])), None),
            failure=None if failing is None else _told(failing, now),
            age=now - self._since,
            throttled=any(bind.state.throttled for bind in self._binds),
            rebuild=self._rebuilt,
        )

    def _open(self) -> list[Bind]:
        return [Bind(self.wish, kind, self._around, self._changed) for kind in self.wish.binds]

    def _replace(self) -> None:
        """Make before break: old binds that stand are kept until the new ones do."""
        for bind in self._binds:
            if bind.state.bound:
                self._former.append(bind)
            else:
                self._retire(bind)
        self._full, self._since = False, time.monotonic()
        self._binds = self._open()

    def _changed(self, bind: Bind) -> None:
        if bind in self._former and not bind.state.bound:
            self._former.remove(bind)
            self._retire(bind)
        elif bind in self._binds and self._former:
            self._make_room(bind)
        self._note()

    def _make_room(self, bind: Bind) -> None:
        if bind.state.bound:
            spare = next((old for old in self._former if old.kind is bind.kind), self._former[0])
            self._former.remove(spare)
            self._retire(spare)
            if all(one.state.bound for one in self._binds):
                while self._former:
                    self._retire(self._former.pop())
        elif bind.state.failure is not None and bind.state.failure.reason in MAKES_ROOM:
            spare = self._former.pop()
            self._retire(spare, then=bind.try_now)

    def _retire(self, bind: Bind, then: Callable[[], None] | None = None) -> None:
        async def end() -> None:
            await bind.close()
            if then is not None:
                then()

        task = asyncio.create_task(end())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def _note(self) -> None:
        up = sum(bind.state.bound for bind in self._binds)
        full = up == len(self._binds)
        if full != self._full:
            self._full, self._since = full, time.monotonic()
        self._around.metrics.binds(self.wish.key, len(self._binds), up)
        self._tell(self.wish.key)


def _essence(wish: WantedLink) -> WantedLink:
    """A wish without the fields that a live bind can take over."""
    return replace(
        wish,
        revision="",
        rebuild="",
        enquire_link_interval=0.0,
        response_timeout=0.0,
        window_size=0,
        throughput=0.0,
        reconnect_initial=0.0,
        reconnect_max=0.0,
    )


def _worst(states: Iterable[BindState]) -> BindState | None:
    """The state to explain: a hopeless failure before one that may pass, then the one that has lasted longest."""
    failing = [state for state in states if state.failure is not None and not state.bound]
    if not failing:
        return None
    return min(failing, key=lambda one: (not _hopeless(one), one.failing_since))


def _hopeless(state: BindState) -> bool:
    return state.failure is not None and state.failure.disposition is Disposition.PERMANENT


def _told(state: BindState, now: float) -> LinkFailure:
    failure = state.failure
    assert failure is not None, "only failing states are told"
    return LinkFailure(failure.reason, failure.message, failure.command_status, now - state.failing_since)
