"""Brings messages and receipts to the sessions of an account, again and again where the behaviour says so."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sms_operator.smpp.command_status import (
    ESME_RMSGQFUL,
    ESME_ROK,
    ESME_RSYSERR,
    ESME_RTHROTTLED,
    ESME_RX_P_APPN,
    ESME_RX_R_APPN,
    ESME_RX_T_APPN,
    describe,
)
from sms_operator.smpp.pdus import ShortMessage

from .behaviour import Deliveries
from .ledger import OCTETS, Attempt, Delivered, Kind
from .mobile import body_of, written

if TYPE_CHECKING:
    from .session import Session
    from .state import State

DEADLINE: Final = 10.0
"""Seconds an ESME may take to answer a deliver_sm."""
TEMPORARY: Final = frozenset({ESME_RX_T_APPN, ESME_RMSGQFUL, ESME_RTHROTTLED, ESME_RSYSERR})
"""Answers after which a message comes again."""
FINAL: Final = frozenset({ESME_ROK, ESME_RX_P_APPN, ESME_RX_R_APPN})
"""Answers after which no message comes again."""


class NobodyBound(Exception):
    """The account has no session that receives, so there is nobody to deliver to."""


class SessionGone(Exception):
    """The session ended before the ESME answered."""


@dataclass(slots=True)
class Parcel:
    """A request on its way to an account."""

    command_id: int
    body: bytes = field(repr=False)
    entry: Delivered
    """Its place in the ledger."""


class Courier:
    """Shared by all sessions of a simulator."""

    def __init__(self, state: State) -> None:
        self._state = state

    def parcel(self, system_id: str, kind: Kind, message: ShortMessage, spoilt: bytes | None = None) -> Parcel:
        """Enters the message in the ledger, and wraps it as the behaviour of the moment says.

        `spoilt`: what goes in place of the message's own body.
        """
        script = self._script(system_id)
        command_id, body = body_of(message, script.as_data_sm, script.tlvs)
        source, destination = written(message.source), written(message.destination)
        entry = Delivered(kind, system_id, source, destination, message.content[:OCTETS])
        self._state.ledger.delivered.append(entry)
        return Parcel(command_id, body if spoilt is None else spoilt, entry)

    async def deliver(self, parcel: Parcel, deadline: float = DEADLINE) -> int:
        """Delivers once and returns the command_status of the answer; where it is to come again, that goes on alone.

        Raises:
            NobodyBound: no session of the account receives.
            SessionGone: the session ended before it answered.
            TimeoutError: there was no answer within `deadline` seconds.
        """
        try:
            status = await self._attempt(parcel, deadline)
        except (NobodyBound, SessionGone, TimeoutError) as error:
            self._state.say(f"{parcel.entry.kind} not delivered: {error}")
            self._insist_on(parcel, None, deadline)
            raise
        self._insist_on(parcel, status, deadline)
        return status

    def post(self, parcel: Parcel) -> None:
        """Delivers in the background."""
        self._state.chores.start(self._carry(parcel))

    async def hand_over(self, parcel: Parcel) -> None:
        """Returns as soon as the request is on the wire; the rest is done in the background."""
        sent = asyncio.Event()
        self._state.chores.start(self._carry(parcel, sent))
        await sent.wait()

    async def _carry(self, parcel: Parcel, sent: asyncio.Event | None = None) -> None:
        status: int | None = None
        try:
            status = await self._attempt(parcel, DEADLINE, sent)
        except (NobodyBound, SessionGone, TimeoutError) as error:
            self._state.say(f"{parcel.entry.kind} not delivered: {error}")
        finally:
            if sent is not None:
                sent.set()
        self._insist_on(parcel, status, DEADLINE)

    def _insist_on(self, parcel: Parcel, status: int | None, deadline: float) -> None:
        if self._comes_again(parcel, status):
            self._state.chores.start(self._insist(parcel, deadline))

    async def _insist(self, parcel: Parcel, deadline: float) -> None:
        status: int | None = None
        while self._comes_again(parcel, status):
            await asyncio.sleep(self._script(parcel.entry.system_id).redeliver_after)
            await self._state.until(lambda: self._receiver(parcel) is not None, None)
            try:
                status = await self._attempt(parcel, deadline)
            except (NobodyBound, SessionGone, TimeoutError) as error:
                status = None
                self._state.say(f"{parcel.entry.kind} not delivered: {error}")

    async def _attempt(self, parcel: Parcel, deadline: float, sent: asyncio.Event | None = None) -> int:
        entry = parcel.entry
        session = self._receiver(parcel)
        if session is None:
            raise NobodyBound(f'"{entry.system_id}" has no transceiver or receiver session: nobody to deliver to')
        question = await session.ask(parcel.command_id, parcel.body)
        attempt = Attempt(asyncio.get_running_loop().time(), session.number, question.sequence)
        entry.attempts.append(attempt)
        if sent is not None:
            sent.set()
        status = attempt.status = await session.answer_to(question, deadline)
        self._state.say(f"{session.label}: {entry.kind} answered, {describe(status)}")
        return status

    def _receiver(self, parcel: Parcel) -> Session | None:
        return self._state.receiver(parcel.entry.system_id)

    def _comes_again(self, parcel: Parcel, status: int | None) -> bool:
        """`status` None: it was not answered."""
        script = self._script(parcel.entry.system_id)
        if not script.redeliver_after:
            return False
        if script.redeliver_limit and len(parcel.entry.attempts) > script.redeliver_limit:
            return False
        return status not in FINAL if script.stubborn else status is None or status in TEMPORARY

    def _script(self, system_id: str) -> Deliveries:
        return self._state.behaviour_of(system_id).deliveries
