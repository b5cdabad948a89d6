"""Whether a certificate is for a host: OpenSSL's X509_check_host and X509_check_ip with Python's flags. Pure."""

from __future__ import annotations

import ipaddress

from .certificates import Shown, is_address


def carries(one: Shown, host: str) -> bool:
    """Whether the certificate carries this host: an address literally, a name with wildcards (RFC 9525, section 6.3).

    The common name counts only where there is no dNSName at all; newer clients do not look at it any more.
    """
    if is_address(host):
        return ipaddress.ip_address(host) in [ipaddress.ip_address(item) for item in one.addresses]
    wanted = in_ascii(host)
    return any(_matches(pattern, wanted) for pattern in one.dns_names or one.common_names)


def only_common_name(one: Shown, host: str) -> bool:
    """Whether it is for this host by its common name alone."""
    return not is_address(host) and not one.dns_names and carries(one, host)


def in_ascii(host: str) -> str:
    """A name as it is on the wire; one that has no such form stays as it is."""
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return host


def _matches(pattern: str, host: str) -> bool:
    pattern, host = pattern.lower(), host.lower()
    if not pattern.startswith("*."):
        return pattern == host
    # A wildcard is the whole first label and stands for exactly one; below it there are at least two labels.
    first, _, rest = host.partition(".")
    return bool(first) and pattern.count(".") >= 2 and "*" not in pattern[1:] and rest == pattern[2:]
