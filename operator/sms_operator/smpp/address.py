"""Addresses of phones and applications."""

from __future__ import annotations

from typing import Final, NamedTuple


class Address(NamedTuple):
    """A number or name with its kind (SMPP 3.4, sections 5.2.5 to 5.2.9)."""

    digits: str = ""
    """Up to 20 octets, in data_sm up to 64: digits without a plus, or a name (TON 5)."""
    ton: int = 0
    """Type of number: 0 unknown, 1 international, 2 national, 3 network specific, 5 alphanumeric."""
    npi: int = 0
    """Numbering plan: 0 unknown, 1 ISDN (E.164)."""


NOBODY: Final = Address()
"""No address: the peer puts its own default there, or needs none."""
