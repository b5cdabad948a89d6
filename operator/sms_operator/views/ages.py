"""Times as people read them. The page's script counts in the same steps."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sms_operator.core.moment import END_OF_TIME, parse_stamp

MINUTE: Final = 60
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR


def age(stamp: str, now: datetime) -> str:
    """How long ago: `12s`, `4m`, `3h 12m`, `5d 3h`, `240d`. Empty for what is no time; the future counts as now."""
    moment = parse_stamp(stamp)
    if moment == END_OF_TIME:
        return ""
    seconds = max(int((now - moment).total_seconds()), 0)
    if seconds < MINUTE:
        return f"{seconds}s"
    if seconds < HOUR:
        return f"{seconds // MINUTE}m"
    if seconds < DAY:
        return f"{seconds // HOUR}h {seconds % HOUR // MINUTE}m"
    if seconds < 10 * DAY:
        return f"{seconds // DAY}d {seconds % DAY // HOUR}h"
    return f"{seconds // DAY}d"


def days_left(stamp: str, now: datetime) -> int | None:
    """Whole days until then, negative when past; None for what is no time."""
    moment = parse_stamp(stamp)
    return None if moment == END_OF_TIME else (moment - now).days
