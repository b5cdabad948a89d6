"""Durations: `30s`, `5m`, `1h30m` in JSON, `datetime.timedelta` in Python."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticKnownError, core_schema

from .rules import Rule, check, quoted, with_rules

EXPRESSION: Final = "(?:[0-9]{1,4}h)?(?:[0-9]{1,5}m)?(?:[0-9]{1,5}s)?(?:[0-9]{1,6}ms)?"
"""Hours, minutes, seconds, milliseconds in this order; at least one of them."""

_PARTS = re.compile(EXPRESSION.replace("(?:", "("))
_MAX_LENGTH: Final = 16
_SECOND: Final = timedelta(seconds=1)


def parse_duration(text: str) -> timedelta:
    """`1h30m` as a timedelta.

    Raises:
        ValueError: it is no duration.
    """
    match = _PARTS.fullmatch(text)
    if not text or not match:
        raise ValueError(f'"{text}" is not a duration such as 90s, 5m or 1h30m')
    hours, minutes, seconds, milliseconds = (int(re.sub("[a-z]", "", part or "0")) for part in match.groups())
    return timedelta(hours=hours, minutes=minutes, seconds=seconds, milliseconds=milliseconds)


def format_duration(duration: timedelta) -> str:
    """A timedelta (not negative, whole milliseconds) as `1h30m`."""
    minutes, rest = divmod(duration, timedelta(minutes=1))
    seconds, rest = divmod(rest, _SECOND)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "m"), (seconds, "s"), (rest // timedelta(milliseconds=1), "ms"))
    return "".join(f"{number}{unit}" for number, unit in parts if number) or "0s"


def compared(left: str, operator: str, right: str) -> str:
    """CEL that compares two duration fields, and holds where one is none: its own rule says that already."""
    form = quoted("^(?:[0-9]+(?:h|ms|m|s))+$")
    return f"!({left}.matches({form}) && {right}.matches({form})) || duration({left}) {operator} duration({right})"


@dataclass(frozen=True, slots=True)
class Between:
    """`Annotated[timedelta, Between("1m", "60m")]`: a duration from `low` to `high`, both included."""

    low: str
    high: str

    @property
    def rule(self) -> Rule:
        """The range as a rule over the text."""
        low, high = parse_duration(self.low), parse_duration(self.high)

        def holds(text: str) -> bool:
            return bool(text and _PARTS.fullmatch(text)) and low <= parse_duration(text) <= high

        return Rule(
            f"self.size() > 0 && self.matches({quoted(f'^{EXPRESSION}$')})"
            f" && duration(self) >= duration({quoted(self.low)}) && duration(self) <= duration({quoted(self.high)})",
            holds,
            f"must be a duration from {self.low} to {self.high}, written like 1h30m",
        )

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        rule = self.rule

        def parse(value: Any) -> timedelta:
            if isinstance(value, timedelta):
                value = format_duration(value)
            if not isinstance(value, str):
                raise PydanticKnownError("string_type")
            if len(value) > _MAX_LENGTH:
                raise PydanticKnownError("string_too_long", {"max_length": _MAX_LENGTH})
            check((rule,), value)
            return parse_duration(value)

        return core_schema.no_info_plain_validator_function(
            parse,
            serialization=core_schema.plain_serializer_function_ser_schema(format_duration, when_used="json"),
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return with_rules({"type": "string", "maxLength": _MAX_LENGTH}, (self.rule,))
