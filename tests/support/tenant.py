"""One namespace as a channel administrator and an operations person see it."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from sms_operator.api.kinds import API_VERSION, GROUP, KIND_BY_NAME, VERSION
from sms_operator.dev.control_plane import ApiError, Client, Resource
from sms_operator.dev.control_plane.client import CONFIG_MAPS, EVENTS, SECRETS

Body = dict[str, Any]
Seen = TypeVar("Seen")

DEADLINE: Final = 20.0
"""Seconds within which what a test waits for has to happen."""
CALLED: Final[Body] = {"accessCode": "100", "extensionCode": "1", "skillQueue": {"name": "support"}}


def eventually(look: Callable[[], Seen], holds: Callable[[Seen], bool], what: str, deadline: float = DEADLINE) -> Seen:
    """Look again and again until it holds; fails with what was seen last."""
    end = time.monotonic() + deadline
    while True:
        seen = look()
        if holds(seen):
            return seen
        assert time.monotonic() < end, f"not within {deadline:g} s: {what}; last seen: {seen}"
        time.sleep(0.05)


def kind_of(kind: str) -> Resource:
    """Where one of our kinds lives."""
    return Resource(GROUP, VERSION, KIND_BY_NAME[kind].plural)


@dataclass(frozen=True)
class Tenant:
    """Objects of one namespace, as the administrator."""

    client: Client
    namespace: str

    def apply(self, kind: str, name: str, spec: Mapping[str, Any], **metadata: Any) -> Body:
        """`kubectl apply --server-side` of one of our kinds."""
        body = {"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": name, **metadata}, "spec": dict(spec)}
        return self.client.apply(kind_of(kind), body, self.namespace, manager="kubectl")

    def secret(self, name: str, **data: str | bytes) -> None:
        """Create or change a Secret."""
        encoded = {key: base64.b64encode(_octets(value)).decode() for key, value in data.items()}
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": encoded}
        self.client.apply(SECRETS, body, self.namespace, manager="kubectl")

    def config_map(self, name: str, **data: bytes) -> None:
        """Create or change a ConfigMap."""
        encoded = {key: base64.b64encode(value).decode() for key, value in data.items()}
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "binaryData": encoded}
        self.client.apply(CONFIG_MAPS, body, self.namespace, manager="kubectl")

    def gateway(self, name: str, port: int, *, password: str = "secret", system_id: str = "demo", **spec: Any) -> Body:
        """A gateway to a port of this machine, with its Secret."""
        self.secret(f"{name}-login", password=password)
        base: Body = {
            "endpoints": [{"host": "127.0.0.1", "port": port}],
            "login": {"systemId": system_id, "passwordSecretRef": {"name": f"{name}-login"}},
            "session": {
                "enquireLinkInterval": "1s",
                "responseTimeout": "2s",
                "reconnect": {"initial": "100ms", "max": "500ms"},
            },
        }
        return self.apply("SmppGateway", name, {**base, **spec})

    def channel(self, name: str, gateway: str, **spec: Any) -> Body:
        """A channel with its called route."""
        self.apply("CalledRoute", "queue", CALLED)
        base = {"channelName": name.replace("-", "_"), "gatewayRef": {"name": gateway}}
        return self.apply("SmsChannel", name, {**base, "calledRouteRef": {"name": "queue"}, **spec})

    def get(self, kind: str, name: str) -> Body | None:
        """An object of ours; None when there is none."""
        return self.client.find(kind_of(kind), name, self.namespace)

    def route(self, name: str) -> Body | None:
        """A route."""
        return self.get("NotificationRoute", name)

    def patch(self, kind: str, name: str, body: Body) -> Body:
        """Merge patch."""
        return self.client.patch(kind_of(kind), name, body, self.namespace)

    def annotate(self, kind: str, name: str, **annotations: str | None) -> None:
        """Set or (with None) remove annotations of our group."""
        values = {f"{GROUP}/{key}": value for key, value in annotations.items()}
        self.patch(kind, name, {"metadata": {"annotations": values}})

    def delete(self, kind: str, name: str, propagation: Any = "Background") -> None:
        """Delete an object."""
        self.client.delete(kind_of(kind), name, self.namespace, propagation=propagation)

    def delete_secret(self, name: str) -> None:
        """Delete a Secret."""
        self.client.delete(SECRETS, name, self.namespace)

    def condition(self, kind: str, name: str, of: str = "Ready") -> tuple[str, str, str]:
        """Status, reason and message of a condition, of the present generation; empty while there is none."""
        body = self.get(kind, name)
        if body is None or body.get("status", {}).get("observedGeneration") != body["metadata"]["generation"]:
            return ("", "", "")
        for item in body["status"]["conditions"]:
            if item["type"] == of:
                return (item["status"], item["reason"], item["message"])
        return ("", "", "")

    def until(self, kind: str, name: str, reason: str, of: str = "Ready", deadline: float = DEADLINE) -> str:
        """Wait for a condition's reason; returns its message."""
        what = f"{kind} {name}: {of} {reason}"
        return eventually(lambda: self.condition(kind, name, of), lambda seen: seen[1] == reason, what, deadline)[2]

    def until_gone(self, kind: str, name: str, deadline: float = DEADLINE) -> None:
        """Wait until an object does not exist."""
        eventually(lambda: self.get(kind, name), lambda seen: seen is None, f"{kind} {name} gone", deadline)

    def events(self, name: str) -> list[Body]:
        """The Events about an object."""
        return self.client.list(EVENTS, self.namespace, fieldSelector=f"involvedObject.name={name}")

    def try_patch(self, kind: str, name: str, body: Body) -> ApiError | None:
        """The API server's refusal of a change, None when it took it."""
        try:
            self.patch(kind, name, body)
        except ApiError as error:
            return error
        return None


def _octets(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value
