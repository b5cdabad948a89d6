"""Objects that somebody else has had hands on: how they are spoilt, at their birth and later."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from sms_operator.api.kinds import API_VERSION
from sms_operator.dev.control_plane.client import APPLY, MERGE
from support.tenant import kind_of

from .specs_lanes import FOREIGN, NAME, Body, Lane
from .specs_meaning import ACCOUNT, DEAD, PLAIN, Spec

SPECS: Final[Mapping[str, Spec]] = {
    "SmppGateway": {
        "endpoints": [{"host": "127.0.0.1", "port": PLAIN}],
        "login": {"systemId": ACCOUNT, "passwordSecretRef": {"name": "login"}},
    },
    "SmsChannel": {"channelName": NAME, "gatewayRef": {"name": "gw"}, "calledRouteRef": {"name": "queue"}},
    "Certificate": {"inline": {"pem": "the authority"}},
    "OrganizationUnit": {"displayName": "Unit"},
}
DOWN: Final[Spec] = {**SPECS["SmppGateway"], "endpoints": [{"host": "127.0.0.1", "port": DEAD}]}
"""A gateway that cannot be reached."""
_KOPF: Final = "kopf.zalando.org"
_LIE: Final = {"status": "True", "reason": "Lie", "message": "written by somebody else"}
TIMES: Final = (
    "2016-12-31t23:59:59z",
    "2016-12-31T23:59:59.123456789012Z",
    "2999-01-01T00:00:00+05:30",
    "0000-01-01T00:00:00Z",
)
"""What the API server takes for a time: small letters, tiny fractions, times to come, a year that never was."""


def _handled(spec: Spec) -> Body:
    """As restored from a backup of an operator that keeps notes: kopf calls no handler for it."""
    return {
        "annotations": {
            f"{_KOPF}/last-handled-configuration": json.dumps({"spec": spec}),
            f"{_KOPF}/on-create": json.dumps({"success": True, "failure": False, "retries": 1}),
        },
        "finalizers": [],
    }


def _managed(_: Spec) -> Body:
    """Somebody else claims to manage every field of it."""
    fields: Body = {"f:spec": {}, "f:status": {"f:conditions": {}}}
    entry: Body = {"manager": "sms-operator", "operation": "Apply", "fieldsType": "FieldsV1"}
    claims: list[Body] = [
        {**entry, "apiVersion": API_VERSION, "time": "2020-01-01T00:00:00Z", "fieldsV1": fields, "subresource": part}
        for part in ("", "status")
    ]
    return {"managedFields": claims}


def _claimed(_: Spec) -> Body:
    """It claims to be older, and another, than it is."""
    return {
        "uid": "00000000-0000-0000-0000-000000000000",
        "generation": 99,
        "creationTimestamp": "2001-01-01T00:00:00Z",
    }


BIRTHS: Final[Mapping[str, Callable[[Spec], Body]]] = {
    "handled": _handled,
    "managed": _managed,
    "claimed": _claimed,
}
"""Metadata to be created with."""


def wipe(lane: Lane, kind: str) -> None:
    """The status is gone."""
    lane.tenant.client.call("PATCH", _path(lane, kind), {"status": None}, content=MERGE)


def lie(lane: Lane, kind: str) -> None:
    """Another status: everything is true in it, and nothing right."""
    body = _living(lane, kind)
    kinds = [item["type"] for item in body["status"]["conditions"]]
    conditions = [
        {"type": one, "lastTransitionTime": "2020-01-01T00:00:00Z", **_LIE} for one in (*kinds, f"{FOREIGN}One")
    ]
    status = {"observedGeneration": 2**53, "conditions": conditions}
    _patch_status(lane, kind, status)


def down_since(lane: Lane, time: str) -> None:
    """A gateway that is down, and says since when in a way that only the API server understands."""
    body = _living(lane, "SmppGateway")
    conditions = [{**item, "lastTransitionTime": time} for item in body["status"]["conditions"]]
    _patch_status(lane, "SmppGateway", {"conditions": conditions})


def seize(lane: Lane, kind: str) -> None:
    """Another field manager applies our conditions as its own, by force."""
    body = _living(lane, kind)
    kinds = [item["type"] for item in body["status"]["conditions"]]
    stamp = {"lastTransitionTime": "2020-01-01T00:00:00Z", "observedGeneration": 0}
    conditions = [{"type": one, **_LIE, **stamp} for one in (*kinds, f"{FOREIGN}One")]
    patch = {
        "apiVersion": API_VERSION,
        "kind": kind,
        "metadata": {"name": NAME, "uid": body["metadata"]["uid"]},
        "status": {"observedGeneration": 1, "conditions": conditions},
    }
    query = {"fieldManager": "somebody", "force": "true"}
    lane.tenant.client.call("PATCH", _path(lane, kind), patch, query=query, content=APPLY)


SPOILS: Final[Mapping[str, Callable[[Lane, str], None]]] = {"wipe": wipe, "lie": lie, "seize": seize}
"""What is done to a status."""


def strand(lane: Lane, kind: str) -> None:
    """Somebody else adds a condition of our own vocabulary, which would not be there."""
    conditions = [*_living(lane, kind)["status"]["conditions"]]
    stranded = {"type": "Stalled", "lastTransitionTime": "2020-01-01T00:00:00Z", **_LIE}
    _patch_status(lane, kind, {"conditions": [*conditions, stranded]})


ROUTES: Final[Mapping[str, Callable[[Body], Body]]] = {
    "labels": lambda route: _metadata(route, labels={"sms-operator.dev/channel": "another"}),
    "no owner": lambda route: _metadata(route, ownerReferences=[]),
    "another spec": lambda route: _spec(route, gatewayRef={"name": "down"}, numbers=["7"]),
    "manual": lambda route: _spec(route, origin="Manual"),
    "no manager": lambda route: _metadata(route, managedFields=[{}]),
}
"""How a derived route is edited."""


def edit_route(lane: Lane, edit: Callable[[Body], Body]) -> None:
    """Replace the derived route as a whole."""
    route = lane.tenant.route(NAME)
    assert route is not None
    lane.tenant.client.replace(kind_of("NotificationRoute"), edit(route), lane.tenant.namespace)


def _metadata(body: Body, **fields: Any) -> Body:
    return {**body, "metadata": {**body["metadata"], **fields}}


def _spec(body: Body, **fields: Any) -> Body:
    return {**body, "spec": {**body["spec"], **fields}}


def _living(lane: Lane, kind: str) -> Body:
    body = lane.tenant.get(kind, NAME)
    assert body is not None
    return body


def _path(lane: Lane, kind: str) -> str:
    return kind_of(kind).path(lane.tenant.namespace, NAME, "status")


def _patch_status(lane: Lane, kind: str, status: Body) -> None:
    lane.tenant.client.call("PATCH", _path(lane, kind), {"status": status}, content=MERGE)
