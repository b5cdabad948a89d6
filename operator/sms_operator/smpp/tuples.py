"""Named tuples on the hot path."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar, cast

N = TypeVar("N", bound=tuple[Any, ...])


def maker(kind: type[N]) -> Callable[[tuple[object, ...]], N]:
    """A function from the tuple of all fields to the named tuple.

    A NamedTuple's own constructor is Python code and takes three times as long; for what is made with every message
    that shows. Nothing checks the number of fields, so this is for values made in one place.
    """
    return cast(Callable[[tuple[object, ...]], N], partial(cast(Any, tuple.__new__), kind))
