"""What became of one plan, whatever family it is of: one row's worth of the table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """Durations are seconds."""

    family: str
    """crash, watch, API, outage, peer and the like."""
    plan: str
    """In words."""
    injected: int
    """Faults that really happened."""
    converged: bool
    """Whether the end was what it has to be, and stayed so."""
    seconds: float | None = None
    """From the end of the fault to convergence."""
    extra_writes: int = 0
    """Writes above those of the undisturbed run."""
    binds_dropped: int = 0
    """Binds that ended and would not have without the fault."""
    leaks: int = 0
    """Objects or sessions left behind."""
    false_samples: int = 0
    """Moments in which a status said what was not so."""
    complaint: str = ""
    """What is wrong; empty when nothing is."""
