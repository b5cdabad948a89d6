"""Lanes: namespaces that hold the same objects, served by one operator, each with an SMSC of its own.

What is done to one object in one lane can be compared with the same object in another lane.
"""

from __future__ import annotations

import base64
import json
import re
import socket
from collections import Counter
from collections.abc import Generator, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast
from uuid import uuid4

from sms_operator.api.kinds import API_VERSION
from sms_operator.dev.control_plane import Client, ControlPlane
from sms_operator.dev.control_plane.client import NAMESPACES, Answer
from sms_operator.dev.smsc import Account, Simulator
from sms_operator.dev.smsc.background import Background, in_background
from support.ailing import identity
from support.audit import Audit, Write
from support.ground import OPERATOR_NAMESPACE, grant
from support.pki import Pki
from support.planes import Planes, service_account_kubeconfig
from support.tenant import Tenant, eventually, kind_of

from .specs_meaning import ACCOUNT, AUTHORITY_DER, AUTHORITY_PEM, DEAD, EXPIRED_PEM, PLAIN, SECURE, Spec

Body = dict[str, Any]

NAME: Final = "fuzz"
"""Of the object that a case is about."""
OPERATOR: Final = f"system:serviceaccount:{OPERATOR_NAMESPACE}:sms-operator"
PATIENCE: Final = 40.0
"""Seconds for whatever has to happen."""
STANDING_BINDS: Final = ("standing Transceiver", "spare Receiver", "send Transmitter")
FOREIGN: Final = "Foreign"
"""How a condition's type begins that somebody else wrote: it is left alone, and not compared."""
HISTORY: Final = frozenset({"observedRebuild", "observedGeneration", "lastError"})
"""Fields of a status that tell of the past."""


@dataclass(frozen=True)
class Lane:
    """One namespace with what stands in it, and its SMSC."""

    tenant: Tenant
    smsc: Background
    placeholders: Mapping[int | str, int | str]

    def put(self, kind: str, spec: Spec, **metadata: Any) -> Answer:
        """Create the object, or replace its spec as an editor does; nothing that the schema lacks is taken."""
        client, namespace = self.tenant.client, self.tenant.namespace
        while True:
            present = self.tenant.get(kind, NAME)
            body = present or {"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": NAME, **metadata}}
            path = kind_of(kind).path(namespace, NAME if present else None)
            whole = {**body, "spec": self.concrete(spec)}
            answer = client.send("PUT" if present else "POST", f"{path}?fieldValidation=Strict", whole)
            if answer.code not in (404, 409):  # it changed, came or went meanwhile
                return answer

    def concrete(self, node: Any) -> Any:
        """A spec with this lane's ports and certificates."""
        if isinstance(node, dict):
            fields = cast("dict[str, Any]", node)
            return {name: self.concrete(value) for name, value in fields.items()}
        if isinstance(node, list):
            return [self.concrete(item) for item in cast("list[Any]", node)]
        return self.placeholders.get(node, node) if isinstance(node, (int, str)) else node

    def state(self, kind: str) -> Body:
        """Of the object, its route and its binds: equal in two lanes when the operator sees to it alike."""
        found = self.tenant.get(kind, NAME)
        state = {"object": _essence(found, found), "binds": self.binds()}
        if kind == "SmsChannel":
            state["route"] = _essence(self.tenant.route(NAME), found)
        text = json.dumps(state)
        for placeholder in (PLAIN, SECURE, DEAD):
            text = re.sub(rf"\b{self.placeholders[placeholder]}\b", str(placeholder), text)
        return json.loads(text)

    def binds(self) -> dict[str, int]:
        """The sessions at the SMSC, what stands left out, by account and kind."""
        found = self.smsc.get(lambda simulator: [f"{one.system_id} {one.bind_type}" for one in simulator.sessions()])
        counts = Counter(found)
        counts.subtract(STANDING_BINDS)
        return {key: count for key, count in sorted(counts.items()) if count}

    def sessions(self) -> frozenset[int]:
        """Numbers of all bound sessions; a bind that was lost and came back has another."""
        return frozenset(self.smsc.get(lambda simulator: [one.number for one in simulator.sessions()]))

    def clear(self, *kinds: str) -> list[str]:
        """Delete the objects of these kinds; what is left of them after a while."""
        for kind in kinds:
            path = kind_of(kind).path(self.tenant.namespace, NAME)
            answer = self.tenant.client.send("DELETE", path)
            assert answer.code in (200, 404), answer.text
        with suppress(AssertionError):
            eventually(lambda: self._left(kinds), lambda left: not left, "cleared", PATIENCE)
        return self._left(kinds)

    def _left(self, kinds: Iterable[str]) -> list[str]:
        found = [one for one in sorted({*kinds, "NotificationRoute"}) if self.tenant.get(one, NAME) is not None]
        return [*found, *self.binds()]


