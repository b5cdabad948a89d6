"""One bind, kept up: dials, waits for the answer, holds, and tries again as its failures advise."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final

import structlog

from sms_operator.protocol.messages import BindType, Endpoint, FailureReason, WantedLink
from sms_operator.smpp.codec import BindRequest, EncodingError
from sms_operator.smpp.command_status import ESME_RX_T_APPN
from sms_operator.smpp.commands import Command, command_name
from sms_operator.smpp.events import BindAccepted, BindRefused, Delivery, EndCause, Ended, Event, Oddity
from sms_operator.smpp.session import Session, State, Timers
from sms_operator.smpp.transport import SessionProtocol

from . import failures
from .backoff import Pace, delay
from .dial import DialError, DialLimits, dial, name_of
from .failures import Disposition, Failure
from .metrics import LinkMetrics
from .pacer import Pacer

COMMANDS: Final = {
    BindType.TRANSCEIVER: Command.BIND_TRANSCEIVER,
    BindType.RECEIVER: Command.BIND_RECEIVER,
    BindType.TRANSMITTER: Command.BIND_TRANSMITTER,
}
STANDING: Final = (State.BOUND, State.UNBINDING)
HOPE: Final = (Disposition.TRANSIENT, Disposition.CLASH, Disposition.SLOW, Disposition.PERMANENT)

DeliveryHandler = Callable[[Delivery], int]
"""Takes a message from the SMSC and returns the command_status of the answer: 0 only when it is safe with us."""


def keep_at_smsc(_: Delivery) -> int:
    """Nobody consumes messages yet: a temporary error makes the SMSC keep them and try again."""
    return ESME_RX_T_APPN


@dataclass(slots=True)
class Surroundings:
    """What all binds of the process share."""

    limits: DialLimits
    metrics: LinkMetrics
    pacer: Pacer
    random: Random
    scale: float = 1.0
    deliver: DeliveryHandler = keep_at_smsc


@dataclass(slots=True)
class BindState:
    """What is known of one bind."""

    bound: bool = False
    endpoint: str | None = None
    failure: Failure | None = None
    failing_since: float = 0.0
    throttled: bool = False


class Bind:
    """A task that keeps one bind of a link up until `close`. `changed` is called after every change of `state`."""

    def __init__(
        self, link: WantedLink, kind: BindType, surroundings: Surroundings, changed: Callable[[Bind], None]
    ) -> None:
        self.kind = kind
        self.state = BindState()
        self.link = link
        self._around = surroundings
        self._changed = changed
        self._log = structlog.get_logger("bind").bind(key=link.key, bind=kind.value)
        self._protocol: SessionProtocol | None = None
        self._outcome: asyncio.Future[Failure | None] | None = None
        self._gone: asyncio.Future[None] | None = None
        self._loss: Failure | None = None
        self._own_end = False
        self._poke = asyncio.Event()
        self._closing = False
        self._task = asyncio.create_task(self._keep(), name=f"bind {link.key}")

    def retime(self, link: WantedLink) -> None:
        """Take over the values of a changed wish that need no new bind."""
        self.link = link
        if self._protocol is not None and self._protocol.session.timers != self._timers():
            timers = self._protocol.session.timers
            timers.enquire_link_interval, timers.response_timeout = link.enquire_link_interval, link.response_timeout
            self._protocol.retime()

    def try_now(self) -> None:
        """Do not wait for the next attempt."""
        self._poke.set()

    def reconnect(self) -> None:
        """Leave this bind, if it stands, and make another at once; an attempt that is under way is one."""
        self._poke.set()
        if self._protocol is not None and self._protocol.session.state is State.BOUND:
            self._protocol.unbind()

    async def close(self) -> None:
        """Unbind in order, at most for the response timeout, and end the task."""
        self._closing = True
        gone = self._gone
        if self._protocol is not None and self._protocol.session.state in STANDING and gone is not None:
            self._protocol.unbind()
            try:
                async with asyncio.timeout(self.link.response_timeout + 1.0):
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
            try:
                async with asyncio.timeout(wait):
                    await self._poke.wait()
                attempt = 0
            except TimeoutError:
                pass
            self._poke.clear()

    async def _round(self) -> tuple[Failure, Disposition, float]:
        """Try the endpoints in order until one binds; returns after it is lost, or when none does.

        Returns:
            The failure to show, the most hopeful disposition met, and the seconds the bind stood.
        """
        met: list[Failure] = []
        for endpoint in self.link.endpoints:
            failure, lasted = await self._attempt(endpoint)
            if lasted is not None:
                return failure, failure.disposition, lasted
            met.append(failure)
            if self._closing or not failure.of_network:
                break
        refusal = next((failure for failure in met if not failure.of_network), met[0])
        hope = refusal.disposition if not met[-1].of_network else min((one.disposition for one in met), key=HOPE.index)
        return refusal, hope, 0.0

    async def _attempt(self, endpoint: Endpoint) -> tuple[Failure, float | None]:
        """One connection, from dialling until it is gone; the seconds for which it was bound, None for never."""
        loop = asyncio.get_running_loop()
        self._outcome, self._gone = loop.create_future(), loop.create_future()
        self._loss, self._own_end = None, False
        where = name_of(endpoint)
        metrics = self._around.metrics
        try:
            session = Session(self._request(), self._timers())
            await self._around.pacer.turn()
            self._protocol = await dial(
                endpoint,
                self.link.tls,
                self._around.limits,
                lambda: SessionProtocol(
                    session, lambda event: self._on_event(event, session, where), self._on_lost(where)
                ),
            )
            refusal = await self._outcome
        except DialError as error:
            refusal = error.failure
        except EncodingError as error:
            refusal = failures.unsendable(error, self.link.key)
        finally:
            if not self._outcome.done():
                self._drop()
        metrics.attempt(self.link.key, "bound" if refusal is None else refusal.reason.value)
        if refusal is not None:
            self._drop()
            return refusal, None
        since = time.monotonic()
        self._bound(where)
        try:
            await asyncio.shield(self._gone)
        finally:
            self._drop()
            self.state.bound = False
        failure = self._loss or Failure(FailureReason.PEER_UNBOUND, f"{where}: the bind was ended")
        metrics.disconnect(self.link.key, "Unbound" if self._own_end else failure.reason.value)
        return failure, time.monotonic() - since

    def _request(self) -> BindRequest:
        link = self.link
        return BindRequest(
            COMMANDS[self.kind],
            link.system_id,
            link.password,
            link.system_type,
            link.interface_version,
            link.addr_ton,
            link.addr_npi,
            link.address_range,
        )

    def _timers(self) -> Timers:
        return Timers(self.link.enquire_link_interval, self.link.response_timeout)

    def _on_event(self, event: Event, session: Session, where: str) -> None:
        metrics = self._around.metrics
        match event:
            case BindAccepted():
                self._settle(None)
            case BindRefused(status):
                name = command_name(COMMANDS[self.kind])
                self._settle(failures.refused(status, name, where, self.link.password))
            case Ended():
                self._own_end = event.cause is EndCause.UNBOUND
                self._loss = failures.ended(event, where)
                self._settle(self._loss)
            case Delivery():
                status = self._around.deliver(event)
                metrics.delivery(self.link.key, status)
                session.answer(event, status)
            case Oddity(what):
                metrics.oddity(self.link.key)
                self._log.debug("passed over", what=what)

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
        self._poke.clear()
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
