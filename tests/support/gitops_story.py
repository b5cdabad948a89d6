"""One namespace in which every kind is seen in each state that a GitOps tool has to tell apart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sms_operator.dev.smsc import Account
from support.ground import GOOD, Ground
from support.pki import DAY, Authority
from support.tenant import CALLED, Tenant, eventually

HEALTHY: Final = "Healthy"
PROGRESSING: Final = "Progressing"
DEGRADED: Final = "Degraded"
SUSPENDED: Final = "Suspended"
CURRENT: Final = {HEALTHY: "Current", PROGRESSING: "InProgress", DEGRADED: "Failed", SUSPENDED: "Current"}
"""What kstatus says where Argo CD says this."""


@dataclass(frozen=True)
class Scene:
    """An object, and how a GitOps tool has to see it."""

    kind: str
    name: str
    reason: str
    """Of Ready; empty for an object without a status."""
    health: str

    @property
    def file(self) -> str:
        """Its place among the scripts' test data."""
        return f"{self.kind}/testdata/{self.name}.yaml"


SCENES: Final = (
    Scene("SmppGateway", GOOD, "ConnectionSucceeded", HEALTHY),
    Scene("SmppGateway", "wrong-password", "InvalidPassword", DEGRADED),
    Scene("SmppGateway", "without-secret", "SecretNotFound", PROGRESSING),
    Scene("SmppGateway", "unreachable", "Unreachable", PROGRESSING),
    Scene("SmppGateway", "disconnected", "Disconnected", SUSPENDED),
    Scene("SmsChannel", "served", "ConnectionSucceeded", HEALTHY),
    Scene("SmsChannel", "without-gateway", "GatewayNotFound", PROGRESSING),
    Scene("SmsChannel", "gateway-disconnected", "GatewayNotConnected", PROGRESSING),
    Scene("SmsChannel", "twin-catch-all", "NumberConflict", DEGRADED),
    Scene("NotificationRoute", "served", "", HEALTHY),
    Scene("NotificationRoute", "manual", "Valid", HEALTHY),
    Scene("NotificationRoute", "manual-without-channel", "ChannelNotFound", PROGRESSING),
    Scene("OrganizationUnit", "usable", "Valid", HEALTHY),
    Scene("OrganizationUnit", "without-parent", "ParentNotFound", PROGRESSING),
    Scene("OrganizationUnit", "own-parent", "ParentCycle", DEGRADED),
    Scene("CalledRoute", "usable", "Valid", HEALTHY),
    Scene("CalledRoute", "without-secret", "SecretNotFound", PROGRESSING),
    Scene("ServiceTime", "usable", "Valid", HEALTHY),
    Scene("ServiceTime", "unknown-zone", "UnknownTimeZone", DEGRADED),
    Scene("Chatbot", "usable", "Valid", HEALTHY),
    Scene("Chatbot", "without-secret", "SecretNotFound", PROGRESSING),
    Scene("Certificate", "usable", "Valid", HEALTHY),
    Scene("Certificate", "expiring", "Valid", HEALTHY),
    Scene("Certificate", "without-source", "SourceNotFound", PROGRESSING),
    Scene("Certificate", "unreadable", "ParseFailed", DEGRADED),
)


def play(ground: Ground, authority: Authority) -> None:
    """Declares all of it and waits until the operator has said so."""
    tenant = ground.tenant
    port = ground.smsc.get(lambda simulator: simulator.port)
    _directory(tenant)
    _certificates(tenant, authority)
    ground.smsc.get(lambda simulator: simulator.accounts.put(Account("locked", "secret")))
    tenant.gateway("wrong-password", port, system_id="locked", password="wrong")
    login = {"systemId": "second", "passwordSecretRef": {"name": "absent"}}
    tenant.gateway("without-secret", port, login=login)
    tenant.gateway("unreachable", 1, system_id="third")
    tenant.gateway("disconnected", port, system_id="fourth", connection="Disconnected")
    tenant.channel("served", GOOD)
    tenant.until("SmsChannel", "served", "ConnectionSucceeded")
    tenant.channel("without-gateway", "nowhere")
    tenant.channel("gateway-disconnected", "disconnected")
    tenant.channel("twin-catch-all", GOOD)
    route = {"type": "SMS", "gatewayRef": {"name": GOOD}, "numbers": ["4930"]}
    tenant.apply("NotificationRoute", "manual", {**route, "channelRef": {"name": "served"}})
    tenant.apply(
        "NotificationRoute", "manual-without-channel", {**route, "numbers": ["4931"], "channelRef": {"name": "nobody"}}
    )
    for scene in SCENES:
        if scene.reason:
            tenant.until(scene.kind, scene.name, scene.reason)
    eventually(lambda: tenant.route("served"), lambda seen: seen is not None, "the derived route")


def _directory(tenant: Tenant) -> None:
    tenant.apply("OrganizationUnit", "usable", {"displayName": "Customer Care", "code": "CC"})
    tenant.apply("OrganizationUnit", "without-parent", {"displayName": "B", "code": "B", "parentRef": {"name": "none"}})
    tenant.apply(
        "OrganizationUnit", "own-parent", {"displayName": "C", "code": "C", "parentRef": {"name": "own-other"}}
    )
    tenant.apply(
        "OrganizationUnit", "own-other", {"displayName": "D", "code": "D", "parentRef": {"name": "own-parent"}}
    )
    delivery = {"url": "https://desk.example/sms", "secretRef": {"name": "absent"}}
    tenant.apply("CalledRoute", "usable", CALLED)
    tenant.apply("CalledRoute", "without-secret", {**CALLED, "extensionCode": "2", "deliverTo": delivery})
    tenant.apply("ServiceTime", "usable", {"timeZone": "Europe/Berlin"})
    tenant.apply("ServiceTime", "unknown-zone", {"timeZone": "Europe/Atlantis"})
    robot = {"accessCode": "200", "dialogType": "Chatbot", "flowName": "hello"}
    tenant.apply("Chatbot", "usable", robot)
    tenant.apply("Chatbot", "without-secret", {**robot, "deliverTo": delivery})


def _certificates(tenant: Tenant, authority: Authority) -> None:
    files = {
        "usable": authority.server(starts=-DAY, ends=365 * DAY).pem,
        "expiring": authority.server(starts=-DAY, ends=10 * DAY + timedelta(hours=1)).pem,
        "unreadable": "no certificate",
    }
    tenant.config_map("certificates", **{f"{name}.pem": text.encode() for name, text in files.items()})
    for name in (*files, "without-source"):
        tenant.apply("Certificate", name, {"configMapKeyRef": {"name": "certificates", "key": f"{name}.pem"}})
