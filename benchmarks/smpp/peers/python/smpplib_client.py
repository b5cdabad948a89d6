"""A client on smpplib's own blocking client; see `../../clients.py` for its arguments and what it prints.

`--no-delay` sets TCP_NODELAY, which the library does not.
"""

from __future__ import annotations

import contextlib
import json
import logging
import select
import socket
import ssl
import sys
import time
from typing import Any, Final

from smpplib.client import Client
from smpplib.smpp import make_pdu  # pyright: ignore[reportUnknownVariableType]

TEXT: Final = b"x" * 160


class Counting:
    """A client with what came back counted."""

    def __init__(self, port: int, authority: str, account: str, *, no_delay: bool) -> None:
        self.responses = 0
        self.receipts = 0
        context = None
        if authority != "-":
            context = ssl.create_default_context(cafile=authority)
            context.check_hostname = False  # it gives no server name, so a name cannot be checked
        self.client: Any = Client("127.0.0.1", port, timeout=30, ssl_context=context, allow_unknown_opt_params=True)
        self.client.connect()
        if no_delay:
            self.client._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.client.bind_transceiver(system_id=account, password="secret")
        self.client.set_message_sent_handler(self._responded)
        self.client.set_message_received_handler(self._received)

    def _responded(self, pdu: Any) -> None:
        assert pdu.status == 0
        self.responses += 1

    def _received(self, pdu: Any) -> int:
        assert pdu.command == "deliver_sm"
        self.receipts += 1
        return 0

    def run(self, count: int, window: int, receipts: bool) -> None:
        """Send so many, never more than the window without a response, and wait for all that comes back."""
        self.responses = self.receipts = sent = 0
        while self.responses < count or (receipts and self.receipts < count):
            while sent < count and sent - self.responses < window:
                self.client.send_message(
                    source_addr_ton=5,
                    source_addr_npi=0,
                    source_addr="12345",
                    dest_addr_ton=1,
                    dest_addr_npi=1,
                    destination_addr="31612345678",
                    short_message=TEXT,
                    registered_delivery=1,
                )
                sent += 1
            self.client.read_once()


def main(arguments: list[str]) -> None:
    """Run."""
    logging.disable(logging.CRITICAL)
    no_delay = arguments[0] == "--no-delay"
    mode, port, authority, *rest = arguments[no_delay:]
    if mode == "load":
        count, warm_up, window = map(int, rest[:3])
        receipts = rest[3] == "receipts"
        client = Counting(int(port), authority, rest[3], no_delay=no_delay)
        client.run(warm_up, window, receipts)
        began, used = time.perf_counter(), time.process_time()
        client.run(count, window, receipts)
        seconds, cpu = time.perf_counter() - began, time.process_time() - used
        print(json.dumps({"messages": count, "seconds": seconds, "cpu": cpu}), flush=True)
        sys.stdin.read()
    else:
        idle(int(port), authority, int(rest[0]), int(rest[1]))


def idle(port: int, authority: str, binds: int, interval: int) -> None:
    """Hold binds in one thread, which the library leaves to its user: it asks and reads every `interval` seconds."""
    print(json.dumps({"ready": True}), flush=True)
    sys.stdin.readline()
    clients = [Counting(port, authority, "bench", no_delay=False).client for _ in range(binds)]
    print(json.dumps({"bound": binds}), flush=True)
    while not select.select([sys.stdin], [], [], interval)[0]:
        for client in clients:
            client.send_pdu(make_pdu("enquire_link", client=client))
        for client in clients:
            client.read_once()


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        main(sys.argv[1:])
