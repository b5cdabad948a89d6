"""What the benchmark applies: a namespace of gateways and channels; and the floor's writes for another such one."""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from sms_operator.api.kinds import API_VERSION, GROUP, KIND_BY_NAME, VERSION
from sms_operator.dev.control_plane import Client, Resource
from sms_operator.dev.control_plane.client import NAMESPACES, SECRETS

Body = dict[str, Any]
Write = tuple[str, str, Body]
"""Method, path, body."""
AT_ONCE: Final = 8
"""Requests at the same time while objects are set up."""


def resource_of(kind: str) -> Resource:
    """Where one of our kinds lives."""
    return Resource(GROUP, VERSION, KIND_BY_NAME[kind].plural)


@dataclass(frozen=True)
class Tenant:
    """One namespace with its gateways, channels (each with its own numbers) and one called route."""

    client: Client
    namespace: str
    channels: int
    gateways: int

    def create(self, smsc_port: int) -> None:
        """Create everything and return when the API server has it."""
        self.client.create(NAMESPACES, {"metadata": {"name": self.namespace}})
        password = base64.b64encode(b"secret").decode()
        self.client.create(SECRETS, {"metadata": {"name": "login"}, "data": {"password": password}}, self.namespace)
        called = {"accessCode": "100", "extensionCode": "1", "skillQueue": {"name": "support"}}
        self._create("CalledRoute", [("queue", called)])
        self._create("SmppGateway", ((f"gw-{number}", _gateway(number, smsc_port)) for number in range(self.gateways)))
        self._create("SmsChannel", ((f"ch-{number}", self._channel(number)) for number in range(self.channels)))

    def objects(self, kind: str) -> dict[str, Body]:
        """All objects of a kind, by name."""
        return {body["metadata"]["name"]: body for body in self.client.list(resource_of(kind), self.namespace)}

    def not_ready(self) -> list[str]:
        """The gateways and channels whose Ready is not True."""
        return [
            f"{kind} {name}"
            for kind in ("SmppGateway", "SmsChannel")
            for name, body in self.objects(kind).items()
            if not any(item["type"] == "Ready" and item["status"] == "True" for item in _conditions(body))
        ]

    def _channel(self, number: int) -> Body:
        return {
            "channelName": f"channel_{number}",
            "gatewayRef": {"name": f"gw-{number % self.gateways}"},
            "calledRouteRef": {"name": "queue"},
            "numbers": [f"49301{number:05}", f"49302{number:05}"],
        }

    def _create(self, kind: str, specs: Iterable[tuple[str, Body]]) -> None:
        def create(named: tuple[str, Body]) -> None:
            name, spec = named
            body = {"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": name}, "spec": spec}
            self.client.create(resource_of(kind), body, self.namespace)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(create, specs))


@dataclass(frozen=True)
class Result:
    """What the operator made of a tenant: the template of the floor's writes."""

    routes: Mapping[str, Body]
    statuses: Mapping[str, Mapping[str, Any]]
    """By kind, then by name."""
    created: bool
    """Whether routes were made by a POST; else by server-side apply."""

    @staticmethod
    def of(tenant: Tenant, route_verbs: Collection[str]) -> Result:
        """Read it back."""
        kinds = ("SmsChannel", "SmppGateway", "CalledRoute")
        statuses = {kind: {name: body["status"] for name, body in tenant.objects(kind).items()} for kind in kinds}
        return Result(tenant.objects("NotificationRoute"), statuses, "create" in route_verbs)

    def writes(self, tenant: Tenant) -> list[list[Write]]:
        """The same writes for a fresh tenant: a unit an object, a channel's route before its status."""
        units: list[list[Write]] = []
        for kind, statuses in self.statuses.items():
            fresh = tenant.objects(kind)
            for name, status in statuses.items():
                metadata = {"name": name, "namespace": tenant.namespace}
                body = {"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "status": status}
                unit = [("PATCH", resource_of(kind).path(tenant.namespace, name, "status"), body)]
                if kind == "SmsChannel":
                    unit.insert(0, self._route(tenant, name, fresh[name]["metadata"]["uid"]))
                units.append(unit)
        return units

    def _route(self, tenant: Tenant, name: str, owner: str) -> Write:
        made = self.routes[name]
        references = [{**reference, "uid": owner} for reference in made["metadata"]["ownerReferences"]]
        metadata = {
            "name": name,
            "namespace": tenant.namespace,
            "labels": made["metadata"]["labels"],
            "ownerReferences": references,
        }
        body = {"apiVersion": API_VERSION, "kind": "NotificationRoute", "metadata": metadata, "spec": made["spec"]}
        routes = resource_of("NotificationRoute")
        if self.created:
            return "POST", routes.path(tenant.namespace), body
        return "PATCH", routes.path(tenant.namespace, name), body


def _gateway(number: int, port: int) -> Body:
    return {
        "endpoints": [{"host": "127.0.0.1", "port": port}],
        "login": {"systemId": f"bench{number}", "passwordSecretRef": {"name": "login"}},
    }


def _conditions(body: Body) -> list[Body]:
    return body.get("status", {}).get("conditions", [])
