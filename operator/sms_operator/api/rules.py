"""Rules said twice in one breath: for the API server (CEL) and for Python, with one message for both.

A rule stands on a model (`RULES`) or on a field (`Annotated`). CEL is kept to the portable subset: `has`, `size`,
one-variable macros, comparisons of equal types, anchored `matches` with explicit character classes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

RULE_ERROR: Final = "rule"
"""The pydantic error type of a broken rule; its context holds `failures`: pairs of field path and message."""

VALIDATIONS: Final = "x-kubernetes-validations"

_PLACEHOLDER = re.compile(r"\{(self(?:\.[A-Za-z]+)*)\}")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    `message` may name text values as `{self}` or `{self.some.field}` (JSON names); what it names must exist whenever
    the rule is broken. (Text only: what `string()` yields has no size for the API server's cost estimate.)
    """

    cel: str
    """The rule for the API server."""
    holds: Callable[[Any], bool]
    """The same rule for Python."""
    message: str
    path: str = ""
    """JSON path of the field to blame, relative to where the rule stands, such as `.transferKeywords`."""
    reason: str = "FieldValueInvalid"

    def as_kubernetes(self) -> dict[str, str]:
        """An entry of `x-kubernetes-validations`."""
        entry = {"rule": self.cel, "message": _PLACEHOLDER.sub("…", self.message), "reason": self.reason}
        if entry["message"] != self.message:
            entry["messageExpression"] = _message_expression(self.message)
        if self.path:
            entry["fieldPath"] = self.path
        return entry

    def failure(self, value: Any) -> tuple[str, str] | None:
        """Field path and message when `value` breaks the rule."""
        if self.holds(value):
            return None
        return self.path, _PLACEHOLDER.sub(lambda match: _shown(value, match.group(1)), self.message)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def enforce(value: Any) -> Any:
            check((self,), value)
            return value

        return core_schema.no_info_after_validator_function(enforce, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return with_rules(handler(schema), (self,))


@dataclass(frozen=True, slots=True)
class Transition:
    """A rule on updates: `cel` may use `oldSelf`, `holds` gets the new and the old value."""

    cel: str
    holds: Callable[[Any, Any], bool]
    message: str

    def as_kubernetes(self) -> dict[str, str]:
        """An entry of `x-kubernetes-validations`."""
        return {"rule": self.cel, "message": self.message, "reason": "FieldValueForbidden"}


def pattern(expression: str, message: str) -> Rule:
    """Text that matches `expression` as a whole (the subset that RE2 and Python's `re` read alike)."""
    compiled = re.compile(expression)
    return Rule(f"self.matches({quoted(f'^(?:{expression})$')})", lambda text: bool(compiled.fullmatch(text)), message)


def quoted(text: str) -> str:
    """A CEL string literal."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"


def check(rules: Sequence[Rule], value: Any) -> None:
    """Raise one `PydanticCustomError` that holds every broken rule."""
    failures = [failure for rule in rules if (failure := rule.failure(value))]
    if failures:
        raise broken(failures)


def broken(failures: Sequence[tuple[str, str]]) -> PydanticCustomError:
    """The error for broken rules: pairs of field path and message."""
    text = "; ".join(message for _, message in failures)
    return PydanticCustomError(RULE_ERROR, "{text}", {"text": text, "failures": list(failures)})


def with_rules(schema: JsonSchemaValue, rules: Sequence[Rule | Transition]) -> JsonSchemaValue:
    """The schema with the rules added."""
    if rules:
        schema[VALIDATIONS] = [*schema.get(VALIDATIONS, ()), *(rule.as_kubernetes() for rule in rules)]
    return schema


def _message_expression(message: str) -> str:
    parts = _PLACEHOLDER.split(message)
    terms = [part if index % 2 else quoted(part) for index, part in enumerate(parts) if part]
    return " + ".join(terms)


def _shown(value: Any, path: str) -> str:
    shown: Any = value.model_dump(mode="json", by_alias=True) if isinstance(value, BaseModel) else value
    for name in path.split(".")[1:]:
        shown = shown[name]
    return str(shown)
