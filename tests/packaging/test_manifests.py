"""The manifests as rendered, and what a real API server says to them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from sms_operator.api.kinds import GROUP, KINDS
from sms_operator.controller.settings import Settings as ControllerSettings
from sms_operator.links.settings import LinkSettings
from support.kubectl import Kubectl, Manifest

from .conftest import Rendered

TOKEN_DIRECTORY = "/var/run/secrets/kubernetes.io/serviceaccount"
ALL = ("manifests", "manifests/overlays/namespaced", "manifests/overlays/watched-secrets", "tests/packaging/combined")


def _pod(rendered: Rendered) -> Manifest:
    """The StatefulSet's pod, as the StatefulSet controller would create it."""
    template = copy.deepcopy(rendered.pod)
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {**template["metadata"], "name": "sms-operator-0", "namespace": "sms-operator"},
        "spec": template["spec"],
    }


def test_base_brings_every_kind(base: Rendered) -> None:
    """All CRDs are part of it."""
    names = {crd["metadata"]["name"] for crd in base.all("CustomResourceDefinition")}
    assert names == {f"{info.plural}.{GROUP}" for info in KINDS}


@pytest.mark.parametrize("directory", ALL)
def test_a_server_accepts_it(kubectl: Kubectl, installed: Rendered, directory: str) -> None:
    """Every object of every overlay passes the API server's strict validation, without a warning."""
    kubectl.run(
        "apply", "--server-side", "--force-conflicts", "--dry-run=server", "--validate=strict",
        "--warnings-as-errors", "--field-manager=overlay-test", "--kustomize", directory,
    )  # fmt: skip


def test_another_tool_finds_nothing_to_change(kubectl: Kubectl, installed: Rendered) -> None:
    """What was applied is what is stored: a GitOps tool that applies the same meets no conflict and sees no drift."""
    kubectl.run("apply", "--server-side", "--dry-run=server", "--field-manager=gitops-test", "--kustomize", "manifests")
    assert kubectl.run("diff", "--kustomize", "manifests", check=False).stdout == ""


def test_pod_security_admits_the_pod(kubectl: Kubectl, installed: Rendered) -> None:
    """The pod is admitted in the namespace, which enforces the restricted profile."""
    labels = installed.one("Namespace")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    kubectl.run("create", "--dry-run=server", "--warnings-as-errors", "--filename=-", body=_pod(installed))


def _run_as_root(spec: dict[str, Any]) -> None:
    spec["securityContext"].update(runAsNonRoot=False, runAsUser=0)


def _keep_capabilities(spec: dict[str, Any]) -> None:
    del spec["containers"][1]["securityContext"]["capabilities"]


