"""Fields of the control interface's JSON bodies; what is wrong is a ValueError that names the field."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, TypeVar, cast

from aiohttp import web

MOST: Final = 1_000_000
E = TypeVar("E", bound=StrEnum)


async def read(request: web.Request, known: set[str]) -> dict[str, Any]:
    """The body, an empty one for none. Raises ValueError when it is no object or has other fields."""
    try:
        body: Any = await request.json() if request.can_read_body else {}
    except json.JSONDecodeError:
        raise ValueError("the body is no JSON") from None
    if not isinstance(body, dict):
        raise ValueError("the body is no JSON object")
    given = cast(dict[str, Any], body)
    if unknown := sorted(set(given) - known):
        raise ValueError(f'no field "{unknown[0]}"; there are {", ".join(sorted(known))}')
    return given


def text(body: Mapping[str, Any], name: str, default: str | None = None) -> str:
    """A text that is not empty. Raises ValueError."""
    value = body.get(name, default)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name}: want a text")
    return value


def whole(body: Mapping[str, Any], name: str, default: int | None = None) -> int:
    """A number 0..1,000,000. Raises ValueError."""
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST:
        raise ValueError(f"{name}: want a number 0..{MOST}")
    return value


def numbers(body: Mapping[str, Any], name: str) -> list[int]:
    """A list of whole numbers, empty where there is none. Raises ValueError."""
    value = body.get(name, [])
    if not isinstance(value, list) or not all(type(entry) is int for entry in cast(list[object], value)):
        raise ValueError(f"{name}: want a list of numbers")
    return cast(list[int], value)


def seconds(body: Mapping[str, Any], name: str, default: float) -> float:
    """A time, 0..60. Raises ValueError."""
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 60:
        raise ValueError(f"{name}: want seconds, 0..60")
    return float(value)


def hexadecimal(body: Mapping[str, Any], name: str) -> bytes:
    """Octets. Raises ValueError."""
    try:
        return bytes.fromhex(text(body, name))
    except ValueError:
        raise ValueError(f"{name}: want octets in hex") from None


def choice(body: Mapping[str, Any], name: str, kind: type[E], default: E | None = None) -> E:
    """One of an enumeration. Raises ValueError with all of them."""
    value = body.get(name, default)
    if value not in list(kind):
        raise ValueError(f'{name}: nothing is called "{value}"; there are {", ".join(kind)}')
    return kind(value)
