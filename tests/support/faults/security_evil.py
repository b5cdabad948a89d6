"""An SMSC that answers every bind with success and then says what should not be printed."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

NASTY: Final = (
    'evil\n2026-01-01T00:00:00Z [error    ] forged\r\x1b[31mred\x1b]0;title\x07\x9b31m\x85\u2028\u202egnp.exe\x7f"'
)
"""Line ends of every kind, sequences that steer a terminal, and a character that turns text around."""
OCTETS: Final = NASTY.encode()
BIND_TRANSCEIVER_RESP: Final = 0x80000009
DELIVER_SM: Final = 0x00000005
SUBMIT_SM_RESP: Final = 0x80000004
NO_COMMAND: Final = 0x0A0B0C0D
RESPONSE: Final = 0x80000000
MAX_TEXT: Final = 254
MAX_BIND: Final = 1000


def pdu(command_id: int, status: int, sequence: int, body: bytes) -> bytes:
    """With its header (SMPP 3.4, section 3.2)."""
    return struct.pack("!IIII", 16 + len(body), command_id, status, sequence) + body


def deliver(sequence: int, source: bytes, text: bytes) -> bytes:
    """A deliver_sm (SMPP 3.4, section 4.6.1)."""
    head = b"\0\1\1" + source + b"\0\1\1" + b"100\0" + bytes(3) + b"\0\0" + bytes(4)
    return pdu(DELIVER_SM, 0, sequence, head + bytes([len(text)]) + text)


def _talk(connection: socket.socket) -> None:
    head = _exactly(connection, 16)
    length, _, _, sequence = struct.unpack("!IIII", head)
    if length > MAX_BIND:  # a ClientHello
        connection.sendall(OCTETS)
        return
    _exactly(connection, length - 16)
    name = OCTETS[:15]
    connection.sendall(pdu(BIND_TRANSCEIVER_RESP, 0, sequence, name + b"\0"))
    connection.sendall(deliver(1, OCTETS[:20], OCTETS[:MAX_TEXT]))
    connection.sendall(deliver(2, b"100", b"id:" + OCTETS + b" stat:" + OCTETS[:7] + b" err:" + OCTETS[:3]))
    connection.sendall(pdu(NO_COMMAND, 0, 3, OCTETS))
    connection.sendall(pdu(DELIVER_SM, 0, 4, OCTETS))
    connection.sendall(pdu(SUBMIT_SM_RESP, 0, 99, OCTETS + b"\0"))
    while True:
        length, command, _, sequence = struct.unpack("!IIII", _exactly(connection, 16))
        _exactly(connection, length - 16)
        connection.sendall(pdu(command | RESPONSE, 0, sequence, b""))


def _exactly(connection: socket.socket, octets: int) -> bytes:
    found = b""
    while len(found) < octets:
        more = connection.recv(octets - len(found))
        if not more:
            raise ConnectionResetError
        found += more
    return found


@contextmanager
def evil_smsc() -> Generator[int]:
    """Its port."""
    connections: list[socket.socket] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                connections.append(connection)
                threading.Thread(target=talk, args=(connection,), daemon=True).start()

    def talk(connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            _talk(connection)

    thread = threading.Thread(target=serve, name="evil SMSC", daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)
        for connection in connections:
            connection.close()
