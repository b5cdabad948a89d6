"""Time as an argument."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime


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
    """A Kubernetes timestamp as an aware datetime."""
    return datetime.fromisoformat(text)
