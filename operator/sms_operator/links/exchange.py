"""A request on its way, and the binds that it may take."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Protocol

from sms_operator.smpp.window import Request

from .outcomes import SegmentOutcome
from .outgoing import Tracked


class Exchange(Request):
    """A request, who waits for its outcome, and what a receipt for it shall be told with."""

    __slots__ = ("future", "order", "patience", "queued_at", "tracked", "unknown")

    def __init__(
        self,
        command_id: int,
        body: bytes,
        future: asyncio.Future[SegmentOutcome],
        patience: float,
        tracked: Tracked | None = None,
    ) -> None:
        self.command_id = command_id
        self.body = body
        self.future = future
        self.patience = patience
        """Seconds that it may wait to be sent, from the moment that it is given to the sender."""
        self.tracked = tracked
        """What its receipts are given to the handler with; None: no receipt was asked for."""
        self.order = 0
        self.queued_at = 0.0
        """Monotonic; 0: never."""

    @property
    def patience_ends(self) -> float:
        """Monotonic."""
        return self.queued_at + self.patience


class Way(Protocol):
    """A bind, as the sender sees it."""

    peer: str
    """`host:port`."""

    @property
    def room(self) -> int:
        """Requests it takes now."""
        ...

    @property
    def in_flight(self) -> Iterable[Request]:
        """Requests that wait for a response."""
        ...

    @property
    def window_in_use(self) -> int:
        """How many they are."""
        ...

    @property
    def window_size(self) -> int:
        """Requests that may wait for one."""
        ...

    def offer(self, request: Request) -> bool:
        """Send it, or say that there is no room."""
        ...
