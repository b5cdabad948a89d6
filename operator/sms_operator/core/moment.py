"""Time as an argument."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

END_OF_TIME: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Moment:
    """Now, on both clocks: intervals are measured on the monotonic one, dates are compared on the wall's."""

    monotonic: float
    wall: datetime

    @property
    def stamp(self) -> str:
        """The wall time as Kubernetes writes it (RFC 3339, whole seconds, UTC)."""
        return self.wall.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_stamp(text: str) -> datetime:
    """A stored timestamp as an aware datetime.

    The API server takes more forms of RFC 3339 (section 5.6) than Python reads, and whoever may write a status may use
    them. What cannot be read counts as the end of time: nothing has happened since, and nothing is due.
    """
    try:
        moment = datetime.fromisoformat(text.upper())
    except ValueError:
        return END_OF_TIME
    return END_OF_TIME if moment.tzinfo is None else moment
