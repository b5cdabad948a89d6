"""What needs what, by the references in the specs. Pure; Secrets and ConfigMaps are names only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from pydantic import ValidationError

from sms_operator.api.conditions import Reason
from sms_operator.api.kinds import KIND_BY_NAME
from sms_operator.core.keys import (
    CALLED_ROUTE,
    CERTIFICATE,
    CHATBOT,
    NOTIFICATION_ROUTE,
    ORGANIZATION_UNIT,
    SERVICE_TIME,
    SMPP_GATEWAY,
    SMS_CHANNEL,
    Key,
)
from sms_operator.core.references import references_of

from .bodies import Body, is_derived
from .health import Health, verdict

USERS: Final[Mapping[str, Mapping[str, str]]] = {
    SMPP_GATEWAY: {SMS_CHANNEL: "spec.gatewayRef.name", NOTIFICATION_ROUTE: "spec.gatewayRef.name"},
    SMS_CHANNEL: {NOTIFICATION_ROUTE: "spec.channelRef.name"},
    NOTIFICATION_ROUTE: {SMS_CHANNEL: ""},
    CALLED_ROUTE: {SMS_CHANNEL: "spec.calledRouteRef.name"},
    CERTIFICATE: {SMPP_GATEWAY: ""},
    ORGANIZATION_UNIT: {SMPP_GATEWAY: "", SMS_CHANNEL: "", ORGANIZATION_UNIT: "spec.parentRef.name"},
    SERVICE_TIME: {SMS_CHANNEL: ""},
    CHATBOT: {SMS_CHANNEL: ""},
}
"""By kind: the kinds that may need it, and the field by which the API server finds those that do (empty: none)."""

_PASSED_ON: Final[Mapping[str, str]] = {
    Reason.GATEWAY_NOT_CONNECTED: SMPP_GATEWAY,
    Reason.CONNECTING: SMPP_GATEWAY,
    Reason.CERTIFICATE_NOT_READY: CERTIFICATE,
}
"""Reasons whose cause is an object of another kind."""
_UNREAD: Final = frozenset({"Secret", "ConfigMap"})


@dataclass(frozen=True)
class Objects:
    """Objects of a namespace, as far as they were read."""

    bodies: Mapping[Key, Body]
    missing: frozenset[Key] = frozenset()
    """Looked for and not there."""
    unseen: Mapping[str, str] = field(default_factory=dict[str, str])
    """By kind: why its objects were not looked at."""
    _needs: dict[Key, tuple[Key, ...]] = field(default_factory=dict[Key, tuple[Key, ...]], compare=False, repr=False)
    _users: dict[Key, list[Key]] = field(default_factory=dict[Key, list[Key]], compare=False, repr=False)

    def __post_init__(self) -> None:
        for key, body in self.bodies.items():
            self._needs[key] = needs(body)
            for used in self._needs[key]:
                self._users.setdefault(used, []).append(key)

    def needs(self, key: Key) -> tuple[Key, ...]:
        """What an object refers to, by kind and name."""
        return self._needs.get(key, ())

    def needed_by(self, key: Key) -> tuple[Key, ...]:
        """Who refers to it, by kind and name."""
        return tuple(sorted(self._users.get(key, ())))

    def is_missing(self, key: Key) -> bool:
        """Whether it is known not to be there."""
        return key in self.missing


def key_of(body: Body) -> Key:
    """Kind, namespace and name of an object."""
    return Key(body["kind"], body["metadata"].get("namespace", ""), body["metadata"]["name"])


def is_read(key: Key) -> bool:
    """Whether objects of this kind are looked at; Secrets never are."""
    return key.kind not in _UNREAD


def needs(body: Body) -> tuple[Key, ...]:
    """What an object's spec refers to, by kind and name; nothing for a spec that this version cannot read.

    A derived route is of its channel, and needs nothing by itself.
    """
    key = key_of(body)
    if is_derived(body):
        return ()
    try:
        spec = KIND_BY_NAME[key.kind].spec_model.model_validate(body.get("spec"))
    except ValidationError:
        return ()
    return tuple(sorted(ref for ref in references_of(key, spec) if isinstance(ref, Key)))


def origin(objects: Objects, key: Key) -> Key:
    """The object at which the reason of this one begins: often the object itself."""
    seen = {key}
    while True:
        following = _passed_on(objects, key)
        if following is None or following in seen:
            return key
        seen.add(key := following)


def _passed_on(objects: Objects, key: Key) -> Key | None:
    body = objects.bodies.get(key)
    if body is None:
        return None
    kind = _PASSED_ON.get(verdict(body).reason)
    candidates: Iterable[Key] = (used for used in objects.needs(key) if used.kind == kind and used != key)
    return next(
        (
            used
            for used in candidates
            if used in objects.bodies and verdict(objects.bodies[used]).health in {Health.BAD, Health.WORKING}
        ),
        None,
    )
