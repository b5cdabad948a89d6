"""What all links of the process share."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from .dial import DialLimits
from .metrics import LinkMetrics
from .pacer import Pacer
from .quarantine import Quarantine
from .received import Handler


@dataclass(slots=True)
class Surroundings:
    """One for all links."""

    limits: DialLimits
    metrics: LinkMetrics
    pacer: Pacer
    random: Random
    scale: float = 1.0
    """Multiplies the fixed intervals of the reconnect policy."""
    deliver: Handler | None = None
    """Takes what SMSCs send; None: nobody does yet, and a temporary error makes the SMSCs keep it and try again."""
    quarantine: Quarantine = field(default_factory=Quarantine)
