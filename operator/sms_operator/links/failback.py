"""Back to the endpoint that is preferred, without a moment without a bind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Final

from .bind import Bind

INTERVAL: Final = 300.0
"""Seconds between attempts to bind at a preferred endpoint while another one serves."""


class FailBack:
    """Opens a scout for each bind that stands at an endpoint that is not the first.

    A scout tries the endpoints before that one. When it stands, it takes the place of its bind, which is then unbound;
    when it fails, the bind stays where it is and the next scout comes after INTERVAL. An SMSC that allows no second
    bind refuses the scout, and nothing is lost.
    """

    __slots__ = ("_interval", "_open", "_retire", "_scouts", "_swap", "_timer")

    def __init__(
        self,
        scale: float,
        open_scout: Callable[[Bind], Bind],
        swap: Callable[[Bind, Bind], None],
        retire: Callable[[Bind], None],
    ) -> None:
        """`swap` gets a bind and the scout that takes its place; `retire` what is not needed any more."""
        self._interval = INTERVAL * scale
        self._open = open_scout
        self._swap = swap
        self._retire = retire
        self._scouts: dict[Bind, Bind] = {}
        self._timer: asyncio.TimerHandle | None = None

    def look(self, binds: Iterable[Bind]) -> None:
        """Something changed: think of going back if one of these is not where it should be."""
        if self._timer is None and not self._scouts and any(_away(bind) for bind in binds):
            self._timer = asyncio.get_running_loop().call_later(self._interval, self._go, list(binds))

    def owns(self, bind: Bind) -> bool:
        """Whether this is a scout; then its change has been dealt with."""
        old = self._scouts.get(bind)
        if old is None:
            return False
        if bind.state.bound:
            del self._scouts[bind]
            self._swap(old, bind)
        elif bind.state.failure is not None:
            del self._scouts[bind]
            self._retire(bind)
        return True

    def stop(self) -> None:
        """Forget about it, as the binds are replaced or closed."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        scouts, self._scouts = list(self._scouts), {}
        for scout in scouts:
            self._retire(scout)

    def _go(self, binds: list[Bind]) -> None:
        self._timer = None
        for bind in binds:
            if _away(bind):
                self._scouts[self._open(bind)] = bind


def _away(bind: Bind) -> bool:
    return bind.state.bound and bind.state.place > 0