def _allow_escalation(spec: dict[str, Any]) -> None:
    spec["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = True


def _mount_the_host(spec: dict[str, Any]) -> None:
    spec["volumes"][0] = {"name": "meeting-point", "hostPath": {"path": "/run"}}


@pytest.mark.parametrize("weaken", [_run_as_root, _keep_capabilities, _allow_escalation, _mount_the_host])
def test_pod_security_refuses_a_weaker_pod(
    kubectl: Kubectl, installed: Rendered, weaken: Callable[[dict[str, Any]], None]
) -> None:
    """Each part of the restricted profile is really enforced there."""
    pod = _pod(installed)
    weaken(pod["spec"])
    refused = kubectl.run("create", "--dry-run=server", "--filename=-", body=pod, check=False)
    assert refused.returncode != 0
    assert "violates PodSecurity" in refused.stderr


def test_only_the_controller_holds_a_token(kubectl: Kubectl, installed: Rendered) -> None:
    """After admission, the API token is mounted into the controller's container and into no other."""
    admitted = kubectl.json("create", "--dry-run=server", "--filename=-", body=_pod(installed))["spec"]
    tokens = {
        volume["name"]
        for volume in admitted["volumes"]
        if any("serviceAccountToken" in source for source in volume.get("projected", {}).get("sources", ()))
    }
    holders = {
        container["name"]: mount["mountPath"]
        for container in [*admitted["containers"], *admitted.get("initContainers", ())]
        for mount in container["volumeMounts"]
        if mount["name"] in tokens
    }
    assert holders == {"controller": TOKEN_DIRECTORY}
    assert not any("secret" in volume for volume in admitted["volumes"])
    files = {
        path
        for volume in admitted["volumes"]
        if volume["name"] in tokens
        for source in volume["projected"]["sources"]
        for path in (
            [source["serviceAccountToken"]["path"]]
            if "serviceAccountToken" in source
            else [item["path"] for part in source.values() for item in part["items"]]
        )
    }
    assert files == {"token", "ca.crt", "namespace"}


def test_planes_meet_at_a_socket_in_memory(base: Rendered) -> None:
    """Both planes name one socket, on a memory-backed volume that both mount and only the data plane can write."""
    volumes = {volume["name"]: volume for volume in base.pod["spec"]["volumes"]}
    writable: dict[str, bool] = {}
    for name in ("controller", "links"):
        directory, _, file = base.environment(name)["SMS_OPERATOR_SOCKET"].rpartition("/")
        assert file == "links.sock"
        mount = next(each for each in base.container(name)["volumeMounts"] if each["mountPath"] == directory)
        volume = volumes[mount["name"]]["emptyDir"]
        assert volume["medium"] == "Memory"
        assert volume["sizeLimit"]
        writable[name] = not mount.get("readOnly", False)
    assert writable == {"controller": False, "links": True}


def test_the_controller_understands_its_environment(
    base: Rendered, watched_secrets: Rendered, namespaced: Rendered
) -> None:
    """The settings that the manifests give are the settings that the control plane reads."""
    settings = ControllerSettings.from_environment(base.environment("controller"))
    port = next(port["containerPort"] for port in base.container("controller")["ports"])
    assert settings.http == f"0.0.0.0:{port}"
    assert settings.namespaces == ()
    assert not settings.watch_secrets
    assert ControllerSettings.from_environment(watched_secrets.environment("controller")).watch_secrets
    assert ControllerSettings.from_environment(namespaced.environment("controller")).namespaces == ("contact-centre",)


def test_the_data_plane_understands_its_environment(base: Rendered) -> None:
    """The data plane reads the settings that the manifests give; the planes agree on the socket."""
    settings = LinkSettings.from_environment(base.environment("links"))
    port = next(port["containerPort"] for port in base.container("links")["ports"])
    assert settings.http == f"0.0.0.0:{port}"
    assert settings.allowed_networks == ()
    assert settings.socket == ControllerSettings.from_environment(base.environment("controller")).socket


def test_containers_are_one_image_with_bounds(base: Rendered) -> None:
    """Both planes run one pinned image, with requests, a memory limit, all three probes, and no way to more rights."""
    images: set[str] = set()
    for container in base.pod["spec"]["containers"]:
        images.add(container["image"])
        assert {"cpu", "memory"} <= container["resources"]["requests"].keys()
        assert container["resources"]["limits"].keys() == {"memory"}
        ports = {port["name"] for port in container["ports"]}
        for probe, path in (("startupProbe", "/livez"), ("livenessProbe", "/livez"), ("readinessProbe", "/readyz")):
            assert container[probe]["httpGet"]["path"] == path
            assert container[probe]["httpGet"]["port"] in ports
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
    assert len(images) == 1
    assert not next(iter(images)).endswith(":latest")
    assert ":" in next(iter(images))
    security = base.pod["spec"]["securityContext"]
    assert (security["runAsUser"], security["runAsGroup"], security["fsGroup"]) == (65532, 65532, 65532)


def test_a_node_can_be_drained(base: Rendered) -> None:
    """The disruption budget never blocks the eviction of the only replica, and fits the pod."""
    budget = base.one("PodDisruptionBudget")["spec"]
    assert base.one("StatefulSet")["spec"]["replicas"] == 1
    assert budget["maxUnavailable"] >= 1
    assert budget["selector"]["matchLabels"].items() <= base.pod["metadata"]["labels"].items()


def test_the_network_policy_covers_the_pod(base: Rendered) -> None:
    """In: the metrics ports only. Out: DNS, the API server and SMPP only, never HTTP (a metadata service's port)."""
    policy = base.one("NetworkPolicy")["spec"]
    assert policy["podSelector"]["matchLabels"].items() <= base.pod["metadata"]["labels"].items()
    assert sorted(policy["policyTypes"]) == ["Egress", "Ingress"]
    entry = {port["port"] for rule in policy["ingress"] for port in rule["ports"]}
    assert entry == {port["name"] for each in base.pod["spec"]["containers"] for port in each["ports"]}
    assert all(rule["from"] for rule in policy["ingress"])
    leaving = {port["port"] for rule in policy["egress"] for port in rule["ports"]}
    assert leaving == {53, 443, 6443, 2775, 3550}


def test_metrics_are_reached_through_the_service(base: Rendered) -> None:
    """The Service exposes each container's port by name, and names the pods of the StatefulSet."""
    service = base.one("Service")
    targets = {port["targetPort"] for port in service["spec"]["ports"]}
    assert targets == {port["name"] for each in base.pod["spec"]["containers"] for port in each["ports"]}
    assert service["spec"]["selector"].items() <= base.pod["metadata"]["labels"].items()
    assert base.one("StatefulSet")["spec"]["serviceName"] == service["metadata"]["name"]


def test_the_pod_outlives_its_last_unbind(base: Rendered) -> None:
    """The grace period is longer than closing all binds in order may take."""
    drain = LinkSettings.from_environment(base.environment("links")).drain
    assert base.pod["spec"]["terminationGracePeriodSeconds"] > drain + 5
