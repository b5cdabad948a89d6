"""What the API server makes of the CRDs: columns, field selectors, explanations, and room for every status."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest

from sms_operator.api.kinds import API_VERSION, KIND_BY_NAME, KINDS, KindInfo

Send = Callable[..., tuple[int, dict[str, Any]]]
TABLE = "application/json;as=Table;g=meta.k8s.io;v=v1"
TIME = "2026-11-22T12:00:00Z"

SPECS: dict[str, dict[str, Any]] = {
    "SmppGateway": {"endpoints": [{"host": "smsc.example.com", "port": 2775}], "simulator": True, "tls": {}},
    "SmsChannel": {"channelName": "a", "gatewayRef": {"name": "main"}, "calledRouteRef": {"name": "a"}},
    "Certificate": {"inline": {"pem": "a"}},
    "NotificationRoute": {"gatewayRef": {"name": "main"}, "channelRef": {"name": "a"}},
    "CalledRoute": {"accessCode": "1", "extensionCode": "1", "skillQueue": {"name": "a"}},
    "OrganizationUnit": {"displayName": "a"},
    "ServiceTime": {},
    "Chatbot": {"accessCode": "a"},
    "ChannelExport": {},
}

STATUSES: dict[str, dict[str, Any]] = {
    "SmppGateway": {
        "endpoint": "smsc.example.com:2775",
        "binds": {"desired": 2, "connected": 2, "summary": "2/2"},
        "lastError": {"reason": "BindRejected", "commandStatus": 0xFFFFFFFF, "message": "refused", "time": TIME},
        "observedRebuild": "once",
    },
    "SmsChannel": {"notificationRoute": "a", "gateway": "main"},
    "Certificate": {
        "subject": "CN=smsc",
        "issuer": "CN=root",
        "serialNumber": "0f" * 20,
        "notBefore": TIME,
        "notAfter": TIME,
        "sha256Fingerprint": "0f" * 32,
        "chainLength": 2,
    },
    "ChannelExport": {"records": 2001, "files": [{"name": "channels-1.csv", "records": 2000, "sha256": "0f" * 32}]},
}


def full_status(info: KindInfo) -> dict[str, Any]:
    kinds = ("Succeeded", "Ready") if info.kind == "ChannelExport" else ("Ready",)
    conditions = [
        {
            "type": kind,
            "status": "True",
            "reason": "ConnectionSucceeded",
            "message": "Connection succeeded",
            "lastTransitionTime": TIME,
            "observedGeneration": 1,
        }
        for kind in kinds
    ]
    return {"observedGeneration": 1, "conditions": conditions, **STATUSES.get(info.kind, {})}


@pytest.fixture
def collection(namespace: str) -> Callable[[KindInfo], str]:
    """Paths of collections in a namespace of the test's own."""
    return lambda info: f"/apis/{API_VERSION}/namespaces/{namespace}/{info.plural}"


def create(send: Send, path: str, kind: str, name: str = "a", **spec: Any) -> dict[str, Any]:
    body = {"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": name}, "spec": SPECS[kind] | spec}
    code, answer = send("POST", f"{path}?fieldValidation=Strict", body)
    assert code == 201, answer
    return answer


@pytest.mark.parametrize("info", KINDS, ids=lambda info: info.kind)
def test_a_complete_status_is_kept_and_shown(info: KindInfo, send: Send, collection: Callable[[KindInfo], str]) -> None:
    """Every status field has a place in the schema, and the column Status says how it is."""
    path = collection(info)
    stored = create(send, path, info.kind)
    status = full_status(info)
    stored["status"] = status
    code, answer = send("PUT", f"{path}/a/status?fieldValidation=Strict", stored)
    assert code == 200, answer
    assert answer["status"] == status
    assert info.status_model.model_validate(answer["status"]).to_body() == status
    assert set(status) == {field.alias for field in info.status_model.model_fields.values()}
    _, table = send("GET", path, accept=TABLE)
    shown = dict(zip([column["name"] for column in table["columnDefinitions"]], table["rows"][0]["cells"], strict=True))
    said = "ConnectionSucceeded" if info.kind == "ChannelExport" else "Connection succeeded"
    assert shown["Status"] == said


def test_a_gateway_says_where_and_how(send: Send, collection: Callable[[KindInfo], str]) -> None:
    """The columns of a gateway, in the order in which one reads them."""
    info = KIND_BY_NAME["SmppGateway"]
    path = collection(info)
    stored = create(send, path, info.kind)
    send("PUT", f"{path}/a/status", {**stored, "status": full_status(info)})
    _, table = send("GET", path, accept=TABLE)
    names = [column["name"] for column in table["columnDefinitions"] if not column["priority"]]
    assert names == ["Name", "Endpoint", "Mode", "TLS", "Binds", "Status", "Age"]
    assert table["rows"][0]["cells"][:6] == [
        "a",
        "smsc.example.com:2775",
        "SendAndReceive",
        True,
        "2/2",
        "Connection succeeded",
    ]


def test_channels_are_selected_by_gateway(send: Send, collection: Callable[[KindInfo], str]) -> None:
    """`kubectl get smsch --field-selector spec.gatewayRef.name=main` is answered by the server."""
    info = KIND_BY_NAME["SmsChannel"]
    path = collection(info)
    create(send, path, info.kind, "one")
    create(send, path, info.kind, "two", gatewayRef={"name": "other"})
    _, found = send("GET", f"{path}?fieldSelector=spec.gatewayRef.name%3Dother")
    assert [item["metadata"]["name"] for item in found["items"]] == ["two"]


def test_the_status_is_no_way_to_the_spec(send: Send, collection: Callable[[KindInfo], str]) -> None:
    """What is written to /status changes the status only."""
    info = KIND_BY_NAME["OrganizationUnit"]
    path = collection(info)
    stored = create(send, path, info.kind)
    stored["spec"] = {"displayName": "changed"}
    _, answer = send("PUT", f"{path}/a/status", {**stored, "status": full_status(info)})
    assert answer["spec"] == {"displayName": "a"}
    assert answer["metadata"]["generation"] == 1


@pytest.mark.parametrize("info", KINDS, ids=lambda info: info.kind)
def test_the_server_found_no_fault_with_the_crd(info: KindInfo, send: Send) -> None:
    """Names accepted, schema structural, nothing for a person to repair."""
    _, answer = send("GET", f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{info.crd_name}")
    conditions = cast("list[dict[str, str]]", answer["status"]["conditions"])
    assert {condition["type"]: condition["status"] for condition in conditions} == {
        "NamesAccepted": "True",
        "Established": "True",
    }
