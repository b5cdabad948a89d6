"""A client on smpp34 (a Rust core); see `../../clients.py` for its arguments and what it prints.

It sends enquire_link every 30 s by itself, which cannot be set, and answers receipts by itself.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Final

import smpp34
import uvloop

TEXT: Final = b"x" * 160
INBOUND: Final = 100_000
"""Receipts that may wait for us; beyond it the library refuses them."""


class Counting:
    """A session with what came back counted."""

    def __init__(self, session: smpp34.Smsc, window: int) -> None:
        self._session = session
        self._window = window
        self._receipts = 0
        self._wanted = 0
        self._whole = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        while not isinstance(await self._session.next(), smpp34.Disconnected):
            self._receipts += 1
            if self._receipts == self._wanted:
                self._whole.set()

    async def run(self, count: int, receipts: bool) -> None:
        """Send so many, never more than the window without a response, and wait for all that comes back."""
        left = count
        self._receipts, self._wanted = 0, count if receipts else 0
        self._whole.clear()

        async def send() -> None:
            nonlocal left
            while left > 0:
                left -= 1
                response = await self._session.submit_sm(
                    "31612345678",
                    TEXT,
                    source_addr="12345",
                    source_addr_ton=5,
                    dest_addr_ton=1,
                    dest_addr_npi=1,
                    registered_delivery=1,
                )
                assert response.is_success, response.command_status

        await asyncio.gather(*(send() for _ in range(self._window)))
        if receipts:
            await self._whole.wait()


async def bind(port: int, account: str, window: int) -> smpp34.Smsc:
    """A bound session."""
    client = smpp34.Client(
        "127.0.0.1", port, account, "secret", bind_type="TRX", window_size=window, inbound_capacity=INBOUND
    )
    return await client.connect()


async def load(port: int, count: int, warm_up: int, window: int, account: str) -> None:
    """One measured run."""
    receipts = account == "receipts"
    client = Counting(await bind(port, account, window), window)
    await client.run(warm_up, receipts)
    began, used = time.perf_counter(), time.process_time()
    await client.run(count, receipts)
    seconds, cpu = time.perf_counter() - began, time.process_time() - used
    print(json.dumps({"messages": count, "seconds": seconds, "cpu": cpu}), flush=True)
    await asyncio.to_thread(sys.stdin.read)


async def idle(port: int, binds: int) -> None:
    """Hold binds."""
    print(json.dumps({"ready": True}), flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    sessions = [await bind(port, "bench", 10) for _ in range(binds)]
    print(json.dumps({"bound": len(sessions)}), flush=True)
    await asyncio.to_thread(sys.stdin.read)


def main(arguments: list[str]) -> None:
    """Run."""
    mode, port, _, *rest = arguments
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if mode == "load":
            count, warm_up, window = map(int, rest[:3])
            runner.run(load(int(port), count, warm_up, window, rest[3]))
        else:
            runner.run(idle(int(port), int(rest[0])))


if __name__ == "__main__":
    main(sys.argv[1:])
