"""Things an SMSC should not do, the moments at which it can do them, and what each puts on the wire."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from sms_operator.smpp import codec
from sms_operator.smpp.command_status import ESME_RINVCMDID
from sms_operator.smpp.commands import Command
from sms_operator.smpp.framing import HEADER

from .bodies import c_octets

GARBAGE: Final = bytes(range(0x80, 0x100)) * 2
HTTP: Final = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
UNKNOWN_COMMAND_ID: Final = 0x0001_0200
FAR: Final = 0x0100_0000
"""How far beside the right one a wrong sequence_number is."""


class Stage(StrEnum):
    """A moment in the life of a session."""

    CONNECT = "connect"
    """The connection stands, nothing was read. The login is not known yet: only for the whole simulator."""
    BIND = "bind"
    """A bind request came; the fault takes the place of the answer."""
    BOUND = "bound"
    """Right after a bind_resp with status 0."""
    ENQUIRE_LINK = "enquire_link"
    """An enquire_link came; the fault takes the place of the answer."""
    SUBMIT = "submit"
    """A submit_sm, submit_multi or data_sm came; the fault takes the place of the answer."""


class Fault(StrEnum):
    """Something an SMSC should not do."""

    RESET = "reset"
    """TCP RST."""
    CLOSE = "close"
    """The connection ends in order, without a word."""
    GARBAGE = "garbage"
    """Octets that are no PDU."""
    OCTETS = "octets"
    """The octets of `Behaviour.octets`, whatever they are."""
    OVERSIZE = "oversize"
    """A header that announces two GiB."""
    LENGTH_0 = "length-0"
    """A header with command_length 0."""
    LENGTH_3 = "length-3"
    """A header with command_length 3."""
    LENGTH_12 = "length-12"
    """A header with command_length 12."""
    TRUNCATE = "truncate"
    """A PDU that stops in the middle, and then nothing."""
    CUT = "cut"
    """The connection ends after `Behaviour.cut_octets` more octets; until then all goes on as usual."""
    CUT_RESET = "cut-reset"
    """The same, with a TCP RST."""
    STOP_READING = "stop-reading"
    """Nothing is read for `Behaviour.pause_seconds` (0: for ever), so that the TCP window closes."""
    HTTP = "http"
    """The words of an HTTP server."""
    UNKNOWN_COMMAND = "unknown-command"
    """A request with a command_id that no standard has."""
    OUTBIND = "outbind"
    """An invitation to bind (section 4.1.7), out of place on a connection that the ESME opened."""
    NACK = "nack"
    """generic_nack with the sequence_number of the request."""
    NACK_NOBODY = "nack-nobody"
    """generic_nack with sequence_number 0."""
    WRONG_TYPE = "wrong-type"
    """A query_sm_resp with the sequence_number of the request."""
    WRONG_SEQUENCE = "wrong-sequence"
    """The right response with a sequence_number that nobody used."""
    UNBIND = "unbind"
    """The SMSC unbinds, and waits for the answer."""
    UNBIND_AND_CLOSE = "unbind-and-close"
    """The SMSC unbinds and closes without waiting."""


ENDING: Final = frozenset({Fault.CLOSE, Fault.HTTP, Fault.RESET, Fault.UNBIND_AND_CLOSE})
"""They end the connection."""
ARMING: Final = frozenset({Fault.CUT, Fault.CUT_RESET})
"""They take the place of nothing."""
IN_SESSION: Final = ARMING | {Fault.OUTBIND, Fault.UNBIND, Fault.UNKNOWN_COMMAND, Fault.STOP_READING}
"""After them a connection can still be used, so that at `Stage.CONNECT` they come after the TLS handshake."""
_LENGTHS: Final = {Fault.OVERSIZE: 0x7FFF_FFFF, Fault.LENGTH_0: 0, Fault.LENGTH_3: 3, Fault.LENGTH_12: 12}


def octets(fault: Fault, sequence: int, asked: tuple[int, int] = (0, 0), scripted: bytes = b"") -> bytes:
    """What goes out; nothing for those that only end or cut the connection.

    Args:
        fault: which.
        sequence: sequence_number for a request of the SMSC's own.
        asked: command_id of the response and sequence_number of the request whose answer this replaces; zeros: none.
        scripted: the octets of `Fault.OCTETS`.
    """
    response, number = asked
    match fault:
        case Fault.GARBAGE:
            return GARBAGE
        case Fault.OCTETS:
            return scripted
        case Fault.HTTP:
            return HTTP
        case Fault.OVERSIZE | Fault.LENGTH_0 | Fault.LENGTH_3 | Fault.LENGTH_12:
            return HEADER.pack(_LENGTHS[fault], Command.DELIVER_SM, 0, sequence)
        case Fault.TRUNCATE:
            return HEADER.pack(64, Command.DELIVER_SM, 0, sequence) + b"\0\1\1"
        case Fault.UNKNOWN_COMMAND:
            return codec.encode(UNKNOWN_COMMAND_ID, sequence)
        case Fault.OUTBIND:
            return codec.encode(Command.OUTBIND, sequence, body=c_octets("SIMULATOR") + c_octets(""))
        case Fault.NACK | Fault.NACK_NOBODY:
            return codec.nack(number if fault is Fault.NACK else 0, ESME_RINVCMDID)
        case Fault.WRONG_TYPE:
            return codec.encode(Command.QUERY_SM_RESP, number, body=c_octets("1") + c_octets("") + b"\2\0")
        case Fault.WRONG_SEQUENCE:
            return codec.encode(response or Command.SUBMIT_SM_RESP, (number + FAR) & 0x7FFF_FFFF, body=c_octets("1"))
        case Fault.UNBIND | Fault.UNBIND_AND_CLOSE:
            return codec.encode(Command.UNBIND, sequence)
        case Fault.RESET | Fault.CLOSE | Fault.CUT | Fault.CUT_RESET | Fault.STOP_READING:
            return b""
