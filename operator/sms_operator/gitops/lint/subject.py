"""The objects that are judged, by the names that the operator gives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from sms_operator.core.keys import Key
from sms_operator.gitops.manifests import Manifest, Span

from .finding import Finding
from .rules import RULES


@dataclass(frozen=True, slots=True)
class Subject:
    """An object of a manifest."""

    manifest: Manifest
    key: Key
    """Its namespace is empty when no file says one, and none is known otherwise."""
    stands: bool = False
    """Whether the cluster has an object of this key."""

    @property
    def label(self) -> str:
        """`SmsChannel/tenant-a/support`; without the namespace when no file says one."""
        return "/".join(part for part in self.key if part)


def finding(
    code: str,
    message: str,
    subject: Subject,
    field: str = "",
    *,
    span: Span | None = None,
    fix: str | None = None,
    also: tuple[tuple[str, Span, str], ...] = (),
) -> Finding:
    """A finding on a field of an object; the rule's own fix unless there is a more precise one."""
    rule = RULES[code]
    manifest = subject.manifest
    place = manifest.place(field) if span is None else span
    return Finding(
        code, rule.severity, message, rule.fix if fix is None else fix, manifest.file, place, subject.label, field, also
    )


def at(body: Mapping[str, Any], *steps: str) -> Any:
    """The value at the end of some names; None when there is none, or something else on the way."""
    value: Any = body
    for step in steps:
        if not isinstance(value, dict):
            return None
        value = cast("dict[str, Any]", value).get(step)
    return value
