"""What a certificate may be used for: extensions of RFC 5280, section 4.2.1, read as OpenSSL reads them. Pure."""

from __future__ import annotations

from typing import Final

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, ObjectIdentifier

from .certificates import Shown
from .path import may_sign

STRENGTH: Final = 112
"""Bits that keys and signatures must have: OpenSSL's security level 2, which Python and Debian set."""
_WEAK_DIGESTS: Final = ("MD5", "SHA1")
_SGC: Final = ObjectIdentifier("2.16.840.1.113730.4.1")
"""Netscape's server gated cryptography, which OpenSSL takes for server authentication."""
_UNDERSTOOD: Final = frozenset(
    {
        ExtensionOID.KEY_USAGE,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.CERTIFICATE_POLICIES,
        ExtensionOID.CRL_DISTRIBUTION_POINTS,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.POLICY_CONSTRAINTS,
        ExtensionOID.NAME_CONSTRAINTS,
        ExtensionOID.POLICY_MAPPINGS,
        ExtensionOID.INHIBIT_ANY_POLICY,
        ObjectIdentifier("2.16.840.1.113730.1.1"),
        ObjectIdentifier("1.3.6.1.5.5.7.1.7"),
        ObjectIdentifier("1.3.6.1.5.5.7.1.8"),
        ObjectIdentifier("1.3.6.1.5.5.7.1.14"),
    }
)
"""Critical extensions that OpenSSL knows; any other makes it refuse."""


def is_authority(one: Shown) -> bool:
    """Whether it may sign certificates: CA:TRUE, or a certificate older than that extension which is self-signed."""
    if not may_sign(one):
        return False
    constraints = one.extension(x509.BasicConstraints)
    if constraints is not None:
        return constraints.ca
    old = one.parsed.version is x509.Version.v1 and one.self_issued
    return old or one.extension(x509.KeyUsage) is not None


def path_length(one: Shown) -> int | None:
    """How many intermediates it allows below itself; None: any number."""
    constraints = one.extension(x509.BasicConstraints)
    return None if constraints is None or not constraints.ca else constraints.path_length


def wrong_purpose(one: Shown, *, signs: bool) -> str:
    """Why it is not for servers; empty when it is. `signs`: as an authority above one."""
    extended = one.extension(x509.ExtendedKeyUsage)
    if extended is not None and not {ExtendedKeyUsageOID.SERVER_AUTH, _SGC} & set(extended):
        found = name_of_uses(extended)
        return f"its extended key usage is {found}, not serverAuth"
    usage = one.extension(x509.KeyUsage)
    if signs or usage is None or usage.digital_signature or usage.key_encipherment or usage.key_agreement:
        return ""
    return "its key usage allows neither signing nor key agreement, one of which TLS needs"


def name_of_uses(uses: x509.ExtendedKeyUsage) -> str:
    """The uses by name, those without one by number."""
    return ", ".join(str(_USES.get(use) or use.dotted_string) for use in uses)


def unknown_critical(one: Shown) -> list[str]:
    """The numbers of critical extensions that OpenSSL does not know."""
    return [item.oid.dotted_string for item in one.parsed.extensions if item.critical and item.oid not in _UNDERSTOOD]


def weak_digest(one: Shown) -> str:
    """The hash of its signature where that is too weak; empty otherwise."""
    return one.digest if one.digest in _WEAK_DIGESTS else ""


_USES: Final = {
    ExtendedKeyUsageOID.SERVER_AUTH: "serverAuth",
    ExtendedKeyUsageOID.CLIENT_AUTH: "clientAuth",
    ExtendedKeyUsageOID.CODE_SIGNING: "codeSigning",
    ExtendedKeyUsageOID.EMAIL_PROTECTION: "emailProtection",
    ExtendedKeyUsageOID.TIME_STAMPING: "timeStamping",
    ExtendedKeyUsageOID.OCSP_SIGNING: "OCSPSigning",
    ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE: "anyExtendedKeyUsage",
}
