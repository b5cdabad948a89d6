"""The user data header: information elements before the text (3GPP TS 23.040, 9.2.3.24)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from sms_operator.smpp.command_status import ESME_RINVMSGLEN
from sms_operator.smpp.errors import Malformed

CONCATENATION: Final = 0x00
"""Part of a long message, 8-bit reference (9.2.3.24.1)."""
CONCATENATION_16: Final = 0x08
"""Part of a long message, 16-bit reference (9.2.3.24.8)."""


class Element(NamedTuple):
    """An information element, known or not."""

    identifier: int
    """0..255."""
    value: bytes
    """At most 255 octets."""


class Concatenation(NamedTuple):
    """What an element says about the part it comes with."""

    reference: int
    total: int
    number: int
    width: int
    """Bits of the reference: 8 or 16."""


def build(elements: Iterable[Element]) -> bytes:
    """The header with its length. Raises ValueError when an element or the whole is longer than 255 octets."""
    body = b"".join([bytes((identifier, len(value))) + value for identifier, value in elements])
    return bytes((len(body),)) + body


def parse(user_data: bytes) -> tuple[tuple[Element, ...], bytes]:
    """The elements in order, and what follows the header.

    Elements whose lengths do not add up to the header's are all ignored, as 9.2.3.24 says; what follows is still known.
    Raises Malformed when the header is longer than the user data.
    """
    end = 1 + user_data[0] if user_data else 1
    if end > len(user_data):
        raise Malformed(ESME_RINVMSGLEN, f"user data header of {end} octets in user data of {len(user_data)}")
    elements: list[Element] = []
    at = 1
    while at + 2 <= end:
        start = at + 2
        at = start + user_data[at + 1]
        elements.append(Element(user_data[start - 2], user_data[start:at]))
    return (tuple(elements) if at == end else ()), user_data[end:]


def concatenation(elements: Iterable[Element]) -> Concatenation | None:
    """Which part of which message this is; None: a whole one.

    An element of another length, without parts or with a number outside of 1..total is ignored (9.2.3.24.1); of
    several the last one counts (9.2.3.24).
    """
    found: Concatenation | None = None
    for identifier, value in elements:
        if identifier == CONCATENATION and len(value) == 3:
            candidate = Concatenation(value[0], value[1], value[2], 8)
        elif identifier == CONCATENATION_16 and len(value) == 4:
            candidate = Concatenation(value[0] << 8 | value[1], value[2], value[3], 16)
        else:
            continue
        if 1 <= candidate.number <= candidate.total:
            found = candidate
    return found
