"""What all sessions of a simulator share: logins, behaviours, who is connected, and what happened so far."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from .accounts import Accounts, BindType
from .behaviour import Behaviour
from .bodies import Bind, ShortMessage

if TYPE_CHECKING:
    from .session import Session

KEPT: Final = 10_000
"""Bind attempts and submissions remembered; older ones are forgotten."""


@dataclass(frozen=True, slots=True)
class BindAttempt:
    """One bind request and how it was answered."""

    bind_type: BindType
    status: int
    """command_status of the answer."""
    request: Bind
    """What it asked with; the password is blanked."""
    secure: bool
    """Whether it came over TLS."""
    certificate: str | None
    """Common name in the client's certificate, in mutual TLS."""
    at: float
    """Time by the event loop's clock, in seconds."""

    @property
    def system_id(self) -> str:
        """The login."""
        return self.request.system_id


@dataclass(frozen=True, slots=True)
class Submission:
    """One accepted submit_sm or data_sm."""

    message_id: str
    system_id: str
    message: ShortMessage


@dataclass(slots=True)
class State:
    """Changed by sessions and by whoever plays the simulator, in one event loop."""

    log: Callable[[str], None]
    """Takes one line for each thing that happens; no line ever holds a password."""
    accounts: Accounts
    receipt_delay: float = 0.1
    """Seconds from a submit_sm_resp to the receipt that was asked for."""
    behaviour: Behaviour = field(default_factory=Behaviour)
    """Of the whole simulator."""
    account_behaviours: dict[str, Behaviour] = field(default_factory=dict[str, Behaviour])
    """Of single accounts; they replace the simulator's."""
    sessions: dict[int, Session] = field(default_factory=dict[int, "Session"])
    attempts: deque[BindAttempt] = field(default_factory=lambda: deque[BindAttempt](maxlen=KEPT))
    submissions: deque[Submission] = field(default_factory=lambda: deque[Submission](maxlen=KEPT))
    connections: int = 0
    """TCP connections accepted so far."""
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    """Session numbers and message ids."""
    _change: asyncio.Event = field(default_factory=asyncio.Event)

    def behaviour_of(self, system_id: str | None) -> Behaviour:
        """The behaviour that holds for this login, None: for a connection that has not bound."""
        if system_id is None:
            return self.behaviour
        return self.account_behaviours.get(system_id, self.behaviour)

    def bound(self, system_id: str | None = None) -> list[Session]:
        """Bound sessions, of this account or all."""
        return [
            session
            for session in self.sessions.values()
            if session.bind_type is not None and system_id in (None, session.system_id)
        ]

    def receiver(self, system_id: str) -> Session | None:
        """A session of the account that takes deliver_sm: the one that got one the longest time ago."""
        able = [session for session in self.bound(system_id) if session.bind_type and session.bind_type.receives]
        return min(able, key=lambda session: session.last_delivery, default=None)

    def say(self, text: str) -> None:
        """One line about what happened."""
        self.log(text)
        self.changed()

    def changed(self) -> None:
        """Wakes whoever waits for something to become true."""
        self._change.set()
        self._change = asyncio.Event()

    async def until(self, happened: Callable[[], bool], deadline: float, what: str = "it") -> None:
        """Returns once `happened()` is true.

        Raises:
            TimeoutError: it was not within `deadline` seconds; the text says `what`.
        """
        try:
            async with asyncio.timeout(deadline):
                while not happened():
                    await self._change.wait()
        except TimeoutError:
            raise TimeoutError(f"{what} did not happen within {deadline:g} s") from None
