"""Plans against links that send, in the process of the test: what becomes of every message when the link fails."""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final

from sms_operator.dev.smsc import Account, Simulator
from sms_operator.links.desk import Desk
from sms_operator.links.outcomes import NotSent, OutcomeUnknown
from sms_operator.links.outgoing import TextMessage
from sms_operator.protocol.messages import WantedLink
from sms_operator.smpp.address import Address
from sms_operator.smpp.commands import Command, command_name
from support.dataplane import wanted
from support.linkbench import LinkBench

from .outcome import Outcome
from .peers_harms import TOXICS, WHERE
from .peers_place import INTERVAL, TIMEOUT
from .peers_plans import DEADLINE, FAMILY, HALF_OPEN, SETTLED, Expect
from .tcp import Cut, How, Meets, SmppRelay, Way
from .toxiproxy import Toxic, Toxiproxy

PHONE: Final = Address("31612345678", 1, 1)
MESSAGES: Final = 12
"""Sent in one go before the harm, more than a window."""
WINDOW: Final = 5
NTH: Final = 4
"""Of the requests or responses: the one at which a link fails, with others under way."""
ENDS: Final = (How.RESET, How.CLOSE, How.SILENCE)


@dataclass(frozen=True)
class SubmitPlan:
    """One harm to a link that sends: a cut, or a toxic."""

    harm: Cut | Toxic
    expect: Expect

    def __str__(self) -> str:
        if isinstance(self.harm, Toxic):
            return f"{self.harm}, link sending"
        harm = self.harm
        return f"{harm.how} {WHERE[harm.octets]} {command_name(harm.command)} {harm.way}, link sending"


def submit_plans() -> Iterator[SubmitPlan]:
    """A cut at each side of request and response, and every toxic."""
    for how in ENDS:
        for way, command in ((Way.TO_SMSC, Command.SUBMIT_SM), (Way.TO_ESME, Command.SUBMIT_SM_RESP)):
            for octets in WHERE:
                expect = Expect.HALF_OPEN if how is How.SILENCE else Expect.RESET
                yield SubmitPlan(Cut(way, command, octets, how, NTH), expect)
    for toxic, expect in TOXICS:
        yield SubmitPlan(toxic, expect)


async def carry_out_all(toxiproxy: Toxiproxy, plans: list[SubmitPlan]) -> list[Outcome]:
    """All at once, each with a link and an SMSC of its own; the outcomes in their order."""
    return await asyncio.gather(*(_Run(plan, number, toxiproxy).outcome() for number, plan in enumerate(plans)))


