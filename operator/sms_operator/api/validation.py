"""Broken rules in words a person can act on: where, what was found, what is wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from .kinds import API_VERSION, KIND_BY_NAME
from .rules import RULE_ERROR

_MAX_SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with an object."""

    path: str
    """Where, as the API server writes it: `spec.endpoints[0].port`."""
    message: str
    """What is wanted, and what was found."""

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


def validate_object(body: Mapping[str, Any]) -> list[Problem]:
    """What the API server would say against creating this object; empty when it would take it."""
    if body.get("apiVersion") != API_VERSION:
        return [Problem("apiVersion", f"must be {API_VERSION}, found {_shown(body.get('apiVersion'))}")]
    info = KIND_BY_NAME.get(str(body.get("kind")))
    if info is None:
        return [Problem("kind", f"must be one of {', '.join(KIND_BY_NAME)}, found {_shown(body.get('kind'))}")]
    try:
        info.model.validate_strict(body)
    except ValidationError as error:
        return problems(error)
    return []


def validate_update(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Problem]:
    """What the API server would say against replacing `old`, which it took, by `new`."""
    found = validate_object(new)
    if found:
        return found
    info = KIND_BY_NAME[str(new["kind"])]
    before = info.spec_model.model_validate(old["spec"])
    after = info.spec_model.model_validate(new["spec"])
    return [Problem("spec", rule.message) for rule in info.spec_model.TRANSITIONS if not rule.holds(after, before)]


def problems(error: ValidationError, root: str = "") -> list[Problem]:
    """A pydantic error in our words; `root` is the path of what was validated, such as `spec`."""
    found: list[Problem] = []
    errors = error.errors(include_url=False)
    for details in errors:
        if details["type"] == "too_short" and any(_inside(other["loc"], details["loc"]) for other in errors):
            continue  # pydantic counts only the items that are right
        path = _path(root, details["loc"])
        if details["type"] == RULE_ERROR:
            failures = cast("Sequence[tuple[str, str]]", details.get("ctx", {}).get("failures", ()))
            value = details["input"]
            shown = f", found {_shown(value)}" if isinstance(value, str) else ""
            found.extend(Problem(path + suffix, message + shown) for suffix, message in failures)
        else:
            found.append(Problem(path, _words(details)))
    return found


def _words(details: ErrorDetails) -> str:
    context: Mapping[str, Any] = details.get("ctx", {})
    value = _shown(details["input"])
    match details["type"]:
        case "missing":
            return "is required"
        case "extra_forbidden":
            return "unknown field"
        case "enum" | "literal_error":
            return f"must be one of {context['expected']}, found {value}"
        case "greater_than_equal":
            return f"must be at least {context['ge']}, found {value}"
        case "less_than_equal":
            return f"must be at most {context['le']}, found {value}"
        case "string_too_short":
            return f"must have at least {context['min_length']} characters, found {value}"
        case "string_too_long":
            return f"must have at most {context['max_length']} characters, found {len(str(details['input']))}"
        case "too_short":
            return f"must have at least {context['min_length']} items, found {context['actual_length']}"
        case "too_long":
            return f"must have at most {context['max_length']} items, found {context['actual_length']}"
        case "string_type":
            return f"must be text, found {value}; quote it in YAML"
        case "int_type":
            return f"must be a whole number, found {value}"
        case "bool_type":
            return f"must be true or false, found {value}"
        case "tuple_type":
            return f"must be a list, found {_type(details['input'])}"
        case "model_type" | "dict_type" | "mapping_type":
            # Never the value: it may be a password where its Secret's name belongs.
            return f"must be a block of fields, found {_type(details['input'])}"
        case _:
            return f"{details['msg']}, found {value}"


def _inside(location: Sequence[int | str], outer: Sequence[int | str]) -> bool:
    return len(location) > len(outer) and list(location[: len(outer)]) == list(outer)


def _path(root: str, location: Sequence[int | str]) -> str:
    path = root
    for step in location:
        if isinstance(step, int):
            path += f"[{step}]"
        else:
            path += f".{step}" if path else step
    return path


def _type(value: object) -> str:
    match value:
        case bool():
            return "true or false"
        case str():
            return "text"
        case int() | float():
            return "a number"
        case Mapping():
            return "a block"
        case list():
            return "a list"
        case _:
            return "nothing"


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    text = f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= _MAX_SHOWN else text[:_MAX_SHOWN] + "…"
