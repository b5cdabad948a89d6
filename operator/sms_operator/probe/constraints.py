"""Name constraints of authorities (RFC 5280, section 4.2.1.10): which names they may vouch for. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from cryptography import x509

from .certificates import Shown, printable


def not_permitted(leaf: Shown, authority: Shown) -> str:
    """A name of the leaf that this authority may not vouch for; empty when it may vouch for all of them.

    Names, addresses and the subject are looked at; mail addresses and URIs are not, which no SMSC is reached by.
    """
    constraints = authority.extension(x509.NameConstraints)
    if constraints is None:
        return ""
    permitted, excluded = constraints.permitted_subtrees or (), constraints.excluded_subtrees or ()
    for name in _names(leaf):
        same_kind = [one for one in permitted if type(one) is type(name)]
        if same_kind and not any(_below(name, one) for one in same_kind):
            return _text(name)
        if any(_below(name, one) for one in excluded if type(one) is type(name)):
            return _text(name)
    return ""


def _names(leaf: Shown) -> list[x509.GeneralName]:
    alternatives = leaf.extension(x509.SubjectAlternativeName)
    found: list[x509.GeneralName] = [] if alternatives is None else list(alternatives)
    if list(leaf.parsed.subject):
        found.append(x509.DirectoryName(leaf.parsed.subject))
    if not leaf.dns_names:
        # OpenSSL takes a common name that looks like a host for one.
        found += [x509.DNSName(name) for name in leaf.common_names if name.isascii() and "." in name.strip(".")]
    return found


def _below(name: x509.GeneralName, base: x509.GeneralName) -> bool:
    if isinstance(name, x509.DNSName) and isinstance(base, x509.DNSName):
        host, tree = name.value.lower(), base.value.lower()
        return not tree or host == tree or host.endswith(tree if tree.startswith(".") else f".{tree}")
    if isinstance(name, x509.IPAddress) and isinstance(base, x509.IPAddress):
        address, network = name.value, base.value
        if not isinstance(network, ipaddress.IPv4Network | ipaddress.IPv6Network):
            return False
        return address.version == network.version and address in network
    if isinstance(name, x509.DirectoryName) and isinstance(base, x509.DirectoryName):
        return _starts(list(name.value.rdns), list(base.value.rdns))
    return False


def _starts(
    whole: Sequence[x509.RelativeDistinguishedName], beginning: Sequence[x509.RelativeDistinguishedName]
) -> bool:
    return list(whole[: len(beginning)]) == list(beginning)


def _text(name: x509.GeneralName) -> str:
    value = name.value.rfc4514_string() if isinstance(name, x509.DirectoryName) else str(name.value)
    return printable(value)
