"""Chains with every fault, and the explanation's verdict against that of OpenSSL in a real handshake."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

from sms_operator.dev.smsc.authority import DAY, Issued
from sms_operator.probe.certificates import read_pem
from sms_operator.probe.explain import explain
from sms_operator.probe.findings import ChainRule
from support.forging import (
    CLIENT,
    SERVER,
    Verdict,
    Wanted,
    forge,
    key,
    key_usage,
    rsa_key,
    server_context,
    shake_hands,
    weak_key,
)

HOST = "smsc.example.com"
SIGNS = key_usage(certificates=True, crls=True)

ROOT_WANTED = Wanted("Root CA", key(1), authority=True, usage=SIGNS, ends=3650 * DAY)
MIDDLE_WANTED = Wanted("Middle CA", key(2), authority=True, usage=SIGNS, ends=1000 * DAY)
LEAF_WANTED = Wanted("smsc", key(3), alternatives=(HOST,), uses=(SERVER,))
ROOT = forge(ROOT_WANTED)
MIDDLE = forge(MIDDLE_WANTED, ROOT)
LEAF = forge(LEAF_WANTED, MIDDLE)
STRANGER = forge(replace(ROOT_WANTED, name="Stranger CA", key=key(4)))

Case = tuple[Sequence[Issued], str, Sequence[Issued]]
"""What the server shows, the host that is expected, and who is trusted."""


def leaf(issuer: Issued = MIDDLE, signer: object = None, **changes: object) -> Issued:
    """A server's certificate that differs from a good one in this."""
    return forge(replace(LEAF_WANTED, **changes), issuer)  # pyright: ignore[reportArgumentType]


def middle(issuer: Issued | None = ROOT, **changes: object) -> Issued:
    """An intermediate that differs from a good one in this."""
    return forge(replace(MIDDLE_WANTED, **changes), issuer)  # pyright: ignore[reportArgumentType]


def root(**changes: object) -> Issued:
    """A root that differs from a good one in this."""
    return forge(replace(ROOT_WANTED, **changes))  # pyright: ignore[reportArgumentType]


def below(authority: Issued, **changes: object) -> Case:
    """A good server below an intermediate of this kind."""
    return [leaf(authority, **changes), authority], HOST, [ROOT]


def below_root(anchor: Issued) -> Case:
    """A good chain below a root of this kind."""
    between = middle(anchor)
    return [leaf(between), between], HOST, [anchor]


def names(permitted: Sequence[x509.GeneralName] = (), excluded: Sequence[x509.GeneralName] = ()) -> object:
    """A critical nameConstraints extension."""
    return ((x509.NameConstraints(permitted or None, excluded or None), True),)


def unknown(critical: bool) -> object:
    """An extension of somebody's own."""
    return ((x509.UnrecognizedExtension(ObjectIdentifier("1.3.6.1.4.1.55555.1"), b"\x05\x00"), critical),)


