"""What an operator asked its API server for, from the audit log, and what its role grants it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

import yaml

from sms_operator.dev.control_plane import ControlPlane
from support.audit import Audit
from support.planes import ROOT

OPERATOR: Final = "system:serviceaccount:sms-operator:sms-operator"

DISCOVERY: Final = re.compile(r"/(api|apis|version)([/?].*)?")

Right = tuple[str, str, str]
"""API group, resource (with its subresource) and verb."""


class Use(NamedTuple):
    """One request of the operator."""

    group: str
    resource: str
    verb: str
    namespace: str
    name: str
    code: int

    @property
    def right(self) -> Right:
        """What it needed."""
        return (self.group, self.resource, self.verb)


def uses(control_plane: ControlPlane, since: int, namespaces: Iterable[str]) -> list[Use]:
    """The operator's requests since a point in time (see Audit), without those for other tests' namespaces.

    Requests for objects of no namespace are in it: where an operator serves some namespaces, there are none. Discovery
    (`/apis` and below), which everybody may use, is not.
    """
    end = Audit(control_plane).now()
    with control_plane.audit_log.open("rb") as file:
        file.seek(since)
        lines = [json.loads(line) for line in file.read(end - since).splitlines()]
    wanted = {*namespaces, ""}
    mine = [line for line in lines if line["user"]["username"] == OPERATOR]
    found = [_use(line) for line in mine if "objectRef" in line or not DISCOVERY.fullmatch(line["requestURI"])]
    return [use for use in found if use.namespace in wanted]


def granted(watch_materials: bool = False) -> set[Right]:
    """What `manifests/base` grants, or the component for watched Secrets."""
    documents = yaml.safe_load_all((ROOT / "manifests" / "base" / "rbac.yaml").read_text())
    role = next(one for one in documents if one["kind"] == "ClusterRole")
    rights = {
        (group, resource, verb)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    if watch_materials:
        rights |= {("", kind, verb) for kind in ("secrets", "configmaps") for verb in ("list", "watch")}
    return rights


def _use(line: Mapping[str, Any]) -> Use:
    about: Mapping[str, Any] = line.get("objectRef", {})
    resource = "/".join(filter(None, (about.get("resource"), about.get("subresource"))))
    code = line.get("responseStatus", {}).get("code", 0)
    group, namespace, name = (about.get(part, "") for part in ("apiGroup", "namespace", "name"))
    return Use(group, resource, line["verb"], namespace, name, code)
