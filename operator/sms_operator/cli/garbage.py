"""Working without the garbage collector."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Generator[None]:
    """For a command that makes much, nearly all of which lives until its end: looking for garbage would cost a quarter
    of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