BAD: dict[str, tuple[Callable[[], Case], ChainRule]] = {
    "expired": (lambda: ([leaf(starts=-9 * DAY, ends=-DAY), MIDDLE], HOST, [ROOT]), ChainRule.EXPIRED),
    "intermediate expired": (lambda: below(middle(starts=-9 * DAY, ends=-DAY)), ChainRule.EXPIRED),
    "root expired": (lambda: below_root(root(starts=-9 * DAY, ends=-DAY)), ChainRule.EXPIRED),
    "trusted leaf expired": (
        lambda: ([one := leaf(starts=-9 * DAY, ends=-DAY)], HOST, [one]),
        ChainRule.EXPIRED,
    ),
    "trusted leaf below an expired intermediate that is shown": (
        lambda: (lambda between: ([one := leaf(between), between], HOST, [one]))(middle(starts=-9 * DAY, ends=-DAY)),
        ChainRule.EXPIRED,
    ),
    "not valid yet": (lambda: ([leaf(starts=DAY), MIDDLE], HOST, [ROOT]), ChainRule.NOT_YET_VALID),
    "root not valid yet": (lambda: below_root(root(starts=DAY)), ChainRule.NOT_YET_VALID),
    "another name": (lambda: ([LEAF, MIDDLE], "other.example.com", [ROOT]), ChainRule.NAME_MISMATCH),
    "an address it does not carry": (lambda: ([LEAF, MIDDLE], "192.0.2.1", [ROOT]), ChainRule.NAME_MISMATCH),
    "an address only as text": (
        lambda: ([leaf(name="192.0.2.1", alternatives=()), MIDDLE], "192.0.2.1", [ROOT]),
        ChainRule.NAME_MISMATCH,
    ),
    "wildcard two levels up": (
        lambda: ([leaf(alternatives=("*.example.com",)), MIDDLE], "a.b.example.com", [ROOT]),
        ChainRule.NAME_MISMATCH,
    ),
    "wildcard of a whole top level": (
        lambda: ([leaf(alternatives=("*.com",)), MIDDLE], "example.com", [ROOT]),
        ChainRule.NAME_MISMATCH,
    ),
    "partial wildcard": (
        lambda: ([leaf(alternatives=("smsc*.example.com",)), MIDDLE], "smsc1.example.com", [ROOT]),
        ChainRule.NAME_MISMATCH,
    ),
    "common name beside other names": (
        lambda: ([leaf(name=HOST, alternatives=("other.example.com",)), MIDDLE], HOST, [ROOT]),
        ChainRule.NAME_MISMATCH,
    ),
    "no name at all": (lambda: ([leaf(name="", alternatives=()), MIDDLE], HOST, [ROOT]), ChainRule.NAME_MISMATCH),
    "self-signed": (lambda: ([forge(LEAF_WANTED)], HOST, [ROOT]), ChainRule.SELF_SIGNED),
    "root not trusted": (lambda: ([LEAF, MIDDLE, ROOT], HOST, [STRANGER]), ChainRule.UNTRUSTED_ROOT),
    "authority not trusted": (lambda: ([LEAF, MIDDLE], HOST, [STRANGER]), ChainRule.UNKNOWN_ISSUER),
    "authority of the same name": (
        lambda: ([LEAF, MIDDLE], HOST, [root(key=key(5))]),
        ChainRule.UNKNOWN_ISSUER,
    ),
    "intermediate missing": (
        lambda: (
            [leaf(middle(house := root(organization="House"), organization="House"))],
            HOST,
            [house],
        ),
        ChainRule.MISSING_INTERMEDIATE,
    ),
    "intermediate missing, its address known": (
        lambda: ([leaf(extensions=((access("http://ca.example.com/middle.cer"), False),))], HOST, [ROOT]),
        ChainRule.MISSING_INTERMEDIATE,
    ),
    "signed by somebody else": (
        lambda: ([forge(LEAF_WANTED, MIDDLE, key(6)), MIDDLE], HOST, [ROOT]),
        ChainRule.BAD_SIGNATURE,
    ),
    "signed by no authority": (lambda: below(middle(authority=False, usage=None)), ChainRule.NOT_AN_AUTHORITY),
    "signed without the right to sign": (
        lambda: below(middle(usage=key_usage(signatures=True))),
        ChainRule.NOT_AN_AUTHORITY,
    ),
    "authority without basicConstraints": (
        lambda: below(middle(authority=None, usage=None)),
        ChainRule.NOT_AN_AUTHORITY,
    ),
    "path too long": (lambda: too_deep(), ChainRule.PATH_TOO_LONG),
    "name not permitted": (
        lambda: below(middle(extensions=names([x509.DNSName("example.net")]))),
        ChainRule.NAME_NOT_PERMITTED,
    ),
    "name excluded": (
        lambda: below(middle(extensions=names([], [x509.DNSName("example.com")]))),
        ChainRule.NAME_NOT_PERMITTED,
    ),
    "address not permitted": (
        lambda: below(
            middle(extensions=names([x509.IPAddress(ipaddress.ip_network("10.0.0.0/8"))])),
            alternatives=(HOST, "192.0.2.1"),
        ),
        ChainRule.NAME_NOT_PERMITTED,
    ),
    "for clients": (lambda: ([leaf(uses=(CLIENT,)), MIDDLE], HOST, [ROOT]), ChainRule.WRONG_PURPOSE),
    "for anything": (
        lambda: ([leaf(uses=(ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,)), MIDDLE], HOST, [ROOT]),
        ChainRule.WRONG_PURPOSE,
    ),
    "authority for clients": (lambda: below(middle(uses=(CLIENT,))), ChainRule.WRONG_PURPOSE),
    "key for lists only": (lambda: ([leaf(usage=key_usage(crls=True)), MIDDLE], HOST, [ROOT]), ChainRule.WRONG_PURPOSE),
    "weak key": (lambda: ([leaf(key=weak_key()), MIDDLE], HOST, [ROOT]), ChainRule.WEAK_KEY),
    "weak authority": (lambda: below(middle(key=weak_key())), ChainRule.WEAK_KEY),
    "weak root": (lambda: below_root(root(key=weak_key())), ChainRule.WEAK_KEY),
    "SHA-1": (lambda: below(middle(key=rsa_key()), weakly_signed=True), ChainRule.WEAK_SIGNATURE),
    "extension unknown": (
        lambda: ([leaf(extensions=unknown(True)), MIDDLE], HOST, [ROOT]),
        ChainRule.UNKNOWN_CRITICAL_EXTENSION,
    ),
    "extension of an authority unknown": (
        lambda: below(middle(extensions=unknown(True))),
        ChainRule.UNKNOWN_CRITICAL_EXTENSION,
    ),
}

