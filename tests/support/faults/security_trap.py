"""Listeners where nobody may connect."""

from __future__ import annotations

import socket
import threading
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Trap:
    """Whom it caught."""

    port: int
    caught: list[str] = field(default_factory=list[str])
    """The address that was dialled, once for each connection."""

    def spring(self, address: str) -> bool:
        """Whether a connection to this address is caught: the proof that a quiet trap means something."""
        before = len(self.caught)
        with suppress(OSError), socket.create_connection((address, self.port), timeout=5) as connection:
            connection.settimeout(5)
            connection.recv(1)
        found = len(self.caught) == before + 1
        del self.caught[before:]
        return found


@contextmanager
def trap(addresses: Iterable[str], port: int) -> Generator[Trap]:
    """Listens on one port of some addresses of this machine, and ends every connection at once."""
    found = Trap(port)
    listeners = [_listener(address, port) for address in addresses]
    threads = [threading.Thread(target=_catch, args=(one, found.caught), daemon=True) for one in listeners]
    for thread in threads:
        thread.start()
    try:
        yield found
    finally:
        for listener in listeners:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        for thread in threads:
            thread.join(5)


def _listener(address: str, port: int) -> socket.socket:
    return socket.create_server((address, port), family=socket.AF_INET6 if ":" in address else socket.AF_INET)


def _catch(listener: socket.socket, caught: list[str]) -> None:
    with suppress(OSError):
        while True:
            connection, _ = listener.accept()
            caught.append(connection.getsockname()[0])
            connection.close()
