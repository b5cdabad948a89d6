"""The Helm chart says what the kustomizations say, refuses what it does not know, and leaves the CRDs behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from support.gitops_programs import GitOpsPrograms
from support.kubectl import ROOT, Kubectl

from .chart import CHART, CLUSTER_WIDE, NAMESPACE, by_name, in_order, is_hook, plain, rendered, template
from .conftest import Rendered, render

EQUALS: Final[dict[str, dict[str, Any]]] = {
    "manifests": {},
    "manifests/overlays/namespaced": {"watch": {"namespaces": ["contact-centre"]}},
    "manifests/overlays/watched-secrets": {"watch": {"secrets": True}},
    "tests/packaging/combined": {"watch": {"namespaces": ["contact-centre"], "secrets": True}},
}
"""Values that stand for a kustomization."""
EVERYTHING: Final[dict[str, Any]] = {
    "image": {"repository": "registry.example/sms-operator", "digest": "sha256:" + "0" * 64, "pullPolicy": "Always"},
    "imagePullSecrets": [{"name": "registry"}],
    "serviceAccount": {"annotations": {"team": "ops"}},
    "logLevel": "DEBUG",
    "allowedNetworks": ["127.0.0.0/8"],
    "deniedNetworks": ["10.244.0.0/16", "10.96.0.0/12"],
    "controller": {"extraEnv": [{"name": "SMS_OPERATOR_SWEEP_INTERVAL", "value": "120"}]},
    "links": {"extraEnv": [{"name": "SMS_OPERATOR_CONNECT_TIMEOUT", "value": "5"}]},
    "podAnnotations": {"team": "ops"},
    "podLabels": {"team": "ops"},
    "nodeSelector": {"kubernetes.io/os": "linux"},
    "tolerations": [{"operator": "Exists"}],
    "affinity": {"nodeAffinity": {}},
    "priorityClassName": "system-cluster-critical",
    "networkPolicy": {"smppPorts": [5016], "extraEgress": [{"ports": [{"port": 8443, "protocol": "TCP"}]}]},
    "startupCheck": {"enabled": True},
    "extraObjects": [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "{{ .Release.Name }}-extra"}, "data": {"a": "b"}}
    ],
}


@pytest.mark.parametrize("directory", EQUALS)
def test_helm_and_kustomize_render_the_same(
    programs: GitOpsPrograms, kubectl: Kubectl, tmp_path: Path, directory: str
) -> None:
    """Object by object, for the default values and those of each overlay; Helm leaves the namespace to the caller."""
    release = rendered(programs, tmp_path, EQUALS[directory])
    ours = by_name(tuple(plain(each) for each in release.objects if not is_hook(each)))
    theirs = by_name(
        tuple(in_order(each) for each in render(kubectl, directory).objects if each["kind"] != "Namespace")
    )
    assert ours.keys() == theirs.keys()
    for name, body in ours.items():
        assert body == theirs[name], name


def test_every_overlay_has_its_values() -> None:
    """A new overlay has to be reachable by values too."""
    overlays = {str(path.relative_to(ROOT)) for path in (ROOT / "manifests" / "overlays").iterdir()}
    assert overlays <= EQUALS.keys()


def test_one_source() -> None:
    """What the chart carries as files are the repository's own; `make crds` copies them."""
    for pattern, place in (("crds/*.yaml", "crds"), ("manifests/monitoring/sms-operator.*", "monitoring")):
        sources = {path.name: path.read_bytes() for path in ROOT.glob(pattern)}
        assert sources
        files = {path.name: path.read_bytes() for path in (ROOT / CHART / "files" / place).iterdir()}
        assert files == sources, f"cp {pattern} {CHART}/files/{place}/"


def test_helm_finds_nothing_to_say(programs: GitOpsPrograms, tmp_path: Path) -> None:
    """`helm lint --strict`, with the default values and with all of them."""
    for values in ({}, EVERYTHING):
        body = yaml.safe_dump(values)
        done = programs.helm("lint", "--strict", "--values=-", CHART, home=tmp_path, body=body)
        assert done.code == 0, done.output + done.errors


def test_a_server_accepts_everything(
    programs: GitOpsPrograms, kubectl: Kubectl, installed: Rendered, tmp_path: Path
) -> None:
    """With every switch turned, the API server takes each object without a warning, in a restricted namespace."""
    release = rendered(programs, tmp_path, EVERYTHING, release="all")
    items = [{**each, "metadata": {**each["metadata"], "namespace": NAMESPACE}} for each in release.objects]
    for pod in (each for each in items if each["kind"] == "Pod"):
        # Its own account is a hook as well and not there yet; without one no pod is admitted.
        pod["spec"]["serviceAccountName"] = installed.one("ServiceAccount")["metadata"]["name"]
    for each in items:
        if each["kind"] in CLUSTER_WIDE:
            del each["metadata"]["namespace"]
    kubectl.run(
        "apply", "--server-side", "--force-conflicts", "--dry-run=server", "--validate=strict",
        "--warnings-as-errors", "--field-manager=chart-test", "--filename=-",
        body={"apiVersion": "v1", "kind": "List", "items": items},
    )  # fmt: skip
    pod = release.one("StatefulSet", "all-sms-operator")["spec"]["template"]["spec"]
    image = EVERYTHING["image"]["repository"] + "@" + EVERYTHING["image"]["digest"]
    assert [each["image"] for each in pod["containers"]] == [image, image]
    assert {each["name"]: each["value"] for each in pod["containers"][0]["env"]}["SMS_OPERATOR_SWEEP_INTERVAL"] == "120"
    denied = {each["name"]: each["value"] for each in pod["containers"][1]["env"]}["SMS_OPERATOR_DENIED_NETWORKS"]
    assert denied == "10.244.0.0/16,10.96.0.0/12"
    assert release.one("ConfigMap", "all-extra")["data"] == {"a": "b"}
    for each in release.objects:
        if each["kind"] != "ConfigMap":
            assert each["metadata"]["labels"]["app.kubernetes.io/instance"] == "all", each["kind"]


