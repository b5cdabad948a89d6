"""What `smsctl check` judges: the API server's answers in, findings out. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from sms_operator.api.kinds import API_VERSION, GROUP, KINDS

OLDEST: Final = (1, 32)
"""The oldest Kubernetes: custom resources have selectable fields from there on (docs/install.md)."""
SHOWN: Final = 5
"""Names of objects in one finding."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    check: str
    ok: bool
    words: str


@dataclass(frozen=True, slots=True)
class Right:
    """A verb on a resource."""

    verb: str
    plural: str
    group: str = GROUP
    namespaced: bool = True

    def __str__(self) -> str:
        return f"{self.verb} {self.plural}.{self.group}" if self.group else f"{self.verb} {self.plural}"


TO_INSTALL: Final = (
    Right("create", "customresourcedefinitions", "apiextensions.k8s.io", namespaced=False),
    Right("create", "clusterroles", "rbac.authorization.k8s.io", namespaced=False),
    Right("create", "namespaces", "", namespaced=False),
    Right("create", "serviceaccounts", ""),
    Right("create", "deployments", "apps"),
    Right("create", "rolebindings", "rbac.authorization.k8s.io"),
)
"""What whoever installs has to be allowed."""
TO_WORK: Final = (
    Right("list", "smppgateways"),
    Right("list", "smschannels"),
    Right("list", "certificates"),
    Right("list", "notificationroutes"),
    Right("list", "events", ""),
    Right("patch", "smppgateways"),
)
"""What whoever looks after gateways has to be allowed."""


def version(answer: Mapping[str, Any]) -> Finding:
    """Whether the API server is new enough, out of `/version`."""
    said = str(answer.get("gitVersion", "an unknown version"))
    numbers = ["".join(filter(str.isdecimal, str(answer.get(part, "")))) for part in ("major", "minor")]
    known = tuple(int(number) for number in numbers if number)
    if len(known) == len(OLDEST) and known >= OLDEST:
        return Finding("kubernetes", ok=True, words=said)
    return Finding("kubernetes", ok=False, words=f"{said}; {OLDEST[0]}.{OLDEST[1]} or newer is needed")


def served(answer: Mapping[str, Any]) -> Finding:
    """Whether every kind is served with its status, out of the discovery of our API version."""
    names = {str(item.get("name")) for item in cast("Sequence[Mapping[str, Any]]", answer.get("resources") or ())}
    missing = [info.kind for info in KINDS if not {info.plural, f"{info.plural}/status"} <= names]
    if not missing:
        return Finding("crds", ok=True, words=f"all {len(KINDS)} kinds of {API_VERSION} are served")
    what = "no kind" if len(missing) == len(KINDS) else f"not {', '.join(missing)}"
    return Finding("crds", ok=False, words=f"{what} of {API_VERSION} is served: apply the CRDs of this version")


def looked_at(objects: Sequence[Mapping[str, Any]]) -> Finding:
    """Whether the operator has seen every object as it is now."""
    behind = [
        f"{item['kind']} {item['metadata'].get('namespace', '')}/{item['metadata']['name']}"
        for item in objects
        if cast("Mapping[str, Any]", item.get("status") or {}).get("observedGeneration")
        != item["metadata"].get("generation")
    ]
    if not objects:
        return Finding("operator", ok=True, words="there is no object by which it could be seen at work")
    if not behind:
        return Finding("operator", ok=True, words=f"has looked at all {len(objects)} objects as they are now")
    shown = ", ".join(sorted(behind)[:SHOWN]) + (" …" if len(behind) > SHOWN else "")
    words = f"has not looked at {len(behind)} of {len(objects)} objects as they are now: {shown}; does it run?"
    return Finding("operator", ok=False, words=words)


def right(wanted: Right, namespace: str | None, *, allowed: bool) -> Finding:
    """Whether the caller may."""
    if not wanted.namespaced:
        where = ""
    else:
        where = f' in namespace "{namespace}"' if namespace else " in all namespaces"
    return Finding("rights", ok=allowed, words=f"you may {'' if allowed else 'not '}{wanted}{where}")
