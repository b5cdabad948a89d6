"""How binds are answered: by the accounts, or as the behaviour says, with what comes before and after the answer."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sms_operator.smpp import codec
from sms_operator.smpp.command_status import ESME_RALYBND, ESME_ROK, describe
from sms_operator.smpp.commands import Command, command_name
from sms_operator.smpp.framing import Frame

from .accounts import BIND_TYPE, BindType
from .behaviour import Behaviour
from .bodies import Bind, c_octets
from .faults import ARMING, Stage
from .ledger import Kind
from .mobile import Text
from .state import BindAttempt, State

if TYPE_CHECKING:
    from .session import Session

OUR_SYSTEM_ID: Final = "SIMULATOR"
GREETING: Final = Text("+31600000000", "12345", "hello")
"""What the ESME gets around its bind_resp when the behaviour says so."""


class Reception:
    """Of one session."""

    def __init__(self, session: Session, state: State) -> None:
        self._session = session
        self._state = state
        self._postponed: Frame | None = None

    @property
    def waits(self) -> bool:
        """Whether a bind waits for the answer to an enquire_link."""
        return self._postponed is not None

    async def receive(self, frame: Frame) -> bool:
        """A bind came; False: the session is over.

        Raises:
            Malformed: it cannot be read.
        """
        bind = Bind.decode(frame.body)
        session = self._session
        if session.bind_type is not None:
            await session.send(codec.answer(frame, ESME_RALYBND))
            return True
        behaviour = self._state.behaviour_of(bind.system_id)
        if behaviour.silent_from in (Stage.CONNECT, Stage.BIND):
            session.say(f"{command_name(frame.command_id)} of {bind.system_id!r} left without an answer")
            return True
        fault = session.due_fault(Stage.BIND, behaviour)
        if fault is not None:
            alive = await session.misbehave(fault, frame)
            if fault not in ARMING:
                return alive
        if behaviour.enquire_before_bind:
            self._postponed = frame
            await session.send(codec.encode(Command.ENQUIRE_LINK, session.next_sequence()))
            return True
        return await self._answer(frame, bind)

    async def go_on(self) -> bool:
        """The enquire_link was answered; False: the session is over."""
        frame, self._postponed = self._postponed, None
        return frame is None or await self._answer(frame, Bind.decode(frame.body))

    async def _answer(self, frame: Frame, bind: Bind) -> bool:
        kind = BIND_TYPE[frame.command_id]
        behaviour = self._state.behaviour_of(bind.system_id)
        await asyncio.sleep(behaviour.answer_delay)
        status = self._judge(bind, kind, behaviour)
        session = self._session
        if status != ESME_ROK:
            session.say(f"{command_name(frame.command_id)} of {bind.system_id!r} refused, {describe(status)}")
            await session.send(codec.answer(frame, status, c_octets(OUR_SYSTEM_ID) if behaviour.bind_body else b""))
            return True
        session.bound(bind.system_id, kind)
        answer = codec.answer(frame, ESME_ROK, c_octets(OUR_SYSTEM_ID) + behaviour.bind_tlvs) * behaviour.bind_copies
        before = self._greeting(bind.system_id) if behaviour.deliver_before_bind and kind.receives else b""
        after = self._greeting(bind.system_id) if behaviour.deliver_with_bind and kind.receives else b""
        await session.send(before, answer, after)
        session.say(f"bound as {kind} from {session.line.peer}{' over TLS' if session.line.secure else ''}")
        fault = session.due_fault(Stage.BOUND, behaviour)
        return fault is None or await session.misbehave(fault)

    def _judge(self, bind: Bind, kind: BindType, behaviour: Behaviour) -> int:
        bound = len(self._state.bound(bind.system_id))
        line = self._session.line
        status = behaviour.bind_status or self._state.accounts.verdict(bind, kind, bound, line.certificate)
        now = asyncio.get_running_loop().time()
        known = replace(bind, password="")
        self._state.attempts.append(BindAttempt(kind, status, known, line.secure, line.certificate, now))
        return status

    def _greeting(self, system_id: str) -> bytes:
        (message,) = GREETING.messages()
        parcel = self._state.courier.parcel(system_id, Kind.MESSAGE, message)
        return self._session.enclose(parcel.command_id, parcel.body, parcel.entry)
