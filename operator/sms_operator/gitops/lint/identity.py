"""Is it one of our objects? apiVersion and kind, and what looks like them."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any, Final

from sms_operator.api.kinds import API_VERSION, GROUP, KIND_BY_NAME

from .finding import Finding
from .shapes import nearest
from .subject import Subject, finding

_SHARED: Final = frozenset({"Certificate"})
"""Kinds of which well-known groups have one of the same name."""
_ALIKE: Final = 0.8


def is_ours(subject: Subject) -> bool:
    """Whether our schema applies to it."""
    return subject.manifest.body.get("apiVersion") == API_VERSION and subject.key.kind in KIND_BY_NAME


def identity(subject: Subject) -> Iterator[Finding]:
    """What is wrong with apiVersion and kind, for an object that is not ours; nothing for one of another group."""
    body = subject.manifest.body
    version, kind = body.get("apiVersion"), body.get("kind")
    if version is None and kind is None:
        yield finding("SMS006", "has neither apiVersion nor kind: kubectl takes it for no object", subject)
    elif not isinstance(kind, str) or not kind:
        yield finding("SMS103", f"kind is required, found {_said(kind)}", subject, "kind")
    elif not isinstance(version, str) or not version:
        fix = f"Write apiVersion: {API_VERSION}" if kind in KIND_BY_NAME else None
        yield finding("SMS103", f"apiVersion is required, found {_said(version)}", subject, "apiVersion", fix=fix)
    elif version == API_VERSION:
        yield _unknown_kind(subject, kind)
    elif _group_is_meant(version, kind):
        message = f'apiVersion "{version}" is not served; {kind} has {API_VERSION}'
        yield finding("SMS104", message, subject, "apiVersion")


def _unknown_kind(subject: Subject, kind: str) -> Finding:
    meant = nearest(kind, list(KIND_BY_NAME))
    fix = f"Did you mean {meant}?" if meant else f"Write one of {', '.join(KIND_BY_NAME)}."
    return finding("SMS105", f'kind "{kind}" does not exist in {API_VERSION}', subject, "kind", fix=fix)


def _group_is_meant(version: str, kind: str) -> bool:
    group, slash, _ = version.partition("/")
    if group == GROUP:
        return True
    if kind in KIND_BY_NAME and (kind not in _SHARED or not slash):
        return True
    return SequenceMatcher(None, group.casefold(), GROUP).ratio() >= _ALIKE


def _said(value: Any) -> str:
    return "nothing" if value is None or value == "" else f"{type(value).__name__} {value}"[:60]
