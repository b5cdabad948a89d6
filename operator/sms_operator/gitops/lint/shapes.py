"""What the schema of a kind has at a place: for suggestions, and to tell a block from a value."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from typing import Any, Final, cast

from sms_operator.api.crd import crd
from sms_operator.api.kinds import KIND_BY_NAME
from sms_operator.api.meta import ObjectMeta
from sms_operator.gitops.manifests import Path

_CLOSE: Final = 0.6


def is_block(kind: str, path: Path) -> bool:
    """Whether the field is made of fields."""
    return "properties" in _schema_at(kind, path)


def unknown_nulls(kind: str, value: Any, schema: dict[str, Any] | None = None, place: str = "") -> list[str]:
    """Places of empty fields that the kind does not have: null is as good as absent, but its name is checked."""
    schema = _schema(kind) if schema is None else schema
    found: list[str] = []
    if isinstance(value, list):
        for index, item in enumerate(cast("list[Any]", value)):
            found += unknown_nulls(kind, item, schema.get("items", {}), f"{place}[{index}]")
    elif isinstance(value, dict) and "properties" in schema:
        known = schema["properties"]
        for name, inner in cast("dict[str, Any]", value).items():
            here = f"{place}.{name}" if place else name
            if inner is None and name not in known:
                found.append(here)
            elif isinstance(inner, (dict, list)):
                found += unknown_nulls(kind, inner, known.get(name, {}), here)
    return found


def suggestion(kind: str, path: Path) -> str:
    """The field that was meant by an unknown one, or nothing."""
    *above, name = path
    if above == ["metadata"]:
        known = [field.alias or plain for plain, field in ObjectMeta.model_fields.items()]
    else:
        known = list(_schema_at(kind, tuple(above)).get("properties", {}))
    return nearest(str(name), known)


def elsewhere(kind: str, name: str) -> list[str]:
    """Where else in the spec a field of this name belongs, as `spec.tls.serverName`."""
    return [place for place in _places(kind) if place.rpartition(".")[2] == name]


def nearest(word: str, known: list[str]) -> str:
    """The known word that is most like this one, or nothing; case does not count."""
    by_fold = {item.casefold(): item for item in known}
    close = get_close_matches(word.casefold(), list(by_fold), 1, _CLOSE)
    return by_fold[close[0]] if close else ""


def _schema_at(kind: str, path: Path) -> dict[str, Any]:
    schema = _schema(kind)
    for step in path:
        inner = schema.get("items") if isinstance(step, int) else schema.get("properties", {}).get(step)
        if inner is None:
            return {}
        schema = inner
    return schema


@cache
def _schema(kind: str) -> dict[str, Any]:
    return crd(KIND_BY_NAME[kind])["spec"]["versions"][0]["schema"]["openAPIV3Schema"]


@cache
def _places(kind: str) -> tuple[str, ...]:
    return tuple(_walk(_schema(kind)["properties"]["spec"], "spec"))


def _walk(schema: dict[str, Any], place: str) -> list[str]:
    found = [place]
    for name, child in schema.get("properties", {}).items():
        found += _walk(child, f"{place}.{name}")
    if "items" in schema:
        found += _walk(schema["items"], f"{place}[]")[1:]
    return found
