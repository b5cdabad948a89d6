"""One gateway's link: the binds of the present wish, and those of a former one until the new ones stand."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable
from dataclasses import replace

from sms_operator.protocol.messages import BindType, FailureReason, LinkFact, LinkFailure, MessageOptions, WantedLink

from .bind import Bind, BindState
from .desk import Desk
from .failback import FailBack
from .failures import Disposition, Failure
from .outcomes import Accepted
from .outgoing import PATIENCE, BinaryMessage, TextMessage
from .surroundings import Surroundings


class Link:
    """Keeps the binds of one WantedLink up. `changed` is called whenever `fact` may have changed."""

    __slots__ = (
        "_around",
        "_binds",
        "_closed",
        "_closing",
        "_fail_back",
        "_former",
        "_full",
        "_rebuilt",
        "_since",
        "_tell",
        "_watchers",
        "messages",
        "wish",
    )

    def __init__(self, wish: WantedLink, surroundings: Surroundings, changed: Callable[[str], None]) -> None:
        self.wish = wish
        self._around = surroundings
        self._tell = changed
        self._former: list[Bind] = []
        self._closing: set[asyncio.Task[None]] = set()
        self._full: bool = False
        self._closed = False
        self._since = time.monotonic()
        self._rebuilt = wish.rebuild
        self._watchers: set[asyncio.Event] = set()
        self.messages = Desk(wish, surroundings, self._note)
        """To send over this link: `submit` and the rarer operations; see `Desk`."""
        self._fail_back = FailBack(surroundings.scale, self._open_scout, self._swap, self._retire)
        self._binds = self._open()

    def change(self, wish: WantedLink) -> None:
        """Follow a changed wish of the same gateway: by the gentlest way that gets there."""
        before, self.wish = self.wish, wish
        if wish.rebuild != before.rebuild:
            self._rebuilt = wish.rebuild
        if wish.binds == before.binds and _essence(wish) == _essence(before):
            for bind in self._binds:
                bind.retime(wish)
                if wish.rebuild != before.rebuild:
                    bind.reconnect()
        else:
            self._replace()
        self.messages.adopt(wish)
        self._note()

    def submit(
        self, message: TextMessage | BinaryMessage, patience: float = PATIENCE
    ) -> Coroutine[None, None, Accepted]:
        """See `Desk.submit`: `accepted = await link.submit(TextMessage(...))`."""
        return self.messages.submit(message, patience)

    def close(self) -> asyncio.Task[None]:
        """Hand back at once what was not sent yet; the task unbinds everything, side by side."""
        self.messages.stop()
        self._fail_back.stop()
        return asyncio.create_task(self._unbind_all())

    async def states(self) -> AsyncGenerator[LinkFact, None]:
        """The state now, and again after every change until the link is closed; who is slow gets the last one only."""
        news = asyncio.Event()
        news.set()
        self._watchers.add(news)
        try:
            while not self._closed:
                await news.wait()
                news.clear()
                yield self.fact()
        finally:
            self._watchers.discard(news)

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
            throttled=self.messages.throttled or any(bind.state.throttled for bind in self._binds),
            rebuild=self._rebuilt,
        )

    async def _unbind_all(self) -> None:
        binds, self._binds, self._former = [*self._binds, *self._former], [], []
        await asyncio.gather(*(bind.close() for bind in binds), *self._closing, return_exceptions=True)
        await self.messages.close()
        self._around.metrics.forget(self.wish.key)
        self._closed = True
        self._wake_watchers()

    def _open(self) -> list[Bind]:
        return [Bind(self.wish, kind, self._around, self.messages, self._changed) for kind in self.wish.binds]

    def _replace(self) -> None:
        """Make before break: old binds that stand are kept until the new ones do.

        A wish that returns to what some of them were opened for takes those back instead of opening others.
        """
        self._fail_back.stop()
        standing = [bind for bind in (*self._former, *self._binds) if bind.state.bound]
        for bind in self._binds:
            if not bind.state.bound:
                self._retire(bind)
        fitting = [
            bind
            for bind in standing
            if bind.link.rebuild == self.wish.rebuild and _essence(bind.link) == _essence(self.wish)
        ]
        binds: list[Bind] = []
        for kind in self.wish.binds:
            taken = next((bind for bind in fitting if bind.kind is kind), None)
            if taken is None:
                binds.append(Bind(self.wish, kind, self._around, self.messages, self._changed))
            else:
                fitting.remove(taken)
                standing.remove(taken)
                taken.retime(self.wish)
                binds.append(taken)
        self._binds, self._former = binds, standing
        self._full, self._since = False, time.monotonic()
        self._retire_former_if_full()

    def _open_scout(self, bind: Bind) -> Bind:
        return Bind(self.wish, bind.kind, self._around, self.messages, self._changed, reach=bind.state.place)

    def _swap(self, old: Bind, new: Bind) -> None:
        if old in self._binds:
            new.retime(self.wish)
            self._binds[self._binds.index(old)] = new
            self._retire(old)
        else:
            self._retire(new)

    def _changed(self, bind: Bind) -> None:
        if self._fail_back.owns(bind):
            pass
        elif bind in self._former and not bind.state.bound:
            self._former.remove(bind)
            self._retire(bind)
        elif bind in self._binds and self._former:
            self._make_room(bind)
        if not self._former:
            self._fail_back.look(self._binds)
        self._note()

    def _make_room(self, bind: Bind) -> None:
        if bind.state.bound:
            same = next((old for old in self._former if old.kind is bind.kind), None)
            if same is not None:
                self._former.remove(same)
                self._retire(same)
            self._retire_former_if_full()
        elif bind.state.failure is not None:
            spare = self._spare(bind.kind)
            if _needs_room(bind.state.failure, bind.link, spare.link):
                self._retire(spare, then=bind.try_now)
            else:
                self._former.append(spare)

    def _spare(self, kind: BindType) -> Bind:
        """Take a former bind to give up for one of this kind, best one of the same kind."""
        spare = next((old for old in self._former if old.kind is kind), self._former[0])
        self._former.remove(spare)
        return spare

    def _retire_former_if_full(self) -> None:
        if all(bind.state.bound for bind in self._binds):
            while self._former:
                self._retire(self._former.pop())

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
        tally = self.messages.tally
        tally.binds_wanted, tally.binds_connected = len(self._binds), up
        self._tell(self.wish.key)
        self._wake_watchers()

    def _wake_watchers(self) -> None:
        for news in self._watchers:
            news.set()


def _essence(wish: WantedLink) -> WantedLink:
    """A wish without the fields that a live bind can take over."""
    return replace(
        wish,
        revision="",
        rebuild="",
        bind_count=1,
        enquire_link_interval=0.0,
        response_timeout=0.0,
        window_size=0,
        throughput=0.0,
        reconnect_initial=0.0,
        reconnect_max=0.0,
        message=MessageOptions(),
    )


def _needs_room(failure: Failure, new: WantedLink, old: WantedLink) -> bool:
    """Whether ending an old bind may heal the refusal of a new one, because the SMSC allows no two at a time.

    A refusal without a reason (ESME_RBINDFAIL and the like) counts only where the same login at the same SMSC is known
    to be good: else it may mean the new login, and the bind that works would be given up for nothing.
    """
    if failure.reason is FailureReason.ALREADY_BOUND:
        return True
    return failure.reason is FailureReason.BIND_REJECTED and _login(new) == _login(old)


def _login(wish: WantedLink) -> tuple[object, ...]:
    return (wish.endpoints, wish.system_id, wish.password, wish.system_type, wish.address_range)


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