GOOD: dict[str, tuple[Callable[[], Case], ChainRule | None]] = {
    "as it should be": (lambda: ([LEAF, MIDDLE], HOST, [ROOT]), None),
    "with its root": (lambda: ([LEAF, MIDDLE, ROOT], HOST, [ROOT]), None),
    "intermediate trusted": (lambda: ([LEAF], HOST, [MIDDLE]), None),
    "leaf trusted": (lambda: ([LEAF], HOST, [LEAF]), None),
    "self-signed and trusted": (lambda: ([one := forge(LEAF_WANTED)], HOST, [one]), None),
    "name in other letters": (lambda: ([LEAF, MIDDLE], "SMSC.Example.COM", [ROOT]), None),
    "wildcard": (lambda: ([leaf(alternatives=("*.example.com",)), MIDDLE], HOST, [ROOT]), None),
    "international name": (
        lambda: ([leaf(alternatives=("xn--bcher-kva.example",)), MIDDLE], "bücher.example", [ROOT]),
        None,
    ),
    "address": (lambda: ([leaf(alternatives=("2001:db8::1",)), MIDDLE], "2001:db8:0::1", [ROOT]), None),
    "common name only": (
        lambda: ([leaf(name=HOST, alternatives=()), MIDDLE], HOST, [ROOT]),
        ChainRule.NO_SUBJECT_ALT_NAME,
    ),
    "common name beside an address": (
        lambda: ([leaf(name=HOST, alternatives=("192.0.2.1",)), MIDDLE], HOST, [ROOT]),
        ChainRule.NO_SUBJECT_ALT_NAME,
    ),
    "wrong order": (
        lambda: (lambda lower: ([leaf(lower), MIDDLE, lower], HOST, [ROOT]))(
            middle(MIDDLE, name="Lower CA", key=key(7))
        ),
        ChainRule.WRONG_ORDER,
    ),
    "a stranger in it": (
        lambda: ([LEAF, MIDDLE, middle(STRANGER, name="Odd", key=key(8))], HOST, [ROOT]),
        ChainRule.USELESS_CERTIFICATE,
    ),
    "expires soon": (lambda: ([leaf(ends=9 * DAY), MIDDLE], HOST, [ROOT]), ChainRule.EXPIRES_SOON),
    "no extended key usage": (lambda: ([leaf(uses=()), MIDDLE], HOST, [ROOT]), None),
    "authority as server": (lambda: ([leaf(authority=True, usage=None), MIDDLE], HOST, [ROOT]), None),
    "root signed with SHA-1": (lambda: below_root(root(key=rsa_key(), weakly_signed=True)), None),
    "extension unknown and not critical": (lambda: ([leaf(extensions=unknown(False)), MIDDLE], HOST, [ROOT]), None),
    "no key identifiers": (lambda: ([leaf(identifiers=False), MIDDLE], HOST, [ROOT]), None),
    "names permitted": (lambda: below(middle(extensions=names([x509.DNSName("example.com")]))), None),
    "expired twin of the root": (
        lambda: ([LEAF, MIDDLE], HOST, [root(starts=-9 * DAY, ends=-DAY), ROOT]),
        None,
    ),
}


def access(address: str) -> x509.AuthorityInformationAccess:
    """Where an issuer's certificate can be fetched."""
    where = x509.UniformResourceIdentifier(address)
    return x509.AuthorityInformationAccess(
        [x509.AccessDescription(x509.oid.AuthorityInformationAccessOID.CA_ISSUERS, where)]
    )


def too_deep() -> Case:
    """An authority that allows no other below itself, and one below it."""
    upper = middle(path_length=0)
    lower = middle(upper, name="Lower CA", key=key(7))
    return [leaf(lower), lower, upper], HOST, [ROOT]


def verdict(case: Case) -> Verdict:
    """What OpenSSL says."""
    shown, host, trusted = case
    return shake_hands(server_context(shown), host, "".join(one.pem for one in trusted))


def explained(case: Case) -> tuple[list[ChainRule], bool, str]:
    """Rules and verdict of the explanation, and its words."""
    shown, host, trusted = case
    trust = [one for item in trusted for one in read_pem(item.pem)]
    told = explain([one.der for one in shown], host, trust, datetime.now(UTC))
    return (
        [one.rule for one in told.findings],
        told.refused,
        "\n".join(f"{one.message} | {one.fix}" for one in told.findings),
    )


@pytest.mark.parametrize("name", BAD)
def test_what_is_refused_and_why(name: str) -> None:
    """OpenSSL refuses it, and the explanation names the rule that was broken."""
    make, rule = BAD[name]
    case = make()
    said = verdict(case)
    rules, refused, words = explained(case)
    assert said.refused, f"OpenSSL accepts it; explained: {words}"
    assert refused
    assert rules[0] is rule, words
    assert said.heard.chain == tuple(one.der for one in case[0])


@pytest.mark.parametrize("name", GOOD)
def test_what_is_accepted(name: str) -> None:
    """OpenSSL accepts it, and the explanation finds nothing, or what is worth knowing."""
    make, rule = GOOD[name]
    case = make()
    said = verdict(case)
    rules, refused, words = explained(case)
    assert said.error is None, said.error
    assert not refused, words
    assert rules == ([] if rule is None else [rule]), words
    assert said.heard.chain == said.shown == tuple(one.der for one in case[0])
