"""One gateway's corner of a stage: its SMSC, what stands between the two, and what may be asked of both."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any, Final

from sms_operator.dev.smsc import Account, Fault, NobodyBound, Session, SessionGone, Simulator
from sms_operator.dev.smsc.state import BindAttempt
from sms_operator.smpp.command_status import ESME_RX_T_APPN
from sms_operator.smpp.commands import Command
from support.tenant import Tenant

from .sampler import Confirmed, Sample, Sampler
from .tcp import SmppRelay
from .toxiproxy import Proxy, Toxiproxy

PASSWORD: Final = "secret"
INTERVAL: Final = 1.0
"""Seconds between enquire_links, the SMSC's own ones too."""
TIMEOUT: Final = 2.0
"""Seconds for a response, on both sides."""
SESSION: Final = {
    "enquireLinkInterval": f"{INTERVAL:g}s",
    "responseTimeout": f"{TIMEOUT:g}s",
    "reconnect": {"initial": "100ms", "max": "500ms"},
}
GAP: Final = 0.05
"""Seconds between messages on a busy link."""


class Register:
    """Counts what a simulator confirmed, of each login; an attempt is looked at once."""

    def __init__(self, smsc: Simulator) -> None:
        self._smsc = smsc
        self._made: Counter[str] = Counter()
        self._last: BindAttempt | None = None

    def confirmed(self, system_id: str) -> Confirmed:
        """Of this login, now."""
        attempts = self._smsc.state.attempts
        for attempt in reversed(attempts):
            if attempt is self._last:
                break
            self._made[attempt.system_id] += attempt.status == 0
        self._last = attempts[-1] if attempts else None
        return Confirmed(len(self._smsc.sessions(system_id)), self._made[system_id])


class Place:
    """A gateway, and an SMSC of its own that ends sessions whose ESME does not answer its enquire_link."""

    def __init__(self, name: str, smsc: Simulator, tenant: Tenant, sampler: Sampler) -> None:
        self.name = name
        """Of the gateway, and its system_id; at most 15 characters."""
        self.smsc = smsc
        self.port = smsc.port
        """What the gateway dials."""
        self.relay: SmppRelay | None = None
        self.proxy: Proxy | None = None
        self.sampler = sampler
        self._tenant = tenant
        self._busy: list[asyncio.Task[None]] = []
        self._register = Register(smsc)

    @property
    def sessions(self) -> list[Session]:
        """Bound ones."""
        return self.smsc.sessions(self.name)

    @property
    def samples(self) -> list[Sample]:
        """All so far."""
        return self.sampler.samples[self.name]

    def confirmed(self) -> Confirmed:
        """What the SMSC knows."""
        return self._register.confirmed(self.name)

    async def declare(self, **spec: Any) -> None:
        """Create the gateway, and sample it from now on."""
        self.sampler.watch(self.name, self.confirmed)
        spec = {"session": SESSION, **spec}
        await asyncio.to_thread(
            lambda: self._tenant.gateway(self.name, self.port, password=PASSWORD, system_id=self.name, **spec)
        )

    async def until_healthy(self, since: float = 0.0, deadline: float = 30.0) -> Sample:
        """Wait for a sample in which the link is claimed, and stands with as many binds as there shall be."""
        return await self.sampler.until(
            self.name, lambda sample: sample.healthy, "connected, and said so", since=since, deadline=deadline
        )

    def make_busy(self) -> None:
        """From now on messages come in, one after the other."""
        self._busy.append(asyncio.create_task(self._keep_busy(), name=f"busy {self.name}"))

    async def serves(self) -> bool:
        """Whether a message from a phone is answered: nobody takes it yet, so that the SMSC shall try again later."""
        try:
            return await self.smsc.inject(self.name, "+31600000000", "12345", "alive?", 2 * TIMEOUT) == ESME_RX_T_APPN
        except (NobodyBound, SessionGone, TimeoutError, OSError):
            return False

    async def rest(self) -> None:
        """No more messages, no more samples."""
        for task in self._busy:
            task.cancel()
        await asyncio.gather(*self._busy, return_exceptions=True)
        self.sampler.forget(self.name)

    async def retire(self) -> None:
        """Delete the gateway; returns when its last session has been unbound.

        Raises:
            TimeoutError: a session is left.
        """
        await self.rest()
        await asyncio.to_thread(lambda: self._tenant.delete("SmppGateway", self.name))
        await self.smsc.until_bound(self.name, 0, deadline=20.0)

    async def watch_sessions(self) -> None:
        """The SMSC's own enquire_links, until cancelled."""
        asking: dict[int, asyncio.Task[None]] = {}
        try:
            while True:
                for session in self.sessions:
                    if session.number not in asking or asking[session.number].done():
                        asking[session.number] = asyncio.create_task(_ask(session))
                await asyncio.sleep(INTERVAL)
        finally:
            for task in asking.values():
                task.cancel()
            await asyncio.gather(*asking.values(), return_exceptions=True)

    async def _keep_busy(self) -> None:
        number = 0
        while True:
            number += 1
            with suppress(NobodyBound, SessionGone, TimeoutError, OSError):
                await self.smsc.inject(self.name, "+31600000000", "12345", f"busy {number}", 2 * TIMEOUT)
            await asyncio.sleep(GAP)


async def _ask(session: Session) -> None:
    try:
        question = await session.ask(Command.ENQUIRE_LINK, b"")
        await session.answer_to(question, TIMEOUT)
    except TimeoutError:
        session.end(Fault.CLOSE)
    except (SessionGone, OSError):
        return


@asynccontextmanager
async def new_place(
    name: str, tenant: Tenant, sampler: Sampler, *, relayed: bool = False, toxic: Toxiproxy | None = None
) -> AsyncGenerator[Place]:
    """A place without its gateway; `relayed` or `toxic` says what stands between. At the end all of it goes."""
    async with AsyncExitStack() as stack:
        smsc = await stack.enter_async_context(Simulator([Account(name, PASSWORD)]))
        place = Place(name, smsc, tenant, sampler)
        if relayed:
            place.relay = await stack.enter_async_context(SmppRelay(smsc.port))
            place.port = place.relay.port
        if toxic is not None:
            place.proxy = await toxic.proxy(name, smsc.port)
            stack.push_async_callback(place.proxy.delete)
            place.port = place.proxy.port
        watching = asyncio.create_task(place.watch_sessions())
        try:
            yield place
        finally:
            watching.cancel()
            await asyncio.gather(watching, place.rest(), return_exceptions=True)
