"""The local control plane does what a real one does, because it is one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from sms_operator.dev.control_plane import ApiError, Client, ControlPlane
from sms_operator.dev.control_plane.client import CONFIG_MAPS, SECRETS, SERVICE_ACCOUNTS, Resource
from sms_operator.dev.control_plane.programs import kubernetes_version

Eventually = Callable[..., Any]


def test_garbage_is_collected(api: Client, namespace: str, eventually: Eventually) -> None:
    """What an object owns goes when the object goes."""
    owner = api.create(CONFIG_MAPS, {"metadata": {"name": "owner"}}, namespace)
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]["uid"]}
    api.create(CONFIG_MAPS, {"metadata": {"name": "child", "ownerReferences": [reference]}}, namespace)
    api.delete(CONFIG_MAPS, "owner", namespace)
    eventually(lambda: api.find(CONFIG_MAPS, "child", namespace) is None)


def test_garbage_of_our_kinds_is_collected(api: Client, namespace: str, eventually: Eventually) -> None:
    """Our kinds are there before the collector starts, so what they own goes at once."""
    units = Resource("sms-operator.dev", "v1alpha1", "organizationunits")
    unit = {"apiVersion": "sms-operator.dev/v1alpha1", "kind": "OrganizationUnit"}
    owner = api.create(units, {**unit, "metadata": {"name": "owner"}, "spec": {"displayName": "Owner"}}, namespace)
    reference = {**unit, "name": "owner", "uid": owner["metadata"]["uid"]}
    api.create(CONFIG_MAPS, {"metadata": {"name": "child", "ownerReferences": [reference]}}, namespace)
    api.delete(units, "owner", namespace)
    eventually(lambda: api.find(CONFIG_MAPS, "child", namespace) is None)


def test_rights_are_checked(control_plane: ControlPlane, api: Client, namespace: str) -> None:
    """A ServiceAccount without a role may read nothing."""
    api.create(SERVICE_ACCOUNTS, {"metadata": {"name": "nobody"}}, namespace)
    with (
        control_plane.client(control_plane.service_account_token(namespace, "nobody")) as nobody,
        pytest.raises(ApiError, match=f"system:serviceaccount:{namespace}:nobody") as refusal,
    ):
        nobody.list(SECRETS, namespace)
    assert refusal.value.code == 403


def test_strangers_are_refused(control_plane: ControlPlane) -> None:
    """A token that nobody issued is no admission."""
    with control_plane.client("invented") as stranger:
        assert stranger.send("GET", "/api/v1/namespaces").code == 401


def test_requests_are_audited(control_plane: ControlPlane, api: Client, namespace: str, eventually: Eventually) -> None:
    """Every request leaves a line that says who did what, a moment after its answer."""
    api.create(CONFIG_MAPS, {"metadata": {"name": "seen"}}, namespace)

    def mine() -> list[tuple[str, str]]:
        whole = control_plane.audit_log.read_text().rpartition("\n")[0]
        lines = [line for line in map(json.loads, whole.splitlines()) if "objectRef" in line]
        here = [line for line in lines if line["objectRef"].get("namespace") == namespace and line["verb"] == "create"]
        return [(line["user"]["username"], line["objectRef"]["resource"]) for line in here]

    eventually(lambda: ("admin", "configmaps") in mine())


def test_kubectl_reaches_this_cluster_only(
    control_plane: ControlPlane, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """kubectl runs with the control plane's kubeconfig whatever the environment says."""
    monkeypatch.setenv("KUBECONFIG", "/nowhere")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    done = control_plane.kubectl("get", "namespace", namespace, "--output=name")
    assert (done.stdout, done.returncode) == (f"namespace/{namespace}\n", 0), done.stderr


def test_the_version_is_the_one_asked_for(api: Client, control_plane: ControlPlane) -> None:
    """Server and kubectl say the version of go.mod."""
    assert api.call("GET", "/version")["gitVersion"] == kubernetes_version()
