"""The fields of mandatory parameters (SMPP 3.4, section 3.1): written strictly, read tolerantly."""

from __future__ import annotations

from typing import Final

from .address import Address
from .codec import EncodingError
from .command_status import ESME_RINVCMDLEN
from .errors import Malformed
from .tlv import Tlvs, decode_tlvs

ADDRESS: Final = 20
"""Octets of an address but in data_sm and alert_notification, without the NUL."""
LONG_ADDRESS: Final = 64
MESSAGE_ID: Final = 64
SERVICE_TYPE: Final = 5
TIME: Final = 16


def octet(name: str, value: int) -> bytes:
    """One octet. Raises EncodingError."""
    if not 0 <= value <= 0xFF:
        raise EncodingError(name, f"is {value}, which is not in 0..255")
    return bytes((value,))


def four_octets(name: str, value: int) -> bytes:
    """Four octets, the most significant first. Raises EncodingError."""
    if not 0 <= value <= 0xFFFF_FFFF:
        raise EncodingError(name, f"is {value}, which four octets cannot hold")
    return value.to_bytes(4, "big")


def c_octets(name: str, text: str, limit: int) -> bytes:
    """A C-octet string of at most `limit` octets before its NUL; never cut. Raises EncodingError."""
    try:
        octets = text.encode("latin-1")
    except UnicodeEncodeError:
        raise EncodingError(name, "has characters beyond Latin-1, which SMPP cannot carry") from None
    if len(octets) > limit:
        raise EncodingError(name, f"has {len(octets)} octets, the standard allows {limit}")
    if b"\0" in octets:
        raise EncodingError(name, "holds a NUL octet, which ends a field of SMPP")
    return octets + b"\0"


def address(name: str, value: Address, limit: int = ADDRESS) -> bytes:
    """TON, NPI and the address. Raises EncodingError."""
    return octet(f"{name} TON", value.ton) + octet(f"{name} NPI", value.npi) + c_octets(name, value.digits, limit)


class Reader:
    """Reads a body from its beginning. Every method raises Malformed where the body ends too early."""

    __slots__ = ("at", "body")

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.at = 0

    @property
    def done(self) -> bool:
        """Whether everything was read."""
        return self.at >= len(self.body)

    def octet(self) -> int:
        """One octet."""
        if self.at >= len(self.body):
            raise self._short()
        self.at += 1
        return self.body[self.at - 1]

    def take(self, count: int) -> bytes:
        """So many octets."""
        self.at += count
        if self.at > len(self.body):
            raise self._short()
        return self.body[self.at - count : self.at]

    def number(self) -> int:
        """Four octets."""
        return int.from_bytes(self.take(4), "big")

    def c_octets(self) -> str:
        """A C-octet string of any length."""
        end = self.body.find(b"\0", self.at)
        if end < 0:
            raise Malformed(ESME_RINVCMDLEN, f"the field at octet {self.at} of the body has no end")
        text = self.body[self.at : end].decode("latin-1")
        self.at = end + 1
        return text

    def last_c_octets(self) -> str:
        """As `c_octets`, but some SMSCs leave out the NUL, or the field, at the end of a body."""
        end = self.body.find(b"\0", self.at)
        if end < 0:
            end = len(self.body)
        text = self.body[self.at : end].decode("latin-1")
        self.at = end + 1
        return text

    def address(self) -> Address:
        """TON, NPI and the address."""
        ton, npi = self.take(2)
        return Address(self.c_octets(), ton, npi)

    def tlvs(self) -> Tlvs:
        """Everything that is left, as optional parameters."""
        at, self.at = self.at, len(self.body)
        return decode_tlvs(self.body, at) if at < len(self.body) else ()

    def _short(self) -> Malformed:
        return Malformed(ESME_RINVCMDLEN, f"the body of {len(self.body)} octets ends too early")
