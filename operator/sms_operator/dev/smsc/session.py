"""One session with an ESME: which answer each PDU gets, or which fault takes its place."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from sms_operator.smpp import codec
from sms_operator.smpp.command_status import (
    ESME_RALYBND,
    ESME_RINVBNDSTS,
    ESME_RINVCMDID,
    ESME_RINVCMDLEN,
    ESME_ROK,
    describe,
)
from sms_operator.smpp.commands import RESPONSE, Command, command_name
from sms_operator.smpp.framing import Frame, FramingError

from . import faults
from .accounts import BIND_TYPE, BindType
from .behaviour import Behaviour, Fault, Stage
from .bodies import Bind, Malformed, ShortMessage, c_octets
from .line import HangUp, Line
from .receipts import receipt, wants_receipt
from .state import BindAttempt, State, Submission

OUR_SYSTEM_ID: Final = "SIMULATOR"
GREETING: Final = ShortMessage("+31600000000", "12345", b"hello")
"""What the ESME gets together with its bind_resp when the behaviour says so."""
STAGE_OF: Final[Mapping[int, Stage]] = {
    Command.ENQUIRE_LINK: Stage.ENQUIRE_LINK,
    Command.SUBMIT_SM: Stage.SUBMIT,
    Command.DATA_SM: Stage.SUBMIT,
}
ENDING: Final = frozenset({Fault.CLOSE, Fault.HTTP, Fault.RESET})


class SessionGone(Exception):
    """The session ended before the ESME answered."""


class Session:
    """Reads one PDU after the other and answers it as the behaviour of that moment says."""

    def __init__(self, number: int, line: Line, state: State) -> None:
        self.number = number
        self.line = line
        self.system_id: str | None = None
        self.bind_type: BindType | None = None
        """None until bound."""
        self.since: datetime | None = None
        """When it bound."""
        self.last_delivery = 0
        """Grows with every deliver_sm of the simulator; 0: none yet."""
        self._state = state
        self._sequence = 0
        self._muted = False
        self._unanswered: dict[int, asyncio.Future[int]] = {}
        self._postponed_bind: Frame | None = None
        self._chores: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until the connection ends, whoever ends it."""
        self._state.sessions[self.number] = self
        why = "closed by the simulator"
        try:
            while await self._handle(await self.line.read()):
                pass
        except (FramingError, Malformed) as error:
            why = f"dropped: {error}"
            with contextlib.suppress(OSError):
                await self._send(codec.nack(0, ESME_RINVCMDLEN))
        except HangUp as error:
            why = str(error)
        except OSError as error:
            why = f"lost: {error.strerror or error}"
        finally:
            self._end(why)

    def end(self, fault: Fault) -> None:
        """Ends a live session, or does it some other harm, now."""
        self._chore(self._misbehave(fault))

    async def deliver(self, message: ShortMessage, deadline: float) -> int:
        """Sends a deliver_sm and returns the command_status of the answer.

        Raises:
            SessionGone: the session ended first.
            TimeoutError: there was no answer within `deadline` seconds.
        """
        sequence = self._next_sequence()
        self.last_delivery = next(self._state.numbers)
        answer = self._unanswered[sequence] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(deadline):
                await self._send(message.deliver_sm(sequence))
                return await answer
        except TimeoutError:
            raise TimeoutError(f"{self.label} did not answer the deliver_sm within {deadline:g} s") from None
        except OSError as error:
            raise SessionGone(f"{self.label} is gone: {error.strerror or error}") from None
        finally:
            self._unanswered.pop(sequence, None)

    @property
    def label(self) -> str:
        """How log lines call it."""
        return f"#{self.number} {self.system_id or self.line.peer}"

    @property
    def _behaviour(self) -> Behaviour:
        return self._state.behaviour_of(self.system_id)

    async def _handle(self, frame: Frame) -> bool:
        """False: the session is over."""
        if frame.command_id & RESPONSE:
            return await self._handle_response(frame)
        if frame.command_id in BIND_TYPE:
            return await self._handle_bind(frame, Bind.parse(frame.body))
        behaviour = self._behaviour
        stage = STAGE_OF.get(frame.command_id)
        if self._is_silent(behaviour, stage):
            self._say(f"{command_name(frame.command_id)} left without an answer")
            return True
        if stage is not None and (fault := behaviour.faults.get(stage)) is not None:
            return await self._misbehave(fault)
        await asyncio.sleep(behaviour.answer_delay)
        match frame.command_id:
            case Command.ENQUIRE_LINK:
                await self._send(codec.answer(frame))
            case Command.UNBIND:
                await self._send(codec.answer(frame))
                self._say("unbound by the ESME")
                return False
            case Command.SUBMIT_SM | Command.DATA_SM:
                await self._handle_submission(frame, behaviour)
            case _:
                self._say(f"{command_name(frame.command_id)} is not served: generic_nack")
                await self._send(codec.nack(frame.sequence, ESME_RINVCMDID))
        return True

    def _is_silent(self, behaviour: Behaviour, stage: Stage | None) -> bool:
        since = behaviour.silent_from
        if since is Stage.BOUND:
            return self.bind_type is not None
        return since is not None and (since in (Stage.CONNECT, Stage.BIND) or since is stage)

    async def _handle_response(self, frame: Frame) -> bool:
        if frame.command_id == Command.UNBIND | RESPONSE:
            self._say("answered our unbind")
            return False
        if frame.command_id == Command.ENQUIRE_LINK | RESPONSE and self._postponed_bind is not None:
            return await self._answer_bind(self._postponed_bind, Bind.parse(self._postponed_bind.body))
        answer = self._unanswered.get(frame.sequence)
        if answer is not None and not answer.done():
            answer.set_result(frame.status)
        elif frame.command_id == Command.GENERIC_NACK:
            self._say(f"sent a generic_nack, {describe(frame.status)}")
        return True

    async def _handle_bind(self, frame: Frame, bind: Bind) -> bool:
        if self.bind_type is not None:
            await self._send(codec.answer(frame, ESME_RALYBND))
            return True
        behaviour = self._state.behaviour_of(bind.system_id)
        if behaviour.silent_from in (Stage.CONNECT, Stage.BIND):
            self._say(f"{command_name(frame.command_id)} of {bind.system_id!r} left without an answer")
            return True
        if (fault := behaviour.faults.get(Stage.BIND)) is not None:
            return await self._misbehave(fault)
        if behaviour.enquire_before_bind:
            self._postponed_bind = frame
            await self._send(codec.encode(Command.ENQUIRE_LINK, self._next_sequence()))
            return True
        return await self._answer_bind(frame, bind)

    async def _answer_bind(self, frame: Frame, bind: Bind) -> bool:
        self._postponed_bind = None
        kind = BIND_TYPE[frame.command_id]
        behaviour = self._state.behaviour_of(bind.system_id)
        await asyncio.sleep(behaviour.answer_delay)
        bound = len(self._state.bound(bind.system_id))
        verdict = self._state.accounts.verdict(bind, kind, bound, self.line.certificate)
        status = behaviour.bind_status or verdict
        now = asyncio.get_running_loop().time()
        known = replace(bind, password="")
        self._state.attempts.append(BindAttempt(kind, status, known, self.line.secure, self.line.certificate, now))
        if status != ESME_ROK:
            self._say(f"{command_name(frame.command_id)} of {bind.system_id!r} refused, {describe(status)}")
            await self._send(codec.answer(frame, status, c_octets(OUR_SYSTEM_ID) if behaviour.bind_body else b""))
            self._state.changed()
            return True
        self.system_id, self.bind_type, self.since = bind.system_id, kind, datetime.now(UTC)
        answer = [codec.answer(frame, ESME_ROK, c_octets(OUR_SYSTEM_ID))]
        if behaviour.deliver_with_bind and kind.receives:
            answer.append(GREETING.deliver_sm(self._next_sequence()))
        await self._send(*answer)
        self._say(f"bound as {kind} from {self.line.peer}{' over TLS' if self.line.secure else ''}")
        self._state.changed()
        fault = behaviour.faults.get(Stage.BOUND)
        return True if fault is None else await self._misbehave(fault)

    async def _handle_submission(self, frame: Frame, behaviour: Behaviour) -> None:
        if self.bind_type is None or not self.bind_type.sends or self.system_id is None:
            await self._send(codec.answer(frame, ESME_RINVBNDSTS))
            return
        if behaviour.submit_status != ESME_ROK:
            self._say(f"{command_name(frame.command_id)} refused, {describe(behaviour.submit_status)}")
            await self._send(codec.answer(frame, behaviour.submit_status))
            return
        message = ShortMessage.parse(frame)
        message_id = f"{next(self._state.numbers):08x}"
        await self._send(codec.answer(frame, ESME_ROK, c_octets(message_id)))
        self._say(f"{command_name(frame.command_id)} of {len(message.content)} octets accepted as message {message_id}")
        self._state.submissions.append(Submission(message_id, self.system_id, message))
        self._state.changed()
        if wants_receipt(message):
            self._chore(self._send_receipt(self.system_id, message_id, message))

    async def _send_receipt(self, system_id: str, message_id: str, message: ShortMessage) -> None:
        await asyncio.sleep(self._state.receipt_delay)
        session = self._state.receiver(system_id)
        if session is None:
            self._say(f"no receipt of {message_id}: {system_id!r} has no session that receives")
            return
        try:
            status = await session.deliver(receipt(message_id, message, datetime.now(UTC)), 30)
            self._say(f"receipt of {message_id} answered, {describe(status)}")
        except (SessionGone, TimeoutError) as error:
            self._say(f"receipt of {message_id} lost: {error}")

    async def _misbehave(self, fault: Fault) -> bool:
        """False: the session is over."""
        self._say(f"fault: {fault}")
        if wire := faults.octets(fault, self._next_sequence()):
            await self.line.send(wire)
        self._muted = fault is Fault.TRUNCATE
        if fault is Fault.RESET:
            self.line.reset()
        elif fault in ENDING:
            await self.line.close()
        return fault not in ENDING

    async def _send(self, *pdus: bytes) -> None:
        if not self._muted:
            await self.line.send(b"".join(pdus), self._behaviour.octet_delay)

    def _next_sequence(self) -> int:
        self._sequence += 1
        return self._sequence

    def _chore(self, work: Coroutine[object, object, object]) -> None:
        async def until_the_session_ends() -> None:
            with contextlib.suppress(OSError):
                await work

        task = asyncio.create_task(until_the_session_ends())
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)

    def _say(self, text: str) -> None:
        self._state.say(f"{self.label}: {text}")

    def _end(self, why: str) -> None:
        for chore in self._chores:
            chore.cancel()
        for answer in self._unanswered.values():
            if not answer.done():
                answer.set_exception(SessionGone(f"{self.label} ended before it answered"))
        del self._state.sessions[self.number]
        self._say(why)
        self._state.changed()
