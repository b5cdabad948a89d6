"""What each fault of `behaviour.py` puts on the wire."""

from __future__ import annotations

from typing import Final

from sms_operator.smpp import codec
from sms_operator.smpp.commands import Command
from sms_operator.smpp.framing import HEADER

from .behaviour import Fault

GARBAGE: Final = bytes(range(0x80, 0x100)) * 2
HTTP: Final = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
UNKNOWN_COMMAND_ID: Final = 0x0001_0200


def octets(fault: Fault, sequence: int) -> bytes:
    """Nothing for those faults that only end the connection."""
    match fault:
        case Fault.GARBAGE:
            return GARBAGE
        case Fault.HTTP:
            return HTTP
        case Fault.OVERSIZE:
            return HEADER.pack(0x7FFF_FFFF, Command.DELIVER_SM, 0, sequence)
        case Fault.TRUNCATE:
            return HEADER.pack(64, Command.DELIVER_SM, 0, sequence) + b"\0\1\1"
        case Fault.UNKNOWN_COMMAND:
            return codec.encode(UNKNOWN_COMMAND_ID, sequence)
        case Fault.UNBIND:
            return codec.encode(Command.UNBIND, sequence)
        case Fault.RESET | Fault.CLOSE:
            return b""
