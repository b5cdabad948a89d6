"""One session with an ESME: which answer each PDU gets, or which fault takes its place."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from sms_operator.smpp import codec
from sms_operator.smpp.command_status import ESME_RINVBNDSTS, ESME_RINVCMDID, ESME_RINVCMDLEN, ESME_ROK, describe
from sms_operator.smpp.commands import RESPONSE, Command, command_name
from sms_operator.smpp.errors import Malformed
from sms_operator.smpp.framing import Frame, FramingError

from . import faults
from .accounts import BIND_TYPE, Account, BindType
from .behaviour import Behaviour
from .binding import Reception
from .centre import ABOUT_MESSAGES, MESSAGES
from .chores import Chores
from .courier import SessionGone
from .faults import ARMING, ENDING, Fault, Stage
from .ledger import Attempt, Delivered
from .line import HangUp, Line
from .responder import Responder
from .state import State

STAGE_OF: Final[Mapping[int, Stage]] = {
    Command.ENQUIRE_LINK: Stage.ENQUIRE_LINK,
    **dict.fromkeys(MESSAGES, Stage.SUBMIT),
}


@dataclass(slots=True)
class Question:
    """A request of ours that waits for its response."""

    command_id: int
    sequence: int
    answer: asyncio.Future[int] = field(repr=False)
    """command_status, or SessionGone."""


class Session:
    """Reads one PDU after the other and answers it as the behaviour of that moment says."""

    def __init__(self, number: int, line: Line, state: State) -> None:
        self.number: Final = number
        self.line: Final = line
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
        self._questions: dict[int, Question] = {}
        self._chores = Chores()
        self._reception = Reception(self, state)
        self._responder = Responder(self.send, self._chores)
        self._passed: Counter[Stage] = Counter()

    async def run(self) -> None:
        """Until the connection ends, whoever ends it."""
        self._state.sessions[self.number] = self
        why = "closed by the simulator"
        try:
            fault = self._state.behaviour.faults.get(Stage.CONNECT)
            alive = fault is None or await self.misbehave(fault)
            while alive:
                alive = await self._handle(await self.line.read())
        except FramingError as error:
            why = f"dropped: {error}"
            with contextlib.suppress(OSError):
                await self.send(codec.nack(0, ESME_RINVCMDLEN))
        except HangUp as error:
            why = str(error)
        except OSError as error:
            why = f"lost: {error.strerror or error}"
        finally:
            self._end(why)

    def end(self, fault: Fault) -> None:
        """Ends a live session, or does it some other harm, now."""
        self._chores.start(self.misbehave(fault))

    def bound(self, system_id: str, kind: BindType) -> None:
        """The bind was accepted."""
        self.system_id, self.bind_type, self.since = system_id, kind, datetime.now(UTC)

    async def ask(self, command_id: int, body: bytes) -> Question:
        """Sends a request and returns when it is on the wire; `answer_to` is to follow.

        Raises:
            SessionGone: the session has ended.
        """
        self.last_delivery = next(self._state.numbers)
        question = self._question(command_id)
        try:
            await self.send(codec.encode(command_id, question.sequence, body=body))
        except OSError as error:
            del self._questions[question.sequence]
            raise SessionGone(f"{self.label} is gone: {error.strerror or error}") from None
        return question

    async def answer_to(self, question: Question, deadline: float) -> int:
        """The command_status of the response.

        Raises:
            SessionGone: the session ended first.
            TimeoutError: there was no answer within `deadline` seconds.
        """
        try:
            async with asyncio.timeout(deadline):
                return await question.answer
        except TimeoutError:
            name = command_name(question.command_id)
            raise TimeoutError(f"{self.label} did not answer the {name} within {deadline:g} s") from None
        finally:
            self._questions.pop(question.sequence, None)

    def enclose(self, command_id: int, body: bytes, entry: Delivered) -> bytes:
        """A request that is to be sent together with something else; its answer goes to the ledger."""
        question = self._question(command_id)
        attempt = Attempt(asyncio.get_running_loop().time(), self.number, question.sequence)
        entry.attempts.append(attempt)

        def note(answer: asyncio.Future[int]) -> None:
            self._questions.pop(question.sequence, None)
            if not answer.cancelled() and answer.exception() is None:
                attempt.status = answer.result()
                self._state.changed()

        question.answer.add_done_callback(note)
        return codec.encode(command_id, question.sequence, body=body)

    async def send(self, *pdus: bytes) -> None:
        """Sends octets at the pace of the behaviour. Raises OSError."""
        if not self._muted:
            await self.line.send(b"".join(pdus), self.behaviour.octet_delay)

    async def misbehave(self, fault: Fault, request: Frame | None = None) -> bool:
        """Does it, in place of the answer to this request; False: the session is over."""
        self.say(f"fault: {fault}")
        behaviour = self.behaviour
        if fault in ARMING:
            self.line.cut_after(behaviour.cut_octets, reset=fault is Fault.CUT_RESET)
            return True
        asked = (request.command_id | RESPONSE, request.sequence) if request is not None else (0, 0)
        if wire := faults.octets(fault, self.next_sequence(), asked, behaviour.octets):
            await self.line.send(wire)
        self._muted = fault is Fault.TRUNCATE
        match fault:
            case Fault.RESET:
                self.line.reset()
            case Fault.STOP_READING:
                self.line.stop_reading()
                if behaviour.pause_seconds:
                    self._chores.start(self._go_on_reading(behaviour.pause_seconds))
            case _ if fault in ENDING:
                await self.line.close()
            case _:
                pass
        return fault not in ENDING

    def due_fault(self, stage: Stage | None, behaviour: Behaviour) -> Fault | None:
        """The fault of this stage, once it was passed well as often as the behaviour says."""
        if stage is None or (fault := behaviour.faults.get(stage)) is None:
            return None
        self._passed[stage] += 1
        return fault if self._passed[stage] > behaviour.faults_after else None

    def next_sequence(self) -> int:
        """For a request of ours."""
        self._sequence += 1
        return self._sequence

    def say(self, text: str) -> None:
        """One line of the log."""
        self._state.say(f"{self.label}: {text}")

    @property
    def label(self) -> str:
        """How log lines call it."""
        return f"#{self.number} {self.system_id or self.line.peer}"

    @property
    def behaviour(self) -> Behaviour:
        """What holds for it at the moment."""
        return self._state.behaviour_of(self.system_id)

    async def _handle(self, frame: Frame) -> bool:
        """False: the session is over."""
        try:
            if frame.command_id & RESPONSE:
                return await self._handle_response(frame)
            if frame.command_id in BIND_TYPE:
                return await self._reception.receive(frame)
            return await self._handle_request(frame)
        except Malformed as error:
            self.say(f"{command_name(frame.command_id)} cannot be read: {error}")
            await self.send(codec.answer(frame, error.status))
            return True

    async def _handle_request(self, frame: Frame) -> bool:
        behaviour = self.behaviour
        stage = STAGE_OF.get(frame.command_id)
        if self._is_silent(behaviour, stage):
            self._note(frame)
            self.say(f"{command_name(frame.command_id)} left without an answer")
            return True
        fault = self.due_fault(stage, behaviour)
        if fault is not None:
            alive = await self.misbehave(fault, frame)
            if fault not in ARMING:
                self._note(frame)
                return alive
        await asyncio.sleep(behaviour.answer_delay)
        match frame.command_id:
            case Command.ENQUIRE_LINK:
                await self.send(codec.answer(frame))
            case Command.UNBIND:
                await self.send(codec.answer(frame))
                self.say("unbound by the ESME")
                return False
            case command if command in MESSAGES or command in ABOUT_MESSAGES:
                await self._handle_message(frame, behaviour)
            case _:
                self.say(f"{command_name(frame.command_id)} is not served: generic_nack")
                await self.send(codec.nack(frame.sequence, ESME_RINVCMDID))
        return True

    async def _handle_response(self, frame: Frame) -> bool:
        if frame.command_id == Command.UNBIND | RESPONSE:
            self.say("answered our unbind")
            return False
        if frame.command_id == Command.ENQUIRE_LINK | RESPONSE and self._reception.waits:
            return await self._reception.go_on()
        question = self._questions.get(frame.sequence)
        if question is not None and not question.answer.done():
            question.answer.set_result(frame.status)
        elif frame.command_id == Command.GENERIC_NACK:
            self.say(f"sent a generic_nack, {describe(frame.status)}")
        return True

    async def _handle_message(self, frame: Frame, behaviour: Behaviour) -> None:
        if self.bind_type is None or not self.bind_type.sends or self.system_id is None:
            await self.send(codec.answer(frame, ESME_RINVBNDSTS))
            return
        name = command_name(frame.command_id)
        centre = self._state.centre
        if frame.command_id in ABOUT_MESSAGES:
            verdict = centre.tell(frame, self.system_id)
            self.say(f"{name} answered, {describe(verdict.status)}")
            await self.send(codec.answer(frame, verdict.status, verdict.body))
            return
        incoming = centre.read(frame, self.system_id, self.number)
        account = self._state.accounts.get(self.system_id) or Account(self.system_id, "")
        verdict = centre.take(incoming, account)
        if verdict.status != ESME_ROK:
            self.say(f"{name} refused, {describe(verdict.status)}")
        for one in verdict.taken:
            self.say(f"{name} of {len(one.message.content)} octets accepted as message {one.message_id}")
        await self._state.reporter.report_early(verdict.taken)
        await self._responder.respond(frame, verdict.status, verdict.body, incoming.entries, behaviour.responses)
        self._state.reporter.report_later(verdict.taken)

    def _note(self, frame: Frame) -> None:
        """Messages that get no proper answer are in the ledger all the same."""
        if frame.command_id in MESSAGES and self.system_id is not None:
            with contextlib.suppress(Malformed):
                self._state.centre.read(frame, self.system_id, self.number)

    def _is_silent(self, behaviour: Behaviour, stage: Stage | None) -> bool:
        since = behaviour.silent_from
        if since is Stage.BOUND:
            return self.bind_type is not None
        return since is not None and (since in (Stage.CONNECT, Stage.BIND) or since is stage)

    def _question(self, command_id: int) -> Question:
        question = Question(command_id, self.next_sequence(), asyncio.get_running_loop().create_future())
        # That a session ended is no news to those who no longer wait for the answer.
        question.answer.add_done_callback(lambda answer: answer.cancelled() or answer.exception())
        self._questions[question.sequence] = question
        return question

    async def _go_on_reading(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self.line.go_on_reading()

    def _end(self, why: str) -> None:
        self._chores.cancel()
        for question in self._questions.values():
            if not question.answer.done():
                question.answer.set_exception(SessionGone(f"{self.label} ended before it answered"))
        del self._state.sessions[self.number]
        self.say(why)
