"""Message ids of responses and of receipts, which may write the same number differently.

SMSCs answer a submit_sm with an id in hexadecimal and tell it in decimal in the receipt, or the other way round, pad it
with zeros, or change its case (Kannel has an option for each; most clients leave it to their users).
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Final

Form = Callable[[str], str]
"""From an id as a receipt writes it to what it is kept under."""


class IdForm(StrEnum):
    """How receipts write ids, compared with responses."""

    AUTO = "Auto"
    """Learnt: whatever has matched is tried first from then on."""
    SAME = "Same"
    """Alike, but for case, leading zeros and blanks (Jasmin's dlr_msgid 0, Kannel's msg-id-type 0x00 and 0x03)."""
    SUBMIT_HEX = "SubmitHex"
    """Responses hexadecimal, receipts decimal: `1d305b4c` and `0489708364` (Kannel's 0x01)."""
    SUBMIT_DECIMAL = "SubmitDecimal"
    """Responses decimal, receipts hexadecimal (Kannel's 0x02)."""


_PADDING: Final = " \0\t\r\n"
MOST_DIGITS: Final = 20
"""An id of more digits is no number of 64 bits, and is not converted."""


def same(identity: str) -> str:
    """The form under which ids are kept: no blanks and NULs around it, lower case, no leading zeros; zero is `0`."""
    plain = identity.strip(_PADDING).lower()
    return plain.lstrip("0" + _PADDING) or "0" if plain[:1] == "0" else plain


def as_hexadecimal(identity: str) -> str:
    """A receipt's decimal id as the response writes it in hexadecimal; empty: it is no decimal number."""
    plain = identity.strip(_PADDING)
    if not plain.isdecimal() or not plain.isascii() or len(plain) > MOST_DIGITS:
        return ""
    return f"{int(plain):x}"


def as_decimal(identity: str) -> str:
    """A receipt's hexadecimal id as the response writes it in decimal; empty: it is no hexadecimal number."""
    plain = identity.strip(_PADDING)
    if len(plain) > MOST_DIGITS or not plain.isalnum() or not plain.isascii():
        return ""
    try:
        return str(int(plain, 16))
    except ValueError:
        return ""


FORMS: Final[dict[IdForm, tuple[Form, ...]]] = {
    IdForm.AUTO: (same, as_hexadecimal, as_decimal),
    IdForm.SAME: (same,),
    IdForm.SUBMIT_HEX: (as_hexadecimal,),
    IdForm.SUBMIT_DECIMAL: (as_decimal,),
}
"""What is tried for a receipt, in order."""
