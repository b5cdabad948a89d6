"""What every model of the API has in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self, cast

from pydantic import (
    BaseModel,
    ConfigDict,
    GetJsonSchemaHandler,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from .rules import Rule, Transition, check, with_rules


class ApiModel(BaseModel):
    """A frozen part of an object.

    Read with `model_validate`, which ignores unknown fields (a newer CRD must not stop an older operator); files are
    checked with `validate_strict`, which refuses them. A null is the same as an absent field, as on the API server.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        serialize_by_alias=True,
        frozen=True,
        extra="ignore",
        use_attribute_docstrings=True,
    )

    RULES: ClassVar[tuple[Rule, ...]] = ()
    """Rules over several fields of this model."""
    TRANSITIONS: ClassVar[tuple[Transition, ...]] = ()
    """Rules over its old and new value in an update."""

    @classmethod
    def validate_strict(cls, body: object) -> Self:
        """Like `model_validate`, but unknown fields are errors, and only JSON names are known.

        Raises:
            pydantic.ValidationError: see `validation.problems` for words a person can act on.
        """
        return cls.model_validate(body, extra="forbid", by_alias=True, by_name=False)

    def to_body(self) -> dict[str, Any]:
        """JSON-ready, with JSON names, without absent fields."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, body: Any) -> Any:
        if not isinstance(body, Mapping):
            return body
        fields = cast("Mapping[str, Any]", body)
        if None not in fields.values():
            return fields
        return {name: value for name, value in fields.items() if value is not None}

    @model_validator(mode="after")
    def _follows_rules(self) -> Self:
        if self.RULES:
            check(self.RULES, self)
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        generated = handler(schema)
        with_rules(handler.resolve_ref_schema(generated), (*cls.RULES, *cls.TRANSITIONS))
        return generated


@dataclass(frozen=True, slots=True)
class Column:
    """A column of `kubectl get`; priority 1 shows with `-o wide` only."""

    name: str
    path: str
    type: str = "string"
    priority: int = 0
    description: str = ""
