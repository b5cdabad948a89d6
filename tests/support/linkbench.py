"""All links in the process of the test: quick, and every moment of a bind can be looked at."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random
from typing import Final

from sms_operator.dev.smsc import Simulator
from sms_operator.links.addresses import parse_networks
from sms_operator.links.dial import DialLimits
from sms_operator.links.metrics import LinkMetrics
from sms_operator.links.pacer import Pacer
from sms_operator.links.received import Handler
from sms_operator.links.surroundings import Surroundings
from sms_operator.links.table import LinkTable
from sms_operator.protocol.messages import FailureReason, LinkFact, WantedLink
from support.dataplane import LOOPBACK
from support.waiting import eventually_async

DEADLINE: Final = 10.0
"""Seconds within which what a test waits for has to happen."""


class LinkBench:
    """A table of links, the last fact of each, and all facts in order."""

    def __init__(self, scale: float = 0.01, deliver: Handler | None = None, allowed: str = LOOPBACK) -> None:
        self.metrics = LinkMetrics()
        limits = DialLimits(parse_networks(allowed), 1.0)
        self.table = LinkTable(Surroundings(limits, self.metrics, Pacer(), Random(1), scale, deliver))
        self.facts: dict[str, LinkFact] = {}
        self.history: list[LinkFact] = []
        self._news = asyncio.Event()
        self.table.listen(self._take)

    async def until(self, key: str, holds: Callable[[LinkFact], bool], what: str) -> LinkFact:
        """Waits for a fact of this link that is so, and returns it."""
        try:
            async with asyncio.timeout(DEADLINE):
                while (fact := self.facts.get(key)) is None or not holds(fact):
                    await self._news.wait()
                return fact
        except TimeoutError:
            raise AssertionError(f"not within {DEADLINE:g} s: {what}; last: {self.facts.get(key)}") from None

    async def until_bound(self, link: WantedLink) -> LinkFact:
        """Waits until this wish, and nothing former, is up."""
        return await self.until(
            link.key,
            lambda fact: (
                (fact.revision, fact.binds_connected, fact.former_connected) == (link.revision, len(link.binds), 0)
            ),
            f"{link.key} at revision {link.revision} bound",
        )

    async def until_failed(self, link: WantedLink, reason: FailureReason) -> LinkFact:
        """Waits until this wish has failed for this reason."""
        return await self.until(
            link.key,
            lambda fact: fact.revision == link.revision and fact.failure is not None and fact.failure.reason is reason,
            f"{link.key} failed: {reason}",
        )

    async def until_sample(self, name: str, **labels: str) -> None:
        """Waits until a metric of the gateway is there and not 0."""

        async def there() -> float | None:
            return self.sample(name, **labels)

        await eventually_async(there, describe=f"{name} {labels}")

    def sample(self, name: str, gateway: str = "gateway", **labels: str) -> float | None:
        """The value of a metric of this gateway in the namespace `tenant`; None: there is no such series."""
        return self.metrics.registry.get_sample_value(name, {"namespace": "tenant", "gateway": gateway, **labels})

    def _take(self, facts: list[LinkFact]) -> None:
        self.facts.update({fact.key: fact for fact in facts})
        self.history += facts
        self._news.set()
        self._news = asyncio.Event()


class Watch:
    """The least number of sessions that an SMSC has seen bound since `start`, looked at whenever anything happens."""

    def __init__(self) -> None:
        self._smsc: Simulator | None = None
        self.least = 0
        self.most = 0

    def start(self, smsc: Simulator) -> None:
        """From now on."""
        self._smsc = smsc
        self.least = self.most = len(smsc.sessions())

    def __call__(self, line: str) -> None:
        """The simulator's log: one line for everything that happens, `line` itself is of no interest."""
        del line
        if self._smsc is not None:
            now = len(self._smsc.sessions())
            self.least, self.most = min(self.least, now), max(self.most, now)
