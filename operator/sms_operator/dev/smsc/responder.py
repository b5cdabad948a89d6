"""Responses to submissions on their way out: late, in another order, more than once, among strangers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from sms_operator.smpp import codec
from sms_operator.smpp.framing import Frame

from .behaviour import Responses
from .chores import Chores
from .faults import FAR
from .ledger import Submitted

PATIENCE: Final = 1.0
"""Seconds after which responses leave that wait for more of them."""


class Responder:
    """Of one session."""

    def __init__(self, send: Callable[[bytes], Awaitable[None]], chores: Chores) -> None:
        self._send = send
        self._chores = chores
        self._held: list[tuple[bytes, list[Submitted]]] = []

    async def respond(self, request: Frame, status: int, body: bytes, entries: list[Submitted], how: Responses) -> None:
        """Sends the response to a submission in this way, and notes in the ledger that it went."""
        pdu = codec.answer(request, status, body) * how.copies
        if how.stray:
            stranger = request._replace(sequence=(request.sequence + FAR) & 0x7FFF_FFFF)
            pdu = codec.answer(stranger, status, body) + pdu
        if how.reorder > 1:
            self._held.append((pdu, entries))
            if len(self._held) >= how.reorder:
                await self._release()
            elif len(self._held) == 1:
                self._chores.start(self._release_later())
        elif how.delay:
            self._chores.start(self._send_later(pdu, entries, how.delay))
        else:
            await self._put(pdu, entries)

    async def _release(self) -> None:
        held, self._held = self._held, []
        for pdu, entries in reversed(held):
            await self._put(pdu, entries)

    async def _release_later(self) -> None:
        await asyncio.sleep(PATIENCE)
        await self._release()

    async def _send_later(self, pdu: bytes, entries: list[Submitted], delay: float) -> None:
        await asyncio.sleep(delay)
        await self._put(pdu, entries)

    async def _put(self, pdu: bytes, entries: list[Submitted]) -> None:
        await self._send(pdu)
        for entry in entries:
            entry.answered = True
