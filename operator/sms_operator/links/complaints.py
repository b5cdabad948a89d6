"""What the event loop complains of, and what of it is none of our bugs."""

from __future__ import annotations

import asyncio
from typing import Any


def complain(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """An exception handler for the loop: logs everything but the failure of a TLS handshake that was given up.

    A dial that is cancelled in the turn of the loop in which its handshake fails leaves a future behind in uvloop that
    nobody can ask for its exception.
    """
    forgotten = isinstance(context.get("future"), asyncio.Future) and isinstance(context.get("exception"), OSError)
    if not forgotten or isinstance(context["future"], asyncio.Task):
        loop.default_exception_handler(context)
