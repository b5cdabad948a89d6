"""The objects as the API server showed them last, and which gateways each of them concerns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from sms_operator.api.kinds import GROUP, KIND_BY_NAME, VERSION
from sms_operator.kube.client import Resource
from sms_operator.views.bodies import Body, Name, name_of, part
from sms_operator.views.gateway_rows import certificate_names, unit_name

GATEWAY: Final = "SmppGateway"
CHANNEL: Final = "SmsChannel"
ROUTE: Final = "NotificationRoute"
CERTIFICATE: Final = "Certificate"
UNIT: Final = "OrganizationUnit"
EVENT: Final = "Event"
KINDS: Final = (GATEWAY, CHANNEL, ROUTE, CERTIFICATE, UNIT, EVENT)
"""What is watched. Secrets are not: the page has no use for them."""
RESOURCES: Final = {
    **{kind: Resource(GROUP, VERSION, KIND_BY_NAME[kind].plural, kind) for kind in KINDS if kind != EVENT},
    EVENT: Resource("", "v1", "events", EVENT),
}
_BELONGING: Final = (CHANNEL, ROUTE)
"""Kinds with a gatewayRef."""


class Store:
    """Objects by kind and name. Every change returns the gateways whose row or panel it may change."""

    def __init__(self) -> None:
        self._objects: dict[str, dict[Name, Body]] = {kind: {} for kind in KINDS}
        self._of_gateway: dict[str, defaultdict[Name, dict[Name, Body]]] = {
            kind: defaultdict(dict) for kind in (*_BELONGING, EVENT)
        }

    def gateways(self) -> Iterable[Name]:
        """The gateways there are."""
        return self._objects[GATEWAY].keys()

    def get(self, kind: str, name: Name) -> Body | None:
        """An object; None when there is none."""
        return self._objects[kind].get(name)

    def belonging(self, kind: str, gateway: Name) -> tuple[Body, ...]:
        """The channels, the routes, or the Events of a gateway, by name."""
        found = self._of_gateway[kind].get(gateway, {})
        return tuple(found[name] for name in sorted(found))

    def put(self, kind: str, body: Body) -> set[Name]:
        """An object was made or changed."""
        name = name_of(body)
        touched = self._forget(kind, name)
        self._objects[kind][name] = body
        if kind in self._of_gateway and (gateway := _gateway_of(kind, body)) is not None:
            self._of_gateway[kind][gateway][name] = body
        return touched | self._touched(kind, name, body)

    def remove(self, kind: str, name: Name) -> set[Name]:
        """An object is gone."""
        body = self._objects[kind].get(name)
        return set() if body is None else self._touched(kind, name, body) | self._forget(kind, name)

    def replace(self, kind: str, namespace: str | None, bodies: Iterable[Body]) -> set[Name]:
        """A whole listing (of a namespace): what it does not hold is gone."""
        listed = {name_of(body): body for body in bodies}
        gone = [name for name in self._objects[kind] if name not in listed and namespace in (None, name.namespace)]
        touched = [self.remove(kind, name) for name in gone]
        touched += [self.put(kind, body) for body in listed.values()]
        return set[Name]().union(*touched)

    def _forget(self, kind: str, name: Name) -> set[Name]:
        body = self._objects[kind].pop(name, None)
        if body is None or kind not in self._of_gateway or (gateway := _gateway_of(kind, body)) is None:
            return set()
        mine = self._of_gateway[kind][gateway]
        mine.pop(name, None)
        if not mine:
            del self._of_gateway[kind][gateway]
        return {gateway}

    def _touched(self, kind: str, name: Name, body: Body) -> set[Name]:
        if kind == GATEWAY:
            return {name}
        if kind in self._of_gateway:
            gateway = _gateway_of(kind, body)
            return set() if gateway is None else {gateway}
        return {
            gateway
            for gateway, candidate in self._objects[GATEWAY].items()
            if gateway.namespace == name.namespace and name.name in _references(kind, candidate)
        }


def _references(kind: str, gateway: Body) -> tuple[str, ...]:
    return certificate_names(gateway) if kind == CERTIFICATE else (unit_name(gateway),)


def _gateway_of(kind: str, body: Body) -> Name | None:
    """The gateway that an object with a gatewayRef, or an Event, speaks of."""
    if kind == EVENT:
        about = part(body, "involvedObject")
        is_gateway = about.get("kind") == GATEWAY and str(about.get("apiVersion", "")).startswith(f"{GROUP}/")
        return Name(about.get("namespace", ""), about.get("name", "")) if is_gateway else None
    reference = part(body, "spec", "gatewayRef")
    return Name(name_of(body).namespace, reference["name"]) if reference.get("name") else None
