"""What a tenant does while things go wrong. Each workload ends in one state, whoever was away meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from sms_operator.dev.smsc.background import Background
from support.tenant import Tenant

PATIENCE: Final = 40.0
"""Seconds that a step waits for what the operator has to do before the next one makes sense."""


@dataclass(frozen=True)
class Scene:
    """Where a workload plays."""

    tenant: Tenant
    smsc: Background
    authority: str
    """A CA certificate, as PEM."""

    @property
    def port(self) -> int:
        """Of the SMSC."""
        return self.smsc.get(lambda simulator: simulator.port)


@dataclass(frozen=True)
class Workload:
    """What is there before, and what is then done. The faults begin in between."""

    prepare: Callable[[Scene], None]
    act: Callable[[Scene], None]


def _nothing(scene: Scene) -> None:
    """An empty namespace."""


def _create(scene: Scene) -> None:
    tenant = scene.tenant
    tenant.apply("Certificate", "ca", {"inline": {"pem": scene.authority}})
    tenant.gateway("gw", scene.port)
    tenant.channel("ch", "gw", numbers=["100"])
    tenant.channel("other", "gw", numbers=["200"])


def _connected(scene: Scene) -> None:
    """Two gateways with a login each, and two channels on the first."""
    _create(scene)
    scene.tenant.gateway("spare", scene.port, system_id="spare", password="other")
    for kind, name in (("SmsChannel", "ch"), ("SmsChannel", "other"), ("SmppGateway", "spare")):
        scene.tenant.until(kind, name, "ConnectionSucceeded", deadline=PATIENCE)


def _change(scene: Scene) -> None:
    tenant = scene.tenant
    tenant.patch("SmsChannel", "ch", {"spec": {"gatewayRef": {"name": "spare"}}})
    tenant.patch("SmppGateway", "gw", {"spec": {"mode": "Receive"}})
    tenant.patch("SmsChannel", "other", {"spec": {"numbers": ["200", "201"]}})


def _rotate(scene: Scene) -> None:
    scene.smsc.get(lambda simulator: simulator.accounts.set_password("demo", "fresh"))
    scene.tenant.secret("gw-login", password="fresh")


def _conflict(scene: Scene) -> None:
    """Lost by the younger, then won by it."""
    tenant = scene.tenant
    tenant.channel("rival", "spare", channelName="ch", numbers=["100"])
    tenant.until("SmsChannel", "rival", "NameConflict", of="Accepted", deadline=PATIENCE)
    tenant.delete("SmsChannel", "ch")


def _delete(scene: Scene) -> None:
    for kind, name in (("SmsChannel", "ch"), ("SmsChannel", "other"), ("SmppGateway", "gw"), ("Certificate", "ca")):
        scene.tenant.delete(kind, name)


def _orphan(scene: Scene) -> None:
    tenant = scene.tenant
    tenant.delete("SmsChannel", "ch", propagation="Orphan")
    tenant.until_gone("NotificationRoute", "ch", deadline=PATIENCE)
    tenant.channel("ch", "gw", numbers=["100"])


def _recreate(scene: Scene) -> None:
    """The same names again, with other content: what is told of the dead must not reach the living."""
    tenant = scene.tenant
    for kind, name in (("SmsChannel", "ch"), ("SmppGateway", "spare")):
        tenant.delete(kind, name)
        tenant.until_gone(kind, name)
    tenant.until_gone("NotificationRoute", "ch")
    tenant.gateway("spare", scene.port, system_id="spare", password="other", mode="Receive")
    tenant.channel("ch", "spare", numbers=["300"])


def _repair(scene: Scene) -> None:
    """What is derived is edited and deleted by hand."""
    tenant = scene.tenant
    tenant.patch("NotificationRoute", "ch", {"spec": {"gatewayRef": {"name": "elsewhere"}}})
    tenant.delete("NotificationRoute", "other")


WORKLOADS: Final[Mapping[str, Workload]] = {
    "create": Workload(_nothing, _create),
    "change": Workload(_connected, _change),
    "rotation": Workload(_connected, _rotate),
    "conflict": Workload(_connected, _conflict),
    "deletion": Workload(_connected, _delete),
    "orphan": Workload(_connected, _orphan),
    "re-creation": Workload(_connected, _recreate),
    "repair": Workload(_connected, _repair),
}


def known(name: str) -> Workload:
    """A workload by its name; fails with all names."""
    assert name in WORKLOADS, f"no workload {name!r}; there are {', '.join(WORKLOADS)}"
    return WORKLOADS[name]
