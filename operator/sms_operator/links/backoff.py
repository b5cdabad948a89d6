"""When to try again. Pure: the caller brings chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .failures import Disposition

PROBE: Final = 900.0
"""Seconds after which even a hopeless attempt is repeated: providers mistype too."""
SLOW_FIRST: Final = 30.0
SLOW_MAX: Final = 600.0
CLASH_MAX: Final = 120.0
STEADY: Final = 30.0
"""Seconds a bind must have stayed before its loss counts as the first."""


@dataclass(frozen=True, slots=True)
class Pace:
    """The gateway's own numbers, seconds, and a scale that tests shrink."""

    initial: float
    maximum: float
    enquire_link_interval: float
    scale: float = 1.0

    @property
    def steady(self) -> float:
        """How long a bind must stay before the back-off starts afresh."""
        return min(STEADY * self.scale, self.enquire_link_interval)


def delay(disposition: Disposition, attempt: int, pace: Pace, chance: float) -> float:
    """Seconds to wait after the `attempt`-th failure in a row (from 1); `chance` is uniform in 0..1.

    Transient failures get full jitter above half the initial delay, so that many gateways of one SMSC spread out and
    none hammers it.
    """
    doublings = min(attempt - 1, 20)
    match disposition:
        case Disposition.PERMANENT:
            return PROBE * pace.scale * (0.9 + 0.2 * chance)
        case Disposition.SLOW:
            return min(SLOW_FIRST * 2**doublings, SLOW_MAX) * pace.scale * (0.8 + 0.4 * chance)
        case Disposition.CLASH:
            return min(max(pace.enquire_link_interval, pace.initial), CLASH_MAX) * (1.0 + 0.2 * chance)
        case Disposition.TRANSIENT:
            floor = min(pace.initial, pace.maximum) / 2
            ceiling = min(pace.initial * 2**doublings, pace.maximum)
            return floor + (ceiling - floor) * chance
