"""Times in PDUs (SMPP 3.4, section 7.1.1)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

_LENGTH: Final = 16


def moment(text: str, now: datetime) -> datetime | None:
    """The moment that an absolute or relative time means; None: none is given.

    A month is taken for 30 days and a year for 365, which the standard leaves open.

    Raises:
        ValueError: it is no such time.
    """
    if not text:
        return None
    if len(text) != _LENGTH or not text[:-1].isdecimal():
        raise ValueError(f"{text!r} is no time of SMPP")
    years, months, days, hours, minutes, seconds = (int(text[at : at + 2]) for at in range(0, 12, 2))
    tenths, quarters, sign = int(text[12]), int(text[13:15]), text[15]
    if sign == "R":
        return now + timedelta(days=365 * years + 30 * months + days, hours=hours, minutes=minutes, seconds=seconds)
    if sign not in "+-" or quarters > 48:
        raise ValueError(f"{text!r} is no time of SMPP")
    local = datetime(2000 + years, months, days, hours, minutes, seconds, tenths * 100_000, tzinfo=UTC)
    offset = timedelta(minutes=15 * quarters)
    return local - offset if sign == "+" else local + offset


def absolute(at: datetime) -> str:
    """As a PDU has it, in UTC."""
    return f"{at.astimezone(UTC):%y%m%d%H%M%S}{at.microsecond // 100_000}00+"
