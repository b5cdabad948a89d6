"""A gateway is no way into networks where its owner has no business: nothing is dialled, and the status says little."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import pytest

from sms_operator.dev.control_plane import ApiError, Client, ControlPlane
from sms_operator.dev.smsc import Account
from sms_operator.links.addresses import forbidden, parse_networks
from sms_operator.links.settings import LinkSettings
from support.faults.security_lookup import DOMAIN, Lookups
from support.faults.security_trap import Trap, trap
from support.ground import Ground, install_rights, new_ground
from support.scripted import unused_port
from support.tenant import eventually

SMSC: Final = "127.0.0.2"
"""Allowed, and the SMSC's."""
DENIED: Final = "127.0.0.4"
"""Allowed and denied."""
TRAPS: Final = ("127.0.0.1", "::1", DENIED)
ENVIRONMENT: Final = {
    "SMS_OPERATOR_ALLOWED_NETWORKS": "127.0.0.2/31,127.0.0.4/31",
    "SMS_OPERATOR_DENIED_NETWORKS": f"{DENIED}/32",
}
WRITTEN: Final = {
    "loopback": "127.0.0.1",
    "hexadecimal": "0x7f000001",
    "hexadecimal-part": "127.0.0.0x1",
    "short-hexadecimal": "127.0x1",
    "name": "localhost",
    "six": "::1",
    "six-in-full": "0:0:0:0:0:0:0:1",
    "mapped": "::ffff:7f00:1",
    "mapped-in-full": "0:0:0:0:0:ffff:7f00:1",
    "compatible": "::7f00:1",
    "translated": "64:ff9b::7f00:1",
    "tunnelled": "2002:7f00:1::",
    "nowhere": "0.0.0.0",
    "nowhere-six": "::",
    "nowhere-mapped": "::ffff:0:0",
    "nowhere-hexadecimal": "0x0",
    "metadata": "169.254.169.254",
    "metadata-hexadecimal": "0xa9fea9fe",
    "metadata-mapped": "::ffff:a9fe:a9fe",
    "metadata-six": "fd00:ec2::254",
    "metadata-azure": "168.63.129.16",
    "link-local": "fe80::1",
    "multicast": "224.0.0.1",
    "broadcast": "255.255.255.255",
    "denied": DENIED,
    "denied-mapped": "::ffff:7f00:4",
    "denied-hexadecimal": "0x7f000004",
}
NOT_EVEN_STORED: Final = (
    "2130706433",
    "0177.0.0.1",
    "017700000001",
    "127.1",
    "0x7f.1",
    "127.000.000.001",
    "::ffff:127.0.0.1",
    "fe80::1%eth0",
    "[::1]",
    "127.0.0.1:2775",
    "smpp://127.0.0.1",
    "user@127.0.0.1",
    "127.0.0.1/",
    "127.0.0.1#a.example",
    "127.0.0.1\n",
    "\u0661\u0662\u0667.0.0.1",
    "\u2460\u2461\u2466.0.0.1",
    "127\u30020\u30020\u30021",
)
ANSWERS: Final = {
    "loop": [["127.0.0.1"]],
    "six": [["::1"]],
    "mapped": [["::ffff:127.0.0.1"]],
    "metadata": [["169.254.169.254"]],
    "denied": [[DENIED]],
    "many": [["127.0.0.1", "::1", DENIED, "169.254.169.254"]],
    "mixed": [["127.0.0.1", "::1", SMSC]],
    "rebinding": [[SMSC], ["127.0.0.1"]],
}
WHOLLY_BAD: Final = ("loop", "six", "mapped", "metadata", "denied", "many")


@dataclass(frozen=True)
class Net:
    """A ground, its traps on the SMSC's port, and its names."""

    ground: Ground
    trap: Trap
    lookups: Lookups

    def gateway(self, name: str, *hosts: str, **spec: Any) -> None:
        """To hosts on the port of the SMSC and of the traps, with an account of its own."""
        self.ground.smsc.get(lambda simulator: simulator.accounts.put(Account(name[:15], "secret")))
        endpoints = [{"host": host, "port": self.trap.port} for host in hosts]
        self.ground.tenant.gateway(name, self.trap.port, system_id=name[:15], endpoints=endpoints, **spec)


