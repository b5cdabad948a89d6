"""A rule of `smsctl validate`."""

from __future__ import annotations

from dataclasses import dataclass

from .finding import Severity


@dataclass(frozen=True, slots=True)
class Rule:
    """What a code stands for. Codes are stable: one is never given to another rule."""

    code: str
    """`SMS101`: SMS0xx reading, 1xx the schema, 2xx references, 3xx conflicts, 4xx care, 5xx suppressions."""
    slug: str
    """The rule in a few words with hyphens, for formats that show a name."""
    title: str
    severity: Severity
    explanation: str
    """What goes wrong when nobody heeds it."""
    fix: str
    example: str = ""
    """Manifest lines that break the rule, and how they read when put right."""
