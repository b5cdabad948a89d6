"""What the operator may do, as granted and as the API server understands it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pytest

from sms_operator.api.kinds import GROUP, KINDS
from support.kubectl import Kubectl
from support.planes import ROOT

from .conftest import Rendered, render

READ = {"get", "list", "watch"}
ROUTES = "notificationroutes"

Grants = set[tuple[str, str, str]]
"""API group, resource and verb."""


def _expected(*, watch_materials: bool = False) -> Grants:
    kinds = {info.plural for info in KINDS}
    grants = {(GROUP, kind, verb) for kind in kinds for verb in READ}
    grants |= {(GROUP, f"{kind}/status", "patch") for kind in kinds}
    grants |= {(GROUP, ROUTES, verb) for verb in ("create", "patch", "update", "delete")}
    grants |= {
        ("", kind, verb) for kind in ("secrets", "configmaps") for verb in (READ if watch_materials else {"get"})
    }
    return grants | {("", "events", "create"), ("", "events", "patch")}


def _grants(rules: Iterable[Mapping[str, Any]]) -> Grants:
    return {
        (group, resource, verb)
        for rule in rules
        for group in rule.get("apiGroups", ())
        for resource in rule.get("resources", ())
        for verb in rule["verbs"]
    }


def test_base_grants_exactly_what_is_used(base: Rendered) -> None:
    """Own kinds are read, their status patched, routes kept, Secrets and ConfigMaps read by name; nothing else."""
    assert _grants(base.one("ClusterRole")["rules"]) == _expected()


def test_nothing_is_granted_by_wildcard(base: Rendered, namespaced: Rendered, watched_secrets: Rendered) -> None:
    """No role has a star in it, for groups, resources or verbs."""
    for rendered in (base, namespaced, watched_secrets):
        for role in (*rendered.all("ClusterRole"), *rendered.all("Role")):
            assert not any("*" in part for grant in _grants(role["rules"]) for part in grant), role["metadata"]["name"]


def test_watched_secrets_adds_list_and_watch_only(watched_secrets: Rendered, base: Rendered) -> None:
    """The overlay grants list and watch on Secrets and ConfigMaps and tells the operator so; all else is the base."""
    assert _grants(watched_secrets.one("ClusterRole")["rules"]) == _expected(watch_materials=True)
    changed = [
        mine["kind"] for mine, theirs in zip(watched_secrets.objects, base.objects, strict=True) if mine != theirs
    ]
    assert changed == ["ClusterRole", "StatefulSet"]


def test_namespaced_binds_in_the_namespace_only(namespaced: Rendered) -> None:
    """The overlay binds the role in the namespace it serves, and nowhere cluster-wide."""
    assert namespaced.all("ClusterRoleBinding") == []
    bindings: Sequence[Mapping[str, Any]] = namespaced.all("RoleBinding")
    served = [binding["metadata"]["namespace"] for binding in bindings]
    assert served == namespaced.environment("controller")["SMS_OPERATOR_NAMESPACES"].split(",")
    for binding in bindings:
        assert binding["roleRef"]["name"] == "sms-operator"
        assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "sms-operator", "namespace": "sms-operator"}]


def test_overlays_combine(kubectl: Kubectl) -> None:
    """Both components together watch Secrets in the served namespaces alone."""
    rendered = render(kubectl, "tests/packaging/combined")
    assert rendered.all("ClusterRoleBinding") == []
    assert _grants(rendered.one("ClusterRole")["rules"]) == _expected(watch_materials=True)
    assert rendered.environment("controller")["SMS_OPERATOR_WATCH_SECRETS"] == "true"


KUSTOMIZATIONS = [
    "manifests",
    "manifests/base",
    "manifests/overlays/namespaced",
    "manifests/overlays/watched-secrets",
    "tests/packaging/combined",
]


def test_every_kustomization_is_looked_at() -> None:
    """A new overlay has to be named here."""
    overlays = {str(path.relative_to(ROOT)) for path in (ROOT / "manifests" / "overlays").iterdir()}
    assert overlays <= set(KUSTOMIZATIONS)


@pytest.mark.parametrize("directory", KUSTOMIZATIONS)
def test_the_token_is_the_controllers_alone(kubectl: Kubectl, directory: str) -> None:
    """Nothing mounts a token by itself; the one that the pod makes reaches one container, and no Secret reaches any."""
    rendered = render(kubectl, directory)
    spec = rendered.pod["spec"]
    assert [account["automountServiceAccountToken"] for account in rendered.all("ServiceAccount")] == [False]
    assert spec["automountServiceAccountToken"] is False
    assert {each["kind"] for each in rendered.objects if "template" in each.get("spec", {})} == {"StatefulSet"}
    kinds = {volume["name"]: set(volume) - {"name"} for volume in spec["volumes"]}
    assert kinds == {"meeting-point": {"emptyDir"}, "exports": {"emptyDir"}, "api-token": {"projected"}}
    mounts = {
        container["name"]: [mount["name"] for mount in container["volumeMounts"]] for container in spec["containers"]
    }
    assert mounts == {"controller": ["meeting-point", "exports", "api-token"], "links": ["meeting-point"]}
    assert "initContainers" not in spec
    for container in spec["containers"]:
        assert "envFrom" not in container
        assert all(variable.keys() == {"name", "value"} for variable in container["env"])


@pytest.mark.parametrize("directory", KUSTOMIZATIONS)
def test_no_overlay_weakens_a_container(kubectl: Kubectl, directory: str) -> None:
    """Not root, nothing written but the socket and exports, no capability; and neither container sees the other."""
    spec = render(kubectl, directory).pod["spec"]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] > 0
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for name in ("hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers"):
        assert not spec.get(name), name
    for container in spec["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }


def test_the_server_grants_the_service_account_the_same(kubectl: Kubectl, installed: Rendered) -> None:
    """Asked by the account itself, the API server lists the role's rights and what every account has; no more."""
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": "default"},
    }
    account = "system:serviceaccount:sms-operator:sms-operator"
    groups = ["system:serviceaccounts", "system:serviceaccounts:sms-operator", "system:authenticated"]
    impersonation = [f"--as={account}", *(f"--as-group={group}" for group in groups)]
    answer = kubectl.json("create", *impersonation, "--validate=false", "--filename=-", body=review)
    everybody = {
        ("authorization.k8s.io", "selfsubjectaccessreviews", "create"),
        ("authorization.k8s.io", "selfsubjectrulesreviews", "create"),
        ("authentication.k8s.io", "selfsubjectreviews", "create"),
    }
    assert _grants(answer["status"]["resourceRules"]) - everybody == _grants(installed.one("ClusterRole")["rules"])


def test_editors_of_a_namespace_may_declare_every_kind(base: Rendered) -> None:
    """The cluster's own view and edit roles learn all kinds, and no status."""
    kinds = {info.plural for info in KINDS}
    for name, verbs in (("view", READ), ("edit", {"create", "delete", "deletecollection", "patch", "update"})):
        role = base.one("ClusterRole", f"sms-operator-{name}")
        assert role["metadata"]["labels"][f"rbac.authorization.k8s.io/aggregate-to-{name}"] == "true"
        assert _grants(role["rules"]) == {(GROUP, kind, verb) for kind in kinds for verb in verbs}