class _Run:
    """One plan under way."""

    def __init__(self, plan: SubmitPlan, number: int, toxiproxy: Toxiproxy) -> None:
        self._plan = plan
        self._name = f"sender-{number}"
        self._toxiproxy = toxiproxy
        self._bench = LinkBench()
        self._became: dict[str, str] = {}
        self._complaints: list[str] = []

    async def outcome(self) -> Outcome:
        """From the first bind to the last message."""
        seconds: float | None = None
        try:
            async with AsyncExitStack() as stack:
                seconds = await self._play(stack)
        except (AssertionError, TimeoutError, RuntimeError, OSError) as error:
            self._complaints.append(f"{type(error).__name__}: {error}")
        return Outcome(
            FAMILY,
            str(self._plan),
            1,
            converged=seconds is not None,
            seconds=seconds,
            complaint="; ".join(self._complaints),
        )

    async def _play(self, stack: AsyncExitStack) -> float:
        smsc = await stack.enter_async_context(Simulator([Account(self._name, "secret")]))
        port, begin, end = await self._between(stack, smsc)
        link = wanted(
            port,
            key=f"tenant/{self._name}",
            system_id=self._name,
            window_size=WINDOW,
            enquire_link_interval=INTERVAL,
            response_timeout=TIMEOUT,
            reconnect_initial=0.1,
            reconnect_max=0.3,
        )
        bench = self._bench
        bench.table.want(link)
        stack.push_async_callback(bench.table.close)
        await bench.until_bound(link)
        found = bench.table.link(link.key)
        assert found is not None
        desk = found.messages
        start = time.monotonic()
        await begin()
        first = [self._submit(desk, f"first {number}") for number in range(MESSAGES)]
        await self._see_the_loss(link, start)
        healed = time.monotonic()
        await end()
        await asyncio.gather(*first)
        await bench.until_bound(link)
        seconds = time.monotonic() - healed
        await asyncio.sleep(SETTLED)
        await asyncio.gather(*(self._submit(desk, f"last {number}") for number in range(WINDOW)))
        self._judge(smsc)
        return seconds

    async def _between(
        self, stack: AsyncExitStack, smsc: Simulator
    ) -> tuple[int, Callable[[], Awaitable[None]], Callable[[], Awaitable[None]]]:
        """What stands between link and SMSC: its port, and how it begins and ends to do harm."""
        harm = self._plan.harm
        if isinstance(harm, Toxic):
            proxy = await self._toxiproxy.proxy(self._name, smsc.port)
            stack.push_async_callback(proxy.delete)
            return proxy.port, lambda: proxy.add(harm), proxy.renew
        relay = await stack.enter_async_context(SmppRelay(smsc.port))

        async def arm() -> None:
            relay.arm(harm, Meets.SILENCE if harm.how is How.SILENCE else Meets.REFUSAL)

        return relay.port, arm, relay.heal

    async def _see_the_loss(self, link: WantedLink, start: float) -> None:
        expect = self._plan.expect
        if expect in (Expect.RESET, Expect.HALF_OPEN):
            await self._bench.until(link.key, lambda fact: fact.failure is not None, "the link is lost")
            seconds = time.monotonic() - start
            if seconds > HALF_OPEN:
                self._complaints.append(f"lost after {seconds:.1f} s, allowed are {HALF_OPEN:g}")
        else:
            await asyncio.sleep(SETTLED)
            if expect is Expect.HOLD and any(fact.failure for fact in self._bench.history):
                self._complaints.append("it did not hold")

    def _submit(self, desk: Desk, text: str) -> asyncio.Task[None]:
        async def work() -> None:
            try:
                await desk.submit(TextMessage(PHONE, text), DEADLINE)
            except OutcomeUnknown:
                self._became[text] = "unknown"
            except NotSent:
                self._became[text] = "not sent"
            else:
                self._became[text] = "accepted"

        return asyncio.create_task(work())

    @property
    def _windows(self) -> int:
        """How many windows can go out into nowhere: on a half-open link one, and one each response timeout after it."""
        if self._plan.expect is not Expect.HALF_OPEN and self._plan.expect is not Expect.EITHER:
            return 1
        return math.ceil((INTERVAL + TIMEOUT) / TIMEOUT)

    def _judge(self, smsc: Simulator) -> None:
        had = Counter(one.content.decode() for one in smsc.ledger.submitted)
        doubled = [text for text, count in had.items() if count > 1]
        became = self._became
        lost = [text for text, end in became.items() if end == "accepted" and text not in had]
        kept = [text for text, end in became.items() if end == "not sent" and text in had]
        unknown = [text for text, end in became.items() if end == "unknown"]
        after = {end for text, end in became.items() if text.startswith("last")}
        sessions = len(smsc.sessions(self._name))
        for found, words in (
            (doubled, "had twice"),
            (lost, "accepted and never had"),
            (kept, "had, and said not to be sent"),
            (unknown[self._windows * WINDOW :], "unknown beyond what may be under way"),
            ([] if after == {"accepted"} else sorted(after), "became of messages after it"),
            ([] if sessions == 1 or self._plan.expect is Expect.HALF_OPEN else [sessions], "sessions"),
            ([] if len(became) == MESSAGES + WINDOW else [len(became)], "messages have an outcome"),
        ):
            if found:
                self._complaints.append(f"{words}: {found}")
