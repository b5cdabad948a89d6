"""Which addresses may be dialled, whatever way they are written."""

from __future__ import annotations

import socket

import pytest

from sms_operator.links.addresses import forbidden, parse_networks
from sms_operator.links.resolver import lookup

LOOPBACK = parse_networks("127.0.0.0/8, ::1/128")


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback"),
        ("::1", "loopback"),
        ("169.254.169.254", "link-local"),
        ("fe80::1", "link-local"),
        ("fe80::1%eth0", "link-local"),
        ("0.0.0.0", "unspecified"),
        ("0.1.2.3", "unspecified"),
        ("::", "unspecified"),
        ("224.0.0.1", "multicast"),
        ("ff02::1", "multicast"),
        ("255.255.255.255", "broadcast"),
        ("100.100.100.200", "metadata service"),
        ("168.63.129.16", "metadata service"),
        ("192.0.0.192", "metadata service"),
        ("fd00:ec2::254", "metadata service"),
        ("::ffff:168.63.129.16", "metadata service"),
        ("::ffff:127.0.0.1", "loopback"),
        ("::ffff:169.254.169.254", "link-local"),
        ("::ffff:0.0.0.0", "unspecified"),
        ("::127.0.0.1", "loopback"),
        ("64:ff9b::127.0.0.1", "loopback"),
        ("64:ff9b::a9fe:a9fe", "link-local"),
        ("64:ff9b:1::169.254.169.254", "link-local"),
        ("2002:7f00:1::", "loopback"),
        ("2002:a9fe:a9fe::1", "link-local"),
        ("2001:0:7f00:1::", "loopback"),
        ("2001:0:c000:201:0:0:80ff:fffe", "loopback"),
    ],
)
def test_forbidden_addresses(address: str, kind: str) -> None:
    """The reason names the address, its kind, and the setting that allows it."""
    reason = forbidden(address, ())
    assert reason.startswith(f"{address} is ")
    assert kind in reason
    assert "SMS_OPERATOR_ALLOWED_NETWORKS" in reason


@pytest.mark.parametrize(
    "address",
    [
        "192.0.2.7",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "2001:db8::1",
        "fd00::1",
        "::ffff:192.0.2.7",
        "2002:c000:207::",
        "64:ff9b::192.0.2.7",
        "100.64.0.1",
        "1.0.0.0",
    ],
)
def test_other_addresses(address: str) -> None:
    """Public and private networks may be dialled: SMSCs live in both."""
    assert forbidden(address, ()) == ""


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_allowed_networks(address: str) -> None:
    """What the operator's settings allow, also where it is written as IPv6."""
    assert forbidden(address, LOOPBACK) == ""


@pytest.mark.parametrize("address", ["169.254.169.254", "::ffff:169.254.169.254", "0.0.0.0"])
def test_allowed_networks_are_not_all(address: str) -> None:
    """Allowing loopback allows nothing else."""
    assert forbidden(address, LOOPBACK)


@pytest.mark.parametrize("address", ["10.96.0.1", "::ffff:10.96.0.1", "64:ff9b::10.96.0.1", "127.0.0.1"])
def test_what_is_denied_is_denied(address: str) -> None:
    """Whether it is allowed, and however it is written; its neighbours are not."""
    denied = parse_networks("10.96.0.0/12, 127.0.0.0/8")
    assert "SMS_OPERATOR_DENIED_NETWORKS" in forbidden(address, LOOPBACK, denied)
    assert forbidden("10.80.0.1", (), denied) == ""


@pytest.mark.parametrize("spelling", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0x7f.1", "localhost"])
async def test_every_spelling_is_judged_by_what_it_resolves_to(spelling: str) -> None:
    """Decimal, octal, hexadecimal and short spellings of an address are that address."""
    found = await lookup(spelling, 2775)
    assert found
    assert all("loopback" in forbidden(address[0], ()) for _, address in found)


async def test_an_address_is_its_own_and_keeps_its_port() -> None:
    """No look-up is needed for an address."""
    assert await lookup("192.0.2.7", 2775) == [(socket.AF_INET, ("192.0.2.7", 2775))]
    assert await lookup("2001:db8::1", 1) == [(socket.AF_INET6, ("2001:db8::1", 1, 0, 0))]


@pytest.mark.parametrize("name", ["no-such-host.invalid", "x" * 70 + ".example", "a..b", ""])
async def test_what_cannot_be_looked_up(name: str) -> None:
    """A name without an address, and what is no name, is an error that is expected."""
    with pytest.raises((OSError, UnicodeError)):
        await lookup(name + ".invalid" if name == "" else name, 1)


@pytest.mark.parametrize("text", ["", " ", ","])
def test_no_networks(text: str) -> None:
    """Nothing is an empty list."""
    assert parse_networks(text) == ()


@pytest.mark.parametrize("part", ["300.0.0.0/8", "localhost", "10.0.0.0/33"])
def test_what_is_no_network_is_named(part: str) -> None:
    """With an example of what one looks like."""
    with pytest.raises(ValueError, match=f'"{part}" is not a network; an example is'):
        parse_networks(f"10.0.0.0/8, {part}")
