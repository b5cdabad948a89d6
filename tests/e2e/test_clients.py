"""What other people's clients make of our objects: the official Python client, `kubectl wait`, and kstatus' rules."""

from __future__ import annotations

import importlib
from typing import Any

from sms_operator.dev.control_plane import ControlPlane
from support.planes import Planes
from support.tenant import Tenant


def kstatus(body: dict[str, Any]) -> str:
    """The published rules of kstatus for a custom resource, in their order."""
    status = body.get("status", {})
    if body["metadata"].get("deletionTimestamp"):
        return "Terminating"
    if status.get("observedGeneration") != body["metadata"]["generation"]:
        return "InProgress"
    conditions = {item["type"]: item["status"] for item in status.get("conditions", [])}
    if conditions.get("Reconciling") == "True":
        return "InProgress"
    if conditions.get("Stalled") == "True":
        return "Failed"
    return "Current" if conditions.get("Ready") == "True" else "InProgress"


def test_the_official_client_and_kubectl_wait(tenant: Tenant, planes: Planes, port: int, rights: ControlPlane) -> None:
    """Discovery finds the kind, the client reads the words, and `kubectl wait` returns when they are true."""
    tenant.gateway("gw", port)
    kind = "smppgateway.sms-operator.dev/gw"
    waited = rights.kubectl("wait", "-n", tenant.namespace, "--for=condition=Ready", kind, "--timeout=20s")
    assert waited.returncode == 0, waited.stderr
    config: Any = importlib.import_module("kubernetes.config")
    dynamic: Any = importlib.import_module("kubernetes.dynamic")
    api_client = config.new_client_from_config(str(rights.kubeconfig))
    try:
        kinds = dynamic.DynamicClient(api_client).resources
        gateways = kinds.get(api_version="sms-operator.dev/v1alpha1", kind="SmppGateway")
        found = gateways.get(name="gw", namespace=tenant.namespace).to_dict()
    finally:
        api_client.close()
    assert kstatus(found) == "Current"
    assert planes.alive("controller")


def test_kstatus_reads_progress_and_failure(tenant: Tenant, planes: Planes, port: int) -> None:
    """What may still come is progress; what only a person can repair has failed."""
    tenant.channel("ch", "gw")
    tenant.until("SmsChannel", "ch", "GatewayNotFound")
    assert _kstatus(tenant, "SmsChannel", "ch") == "InProgress"
    tenant.gateway("gw", port, password="wrong")
    tenant.until("SmppGateway", "gw", "InvalidPassword")
    assert _kstatus(tenant, "SmppGateway", "gw") == "Failed"
    tenant.secret("gw-login", password="secret")
    tenant.until("SmsChannel", "ch", "ConnectionSucceeded")
    assert _kstatus(tenant, "SmppGateway", "gw") == "Current"
    tenant.patch("SmppGateway", "gw", {"spec": {"connection": "Disconnected"}})
    tenant.until("SmppGateway", "gw", "Disconnected")
    assert _kstatus(tenant, "SmppGateway", "gw") == "Current"
    assert planes.alive("controller")


def _kstatus(tenant: Tenant, kind: str, name: str) -> str:
    body = tenant.get(kind, name)
    assert body is not None
    return kstatus(body)
