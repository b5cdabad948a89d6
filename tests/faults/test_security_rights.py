"""The operator's rights: every one is used, nothing else is asked for, and no way leads into another namespace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from sms_operator.api.kinds import API_VERSION, KIND_BY_NAME
from sms_operator.dev.control_plane import ApiError, Client, ControlPlane
from sms_operator.dev.control_plane.client import SECRETS
from sms_operator.dev.smsc import Account, Simulator
from sms_operator.dev.smsc.background import Background, in_background
from support.audit import Audit
from support.faults.proxy import ApiFaultProxy, Outage
from support.faults.security_ground import operator_in
from support.faults.security_rights import granted, uses
from support.ground import derived_role
from support.pki import Pki
from support.planes import ROOT, Planes
from support.tenant import CALLED, Tenant, eventually, kind_of

SMALL: Final[Mapping[str, Mapping[str, Any]]] = {
    "OrganizationUnit": {"displayName": "Unit"},
    "ServiceTime": {},
    "Chatbot": {"accessCode": "bot"},
    "CalledRoute": CALLED,
    "ChannelExport": {},
    "NotificationRoute": {
        "type": "SMS",
        "origin": "Manual",
        "numbers": ["777"],
        "gatewayRef": {"name": "gw"},
        "channelRef": {"name": "ch"},
    },
}
"""Objects of the kinds that need no story of their own."""


@pytest.fixture
def smsc() -> Iterator[Background]:
    """Knows demo/secret."""
    with in_background(lambda: Simulator([Account("demo", "secret")])) as simulator:
        yield simulator


def everything(tenant: Tenant, smsc: Background, authority: str) -> None:
    """Objects of all kinds, what becomes of them in time, and all that happens to routes."""
    tenant.config_map("ca", **{"ca.crt": authority.encode()})
    tenant.apply("Certificate", "ca", {"configMapKeyRef": {"name": "ca"}})
    tenant.gateway("gw", smsc.get(lambda simulator: simulator.port))
    tenant.channel("ch", "gw")
    for kind, spec in SMALL.items():
        tenant.apply(kind, "small", spec)
    tenant.until("SmsChannel", "ch", "ConnectionSucceeded")
    tenant.until("Certificate", "ca", "Valid")
    for kind in (*SMALL, "SmppGateway"):
        eventually(
            lambda kind=kind: tenant.client.list(kind_of(kind), tenant.namespace),
            lambda found: all(one.get("status") for one in found if one.get("spec", {}).get("origin") != "Derived"),
            f"status of {kind}",
        )
    _routes(tenant)
    _repeated_event(tenant)


def _routes(tenant: Tenant) -> None:
    """Edited, extended, deleted; taken from a channel that loses a conflict; orphaned."""
    for damage in ({"gatewayRef": {"name": "elsewhere"}}, {"numbers": ["123"]}):
        tenant.patch("NotificationRoute", "ch", {"spec": damage})
        eventually(lambda: (tenant.route("ch") or {}).get("spec", {}), _as_derived, f"repair of {damage}")
    tenant.delete("NotificationRoute", "ch")
    eventually(lambda: tenant.route("ch"), bool, "the route again")
    tenant.channel("rival", "gw", channelName="other", numbers=["555"])
    eventually(lambda: tenant.route("rival"), bool, "the rival's route")
    tenant.patch("SmsChannel", "rival", {"spec": {"channelName": "ch"}})
    tenant.until("SmsChannel", "rival", "NameConflict", of="Accepted")
    tenant.until_gone("NotificationRoute", "rival")


def _as_derived(spec: Mapping[str, Any]) -> bool:
    return spec.get("gatewayRef") == {"name": "gw"} and "numbers" not in spec


def _repeated_event(tenant: Tenant) -> None:
    """The same thing happens to a channel twice: the second time its Event is counted."""
    for gateway, reason in (("none", "GatewayNotFound"), ("gw", "ConnectionSucceeded")) * 2:
        tenant.patch("SmsChannel", "ch", {"spec": {"gatewayRef": {"name": gateway}}})
        tenant.until("SmsChannel", "ch", reason)
    eventually(
        lambda: [event.get("count", 0) for event in tenant.events("ch")], lambda seen: 2 in seen, "a repeated Event"
    )


def missed(tenant: Tenant, proxy: ApiFaultProxy, planes: Planes) -> None:
    """An object of each kind changes while all watches are silent: only the comparison finds it, and reads it."""
    before = planes.metric("controller", "sms_operator_missed_changes_total")
    proxy.fail(Outage.BLACKHOLE, only=lambda method, path: "watch=" in path)
    for kind in KIND_BY_NAME:
        for body in tenant.client.list(kind_of(kind), tenant.namespace):
            tenant.annotate(kind, body["metadata"]["name"], touched="yes")
    eventually(
        lambda: planes.metric("controller", "sms_operator_missed_changes_total"),
        lambda count: count >= before + len(KIND_BY_NAME),
        "the comparison to find it",
        deadline=40,
    )
    proxy.heal()


def test_every_right_is_used_and_no_other(rights: ControlPlane, smsc: Background, tmp_path: Path) -> None:
    """By a story that has everything in it; in the served namespace only, and never in vain."""
    audit, pki = Audit(rights), Pki(tmp_path)
    environment = {"SMS_OPERATOR_SWEEP_INTERVAL": "2"}
    with ApiFaultProxy(rights.url, rights.ca_pem) as proxy:
        since = audit.now()
        with operator_in(rights, tmp_path, server=proxy.url, environment=environment) as (planes, [tenant]):
            everything(tenant, smsc, pki.authority.pem)
            missed(tenant, proxy, planes)
            assert "Traceback" not in planes.log()
        seen = uses(rights, since, [tenant.namespace])
    assert {use.right for use in seen} == granted()
    assert {use.namespace for use in seen} == {tenant.namespace}
    assert [use for use in seen if use.code in (401, 403)] == []
    assert {use.name for use in seen if use.resource in ("secrets", "configmaps")} == {"gw-login", "ca"}


def test_watched_secrets(rights: ControlPlane, api: Client, smsc: Background, tmp_path: Path) -> None:
    """With the overlay's role the two more verbs are used, on Secrets and ConfigMaps and nothing else."""
    audit, pki = Audit(rights), Pki(tmp_path)
    environment = {"SMS_OPERATOR_WATCH_SECRETS": "true"}
    with derived_role(api, "sms-operator-watching", ["get", "list", "watch"]) as role:
        since = audit.now()
        with operator_in(rights, tmp_path, role=role, environment=environment) as (_, [tenant]):
            tenant.config_map("ca", **{"ca.crt": pki.authority.pem.encode()})
            tenant.apply("Certificate", "ca", {"configMapKeyRef": {"name": "ca"}})
            tenant.gateway("gw", smsc.get(lambda simulator: simulator.port))
            tenant.until("Certificate", "ca", "Valid")
            tenant.until("SmppGateway", "gw", "ConnectionSucceeded")
        seen = uses(rights, since, [tenant.namespace])
    rest = granted(watch_materials=True)
    assert {use.right for use in seen} <= rest
    materials = {right for right in rest if right[1] in ("secrets", "configmaps")}
    assert {use.right for use in seen if use.resource in ("secrets", "configmaps")} == materials
    assert [use for use in seen if use.code in (401, 403)] == []


