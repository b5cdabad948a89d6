"""Published JSON schemas, stricter than their readers need them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final, cast

import jsonschema

DIRECTORY: Final = Path(__file__).resolve().parents[2] / "docs" / "schemas"
Node = dict[str, Any]


def published(name: str) -> Node:
    """A schema of `docs/schemas` as it is, `plan.v1` for instance."""
    return json.loads((DIRECTORY / f"{name}.schema.json").read_text())


def fits(name: str, value: object) -> None:
    """The value has every property that the schema knows, and none that it does not.

    Raises:
        jsonschema.ValidationError: it has not.
    """
    jsonschema.validate(value, _closed(published(name)))


def _closed(node: Any) -> Any:
    if isinstance(node, list):
        return [_closed(item) for item in cast("list[Any]", node)]
    if not isinstance(node, dict):
        return node
    inner = {key: _closed(value) for key, value in cast("Node", node).items()}
    return {**inner, "additionalProperties": False} if "required" in inner else inner