@pytest.fixture(scope="module")
def net(control_plane: ControlPlane, api: Client, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Net]:
    """A running operator whose allowed network is small."""
    install_rights(control_plane)
    directory = tmp_path_factory.mktemp("addresses")
    lookups = Lookups(directory / "names")
    lookups.install(ANSWERS)
    environment = {**ENVIRONMENT, **lookups.environment}
    with new_ground(control_plane, api, directory, environment=environment, host=SMSC) as ground:
        with trap(TRAPS, ground.smsc.get(lambda simulator: simulator.port)) as set_up:
            yield Net(ground, set_up, lookups)
        ground.assert_undisturbed()


@pytest.mark.parametrize(
    ("host", "address"), [("10.96.0.1", "10.96.0.1"), ("fd00::1", "fd00::1"), ("10.96.0.1", "::ffff:10.96.0.1")]
)
def test_the_api_servers_own_address_is_denied(host: str, address: str) -> None:
    """Every container is told where it is; that it was allowed does not help."""
    settings = LinkSettings.from_environment({"KUBERNETES_SERVICE_HOST": host})
    assert "SMS_OPERATOR_DENIED_NETWORKS" in forbidden(address, parse_networks("0.0.0.0/0"), settings.denied_networks)
    assert LinkSettings.from_environment({"KUBERNETES_SERVICE_HOST": "api.example"}).denied_networks == ()
    assert LinkSettings.from_environment({}).denied_networks == ()


def test_the_traps_catch(net: Net) -> None:
    """Each address of the traps, and what leads to one."""
    for address in (*TRAPS, "0.0.0.0", "::ffff:127.0.0.1", "localhost"):
        assert net.trap.spring(address), address


def test_no_spelling_of_a_forbidden_address_is_dialled(net: Net) -> None:
    """Decimal, hexadecimal, mapped, translated or tunnelled: the status says so, and no trap is touched."""
    for name, host in WRITTEN.items():
        net.gateway(f"w-{name}", host)
    for name in WRITTEN:
        net.ground.tenant.until("SmppGateway", f"w-{name}", "AddressNotAllowed")
    assert net.trap.caught == []


def test_spellings_that_are_no_host(net: Net) -> None:
    """The schema knows what an address looks like, and what a name."""
    for host in NOT_EVEN_STORED:
        with pytest.raises(ApiError) as caught:
            net.gateway("no-host", host)
        assert caught.value.code == 422, host


def test_names_are_judged_by_their_addresses(net: Net) -> None:
    """Whatever a name server answers: all bad ones are refused, and with a good one among them only that is dialled."""
    for name in (*WHOLLY_BAD, "mixed"):
        net.gateway(f"n-{name}", name + DOMAIN)
    for name in WHOLLY_BAD:
        net.ground.tenant.until("SmppGateway", f"n-{name}", "AddressNotAllowed")
    net.ground.tenant.until("SmppGateway", "n-mixed", "ConnectionSucceeded")
    net.gateway("n-second", "loop" + DOMAIN, SMSC)
    net.ground.tenant.until("SmppGateway", "n-second", "ConnectionSucceeded")
    assert net.trap.caught == []


def test_a_name_that_changes_after_the_look(net: Net) -> None:
    """What is dialled is the address that was checked: one look-up an attempt, each judged anew."""
    tenant, smsc = net.ground.tenant, net.ground.smsc
    net.gateway("rebinding", "rebinding" + DOMAIN)
    tenant.until("SmppGateway", "rebinding", "ConnectionSucceeded")
    assert net.lookups.asked("rebinding") == 1
    smsc.get(lambda simulator: simulator.end_sessions(system_id="rebinding"))
    tenant.until("SmppGateway", "rebinding", "AddressNotAllowed")
    eventually(lambda: net.lookups.asked("rebinding"), lambda count: count > 1, "another attempt")
    assert net.trap.caught == []


def test_tls_asks_before_it_dials_too(net: Net) -> None:
    """No handshake with what must not be dialled."""
    net.gateway("tls", "loop" + DOMAIN, tls={"serverName": "smsc.example.com"})
    net.ground.tenant.until("SmppGateway", "tls", "AddressNotAllowed")
    assert net.trap.caught == []


def test_a_status_tells_nothing_of_what_it_must_not_see(net: Net) -> None:
    """The same words for a port where something listens and for one where nothing does."""
    tenant, closed = net.ground.tenant, unused_port()
    told: list[str] = []
    for name, port in (("open", net.trap.port), ("closed", closed)):
        tenant.gateway(name, port, system_id=name, endpoints=[{"host": "127.0.0.1", "port": port}])
        told.append(tenant.until("SmppGateway", name, "AddressNotAllowed").replace(str(port), "PORT"))
    assert told[0] == told[1]
    assert net.trap.caught == []