def schemas() -> list[tuple[str, Mapping[str, Any]]]:
    """Every part of every spec, by its path."""
    found: list[tuple[str, Mapping[str, Any]]] = []

    def walk(path: str, schema: Mapping[str, Any]) -> None:
        found.append((path, schema))
        for name, inner in schema.get("properties", {}).items():
            walk(f"{path}.{name}", inner)
        for part, mark in (("items", "[]"), ("additionalProperties", "{}")):
            if isinstance(schema.get(part), dict):
                walk(path + mark, schema[part])

    for file in sorted((ROOT / "crds").glob("*.yaml")):
        crd = yaml.safe_load(file.read_text())
        for version in crd["spec"]["versions"] if crd["kind"] == "CustomResourceDefinition" else ():
            walk(crd["spec"]["names"]["kind"], version["schema"]["openAPIV3Schema"]["properties"]["spec"])
    return found


def test_references_are_names() -> None:
    """No schema has room for a namespace in a reference, nor for anything that is not described."""
    refs = {
        path: schema
        for path, schema in schemas()
        if path.endswith(("Ref", "Refs[]")) or {"name", "key"} <= schema.get("properties", {}).keys()
    }
    assert {"SmppGateway.login.passwordSecretRef", "SmsChannel.gatewayRef"} <= refs.keys()
    assert len(refs) > 15
    for path, schema in refs.items():
        assert set(schema["properties"]) <= {"name", "key"}, path
        assert "name" in schema["required"], path
        assert "[a-z0-9]" in yaml.safe_dump(schema["properties"]["name"]), path


