"""Which addresses may be dialled. Checked on the resolved address, right before connecting to exactly that one."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
"""Prefixes of RFC 6052 and RFC 8215. In the second the address may stand elsewhere; its usual place is the end."""


def parse_networks(text: str) -> tuple[Network, ...]:
    """A comma-separated list of networks in CIDR notation.

    Raises:
        ValueError: names the part that is none.
    """
    networks: list[Network] = []
    for part in filter(None, (item.strip() for item in text.split(","))):
        try:
            networks.append(ipaddress.ip_network(part, strict=False))
        except ValueError:
            raise ValueError(f'"{part}" is not a network; an example is 127.0.0.0/8') from None
    return tuple(networks)


_METADATA = parse_networks("100.100.100.200, 168.63.129.16, 192.0.0.192, fd00:ec2::254")
"""Where Alibaba, Azure, Oracle and (over IPv6) Amazon tell a machine its secrets; elsewhere it is link-local."""


def forbidden(text: str, allowed: Iterable[Network], denied: Iterable[Network] = ()) -> str:
    """Why an address must not be dialled; empty when it may.

    An IPv6 address that carries an IPv4 one (6to4, Teredo, NAT64) is judged by both. What is denied is not dialled,
    allowed or not.
    """
    for candidate in _meant(ipaddress.ip_address(text.partition("%")[0])):
        if _within(candidate, denied):
            return f"{text} is in a network that the operator must not dial (SMS_OPERATOR_DENIED_NETWORKS)"
        kind = _kind(candidate)
        if kind and not _within(candidate, allowed):
            return f"{text} is {kind}, and the operator does not allow that network (SMS_OPERATOR_ALLOWED_NETWORKS)"
    return ""


def _within(address: Address, networks: Iterable[Network]) -> bool:
    return any(address in network for network in networks if network.version == address.version)


def _meant(address: Address) -> list[Address]:
    """A mapped address is the IPv4 one and nothing else; a tunnelled one is an address of its own as well."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    found = [address.sixtofour, *(address.teredo or ())]
    compatible, translated = int(address) >> 32 == 0 and int(address) > 1, any(address in one for one in _NAT64)
    if compatible or translated:
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
    return [address, *(candidate for candidate in found if candidate is not None)]


def _kind(address: Address) -> str:
    if address.is_unspecified or (address.version == 4 and int(address) >> 24 == 0):
        return "an unspecified address"
    if address.is_loopback:
        return "a loopback address"
    if address.is_link_local:
        return "a link-local address"
    if address.is_multicast:
        return "a multicast address"
    if address.version == 4 and int(address) == 0xFFFF_FFFF:
        return "the broadcast address"
    return "a cloud's metadata service" if _within(address, _METADATA) else ""
