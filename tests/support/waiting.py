"""Waiting for what has to happen: by looking, until a deadline."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from sms_operator.dev.control_plane import ApiError

DEADLINE: Final = 15.0
"""Seconds, where a test does not say otherwise."""
LOOK_AGAIN: Final = 0.03

T = TypeVar("T")


def eventually(
    condition: Callable[[], T], timeout: float = DEADLINE, describe: str | Callable[[], object] | None = None
) -> T:
    """The condition's first true value; a failed assertion and an ApiError (404 and the like) count as not yet.

    `describe` says what is waited for: a text, or a function whose value at the end is shown.

    Raises:
        AssertionError: it did not happen in time; says what was seen last.
    """
    deadline = time.monotonic() + timeout
    while True:
        seen, value = _look(condition)
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(_complaint(condition, timeout, describe, seen))
        time.sleep(LOOK_AGAIN)


async def eventually_async(
    condition: Callable[[], T | Awaitable[T]],
    timeout: float = DEADLINE,
    describe: str | Callable[[], object] | None = None,
) -> T:
    """As `eventually`, for coroutine functions as well; plain functions run in a thread, so that the loop goes on."""
    deadline = time.monotonic() + timeout
    while True:
        seen: object
        value: Any = None
        if inspect.iscoroutinefunction(condition):
            try:
                seen = value = await condition()
            except (AssertionError, ApiError) as error:
                seen = error
        else:
            seen, value = await asyncio.to_thread(_look, condition)
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(_complaint(condition, timeout, describe, seen))
        await asyncio.sleep(LOOK_AGAIN)


def _look(condition: Callable[[], Any]) -> tuple[object, Any]:
    try:
        value = condition()
    except (AssertionError, ApiError) as error:
        return error, None
    return value, value


def _complaint(
    condition: Callable[[], object], timeout: float, describe: str | Callable[[], object] | None, seen: object
) -> str:
    what = describe if isinstance(describe, str) else getattr(condition, "__name__", "the condition")
    now = f"; now: {describe()!r}" if callable(describe) else ""
    return f"not within {timeout:g} s: {what}; last seen: {seen!r}{now}"
