"""One bind, kept up: dials, waits for the answer, holds, and tries again as its failures advise."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import structlog

from sms_operator.protocol.messages import BindType, Endpoint, FailureReason, WantedLink
from sms_operator.smpp.codec import BindRequest, EncodingError
from sms_operator.smpp.commands import Command, command_name
from sms_operator.smpp.events import Alive, Answered, BindAccepted, BindRefused, EndCause, Ended, Event, Oddity
from sms_operator.smpp.session import Session
from sms_operator.smpp.states import STANDING, State, Timers
from sms_operator.smpp.transport import SessionProtocol

from . import failures
from .backoff import Pace, delay
from .dial import DialError, dial, name_of
from .failures import Disposition, Failure
from .surroundings import Surroundings

COMMANDS: Final = {
    BindType.TRANSCEIVER: Command.BIND_TRANSCEIVER,
    BindType.RECEIVER: Command.BIND_RECEIVER,
    BindType.TRANSMITTER: Command.BIND_TRANSMITTER,
}
HOPE: Final = (Disposition.TRANSIENT, Disposition.CLASH, Disposition.SLOW, Disposition.PERMANENT)


def bind_request(link: WantedLink, kind: BindType) -> BindRequest:
    """The first request of a bind of this kind."""
    return BindRequest(
        COMMANDS[kind],
        link.system_id,
        link.password,
        link.system_type,
        link.interface_version,
        link.addr_ton,
        link.addr_npi,
        link.address_range,
    )


@dataclass(slots=True)
class BindState:
    """What is known of one bind."""

    bound: bool = False
    endpoint: str | None = None
    place: int = 0
    """Of the endpoint among those of the wish."""
    failure: Failure | None = None
    failing_since: float = 0.0
    throttled: bool = False


class Messages(Protocol):
    """Where a bind's messages come from and go to."""

    def opened(self, way: SessionProtocol) -> None:
        """The bind stands, and is of a type that sends."""
        ...

    def lost(self, way: SessionProtocol) -> None:
        """It stands no longer."""
        ...

    def writable(self) -> None:
        """It can take requests again."""
        ...

    def answered(self, event: Answered, way: SessionProtocol) -> None:
        """A response to a request of ours."""
        ...

    def handle(self, event: Event, way: SessionProtocol) -> None:
        """Anything else that is not about the bind itself."""
        ...


