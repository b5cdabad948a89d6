"""Message ids in the forms that SMSCs give them, and not always the same form in a response and in a receipt."""

from __future__ import annotations

import uuid
from enum import StrEnum
from typing import Final

FIRST: Final = 0x0A3C_0001
"""Number of the first message: its forms differ in length, letters and leading zeros."""
_SPREAD: Final = 0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835
"""Odd, so that each number has a UUID of its own."""


class IdForm(StrEnum):
    """How the number of a message is written."""

    HEX = "hex"
    """`0a3c0001`: eight digits."""
    HEX_UPPER = "hex-upper"
    """`0A3C0001`"""
    HEX_BARE = "hex-bare"
    """`a3c0001`: without leading zeros."""
    DECIMAL = "decimal"
    """`171704321`"""
    DECIMAL_PADDED = "decimal-padded"
    """`0171704321`: ten digits."""
    UUID = "uuid"
    """`8d9f…-…`: 36 characters, more than SMPP 3.3 allows."""

    def render(self, number: int) -> str:
        """The id of message `number`."""
        match self:
            case IdForm.HEX:
                return f"{number:08x}"
            case IdForm.HEX_UPPER:
                return f"{number:08X}"
            case IdForm.HEX_BARE:
                return f"{number:x}"
            case IdForm.DECIMAL:
                return str(number)
            case IdForm.DECIMAL_PADDED:
                return f"{number:010}"
            case IdForm.UUID:
                return str(uuid.UUID(int=number * _SPREAD % 2**128, version=4))
