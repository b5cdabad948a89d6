"""A server's chain as Certificate manifests, with the one to trust and the reason for it. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sms_operator.api.kinds import API_VERSION

from .certificates import Shown, name_list
from .path import walk

MAX_LABEL = 46
"""Characters that are left for the host in a name: a name is a DNS label, and gets a suffix."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One certificate of the chain."""

    name: str
    """metadata.name of its manifest."""
    shown: Shown
    role: str
    """`root`, `intermediate` or `server`."""
    recommended: bool


@dataclass(frozen=True, slots=True)
class Advice:
    """What to make of a chain."""

    offers: tuple[Offer, ...]
    """The recommended one first, then in the order from the root to the server's own."""
    reason: str
    """Why that one, and for how long it will do."""
    remarks: tuple[str, ...]
    """What else is worth knowing, a sentence each."""


def advise(chain: Sequence[Shown], host: str, system: Sequence[Shown], now: datetime) -> Advice:
    """Which certificate of a chain to trust.

    Args:
        chain: what the server showed, its own first; not empty.
        host: its name, for the names of the manifests.
        system: what the operator trusts without any Certificate.
        now: aware.
    """
    route = walk(chain, (), now).steps
    best = route[-1]
    label = _label(host)
    others = [one for one in (*reversed(route), *chain) if one is not best]
    order = list(dict.fromkeys([best, *others]))
    middles = [one for one in order if _role(one, chain) == "intermediate"]
    offers = [
        Offer(_name(label, one, _role(one, chain), middles), one, _role(one, chain), recommended=one is best)
        for one in order
    ]
    return Advice(tuple(offers), _reason(best, chain), tuple(_remarks(chain, route, system, now)))


def manifest(offer: Offer, fetched_from: str) -> str:
    """A Certificate as YAML, with what people compare in a comment above it."""
    shown = offer.shown
    mark = " (recommended)" if offer.recommended else ""
    lines = [
        f"# {offer.role.capitalize()} certificate shown by {fetched_from}{mark}",
        f"# Subject: {shown.subject}",
        f"# Issuer:  {shown.issuer}",
        *([f"# Names:   {name_list(shown.names)}"] if offer.role == "server" else []),
        f"# Valid:   {shown.not_before:%Y-%m-%d} to {shown.not_after:%Y-%m-%d}",
        f"# SHA-256: {shown.sha256}",
        "# Nothing vouches for it but the connection it came over: compare the fingerprint with the provider.",
        f"apiVersion: {API_VERSION}",
        "kind: Certificate",
        "metadata:",
        f"  name: {offer.name}",
        "spec:",
        "  usage: Trust",
        "  inline:",
        "    pem: |",
        *(f"      {line}" for line in shown.pem.strip().splitlines()),
    ]
    return "".join(f"{line}\n" for line in lines)


def _role(one: Shown, chain: Sequence[Shown]) -> str:
    if one is chain[0]:
        return "server"
    return "root" if one.self_signed else "intermediate"


def _name(label: str, one: Shown, role: str, middles: Sequence[Shown]) -> str:
    if role == "intermediate" and len(middles) > 1:
        return f"{label}-intermediate-{middles.index(one) + 1}"
    return f"{label}-{role}"


def _label(host: str) -> str:
    """A DNS label out of a host (RFC 1123, section 2.1)."""
    text = re.sub(r"[^a-z0-9]+", "-", host.lower()).strip("-")[:MAX_LABEL].strip("-")
    return text or "smsc"


def _reason(best: Shown, chain: Sequence[Shown]) -> str:
    until = f"{best.not_after:%Y-%m-%d}"
    if best is chain[0] and best.self_signed:
        return (
            f"The server's certificate is signed by itself: trusting it is trusting this one server until {until}. "
            "Each renewal needs a new Certificate here first."
        )
    if best is chain[0]:
        return (
            f'The server shows no certificate but its own, which is signed by "{best.issuer}". Trusting it lasts until '
            f"its next renewal, {until} at the latest: ask the provider for the certificate of that authority."
        )
    if best.self_signed:
        return f"The root outlives renewals of the server's certificate and of the intermediates; it ends on {until}."
    return (
        f'The highest certificate shown, signed by "{best.issuer}", which servers need not show. It outlives renewals '
        f"of the server's certificate, not its own ({until} at the latest): the provider may send you the root."
    )


def _remarks(chain: Sequence[Shown], route: Sequence[Shown], system: Sequence[Shown], now: datetime) -> list[str]:
    remarks: list[str] = []
    if walk(chain, system, now).trusted:
        remarks.append(
            "This machine's authorities vouch for it: without trustCertificateRef the operator uses those of its image."
        )
    if len(route) == 1 and not route[0].self_signed:
        remarks.append("The chain is not complete: an intermediate may be missing.")
    for one in route:
        if not one.not_before <= now <= one.not_after:
            state = "has ended" if one.not_after < now else "is not valid yet"
            remarks.append(f'"{one.subject}" {state}: the operator refuses it.')
    unused = [one for one in chain if one not in route]
    if unused:
        remarks.append(f"Shown, and leads nowhere: {name_list([one.subject for one in unused])}.")
    return remarks