def test_nothing_says_namespace_anywhere() -> None:
    """Under no other word either; and nothing that no schema describes is stored."""
    for path, schema in schemas():
        assert "namespace" not in path.lower(), path
        assert "x-kubernetes-preserve-unknown-fields" not in schema, path


def test_no_way_into_another_namespace(rights: ControlPlane, smsc: Background, tmp_path: Path) -> None:
    """What is only next door is not found, although the operator serves both; next door's Secrets stay unread."""
    audit, pki, port = Audit(rights), Pki(tmp_path), smsc.get(lambda simulator: simulator.port)
    since = audit.now()
    with operator_in(rights, tmp_path, count=2) as (planes, [mine, theirs]):
        theirs.secret("vault", password="secret")
        theirs.apply("Certificate", "ca", {"inline": {"pem": pki.authority.pem}})
        theirs.apply("OrganizationUnit", "unit", {"displayName": "Theirs"})
        theirs.apply("CalledRoute", "queue", CALLED)
        theirs.until("Certificate", "ca", "Valid")
        _refused(mine, port, theirs.namespace)
        _pruned(mine, port, theirs.namespace)
        mine.gateway("certificate", port, system_id="one", tls={"trustCertificateRef": {"name": "ca"}})
        mine.gateway("unit", port, system_id="two", organizationUnitRef={"name": "unit"})
        refs = {"gatewayRef": {"name": "theirs"}, "calledRouteRef": {"name": "queue"}}
        mine.apply("SmsChannel", "ch", {"channelName": "ch", **refs})
        theirs.gateway("theirs", port)
        theirs.until("SmppGateway", "theirs", "ConnectionSucceeded")
        mine.until("SmppGateway", "gw", "SecretNotFound")
        mine.until("SmppGateway", "certificate", "CertificateNotFound")
        mine.until("SmppGateway", "unit", "OrganizationUnitNotFound")
        mine.until("SmsChannel", "ch", "GatewayNotFound")
        mine.patch("SmsChannel", "ch", {"spec": {"gatewayRef": {"name": "unit"}}})
        mine.until("SmsChannel", "ch", "CalledRouteNotFound")
        assert "Traceback" not in planes.log()
    seen = uses(rights, since, [mine.namespace, theirs.namespace])
    read = {(use.namespace, use.name) for use in seen if use.resource in ("secrets", "configmaps")}
    assert read == {
        (mine.namespace, "vault"),
        (mine.namespace, "certificate-login"),
        (mine.namespace, "unit-login"),
        (theirs.namespace, "theirs-login"),
    }
    assert {use.namespace for use in seen} == {mine.namespace, theirs.namespace}


def _refused(mine: Tenant, port: int, other: str) -> None:
    """Names that are paths, and a field that does not exist, as kubectl sends it."""
    for name in (f"{other}/vault", "../secrets/vault", f"..%2f{other}", "vault?x=1", "vault#", f"{other}.vault/", ".."):
        assert refusal(mine, {"name": name}, port).code == 422, name
    assert refusal(mine, {"name": "vault", "namespace": other}, port, strict=True).code in (400, 422)


def refusal(tenant: Tenant, ref: Mapping[str, str], port: int, *, strict: bool = False) -> ApiError:
    """The answer to a gateway with that reference."""
    with pytest.raises(ApiError) as caught:
        create(tenant, ref, port, "Strict" if strict else "Ignore")
    return caught.value


def create(tenant: Tenant, ref: Mapping[str, str], port: int, validation: str) -> None:
    """A gateway as `kubectl create --validate` sends it."""
    spec = {
        "endpoints": [{"host": "127.0.0.1", "port": port}],
        "login": {"systemId": "demo", "passwordSecretRef": dict(ref)},
    }
    body = {"apiVersion": API_VERSION, "kind": "SmppGateway", "metadata": {"name": "gw"}, "spec": spec}
    path = kind_of("SmppGateway").path(tenant.namespace)
    tenant.client.call("POST", path, body, query={"fieldValidation": validation})


def _pruned(mine: Tenant, port: int, other: str) -> None:
    """Where unknown fields are let pass, nothing of them is stored."""
    create(mine, {"name": "vault", "namespace": other}, port, "Ignore")
    stored = mine.get("SmppGateway", "gw")
    assert stored is not None
    assert stored["spec"]["login"]["passwordSecretRef"] == {"name": "vault", "key": "password"}
    assert mine.client.find(SECRETS, "vault", mine.namespace) is None
