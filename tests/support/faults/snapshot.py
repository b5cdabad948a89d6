"""The state of a namespace and of its SMSC, without what differs from run to run: Sieve's end-state oracle.

Two runs of a workload that end in the same state have equal snapshots, whatever happened on the way.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from deepdiff import DeepDiff

from sms_operator.dev.smsc.background import Background
from support.tenant import Tenant, kind_of

Body = dict[str, Any]

KINDS: Final = ("Certificate", "CalledRoute", "SmppGateway", "SmsChannel", "NotificationRoute")
"""The kinds that workloads play with."""
VARIES: Final = frozenset({"lastError", "observedGeneration"})
"""Fields of a status that tell the past, or are judged by themselves."""
KEPT: Final = ("labels", "annotations", "finalizers", "deletionTimestamp")
"""Of the metadata."""


def snapshot(tenant: Tenant, smsc: Background) -> Body:
    """Objects by `Kind/name`, and how many binds of which account and kind the SMSC has."""
    bodies = {kind: tenant.client.list(kind_of(kind), tenant.namespace) for kind in KINDS}
    living = {body["metadata"]["uid"] for found in bodies.values() for body in found}
    port = smsc.get(lambda simulator: simulator.port)
    objects = {
        f"{kind}/{body['metadata']['name']}": essence(body, living, port)
        for kind, found in bodies.items()
        for body in found
    }
    sessions = smsc.get(lambda simulator: [f"{one.system_id} {one.bind_type}" for one in simulator.sessions()])
    return {"objects": objects, "binds": dict(Counter(sessions))}


def essence(shown: Mapping[str, Any], living: set[str], port: int) -> Body:
    """An object without times, versions and ids. `living` are the uids that an owner may have, `port` is the SMSC's."""
    body: Body = json.loads(re.sub(rf"\b{port}\b", "2775", json.dumps(shown)))
    metadata: Body = body["metadata"]
    status: Body = body.get("status") or {}
    owners = [
        {"kind": owner["kind"], "name": owner["name"], "lives": owner["uid"] in living}
        for owner in metadata.get("ownerReferences", ())
    ]
    conditions = [
        {name: item[name] for name in ("type", "status", "reason", "message")} for item in status.get("conditions", ())
    ]
    told = {name: value for name, value in status.items() if name not in VARIES | {"conditions"}}
    return {
        "metadata": {name: metadata[name] for name in KEPT if name in metadata} | {"owners": owners},
        "spec": body.get("spec"),
        "status": told | {"conditions": sorted(conditions, key=lambda item: item["type"])},
        "current": not status or status.get("observedGeneration") == metadata["generation"],
    }


def differences(found: Body, wanted: Body) -> str:
    """What is not as in the reference run; empty when nothing is."""
    if found == wanted:
        return ""
    return str(DeepDiff(wanted, found, verbose_level=2).pretty())  # pyright: ignore[reportUnknownMemberType]


def leaks(objects: Mapping[str, Body]) -> Sequence[str]:
    """Routes without a living owner, and what hangs in its deletion."""
    return [
        name
        for name, item in objects.items()
        if "deletionTimestamp" in item["metadata"]
        or (name.startswith("NotificationRoute/") and not any(one["lives"] for one in item["metadata"]["owners"]))
    ]
