"""Which fields of which kind name other objects: the same as `core.references`, with places, and for broken specs
too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, cast

from sms_operator.core.keys import (
    CALLED_ROUTE,
    CERTIFICATE,
    CHANNEL_EXPORT,
    CHATBOT,
    CONFIG_MAP,
    NOTIFICATION_ROUTE,
    ORGANIZATION_UNIT,
    SECRET,
    SERVICE_TIME,
    SMPP_GATEWAY,
    SMS_CHANNEL,
    Key,
)

from .subject import Subject, at

_POINTERS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    SMPP_GATEWAY: (
        ("login.passwordSecretRef", SECRET),
        ("organizationUnitRef", ORGANIZATION_UNIT),
        ("tls.trustCertificateRef", CERTIFICATE),
        ("tls.identityCertificateRef", CERTIFICATE),
    ),
    SMS_CHANNEL: (
        ("gatewayRef", SMPP_GATEWAY),
        ("calledRouteRef", CALLED_ROUTE),
        ("organizationUnitRef", ORGANIZATION_UNIT),
        ("serviceTimeRef", SERVICE_TIME),
        ("robot.chatbotRef", CHATBOT),
    ),
    CERTIFICATE: (
        ("configMapKeyRef", CONFIG_MAP),
        ("secretKeyRef", SECRET),
        ("privateKeySecretRef", SECRET),
        ("passwordSecretRef", SECRET),
    ),
    NOTIFICATION_ROUTE: (("gatewayRef", SMPP_GATEWAY), ("channelRef", SMS_CHANNEL)),
    CALLED_ROUTE: (("deliverTo.secretRef", SECRET),),
    CHATBOT: (("deliverTo.secretRef", SECRET),),
    ORGANIZATION_UNIT: (("parentRef", ORGANIZATION_UNIT),),
    CHANNEL_EXPORT: (("archivePasswordSecretRef", SECRET),),
}


@dataclass(frozen=True, slots=True)
class Pointer:
    """A field that names an object."""

    field: str
    """`spec.gatewayRef.name`."""
    target: Key
    active: bool
    """False when a block on the way is there with `enabled: false`: nothing is missed, but it is in use."""


def pointers(subject: Subject) -> Iterator[Pointer]:
    """Everything that an object names. What is no name is left out: the schema speaks of it."""
    spec = subject.manifest.spec
    if subject.key.kind == NOTIFICATION_ROUTE and spec.get("origin") == "Derived":
        return
    for field, kind in _POINTERS.get(subject.key.kind, ()):
        name, active = _follow(spec, field.split("."))
        if name:
            yield Pointer(f"spec.{field}.name", Key(kind, subject.key.namespace, name), active)


def _follow(spec: dict[str, Any], steps: list[str]) -> tuple[str, bool]:
    block, active = spec, True
    for step in steps:
        inner = block.get(step)
        if not isinstance(inner, dict):
            return "", False
        block = cast("dict[str, Any]", inner)
        active = active and block.get("enabled") is not False
    name = at(block, "name")
    return (name, active) if isinstance(name, str) else ("", False)
