"""Our client: a link as the data plane holds it, everything on; see `clients.py` for its arguments and what it prints.

`load` takes one argument more: messages that are sent before the warm-up and whose receipts never come.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import sys
import time
from pathlib import Path
from random import Random
from typing import Final

import structlog
import uvloop

from sms_operator.links.addresses import parse_networks
from sms_operator.links.dial import DialLimits
from sms_operator.links.link import Link
from sms_operator.links.metrics import LinkMetrics
from sms_operator.links.outgoing import SendOptions, TextMessage
from sms_operator.links.pacer import Pacer
from sms_operator.links.received import Received, ReceivedReceipt, Verdict
from sms_operator.links.surroundings import Surroundings
from sms_operator.links.table import LinkTable
from sms_operator.protocol.messages import BindType, Endpoint, LinkFact, TlsOptions, WantedLink
from sms_operator.smpp.address import Address

THROUGHPUT: Final = 1_000_000.0
"""Messages a second: a limit that is never reached, so that keeping it is part of what is measured."""
OPTIONS: Final = SendOptions(source=Address("12345", 5, 0), registered_delivery=1)
TEXT: Final = "x" * 160
PHONE: Final = Address("31612345678", 1, 1)
SILENT_PHONE: Final = Address("91612345678", 1, 1)
"""The SMSC sends no receipt for it."""


class Bench:
    """A table of links, and what came back."""

    def __init__(self) -> None:
        limits = DialLimits(parse_networks("127.0.0.0/8"), 10.0)
        self.table = LinkTable(Surroundings(limits, LinkMetrics(), Pacer(), Random(), deliver=self._take))
        self._bound: set[str] = set()
        self._news = asyncio.Event()
        self._receipts = 0
        self._wanted = 0
        self._whole = asyncio.Event()
        self.table.listen(self._hear)

    def _hear(self, facts: list[LinkFact]) -> None:
        self._bound.update(fact.key for fact in facts if fact.binds_connected)
        self._news.set()

    def _take(self, received: Received) -> Verdict:
        assert isinstance(received, ReceivedReceipt), "only receipts come"
        assert received.tracked is not None, "a receipt for a message that nobody sent"
        self._receipts += 1
        if self._receipts == self._wanted:
            self._whole.set()
        return Verdict.ACCEPT

    async def bound(self, links: int) -> None:
        """Wait until so many links are up."""
        while len(self._bound) < links:
            self._news.clear()
            await self._news.wait()

    async def send(self, link: Link, count: int, window: int, receipts: bool, phone: Address = PHONE) -> None:
        """Send so many from `window` tasks, each waiting for the outcome, and wait for all that comes back."""
        self._receipts, self._wanted = 0, count if receipts else 0
        self._whole.clear()
        left = count

        async def sender() -> None:
            nonlocal left
            while left > 0:
                left -= 1
                await link.submit(TextMessage(phone, TEXT, OPTIONS))

        await asyncio.gather(*(sender() for _ in range(window)))
        if receipts:
            await self._whole.wait()


def wish(port: str, authority: str, number: int, window: int, account: str, interval: float = 30.0) -> WantedLink:
    """A gateway with one transceiver."""
    return WantedLink(
        key=f"bench/gateway-{number}",
        uid=f"uid-{number}",
        revision="1",
        endpoints=(Endpoint("127.0.0.1", int(port)),),
        bind_types=(BindType.TRANSCEIVER,),
        system_id=account,
        password="secret",
        tls=None if authority == "-" else TlsOptions(trust_pem=Path(authority).read_text()),
        enquire_link_interval=interval,
        window_size=window,
        throughput=THROUGHPUT,
    )


async def load(port: str, authority: str, numbers: list[int], account: str, opened: int) -> None:
    """One measured run."""
    count, warm_up, window = numbers
    receipts = account == "receipts"
    bench = Bench()
    wanted = wish(port, authority, 0, window, account)
    bench.table.want(wanted)
    await bench.bound(1)
    link = bench.table.link(wanted.key)
    assert link is not None, "it is bound"
    if opened:
        await bench.send(link, opened, window, False, SILENT_PHONE)
    await bench.send(link, warm_up, window, receipts)
    began, used = time.perf_counter(), time.process_time()
    await bench.send(link, count, window, receipts)
    seconds, cpu = time.perf_counter() - began, time.process_time() - used
    print(json.dumps({"messages": count, "seconds": seconds, "cpu": cpu}), flush=True)
    await asyncio.to_thread(sys.stdin.read)


async def idle(port: str, authority: str, binds: int, interval: int) -> None:
    """Hold binds, each of a gateway of its own."""
    bench = Bench()
    print(json.dumps({"ready": True}), flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    for number in range(binds):
        bench.table.want(wish(port, authority, number, 10, "bench", float(interval)))
    await bench.bound(binds)
    gc.collect()
    print(json.dumps({"bound": binds}), flush=True)
    await asyncio.to_thread(sys.stdin.read)


def main(arguments: list[str]) -> None:
    """Run."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    mode, port, authority, *rest = arguments
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if mode == "load":
            opened = int(rest[4]) if len(rest) > 4 else 0
            runner.run(load(port, authority, [int(one) for one in rest[:3]], rest[3], opened))
        else:
            runner.run(idle(port, authority, int(rest[0]), int(rest[1])))


if __name__ == "__main__":
    main(sys.argv[1:])