@dataclass(frozen=True)
class Lanes:
    """All lanes and the operator that serves them."""

    planes: Planes
    audit: Audit
    lanes: Sequence[Lane]
    standing: Sequence[frozenset[int]]
    """The sessions of what stands in each lane, which nothing may disturb."""

    def disturbed(self) -> list[int]:
        """Sessions of what stands that have ended."""
        return [
            number
            for lane, before in zip(self.lanes, self.standing, strict=True)
            for number in before - lane.sessions()
        ]

    @property
    def pairs(self) -> list[tuple[Lane, Lane]]:
        """Two lanes each."""
        return list(zip(self.lanes[::2], self.lanes[1::2], strict=True))

    def writes(self, since: int, *lanes: Lane) -> list[Write]:
        """What the operator wrote in these lanes since a point in time, Events left out."""
        namespaces = {lane.tenant.namespace for lane in lanes}
        return [
            write
            for write in self.audit.writes(since=since, user=OPERATOR)
            if write.namespace in namespaces and write.resource != "events"
        ]


@contextmanager
def new_lanes(control_plane: ControlPlane, api: Client, directory: Path, count: int) -> Generator[Lanes]:
    """So many lanes, everything in them connected or in its final illness."""
    pki = Pki(directory)
    names = [f"lane-{uuid4().hex[:8]}" for _ in range(count)]
    for name in names:
        api.create(NAMESPACES, {"metadata": {"name": name}})
        grant(api, name, "sms-operator")
    token = control_plane.service_account_token(OPERATOR_NAMESPACE, "sms-operator")
    kubeconfig = service_account_kubeconfig(control_plane.url, control_plane.ca_pem, token, directory)
    planes = Planes(kubeconfig, directory, ",".join(names), {"SMS_OPERATOR_TIME_SCALE": "0.005"})
    try:
        with ExitStack() as stack, ThreadPoolExecutor(4) as pool:
            dead = stack.enter_context(socket.socket())
            dead.bind(("127.0.0.1", 0))
            lanes = [_lane(Tenant(api, name), pki, dead.getsockname()[1], stack) for name in names]
            planes.start()
            for done in [pool.submit(_furnish, lane, pki) for lane in lanes]:
                done.result()
            for lane in lanes:
                lane.tenant.until("SmsChannel", "standing", "ConnectionSucceeded", deadline=PATIENCE)
                lane.tenant.until("SmppGateway", "down", "Unreachable", deadline=PATIENCE)
                lane.tenant.until("SmppGateway", "send", "ConnectionSucceeded", deadline=PATIENCE)
                lane.tenant.until("SmppGateway", "gw", "ConnectionSucceeded", deadline=PATIENCE)
            yield Lanes(planes, Audit(control_plane), lanes, [lane.sessions() for lane in lanes])
            planes.stop()
    finally:
        planes.close()
        for name in names:
            api.delete(NAMESPACES, name)


