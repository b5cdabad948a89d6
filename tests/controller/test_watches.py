"""The thread of the informer and its mailbox."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from sms_operator.controller.watches import Watches
from sms_operator.kube.access import Access


async def test_watches_that_never_began_can_be_stopped() -> None:
    """The end may come while the first listing still waits for the API server."""
    await Watches(Access("http://127.0.0.1:1"), (), (), lambda kind, body: None, lambda: None).stop()


async def test_one_event_that_cannot_be_taken_in_stops_no_other() -> None:
    """The mailbox is emptied whatever the World makes of a letter."""
    seen: list[str | None] = []
    complaints: list[Mapping[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))

    def sink(kind: str | None, _: Mapping[str, Any]) -> None:
        if kind == "BAD":
            raise KeyError(kind)
        seen.append(kind)

    watches = Watches(Access("http://127.0.0.1:1"), (), (), sink, lambda: None)
    for kind in ("ADDED", "BAD", "MODIFIED"):
        watches._deliver(kind, {})  # pyright: ignore[reportPrivateUsage]
    async with asyncio.timeout(5):
        while "MODIFIED" not in seen:  # noqa: ASYNC110 - the mailbox has no other sign
            await asyncio.sleep(0.01)
    assert seen == ["ADDED", "MODIFIED"]
    assert len(complaints) == 1
