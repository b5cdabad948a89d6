"""Worlds for tests of decisions: objects as the API server would show them, link facts, and a clock."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sms_operator.api.kinds import KIND_BY_NAME
from sms_operator.core.keys import NOTIFICATION_ROUTE, SECRET, SMPP_GATEWAY, Key
from sms_operator.core.materials import Loaded
from sms_operator.core.moment import Moment
from sms_operator.core.outcome import ApplyRoute, Outcome, Want
from sms_operator.core.reconcile import reconcile
from sms_operator.core.world import Wish, World
from sms_operator.protocol.messages import FailureReason, LinkFact, LinkFailure

NAMESPACE = "tenant"
START = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)

GATEWAY: Mapping[str, Any] = {
    "endpoints": [{"host": "smsc.example.com", "port": 2775}],
    "login": {"systemId": "demo", "passwordSecretRef": {"name": "login", "key": "password"}},
}
CALLED: Mapping[str, Any] = {"accessCode": "100", "extensionCode": "1", "skillQueue": {"name": "support"}}


class Story:
    """A World and the hand that writes what `reconcile` asks for, as the API server would store it."""

    def __init__(self) -> None:
        self.world = World()
        self.world.data_plane.connected = True
        self.now = Moment(1000.0, START)
        self._versions = itertools.count(1)
        self._uids = itertools.count(1)
        self._serial = itertools.count(1)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now = Moment(self.now.monotonic + seconds, self.now.wall + timedelta(seconds=seconds))

    def put(self, kind: str, name: str, spec: Mapping[str, Any], **metadata: Any) -> Key:
        """Create an object, or update its spec."""
        key = Key(kind, NAMESPACE, name)
        known = self.world.get(key)
        age = next(self._uids)
        body: dict[str, Any] = {
            "apiVersion": "sms-operator.dev/v1alpha1",
            "kind": kind,
            "metadata": {
                "name": name,
                "namespace": NAMESPACE,
                "uid": known.uid if known else f"uid-{name}-{age}",
                "generation": known.metadata.generation + 1 if known else 1,
                "creationTimestamp": (START - timedelta(days=1) + timedelta(seconds=age)).isoformat(),
                "resourceVersion": str(next(self._versions)),
                **metadata,
            },
            "spec": dict(spec),
            "status": dict(known.status) if known else {},
        }
        if known is not None and "creationTimestamp" not in metadata:
            body["metadata"]["creationTimestamp"] = known.metadata.creation_timestamp.isoformat()
        self.world.put(body)
        return key

    def remove(self, key: Key) -> set[Key]:
        """Delete an object at once."""
        entry = self.world.get(key)
        assert entry is not None, f"{key} is not there"
        return self.world.remove(key, entry.uid)

    def secret(self, name: str = "login", **data: bytes) -> None:
        """Let a Secret have been read."""
        self.world.put_material(Key(SECRET, NAMESPACE, name), Loaded(data or {"password": b"pw"}))

    def gateway(self, name: str = "gw", **spec: Any) -> Key:
        """A gateway with its Secret."""
        self.secret()
        return self.put(SMPP_GATEWAY, name, {**GATEWAY, **spec})

    def channel(self, name: str = "ch", gateway: str = "gw", **spec: Any) -> Key:
        """A channel with its called route."""
        self.put("CalledRoute", "queue", CALLED)
        body = {
            "channelName": name.replace("-", "_"),
            "gatewayRef": {"name": gateway},
            "calledRouteRef": {"name": "queue"},
        }
        return self.put("SmsChannel", name, {**body, **spec})

    def fact(self, key: Key, connected: int = 1, **changes: Any) -> None:
        """The data plane speaks of the link as it was last wanted."""
        wish = self.world.wishes[key]
        desired = len(wish.link.binds)
        fact = LinkFact(
            key=wish.link.key,
            uid=wish.uid,
            revision=wish.link.revision,
            binds_desired=desired,
            binds_connected=connected,
            receivers_connected=connected,
            endpoint="smsc.example.com:2775" if connected else None,
        )
        self.world.put_fact(key, replace(fact, **changes), self.now.monotonic)

    def fails(
        self, key: Key, reason: FailureReason, *, age: float = 60.0, message: str = "it failed", **more: Any
    ) -> None:
        """The data plane reports a failed link."""
        status = more.pop("command_status", None)
        self.fact(key, more.pop("connected", 0), failure=LinkFailure(reason, message, status, age), age=age, **more)

    def decide(self, key: Key) -> Outcome:
        """Reconcile once, without writing."""
        return reconcile(self.world, key, self.now)

    def settle(self, key: Key) -> Outcome:
        """Reconcile and store what was asked for, as the shell and the API server would."""
        outcome = self.decide(key)
        entry = self.world.get(key)
        if isinstance(outcome.link, Want) and entry is not None:
            wish = self.world.wishes.get(key)
            if wish is None or replace(wish.link, revision="") != outcome.link.link:
                link = replace(outcome.link.link, revision=str(next(self._serial)))
                self.world.wishes[key] = Wish(link, entry.uid)
        if isinstance(outcome.route, ApplyRoute):
            body = outcome.route.body
            self.put(NOTIFICATION_ROUTE, body["metadata"]["name"], body["spec"], **_meta(body["metadata"]))
        if outcome.status is not None and entry is not None:
            self.store_status(key, outcome.status)
        return outcome

    def store_status(self, key: Key, status: Mapping[str, Any]) -> None:
        """Let a status be stored; it must fit the kind's schema."""
        entry = self.world.get(key)
        assert entry is not None, f"{key} is not there"
        KIND_BY_NAME[key.kind].status_model.validate_strict(status)
        metadata = entry.metadata.model_copy(update={"resource_version": str(next(self._versions))}).to_body()
        body = {"apiVersion": "", "kind": key.kind, "metadata": metadata, "spec": entry.raw_spec, "status": status}
        self.world.put(body)

    def connect(self, key: Key) -> None:
        """Bring a gateway up."""
        self.settle(key)
        self.fact(key)
        self.settle(key)


def _meta(metadata: Mapping[str, Any]) -> dict[str, Any]:
    return {name: metadata[name] for name in ("labels", "ownerReferences")}


def told(outcome: Outcome, kind: str = "Ready") -> tuple[str, str, str]:
    """Status, reason and message of a condition in an outcome."""
    assert outcome.status is not None, "the outcome says nothing"
    found = next(item for item in outcome.status["conditions"] if item["type"] == kind)
    return found["status"], found["reason"], found["message"]


def condition_types(outcome: Outcome) -> set[str]:
    """The conditions an outcome shows."""
    assert outcome.status is not None, "the outcome says nothing"
    return {item["type"] for item in outcome.status["conditions"]}