def _essence(body: Body | None, owner: Body | None) -> Body | None:
    """An object without what tells of its past: ids, versions, times, annotations."""
    if body is None:
        return None
    metadata, status = body["metadata"], body.get("status", {})
    owned = [one["uid"] == (owner or {}).get("metadata", {}).get("uid") for one in metadata.get("ownerReferences", ())]
    conditions = {
        item["type"]: {name: item[name] for name in ("status", "reason", "message")}
        for item in status.get("conditions", ())
        if not item["type"].startswith(FOREIGN)
    }
    told = {name: value for name, value in status.items() if name not in HISTORY}
    if "files" in told:  # they name the lane's namespace, and each encryption has its own salt
        told["files"] = [{**file, "sha256": len(file["sha256"])} for file in told["files"]]
    return {
        "metadata": {name: metadata.get(name) for name in ("labels", "finalizers", "deletionTimestamp")},
        "owned": owned,
        "spec": body["spec"],
        "status": {**told, "conditions": conditions},
    }


def _lane(tenant: Tenant, pki: Pki, dead: int, stack: ExitStack) -> Lane:
    accounts = [Account(name, "secret") for name in (ACCOUNT, "standing", "spare", "send")]
    smsc = stack.enter_context(in_background(lambda: Simulator(accounts, tls=pki.server_context())))
    plain, secure = smsc.get(lambda simulator: (simulator.port, simulator.tls_port))
    placeholders: dict[int | str, int | str] = {
        PLAIN: plain,
        SECURE: secure,
        DEAD: dead,
        AUTHORITY_PEM: pki.authority.pem,
        AUTHORITY_DER: base64.b64encode(pki.server.der).decode(),
        EXPIRED_PEM: pki.expired.pem,
    }
    return Lane(tenant, smsc, placeholders)


def _furnish(lane: Lane, pki: Pki) -> None:
    """What the names of `specs_meaning.STANDING` promise."""
    tenant, port = lane.tenant, lane.placeholders[PLAIN]
    assert isinstance(port, int)
    tenant.secret("login", password="secret", **{"store.p12": b"0\x82"})
    tenant.secret("wrong", password="another")
    tenant.config_map("authority", **{"ca.crt": pki.authority.pem.encode()})
    tenant.apply("OrganizationUnit", "unit", {"displayName": "Unit"})
    tenant.apply("OrganizationUnit", "below", {"displayName": "Below", "parentRef": {"name": "unit"}})
    tenant.apply("ServiceTime", "hours", {"timeZone": "Europe/Berlin"})
    tenant.apply("Chatbot", "bot", {"accessCode": "bot"})
    tenant.apply("Chatbot", "ivr", {"accessCode": "ivr", "dialogType": "IvrFlow"})
    queue: Spec = {"accessCode": "1", "extensionCode": "1", "skillQueue": {"name": "a", "maxWaitingTime": "5m"}}
    tenant.apply("CalledRoute", "queue", queue)
    tenant.apply("CalledRoute", "voice", {**queue, "media": "Voice"})
    tenant.apply("Certificate", "trust", {"inline": {"pem": pki.authority.pem}})
    tenant.apply("Certificate", "expired", {"inline": {"pem": lane.placeholders[EXPIRED_PEM]}})
    tenant.apply("Certificate", "garbage", {"inline": {"pem": "no certificate"}})
    identity(tenant, "identity", pki.client.pem, pki.client.key_pem)
    for name, account, fields in (
        ("gw", "standing", {}),
        ("spare", "spare", {"mode": "Receive"}),
        ("send", "send", {"mode": "Send"}),
    ):
        tenant.gateway(name, port, system_id=account, **fields)
    down = [{"host": "127.0.0.1", "port": lane.placeholders[DEAD]}]
    tenant.gateway("down", port, system_id="down", endpoints=down)
    references = {"gatewayRef": {"name": "spare"}, "calledRouteRef": {"name": "queue"}}
    tenant.apply("SmsChannel", "standing", {"channelName": "standing", "numbers": ["990"], **references})
