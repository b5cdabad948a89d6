"""The chart as Helm renders it, and what Helm adds to everything."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from operator import itemgetter
from pathlib import Path
from typing import Any, Final, cast

import yaml

from support.gitops_programs import Done, GitOpsPrograms
from support.kubectl import Manifest

from .conftest import Rendered

CHART: Final = "charts/sms-operator"
NAMESPACE: Final = "sms-operator"
OWN_LABELS: Final = frozenset(
    {"app.kubernetes.io/instance", "app.kubernetes.io/managed-by", "app.kubernetes.io/version", "helm.sh/chart"}
)
"""What says that an object belongs to a release; kustomize has no releases."""
CLUSTER_WIDE: Final = frozenset({"ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "Namespace"})


def template(
    programs: GitOpsPrograms, home: Path, values: Mapping[str, Any], *arguments: str, release: str = "sms-operator"
) -> Done:
    """`helm template` of the chart with these values."""
    return programs.helm(
        "template", release, CHART, "--namespace", NAMESPACE, "--values=-", *arguments,
        home=home, body=yaml.safe_dump(dict(values)),
    )  # fmt: skip


def rendered(
    programs: GitOpsPrograms, home: Path, values: Mapping[str, Any], *arguments: str, release: str = "sms-operator"
) -> Rendered:
    """The objects of a release, its hooks too; fails where Helm does."""
    done = template(programs, home, values, *arguments, release=release)
    assert done.code == 0, done.errors
    return Rendered(tuple(body for body in yaml.load_all(done.output, yaml.CSafeLoader) if body))


def plain(body: Manifest) -> Manifest:
    """The object as kustomize would have it: in its namespace, without what only Helm says."""
    bare = copy.deepcopy(body)
    metadata: Manifest = bare["metadata"]
    if bare["kind"] not in CLUSTER_WIDE:
        metadata.setdefault("namespace", NAMESPACE)
    metadata.get("annotations", {}).pop("helm.sh/resource-policy", None)
    if metadata.get("annotations") == {}:
        del metadata["annotations"]
    _without_own(bare)
    return in_order(bare)


def in_order(body: Manifest) -> Manifest:
    """With each container's environment by name: a patch of kustomize puts what it changes first."""
    ordered = copy.deepcopy(body)
    for container in ordered.get("spec", {}).get("template", {}).get("spec", {}).get("containers", ()):
        if "env" in container:
            container["env"] = sorted(container["env"], key=itemgetter("name"))
    return ordered


def _without_own(value: Any) -> None:
    if isinstance(value, dict):
        for name in list(cast("Manifest", value)):
            if name in OWN_LABELS:
                del value[name]
            else:
                _without_own(value[name])
    elif isinstance(value, list):
        for each in cast("list[Any]", value):
            _without_own(each)


def is_hook(body: Manifest) -> bool:
    """Whether it is no part of the release but runs beside it."""
    return "helm.sh/hook" in body["metadata"].get("annotations", {})


def by_name(objects: tuple[Manifest, ...]) -> dict[str, Manifest]:
    """Objects by kind, namespace and name."""
    named = {
        f"{each['kind']} {each['metadata'].get('namespace', '')}/{each['metadata']['name']}": each for each in objects
    }
    assert len(named) == len(objects)
    return named
