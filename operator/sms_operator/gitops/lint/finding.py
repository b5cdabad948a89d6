"""One thing that is worth saying of a manifest, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sms_operator.gitops.manifests import Span


class Severity(StrEnum):
    """How much it matters."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found."""

    code: str
    severity: Severity
    message: str
    """What is wrong, with the found value, in one sentence."""
    fix: str
    """What to do about it; may be empty."""
    file: str
    span: Span
    object: str = ""
    """`SmsChannel/tenant-a/support`; empty for what no object is to blame for."""
    field: str = ""
    """`spec.bind.count`, or empty."""
    also: tuple[tuple[str, Span, str], ...] = ()
    """Other places that belong to it, with a word on each."""