def test_the_checks_pod_is_not_the_operators(programs: GitOpsPrograms, tmp_path: Path) -> None:
    """Neither Service nor disruption budget nor network policy chooses it, and it has a token of its own."""
    release = rendered(programs, tmp_path, EVERYTHING)
    selector = release.one("Service")["spec"]["selector"]
    for pod in (
        release.one("Pod", "sms-operator-test"),
        release.one("Job", "sms-operator-startup")["spec"]["template"],
    ):
        assert not selector.items() <= pod["metadata"]["labels"].items()
        assert pod["spec"]["serviceAccountName"] == "sms-operator-check"
        assert pod["spec"]["containers"][0]["command"] == ["smsctl", "check", "--namespace", NAMESPACE]


REFUSED: Final[list[tuple[dict[str, Any], str]]] = [
    ({"watch": {"namespace": ["a"]}}, "namespace"),
    ({"image": {"tag": 1}}, "tag"),
    ({"image": {"digest": "latest"}}, "digest"),
    ({"logLevel": "LOUD"}, "logLevel"),
    ({"deniedNetworks": ["everything"]}, "deniedNetworks"),
    ({"networkPolicy": {"smppPorts": [70000]}}, "smppPorts"),
    ({"replicas": 2}, "replicas"),
    ({"controller": {"extraEnv": [{"name": "A", "valueFrom": {}}]}}, "extraEnv"),
    ({"terminationGracePeriodSeconds": 5}, "terminationGracePeriodSeconds"),
    ({"watch": {"namespaces": ["Not_a_name"]}}, "namespaces"),
]


@pytest.mark.parametrize(("values", "named"), REFUSED, ids=[named for _, named in REFUSED])
def test_wrong_values_are_refused(programs: GitOpsPrograms, tmp_path: Path, values: dict[str, Any], named: str) -> None:
    """With the value that is wrong, before anything is rendered."""
    done = template(programs, tmp_path, values)
    assert done.code != 0
    assert named in done.errors
    assert done.output == ""


def test_every_value_has_a_schema(programs: GitOpsPrograms, tmp_path: Path) -> None:
    """The schema knows each default, and nothing beside them, down to every leaf that is not free."""
    values = yaml.safe_load((ROOT / CHART / "values.yaml").read_text())
    schema = yaml.safe_load((ROOT / CHART / "values.schema.json").read_text())

    def compare(value: dict[str, Any], node: dict[str, Any], where: str) -> None:
        if "properties" not in node:
            return
        assert node["additionalProperties"] is False, where
        assert value.keys() == node["properties"].keys(), where
        for name, inner in node["properties"].items():
            if isinstance(value[name], dict):
                compare(value[name], inner, f"{where}.{name}")

    compare(values, schema, "")
    # Rendered with all defaults as given values, the schema is asked about each of them.
    assert template(programs, tmp_path, values).code == 0


def test_two_releases_do_not_meet(programs: GitOpsPrograms, tmp_path: Path) -> None:
    """Of different names they share no object but the CRDs, and select their own pods only."""
    without = {"crds": {"enabled": False}}
    first = by_name(tuple(plain(each) for each in rendered(programs, tmp_path, without, release="a").objects))
    other = rendered(programs, tmp_path, without, release="b")
    assert not first.keys() & by_name(tuple(plain(each) for each in other.objects)).keys()
    name = "b-sms-operator"
    selector = other.one("StatefulSet", name)["spec"]["selector"]["matchLabels"]
    assert selector["app.kubernetes.io/instance"] == "b"
    for kind in ("Service", "PodDisruptionBudget", "NetworkPolicy"):
        spec = other.one(kind, name)["spec"]
        chosen = spec["selector"] if kind == "Service" else spec.get("selector", spec.get("podSelector"))["matchLabels"]
        assert chosen == selector, kind
    assert other.one("StatefulSet", name)["spec"]["template"]["metadata"]["labels"].items() >= selector.items()


def test_crds_stay(programs: GitOpsPrograms, tmp_path: Path) -> None:
    """Unless somebody says otherwise, Helm keeps them when the release goes; they can be left out altogether."""

    def policies(crds: dict[str, bool]) -> list[str | None]:
        found = rendered(programs, tmp_path, {"crds": crds}).all("CustomResourceDefinition")
        return [each["metadata"].get("annotations", {}).get("helm.sh/resource-policy") for each in found]

    assert policies({}) == ["keep"] * 9
    assert policies({"keep": False}) == [None] * 9
    assert policies({"enabled": False}) == []


def test_notes_lead_on(programs: GitOpsPrograms, tmp_path: Path) -> None:
    """What is printed after an installation has the next commands, and warns of what is missing."""
    done = programs.helm("install", "sms-operator", CHART, "--namespace=contact", "--dry-run=client", home=tmp_path)
    assert done.code == 0, done.errors
    notes = done.output.partition("NOTES:")[2]
    assert "kubectl --namespace contact rollout status statefulset/sms-operator" in notes
    assert "helm test sms-operator --namespace contact" in notes
    assert "deniedNetworks" in notes
