"""The scalar and list types that fields are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, Strict
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticKnownError, core_schema

from .rules import broken, pattern


def _distinct(items: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(set(items)) < len(items):
        repeated = [index for index, item in enumerate(items) if item in items[:index]]
        raise broken([(f"[{index}]", f'is there twice, found "{items[index]}"') for index in repeated])
    return items


@dataclass(frozen=True, slots=True)
class ListType:
    """How Kubernetes merges a list: `atomic`, `set`, or `map` by `keys`."""

    kind: str
    keys: tuple[str, ...] = ()

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = handler(source)
        return core_schema.no_info_after_validator_function(_distinct, schema) if self.kind == "set" else schema

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        generated = handler(schema)
        generated["x-kubernetes-list-type"] = self.kind
        if self.keys:
            generated["x-kubernetes-list-map-keys"] = list(self.keys)
        return generated


ATOMIC = ListType("atomic")
SET = ListType("set")


def whole(value: Any) -> Any:
    """JSON has one kind of number: `2.0` is whole, for the API server as well. And true is none, unlike in Python."""
    if isinstance(value, bool):
        raise PydanticKnownError("int_type")
    return int(value) if isinstance(value, float) and value.is_integer() else value


@dataclass(frozen=True, slots=True)
class Range:
    """`Annotated[int, Range(1, 16)]`: a whole number from `low` to `high`, both included."""

    low: int | None = None
    high: int | None = None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        number = core_schema.int_schema(strict=True, ge=self.low, le=self.high)
        return core_schema.no_info_before_validator_function(whole, number)


Flag = Annotated[bool, Strict()]
Whole = Annotated[int, Range()]
Text = Annotated[str, Strict()]

PRINTABLE = pattern("[ -~]*", "must be printable ASCII")

ObjectName = Annotated[
    Text,
    Field(max_length=253),
    pattern(
        r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*",
        'must be the name of an object: lower-case letters, digits, "-" and ".", a letter or digit beside each "."'
        " and at both ends",
    ),
]
DataKey = Annotated[
    Text,
    Field(max_length=253),
    pattern("[-._a-zA-Z0-9]+", 'must be the key of a Secret or ConfigMap: letters, digits, "-", "_" and "." only'),
]
