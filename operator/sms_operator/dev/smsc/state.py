"""What all sessions of a simulator share: logins, behaviours, who is connected, and what happened so far."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from .accounts import Accounts, BindType
from .behaviour import Behaviour
from .bodies import Bind
from .centre import MessageCentre
from .chores import Chores
from .courier import Courier
from .ledger import Ledger
from .meter import Meter
from .reports import Reporter
from .store import MessageStore, Submission

if TYPE_CHECKING:
    from .session import Session

KEPT: Final = 10_000
"""Bind attempts remembered; older ones are forgotten."""


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


class State:
    """Changed by sessions and by whoever plays the simulator, in one event loop."""

    def __init__(self, log: Callable[[str], None], accounts: Accounts, receipt_delay: float = 0.1) -> None:
        self.log = log
        """Takes one line for each thing that happens; no line ever holds a password."""
        self.accounts: Final = accounts
        self.receipt_delay = receipt_delay
        """Seconds from the acceptance of a message to its outcome."""
        self.behaviour = Behaviour()
        """Of the whole simulator."""
        self.account_behaviours: Final[dict[str, Behaviour]] = {}
        """Of single accounts; they replace the simulator's."""
        self.sessions: Final[dict[int, Session]] = {}
        self.attempts: Final[deque[BindAttempt]] = deque(maxlen=KEPT)
        self.connections = 0
        """TCP connections accepted so far."""
        self.numbers: Final[Iterator[int]] = itertools.count(1)
        """Session numbers, and turns of those that receive."""
        self.ledger: Final = Ledger()
        self.store: Final = MessageStore()
        self.chores: Final = Chores()
        """What goes on without a session: receipts that wait, and deliveries that come again."""
        self.courier: Final = Courier(self)
        self.reporter: Final = Reporter(self)
        self.centre: Final = MessageCentre(self)
        self._meters: dict[str, Meter] = {}
        self._change = asyncio.Event()

    @property
    def submissions(self) -> deque[Submission]:
        """Accepted messages, oldest first."""
        return self.store.submissions

    def behaviour_of(self, system_id: str | None) -> Behaviour:
        """The behaviour that holds for this login, None: for a connection that has not bound."""
        if system_id is None:
            return self.behaviour
        return self.account_behaviours.get(system_id, self.behaviour)

    def behave(self, behaviour: Behaviour, account: str | None) -> None:
        """From now on; what was counted under the former one is forgotten."""
        if account is None:
            self.account_behaviours.clear()
            self._meters.clear()
            self.behaviour = behaviour
        else:
            self._meters.pop(account, None)
            self.account_behaviours[account] = behaviour

    def meter(self, system_id: str) -> Meter:
        """Counts the messages of this account."""
        return self._meters.setdefault(system_id, Meter())

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

    async def until(self, happened: Callable[[], bool], deadline: float | None, what: str = "it") -> None:
        """Returns once `happened()` is true.

        Raises:
            TimeoutError: it was not within `deadline` seconds; the text says `what`. Without a deadline it waits on.
        """
        try:
            async with asyncio.timeout(deadline):
                while not happened():
                    await self._change.wait()
        except TimeoutError:
            raise TimeoutError(f"{what} did not happen within {deadline or 0:g} s") from None
