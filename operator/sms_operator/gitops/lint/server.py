"""What the API server says against an object by itself: its schema, its rules, its metadata."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from sms_operator.api.kinds import KIND_BY_NAME
from sms_operator.api.validation import Problem, validate_object

from .shapes import unknown_nulls

_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
_SUBDOMAIN: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")
_MAX_SUBDOMAIN: Final = 253
_NAMESPACE: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_MAX_ANNOTATIONS: Final = 256 * 1024
"""Octets of all names and values together (k8s.io/apimachinery, validation/objectmeta.go)."""
_LABEL: Final = 'letters, digits, "-", "_" and ".", a letter or digit at both ends, at most 63'


def refusals(body: Mapping[str, Any]) -> list[Problem]:
    """Why the API server would refuse to create the object, with strict field validation as kubectl asks for it.

    Empty when it would take it. Of another group's kinds nothing is known: see `identity`.
    """
    found = validate_object(_as_created(body))
    kind = str(body.get("kind"))
    if kind in KIND_BY_NAME:
        found += [Problem(place, "unknown field") for place in unknown_nulls(kind, body)]
        blamed = {problem.path for problem in found}
        found += [problem for problem in _metadata(body.get("metadata")) if problem.path not in blamed]
    return found


def _as_created(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """A status is not taken from whoever creates an object, and a name is made where only its beginning is given."""
    created = {name: value for name, value in body.items() if name != "status"}
    metadata = created.get("metadata")
    if isinstance(metadata, Mapping):
        fields = cast("Mapping[str, Any]", metadata)
        beginning = fields.get("generateName")
        if not fields.get("name") and isinstance(beginning, str) and beginning:
            created["metadata"] = {**fields, "name": "x"}
    return created


def _metadata(metadata: Any) -> Iterator[Problem]:
    if not isinstance(metadata, Mapping):
        return
    fields = cast("Mapping[str, Any]", metadata)
    namespace = fields.get("namespace")
    if isinstance(namespace, str) and namespace and not _NAMESPACE.fullmatch(namespace):
        wanted = 'lower-case letters, digits and "-", a letter or digit at both ends, at most 63'
        yield Problem("metadata.namespace", f'must be the name of a namespace ({wanted}), found "{namespace[:80]}"')
    beginning = fields.get("generateName")
    if isinstance(beginning, str) and beginning and not _is_beginning(beginning):
        yield Problem("metadata.generateName", f'must be the beginning of an object\'s name, found "{beginning[:80]}"')
    for name, value in _texts(fields.get("labels")):
        place = f"metadata.labels.{name}"
        if not _qualified(name):
            yield Problem(place, f"must be the name of a label ({_LABEL}; an optional DNS name and / before it)")
        if value and not _NAME.fullmatch(value):
            yield Problem(place, f'must be the value of a label ({_LABEL}), found "{value[:80]}"')
    size = 0
    for name, value in _texts(fields.get("annotations")):
        size += len(name.encode()) + len(value.encode())
        if not _qualified(name.lower()):
            place = f"metadata.annotations.{name}"
            yield Problem(place, f"must be the name of an annotation ({_LABEL}; an optional DNS name and / before it)")
    if size > _MAX_ANNOTATIONS:
        yield Problem("metadata.annotations", f"must have at most {_MAX_ANNOTATIONS} octets together, found {size}")


def _texts(block: Any) -> list[tuple[str, str]]:
    if not isinstance(block, Mapping):
        return []
    return [(name, value) for name, value in cast("Mapping[str, Any]", block).items() if isinstance(value, str)]


def _is_beginning(text: str) -> bool:
    """k8s.io/apimachinery, NameIsDNSSubdomain for a prefix: a dash at the end stands for what follows."""
    whole = text[:-2] + "a" if len(text) > 1 and text.endswith("-") else text
    return len(whole) <= _MAX_SUBDOMAIN and bool(_SUBDOMAIN.fullmatch(whole))


def _qualified(name: str) -> bool:
    """k8s.io/apimachinery, IsQualifiedName."""
    prefix, slash, own = name.rpartition("/")
    if slash and (len(prefix) > _MAX_SUBDOMAIN or not _SUBDOMAIN.fullmatch(prefix)):
        return False
    return bool(_NAME.fullmatch(own))
