"""The CRD schemas as they are served, and hypothesis strategies made from them.

Nothing here knows what a field means; `specs_meaning` does, and its strategies take precedence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Final

import yaml
from hypothesis import strategies as st

from support.planes import ROOT

Schema = Mapping[str, Any]
Path = tuple[str, ...]
"""Of a node: names of fields, `*` for the items of a list."""

_PATTERN: Final = re.compile(r"self\.matches\('\^\((?:\?:)?(.*?)\)\$'\)")
_BOUNDS: Final = re.compile(r"must be a duration from (\w+) to (\w+)")
_PART: Final = re.compile(r"(\d+)(ms|h|m|s)")
_UNITS: Final = {"h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}


@cache
def spec_schemas() -> Mapping[str, Schema]:
    """The schema of each kind's spec, by kind."""
    found: dict[str, Schema] = {}
    for file in sorted((ROOT / "crds").glob("*.yaml")):
        definition: Any = yaml.safe_load(file.read_text())["spec"]
        version = definition["versions"][0]
        found[definition["names"]["kind"]] = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
    return found


def nodes(schema: Schema, path: Path = ()) -> Iterator[tuple[Path, Schema]]:
    """The node and every node below it."""
    yield path, schema
    for name, below in schema.get("properties", {}).items():
        yield from nodes(below, (*path, name))
    if "items" in schema:
        yield from nodes(schema["items"], (*path, "*"))


@dataclass(frozen=True)
class Rule:
    """One CEL rule."""

    expression: str
    message: str

    @property
    def pattern(self) -> str | None:
        """The regular expression that the whole text must match, if the rule asks for one."""
        found = _PATTERN.search(self.expression)
        return None if found is None else found[1].replace("\\\\", "\\")

    @property
    def bounds(self) -> tuple[int, int] | None:
        """The least and the greatest duration, in milliseconds."""
        found = _BOUNDS.match(self.message)
        return None if found is None else (milliseconds(found[1]), milliseconds(found[2]))


def rules(schema: Schema) -> list[Rule]:
    """The CEL rules of a node."""
    return [Rule(item["rule"], item["message"]) for item in schema.get("x-kubernetes-validations", ())]


def milliseconds(duration: str) -> int:
    """A duration such as `1h30m`."""
    return sum(int(count) * _UNITS[unit] for count, unit in _PART.findall(duration))


def written(duration: int) -> str:
    """Milliseconds as a duration."""
    seconds, rest = divmod(duration, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "m"), (seconds, "s"), (rest, "ms"))
    return "".join(f"{count}{unit}" for count, unit in parts if count) or "0s"


def values(schema: Schema, meanings: Mapping[Path, st.SearchStrategy[Any]], path: Path = ()) -> st.SearchStrategy[Any]:
    """What fits the node by its types, bounds and patterns; rules over several fields are left to the caller.

    A meaning is found by the end of a node's path, the longest one first.
    """
    for start in range(len(path)):
        if path[start:] in meanings:
            return meanings[path[start:]]
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema["type"]:
        case "object":
            return _objects(schema, meanings, path)
        case "array":
            items = values(schema["items"], meanings, (*path, "*"))
            most = min(schema["maxItems"], 4)
            unique = repr if schema.get("x-kubernetes-list-type") == "set" else None
            return st.lists(items, min_size=schema.get("minItems", 0), max_size=most, unique_by=unique)
        case "integer":
            low, high = schema["minimum"], schema["maximum"]
            return st.sampled_from((low, high)) | st.integers(low, high)
        case "boolean":
            return st.booleans()
        case _:
            return _texts(schema)


def _objects(
    schema: Schema, meanings: Mapping[Path, st.SearchStrategy[Any]], path: Path
) -> st.SearchStrategy[dict[str, Any]]:
    if "additionalProperties" in schema:
        labels = st.from_regex(r"[a-z0-9]([a-z0-9.-]{0,9}[a-z0-9])?", fullmatch=True)
        return st.dictionaries(labels, labels, min_size=schema["minProperties"], max_size=schema["maxProperties"])
    fields = {name: values(below, meanings, (*path, name)) for name, below in schema["properties"].items()}
    required = set(schema.get("required", ()))
    return st.fixed_dictionaries(
        {name: strategy for name, strategy in fields.items() if name in required},
        optional={name: strategy for name, strategy in fields.items() if name not in required},
    )


def _texts(schema: Schema) -> st.SearchStrategy[str]:
    if schema.get("format") == "date":
        return st.dates(date(2000, 1, 1), date(2199, 12, 31)).map(date.isoformat)
    least, most = schema.get("minLength", 0), schema["maxLength"]
    for rule in rules(schema):
        if rule.bounds is not None:
            low, high = rule.bounds
            return (st.sampled_from((low, high)) | st.integers(low, high)).map(written)
        if rule.pattern is not None:
            return st.from_regex(rule.pattern, fullmatch=True, alphabet=_ASCII).filter(lambda text: len(text) <= most)
    return st.text(_CHARACTERS, min_size=least, max_size=min(most, 30)) | st.sampled_from(("ü" * most, "😀" * most))


_ASCII: Final = st.characters(max_codepoint=126)
_CHARACTERS: Final = st.characters(exclude_categories=("Cs",))
