"""Names and numbers of the network and of SMPP."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field

from .base import ApiModel
from .rules import pattern
from .values import PRINTABLE, Range, Text, whole

_H: Final = "[0-9A-Fa-f]{1,4}"
_OCTET: Final = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"

IPV4: Final = rf"(?:{_OCTET}\.){{3}}{_OCTET}"
IPV6: Final = "|".join(
    [
        f"(?:{_H}:){{7}}{_H}",
        f"(?:{_H}:){{1,7}}:",
        *(f"(?:{_H}:){{1,{7 - after}}}(?::{_H}){{1,{after}}}" for after in range(1, 7)),
        f":(?::{_H}){{1,7}}",
        "::",
    ]
)
DNS_NAME: Final = (
    r"(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)*"
    r"(?:[0-9][0-9-]{0,61})?[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.?"
)
"""Its last label holds a letter: `10.10.10` is a mistyped address, not a name."""

Host = Annotated[
    Text,
    Field(max_length=253),
    pattern(
        f"{IPV4}|{IPV6}|{DNS_NAME}",
        "must be an IPv4 or IPv6 address or a DNS name, without scheme, port and brackets",
    ),
]
Port = Annotated[int, Range(1, 65535)]

HTTP_URL: Final = r"https?://(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:[/?#][!-~]*)?"
"""No user name and password: a spec is no place for them."""

Ton = Annotated[int, Range(0, 6)]
Npi = Annotated[Literal[0, 1, 3, 4, 6, 8, 9, 10, 14, 18], BeforeValidator(whole)]

PhoneNumber = Annotated[
    Text,
    Field(max_length=21),
    pattern(r"\+?[0-9]{1,20}", "must be 1 to 20 digits, a leading + is ignored; quote it in YAML"),
]


class Address(ApiModel):
    """An SMPP address: a number or a name, with its type of number and numbering plan (SMPP 3.4, 5.2.5 to 5.2.8)."""

    address: Annotated[Text, Field(max_length=20), PRINTABLE] = ""
    """The number or name that receivers see; at most 20 characters, empty lets the SMSC choose."""
    ton: Ton = 0
    """Type of number: 0 unknown, 1 international, 2 national, 3 network specific, 4 subscriber, 5 alphanumeric, 6
    abbreviated."""
    npi: Npi = 0
    """Numbering plan: 0 unknown, 1 ISDN (E.163/E.164), 3 data, 4 telex, 6 land mobile, 8 national, 9 private, 10 ERMES,
    14 internet, 18 WAP."""