class Bind:
    """A task that keeps one bind of a link up until `close`. `changed` is called after every change of `state`."""

    def __init__(
        self,
        link: WantedLink,
        kind: BindType,
        surroundings: Surroundings,
        messages: Messages,
        changed: Callable[[Bind], None],
        reach: int | None = None,
    ) -> None:
        """`reach`: how many of the endpoints it may try until it has stood once; None: all."""
        self.kind = kind
        self.state = BindState()
        self.link = link
        self._around = surroundings
        self._tally = surroundings.metrics.tally(link.key)
        self._messages = messages
        self._changed = changed
        self._reach = reach
        self._protocol: SessionProtocol | None = None
        self._outcome: asyncio.Future[Failure | None] | None = None
        self._gone: asyncio.Future[None] | None = None
        self._loss: Failure | None = None
        self._own_end = False
        self._poked = False
        self._wait: asyncio.Future[None] | None = None
        self._closing = False
        self._task = asyncio.create_task(self._keep(), name=f"bind {link.key}")

    def retime(self, link: WantedLink) -> None:
        """Take over the values of a changed wish that need no new bind."""
        self.link = link
        if self._protocol is None:
            return
        session = self._protocol.session
        session.window.size = link.window_size
        if session.timers != self._timers():
            session.timers = self._timers()
            self._protocol.retime()

    @property
    def _log(self) -> structlog.stdlib.BoundLogger:
        return structlog.get_logger("bind").bind(key=self.link.key, bind=self.kind.value)

    def try_now(self) -> None:
        """Do not wait for the next attempt."""
        self._poked = True
        if self._wait is not None and not self._wait.done():
            self._wait.set_result(None)

    def reconnect(self) -> None:
        """Leave this bind, if it stands, and make another at once; an attempt that is under way is one."""
        self.try_now()
        if self._protocol is not None and self._protocol.session.state is State.BOUND:
            self._protocol.unbind()

    async def close(self) -> None:
        """Let what is under way come to its end, unbind, and end the task; at most for two response timeouts."""
        self._closing = True
        gone = self._gone
        if self._protocol is not None and self._protocol.session.state in STANDING and gone is not None:
            self._protocol.unbind()
            try:
                async with asyncio.timeout(2 * self.link.response_timeout + 1.0):
                    await asyncio.shield(gone)
            except TimeoutError:
                self._protocol.abort()
        elif self._protocol is not None:
            self._protocol.abort()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _keep(self) -> None:
        attempt = 0
        while not self._closing:
            try:
                failure, hope, lasted = await self._round()
            except Exception as error:  # noqa: BLE001 - a fault of ours costs one attempt, never the bind for good
                self._log.exception("attempt failed by a fault of the operator")
                message = f"a fault of the operator: {type(error).__name__}; its log has the details"
                failure, lasted = Failure(FailureReason.PROTOCOL_ERROR, message), 0.0
                hope = failure.disposition
            if self._closing:
                return
            pace = Pace(
                self.link.reconnect_initial,
                self.link.reconnect_max,
                self.link.enquire_link_interval,
                self._around.scale,
            )
            attempt = 1 if lasted >= pace.steady else attempt + 1
            wait = delay(hope, attempt, pace, self._around.random.random())
            self._fail(failure)
            self._log.info(
                "bind is down", reason=failure.reason, message=failure.message, again_in_seconds=round(wait, 1)
            )
            if await self._poked_within(wait):
                attempt = 0

    async def _poked_within(self, seconds: float) -> bool:
        """Wait, or until there is a reason to try at once."""
        if not self._poked:
            self._wait = asyncio.get_running_loop().create_future()
            await asyncio.wait((self._wait,), timeout=seconds)
            self._wait = None
        poked, self._poked = self._poked, False
        return poked

    async def _round(self) -> tuple[Failure, Disposition, float]:
        """Try the endpoints in order until one binds; returns after it is lost, or when none does.

        Returns:
            The failure to show, the most hopeful disposition met, and the seconds the bind stood.
        """
        met: list[Failure] = []
        for place, endpoint in enumerate(self.link.endpoints[: self._reach]):
            failure, lasted = await self._attempt(endpoint, place)
            if lasted is not None:
                return failure, failure.disposition, lasted
            met.append(failure)
            if self._closing or not failure.of_network:
                break
        refusal = next((failure for failure in met if not failure.of_network), met[0])
        hope = refusal.disposition if not met[-1].of_network else min((one.disposition for one in met), key=HOPE.index)
        return refusal, hope, 0.0

    async def _attempt(self, endpoint: Endpoint, place: int) -> tuple[Failure, float | None]:
        """One connection, from dialling until it is gone; the seconds for which it was bound, None for never."""
        loop = asyncio.get_running_loop()
        self._outcome, self._gone = loop.create_future(), loop.create_future()
        self._loss, self._own_end = None, False
        where = name_of(endpoint)
        way: SessionProtocol | None = None
        try:
            session = Session(
                bind_request(self.link, self.kind), self._timers(), self.link.window_size, self._tally.traffic
            )
            await self._around.pacer.turn()
            self._protocol = await dial(
                endpoint,
                self.link.tls,
                self._around.limits,
                lambda: self._new_protocol(session, where),
            )
            way = self._protocol
            refusal = await self._outcome
        except DialError as error:
            refusal = error.failure
        except EncodingError as error:
            refusal = failures.unsendable(error, self.link.key)
        finally:
            if not self._outcome.done():
                self._drop()
        self._tally.count("smpp_bind_attempts", "bound" if refusal is None else refusal.reason.value)
        if refusal is not None or way is None:
            assert refusal is not None, "without a connection there is a reason"
            self._drop()
            return refusal, None
        since, self._reach = time.monotonic(), None
        self.state.place = place
        self._bound(where)
        if self.kind.sends:
            self._messages.opened(way)
        try:
            await asyncio.shield(self._gone)
        finally:
            self._messages.lost(way)
            self._drop()
            self.state.bound = False
        failure = self._loss or Failure(FailureReason.PEER_UNBOUND, f"{where}: the bind was ended")
        self._tally.count("smpp_disconnects", "Unbound" if self._own_end else failure.reason.value)
        return failure, time.monotonic() - since

    def _timers(self) -> Timers:
        return Timers(self.link.enquire_link_interval, self.link.response_timeout)

    def _new_protocol(self, session: Session, where: str) -> SessionProtocol:
        def on_event(event: Event) -> None:
            self._on_event(event, protocol)

        messages = self._messages
        protocol = SessionProtocol(session, on_event, self._on_lost(where), messages.writable, messages.answered, where)
        return protocol

    def _on_event(self, event: Event, way: SessionProtocol) -> None:
        match event:
            case BindAccepted():
                self._settle(None)
            case BindRefused(status):
                name = command_name(COMMANDS[self.kind])
                self._settle(failures.refused(status, name, way.peer, self.link.password))
            case Ended():
                self._own_end = event.cause is EndCause.UNBOUND
                self._loss = failures.ended(event, way.peer)
                self._settle(self._loss)
            case Alive(seconds):
                self._tally.alive(seconds)
            case Oddity(what, unknown_command):
                self._tally.count("smpp_unknown_pdus" if unknown_command else "smpp_oddities")
                self._log.debug("passed over", what=what)
            case _:
                self._messages.handle(event, way)

    def _on_lost(self, where: str) -> Callable[[Exception | None], None]:
        outcome, gone = self._outcome, self._gone

        def lost(error: Exception | None) -> None:
            if outcome is None or gone is None or gone.done():
                return
            if not outcome.done():
                tls, link = self.link.tls is not None, self.link
                identity = link.tls is not None and link.tls.identity_pem is not None
                outcome.set_result(failures.lost(error, where, bound=False, tls=tls, identity=identity))
            elif self._loss is None:
                self._loss = failures.lost(error, where, bound=True, tls=False, identity=False)
            gone.set_result(None)

        return lost

    def _settle(self, refusal: Failure | None) -> None:
        if self._outcome is not None and not self._outcome.done():
            self._outcome.set_result(refusal)

    def _bound(self, where: str) -> None:
        self._poked = False
        self.state.bound, self.state.endpoint = True, where
        self.state.failure, self.state.throttled = None, False
        self._log.info("bound", endpoint=where)
        self._changed(self)

    def _fail(self, failure: Failure) -> None:
        state, now = self.state, time.monotonic()
        known = state.failure
        same = known is not None and (known.reason, known.command_status) == (failure.reason, failure.command_status)
        state.failure, state.throttled = failure, failure.command_status in failures.THROTTLING
        state.bound, state.endpoint = False, None
        if not same:
            state.failing_since = now
        self._changed(self)

    def _drop(self) -> None:
        if self._protocol is not None:
            self._protocol.abort()
            self._protocol = None
