"""What can be said of a chain of certificates: one vocabulary of rules."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ChainRule(StrEnum):
    """A rule that a chain breaks, or comes near to breaking."""

    NO_CERTIFICATE = "NoCertificate"
    EXPIRED = "Expired"
    NOT_YET_VALID = "NotYetValid"
    NAME_MISMATCH = "NameMismatch"
    SELF_SIGNED = "SelfSigned"
    UNTRUSTED_ROOT = "UntrustedRoot"
    UNKNOWN_ISSUER = "UnknownIssuer"
    MISSING_INTERMEDIATE = "MissingIntermediate"
    BAD_SIGNATURE = "BadSignature"
    NOT_AN_AUTHORITY = "NotAnAuthority"
    PATH_TOO_LONG = "PathTooLong"
    NAME_NOT_PERMITTED = "NameNotPermitted"
    WRONG_PURPOSE = "WrongPurpose"
    WEAK_KEY = "WeakKey"
    WEAK_SIGNATURE = "WeakSignature"
    UNKNOWN_CRITICAL_EXTENSION = "UnknownCriticalExtension"
    UNREADABLE = "Unreadable"
    NO_SUBJECT_ALT_NAME = "NoSubjectAltName"
    EXPIRES_SOON = "ExpiresSoon"
    WRONG_ORDER = "WrongOrder"
    USELESS_CERTIFICATE = "UselessCertificate"


@dataclass(frozen=True, slots=True)
class ChainFinding:
    """One of them, of one certificate."""

    rule: ChainRule
    message: str
    """Which certificate, what was found, and what was expected."""
    fix: str
    """What to do, and whose task it is."""
    refuses: bool = True
    """Whether it alone makes the operator refuse the server; else it is worth knowing."""
    certificate: int | None = None
    """Its place in the chain that the server showed, from 0; None: not one of them."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that there is to say of a chain."""

    findings: tuple[ChainFinding, ...]
    """What refuses first."""
    readable: bool = True
    """False where a certificate could not be read here: then OpenSSL may know more."""

    @property
    def refused(self) -> bool:
        """Whether the operator refuses a server that shows this chain."""
        return any(one.refuses for one in self.findings)
