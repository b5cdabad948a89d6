"""A client on aiosmpplib; see `../../clients.py` for its arguments and what it prints.

The correlator it ships looks at every open message for each PDU, which makes a long run take for ever; this one keeps
them in a dictionary.
"""

# The package is installed for the benchmark alone, where no type checker looks.
# pyright: reportMissingImports=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUntypedBaseClass=false

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any, Final

import uvloop
from aiosmpplib import (
    ESME,
    AbstractBroker,
    AbstractHook,
    DeliverSm,
    PhoneNumber,
    SubmitSm,
    SubmitSmResp,
)
from aiosmpplib.correlator import AbstractCorrelator
from aiosmpplib.log import ERROR
from aiosmpplib.state import NPI, TON

TEXT: Final = "x" * 160


class Correlator(AbstractCorrelator):
    """Requests by sequence number and accepted messages by id, each found at once; nothing expires."""

    def __init__(self) -> None:
        self._requests: dict[int, Any] = {}
        self._accepted: dict[str, Any] = {}

    async def put(self, smpp_message: Any) -> None:
        self._requests[smpp_message.sequence_num] = smpp_message

    async def get(self, response: Any) -> Any:
        return self._requests.pop(response.sequence_num, None)

    async def put_delivery(self, smsc_message_id: str, submit_sm: Any) -> None:
        self._accepted[smsc_message_id] = submit_sm

    async def get_delivery(self, receipt: Any) -> Any:
        return self._accepted.pop(receipt.parse_receipt()["id"], None)

    async def put_delivery_segmented(self, deliver_sm: Any) -> Any:
        return deliver_sm

    async def get_segmented(self, smpp_seq_num: int, remove: bool = False) -> tuple[None, int]:
        return None, 0

    async def expired(self, smpp_message: Any) -> None:
        pass

    def get_cumulated_status(self, ref_num: int) -> int:
        return 0


class Traffic(AbstractHook, AbstractBroker):
    """Gives the library its messages, never more than the window without a response, and counts what comes back."""

    def __init__(self, window: int, receipts: bool) -> None:
        self._room = asyncio.Semaphore(window)
        self._receipts = receipts
        self._unsent = self._outstanding = 0
        self._work = asyncio.Event()
        self._whole = asyncio.Event()

    async def run(self, count: int) -> None:
        """Have so many sent, and wait for all that comes back."""
        self._unsent, self._outstanding = count, count * (1 + self._receipts)
        self._whole.clear()
        self._work.set()
        await self._whole.wait()

    async def enqueue(self, message: Any) -> None:
        raise AssertionError("the library gave a message back")

    async def dequeue(self) -> Any:
        while not self._unsent:
            self._work.clear()
            await self._work.wait()
        self._unsent -= 1
        await self._room.acquire()
        source = PhoneNumber("12345", TON.ALPHANUMERIC, NPI.UNKNOWN)
        return SubmitSm(short_message=TEXT, source=source, destination=PhoneNumber("31612345678"), log_id="x")

    async def sending(self, smpp_message: Any, pdu: bytes, client_id: str) -> None:
        pass

    async def received(self, smpp_message: Any, pdu: bytes, client_id: str) -> None:
        if isinstance(smpp_message, SubmitSmResp):
            self._room.release()
        elif not isinstance(smpp_message, DeliverSm):
            return
        self._outstanding -= 1
        if not self._outstanding:
            self._whole.set()

    async def send_error(self, smpp_message: Any, error: Exception, client_id: str) -> None:
        raise error


def esme(port: int, account: str, traffic: Traffic, interval: int) -> Any:
    """A client that is not connected yet."""
    return ESME(
        "127.0.0.1",
        port,
        account,
        "secret",
        hook=traffic,
        broker=traffic,
        correlator=Correlator(),
        log_level=ERROR,
        enquire_link_interval=float(interval),
    )


async def load(port: int, count: int, warm_up: int, window: int, account: str) -> None:
    """One measured run."""
    traffic = Traffic(window, account == "receipts")
    running = asyncio.create_task(esme(port, account, traffic, 30).start())
    await traffic.run(warm_up)
    began, used = time.perf_counter(), time.process_time()
    await traffic.run(count)
    seconds, cpu = time.perf_counter() - began, time.process_time() - used
    print(json.dumps({"messages": count, "seconds": seconds, "cpu": cpu}), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    running.cancel()


async def idle(port: int, binds: int, interval: int) -> None:
    """Hold binds."""
    print(json.dumps({"ready": True}), flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    clients = [esme(port, "bench", Traffic(10, False), interval) for _ in range(binds)]
    tasks: list[asyncio.Task[None]] = []
    for client in clients:
        await client.connect()
        tasks.append(asyncio.create_task(client.start()))
    print(json.dumps({"bound": len(tasks)}), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    for task in tasks:
        task.cancel()


def main(arguments: list[str]) -> None:
    """Run."""
    mode, port, _, *rest = arguments
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if mode == "load":
            count, warm_up, window = map(int, rest[:3])
            runner.run(load(int(port), count, warm_up, window, rest[3]))
        else:
            runner.run(idle(int(port), *map(int, rest)))


if __name__ == "__main__":
    main(sys.argv[1:])
