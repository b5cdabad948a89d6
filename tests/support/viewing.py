"""Objects as the API server shows them."""

from __future__ import annotations

from typing import Any

from sms_operator.core.keys import Key
from sms_operator.views.graph import Objects, is_read, key_of

Body = dict[str, Any]
CREATED = "2026-11-01T00:00:00Z"
SINCE = "2026-11-23T08:48:00Z"


def condition(kind: str, status: str, reason: str, message: str = "", since: str = SINCE) -> Body:
    """One condition."""
    return {"type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": since}


def thing(kind: str, name: str, spec: Body, *conditions: Body, **status: Any) -> Body:
    """An object of generation 1 in the namespace `team`."""
    metadata = {"namespace": "team", "name": name, "generation": 1, "creationTimestamp": CREATED}
    body: Body = {"apiVersion": "sms-operator.dev/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec}
    if conditions:
        body["status"] = {"observedGeneration": 1, "conditions": list(conditions), **status}
    return body


def ready(status: str = "True", reason: str = "Valid", message: str = "Valid") -> Body:
    """The summary."""
    return condition("Ready", status, reason, message)


def gateway(name: str, *conditions: Body, spec: Body | None = None, **status: Any) -> Body:
    """A gateway that logs in with the Secret `<name>-login`."""
    login = {"systemId": "demo", "passwordSecretRef": {"name": f"{name}-login"}}
    whole = {"endpoints": [{"host": "smsc.example", "port": 2775}], "login": login, **(spec or {})}
    return thing("SmppGateway", name, whole, *(conditions or (ready(),)), **status)


def channel(name: str, of: str, *conditions: Body, **spec: Any) -> Body:
    """A channel of a gateway."""
    base = {"channelName": name, "gatewayRef": {"name": of}, "calledRouteRef": {"name": "queue"}, **spec}
    return thing("SmsChannel", name, base, *(conditions or (ready("True", "ConnectionSucceeded"),)))


def route(name: str, of: str) -> Body:
    """The derived route of a channel."""
    spec = {"gatewayRef": {"name": of}, "channelRef": {"name": name}, "origin": "Derived"}
    return thing("NotificationRoute", name, spec)


def world(*bodies: Body) -> Objects:
    """All of them; what they refer to beside them does not exist."""
    known = {key_of(body): body for body in bodies}
    seen = Objects(known)
    wanted = {used for key in known for used in seen.needs(key) if is_read(used)}
    return Objects(known, frozenset(wanted - known.keys()))


def key(kind: str, name: str) -> Key:
    """In the namespace `team`."""
    return Key(kind, "team", name)
