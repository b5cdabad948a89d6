"""Which rule a server's certificates break, in words. Pure.

OpenSSL decides, at the handshake; it stops at the first fault and calls it by a number. Here all faults are named, each
with its certificate and with what to do. That both come to the same verdict is tested with real handshakes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from sms_operator.core.certificate import EXPIRY_NOTICE

from . import purposes
from .certificates import BROKEN, Shown, is_address, name_list, read
from .constraints import not_permitted
from .findings import ChainFinding, ChainRule, Explanation
from .names import carries, only_common_name
from .path import Walk, walk

PROVIDER: Final = "ask the provider"


def explain(
    chain: Sequence[bytes], host: str, trust: Sequence[Shown], now: datetime, *, pinned: bool = True
) -> Explanation:
    """What is wrong, or worth knowing, with the certificates that a server showed.

    Args:
        chain: DER, in the server's order, its own first.
        host: the name or address that the certificate must carry.
        trust: certificates that may end the chain, authorities' or the server's own.
        now: aware.
        pinned: whether `trust` comes from spec.tls.trustCertificateRef, rather than from the system.
    """
    if not chain:
        fix = f"{PROVIDER} whether the port is right: a TLS server has a certificate"
        return Explanation((ChainFinding(ChainRule.NO_CERTIFICATE, "the server showed no certificate", fix),))
    shown = [read(der) for der in chain]
    readable = [one for one in shown if one is not None]
    unreadable = [_unreadable(place) for place, one in enumerate(shown) if one is None]
    leaf = shown[0]
    if leaf is None:
        return Explanation(tuple(unreadable), readable=False)
    route = walk(readable, trust, now)
    told = _Telling(chain, route)
    findings = [
        *_name(told, leaf, host),
        *_trust(told, trust, pinned=pinned),
        *_each(told, now),
        *_order(told, readable),
        *unreadable,
    ]
    return Explanation(tuple(sorted(findings, key=lambda one: not one.refuses)), readable=not unreadable)


class _Telling:
    """Calls the certificates of a walk by the names that people have for them."""

    def __init__(self, chain: Sequence[bytes], route: Walk) -> None:
        self.route = route
        self._places = {der: place for place, der in reversed(list(enumerate(chain)))}

    def place(self, one: Shown) -> int | None:
        return self._places.get(one.der)

    def call(self, one: Shown) -> str:
        if one is self.route.steps[0]:
            return "the server's certificate"
        kind = "the root" if one.self_signed else "the intermediate"
        return f'{kind} "{one.subject}"'

    def finding(
        self, rule: ChainRule, one: Shown, what: str, fix: str, *, refuses: bool = True, about: str = ""
    ) -> ChainFinding:
        return ChainFinding(rule, f"{about or self.call(one)} {what}", fix, refuses, self.place(one))


def _name(told: _Telling, leaf: Shown, host: str) -> Iterator[ChainFinding]:
    if not carries(leaf, host):
        kind = "address" if is_address(host) else "name"
        if not leaf.names:
            what, fix = f'carries no name at all, so it cannot be for "{host}"', f"{PROVIDER} for one with its name"
        else:
            what = f'is not for the {kind} "{host}"; it is for {name_list(leaf.names)}'
            fix = "set spec.tls.serverName to one of these if this is the right server"
        yield told.finding(ChainRule.NAME_MISMATCH, leaf, what, fix)
    elif only_common_name(leaf, host):
        what = "has its name only in the subject's common name and no subjectAltName, which newer clients refuse"
        fix = f"{PROVIDER} to renew it with a subjectAltName (RFC 9525, section 2)"
        yield told.finding(ChainRule.NO_SUBJECT_ALT_NAME, leaf, what, fix, refuses=False)


def _trust(told: _Telling, trust: Sequence[Shown], *, pinned: bool) -> Iterator[ChainFinding]:
    route, end = told.route, told.route.end
    if route.trusted:
        return
    source = "spec.tls.trustCertificateRef" if pinned else "the system's trust store"
    if end.self_signed and len(route.steps) == 1:
        what = f"is self-signed and not in {source}: nobody vouches for it"
        fix = f"compare its fingerprint with the provider, then name it in {_reference(pinned)}"
        yield told.finding(ChainRule.SELF_SIGNED, end, what, fix)
    elif end.self_signed:
        what = f"ends the chain and is not in {source}"
        fix = f"if it is the provider's authority, name it in {_reference(pinned)}"
        yield told.finding(ChainRule.UNTRUSTED_ROOT, end, what, fix)
    elif route.namesakes:
        what = f'is signed by "{end.issuer}", and the certificate of that name at hand has another key'
        fix = f"the authority seems to have a new key: name its new certificate in {_reference(pinned)}"
        yield told.finding(ChainRule.UNKNOWN_ISSUER, end, what, fix)
    elif _probably_incomplete(route, trust):
        what = f'is signed by "{end.issuer}", whose certificate the server does not show: an intermediate is missing'
        fix = f"{PROVIDER} to show the whole chain; until then name that intermediate in {_reference(pinned)}"
        yield told.finding(ChainRule.MISSING_INTERMEDIATE, end, what, fix)
    else:
        what = f'is signed by "{end.issuer}", which is not in {source}, and the server does not show it'
        fix = (
            f"name the certificate of that authority in {_reference(pinned)}, "
            "or the provider shows the intermediate that is missing"
        )
        yield told.finding(ChainRule.UNKNOWN_ISSUER, end, what, fix)


def _reference(pinned: bool) -> str:
    return "the Certificate of spec.tls.trustCertificateRef" if pinned else "spec.tls.trustCertificateRef"


def _probably_incomplete(route: Walk, trust: Sequence[Shown]) -> bool:
    """Whether the missing issuer is likely an intermediate: it says where it can be fetched, or is of the same house as
    an authority that is trusted."""
    if len(route.steps) > 1:
        return False
    access = route.end.extension(x509.AuthorityInformationAccess)
    if access is not None and any(one.access_method == AuthorityInformationAccessOID.CA_ISSUERS for one in access):
        return True
    house = _organizations(route.end.parsed.issuer)
    return bool(house) and any(house & _organizations(one.parsed.subject) for one in trust)


def _organizations(name: x509.Name) -> set[str]:
    return {str(one.value) for one in name.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)}


def _each(told: _Telling, now: datetime) -> Iterator[ChainFinding]:
    steps, below = told.route.steps, 0
    for place, one in enumerate(steps):
        last = place == len(steps) - 1
        yield from _dates(told, one, now)
        if place:
            yield from _authority(told, one, below if place > 1 else 0, steps[0])
            below += not one.self_issued
        yield from _use(told, one, signs=place > 0)
        if one.strength < purposes.STRENGTH:
            what = f"has a key that is too weak ({one.key}: {one.strength} bits, {purposes.STRENGTH} are needed)"
            yield told.finding(ChainRule.WEAK_KEY, one, what, f"{PROVIDER} to renew it with RSA 2048 or better")
        if not last and (weak := purposes.weak_digest(one)):
            what = f"is signed with {weak}, which can be forged"
            yield told.finding(ChainRule.WEAK_SIGNATURE, one, what, f"{PROVIDER} to renew it with SHA-256")
        if not last and not _signed_by(one, steps[place + 1]):
            what = f"is not signed by {told.call(steps[place + 1])}, although it names it as its issuer"
            yield told.finding(ChainRule.BAD_SIGNATURE, one, what, f"{PROVIDER}: the certificate is damaged or forged")


def _dates(told: _Telling, one: Shown, now: datetime) -> Iterator[ChainFinding]:
    ours = told.place(one) is None
    renew = "name its renewed certificate in spec.tls.trustCertificateRef" if ours else f"{PROVIDER} to renew it"
    if now > one.not_after:
        what = f"expired on {one.not_after:%Y-%m-%d %H:%M} UTC, {_days(now - one.not_after)} ago"
        yield told.finding(ChainRule.EXPIRED, one, what, renew)
    elif now < one.not_before:
        what = f"is valid from {one.not_before:%Y-%m-%d %H:%M} UTC on, in {_days(one.not_before - now)}"
        yield told.finding(ChainRule.NOT_YET_VALID, one, what, f"check the clock of this machine, else {PROVIDER}")
    elif one.not_after - now <= EXPIRY_NOTICE:
        what = f"expires on {one.not_after:%Y-%m-%d %H:%M} UTC, in {_days(one.not_after - now)}"
        yield told.finding(ChainRule.EXPIRES_SOON, one, what, f"{PROVIDER} to renew it in time", refuses=False)


def _days(span: timedelta) -> str:
    if span < timedelta(days=2):
        return f"{span // timedelta(hours=1)} h"
    return f"{span.days} days"


def _authority(told: _Telling, one: Shown, below: int, leaf: Shown) -> Iterator[ChainFinding]:
    if not purposes.is_authority(one):
        what = "signs other certificates and is no authority (its basicConstraints or key usage do not allow it)"
        yield told.finding(ChainRule.NOT_AN_AUTHORITY, one, what, f"{PROVIDER} for a chain of real authorities")
    allowed = purposes.path_length(one)
    if allowed is not None and below > allowed:
        what = f"allows {allowed} intermediates below itself, and there are {below}"
        yield told.finding(ChainRule.PATH_TOO_LONG, one, what, f"{PROVIDER} for a chain that its authority allows")
    if name := not_permitted(leaf, one):
        what = f'may not vouch for "{name}" (its name constraints)'
        yield told.finding(
            ChainRule.NAME_NOT_PERMITTED, one, what, f"{PROVIDER} for a certificate of another authority"
        )


def _use(told: _Telling, one: Shown, *, signs: bool) -> Iterator[ChainFinding]:
    if why := purposes.wrong_purpose(one, signs=signs):
        fix = f"{PROVIDER} for a certificate with extended key usage serverAuth"
        yield told.finding(ChainRule.WRONG_PURPOSE, one, f"is not for servers: {why}", fix)
    for number in purposes.unknown_critical(one):
        what = f"has a critical extension that is not understood ({number})"
        yield told.finding(ChainRule.UNKNOWN_CRITICAL_EXTENSION, one, what, f"{PROVIDER} for one without it")


def _order(told: _Telling, readable: Sequence[Shown]) -> Iterator[ChainFinding]:
    places = [place for one in told.route.steps if (place := told.place(one)) is not None]
    if places != sorted(places):
        message = "the certificates are not in order: each should be followed by its issuer (RFC 5246, section 7.4.2)"
        yield ChainFinding(ChainRule.WRONG_ORDER, message, f"{PROVIDER} to put them in order", refuses=False)
    for one in readable:
        if one not in told.route.steps and not one.self_signed:
            what = "is in the server's chain and leads nowhere"
            fix = "none needed; the provider may leave it out"
            about = f'the certificate "{one.subject}"'
            yield told.finding(ChainRule.USELESS_CERTIFICATE, one, what, fix, refuses=False, about=about)


def _signed_by(one: Shown, issuer: Shown) -> bool:
    try:
        one.parsed.verify_directly_issued_by(issuer.parsed)
    except InvalidSignature:
        return False
    except BROKEN:
        # An algorithm or form that cannot be checked here, SHA-1 among them: OpenSSL judges it.
        return True
    return True


def _unreadable(place: int) -> ChainFinding:
    message = f"certificate {place + 1} of the chain cannot be read here, so nothing more can be said of it"
    fix = f"{PROVIDER} for a certificate as of RFC 5280"
    return ChainFinding(ChainRule.UNREADABLE, message, fix, refuses=False, certificate=place)
