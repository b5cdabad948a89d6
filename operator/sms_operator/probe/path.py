"""From a server's certificate to a trusted one, by the path that OpenSSL takes, so that its verdict is explained. Pure.

OpenSSL 1.1.0 and later, with X509_V_FLAG_TRUSTED_FIRST and _PARTIAL_CHAIN as the operator's links have them: at each
step an issuer among the trusted ends the path, else one among the shown goes on, and the first that fits is taken. It
does not go back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from .certificates import Shown, authority_identifier, key_identifier


@dataclass(frozen=True, slots=True)
class Walk:
    """How far one comes."""

    steps: tuple[Shown, ...]
    """The server's certificate first; never empty."""
    trusted: bool
    """Whether the last one is trusted, or the first one by itself."""
    namesakes: tuple[Shown, ...] = ()
    """Known certificates that have the name of the missing issuer and another key."""

    @property
    def end(self) -> Shown:
        """The last step."""
        return self.steps[-1]


def walk(shown: Sequence[Shown], trust: Sequence[Shown], now: datetime) -> Walk:
    """Go from the first of `shown` towards `trust`.

    Args:
        shown: what the server showed; not empty. The order of the others does not matter.
        trust: certificates that end a path, roots or not.
        now: aware; among issuers that fit, one that is valid now is preferred.
    """
    steps, known = [shown[0]], {one.der for one in trust}
    while True:
        here = steps[-1]
        if here.self_signed:
            return Walk(tuple(steps), here.der in known)
        if (issuer := _issuer(here, trust, now)) is not None:
            return Walk((*steps, issuer), True)
        issuer = _issuer(here, [one for one in shown if one not in steps], now)
        if issuer is None:
            break
        steps.append(issuer)
    namesakes = [one for one in (*trust, *shown) if one.parsed.subject == here.parsed.issuer and one not in steps]
    return Walk(tuple(steps), steps[0].der in known, tuple(namesakes))


def may_sign(one: Shown) -> bool:
    """Whether its key usage, if it has one, lets it sign certificates (RFC 5280, section 4.2.1.3)."""
    usage = one.extension(x509.KeyUsage)
    return usage is None or usage.key_cert_sign


def _issuer(of: Shown, candidates: Sequence[Shown], now: datetime) -> Shown | None:
    fitting = [one for one in candidates if one.parsed.subject == of.parsed.issuer and _same_key(of, one)]
    return min(fitting, key=lambda one: (not may_sign(one), not one.not_before <= now <= one.not_after), default=None)


def _same_key(of: Shown, issuer: Shown) -> bool:
    wanted, found = authority_identifier(of), key_identifier(issuer)
    return wanted is None or found is None or wanted == found
