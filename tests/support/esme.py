"""An ESME that others wrote: smpplib's own client, run in a thread because it blocks."""

from __future__ import annotations

import asyncio
import ssl
from types import TracebackType
from typing import Any, Self

import smpplib.client
import smpplib.smpp

SMPP: Any = smpplib.smpp
"""Without types of its own."""


class Esme:
    """One connection of smpplib, with every call moved to a thread.

    Errors are smpplib's own: PDUError for a refused request, ConnectionError for a lost connection.
    """

    def __init__(self, port: int, host: str = "127.0.0.1", *, tls: ssl.SSLContext | None = None) -> None:
        self._client: Any = smpplib.client.Client(host, port, timeout=5, ssl_context=tls, allow_unknown_opt_params=True)

    async def __aenter__(self) -> Self:
        try:
            await asyncio.to_thread(self._client.connect)
        except BaseException:
            self._client.disconnect()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self._client.disconnect)

    async def bind(self, system_id: str, password: str, command: str = "bind_transceiver", **fields: object) -> Any:
        """The bind_resp, or PDUError."""
        bind = getattr(self._client, command)
        return await asyncio.to_thread(lambda: bind(system_id=system_id, password=password, **fields))

    async def unbind(self) -> None:
        """Sends unbind and reads one PDU."""
        await asyncio.to_thread(self._client.unbind)

    async def request(self, command: str, **fields: object) -> Any:
        """Sends a request and returns the PDU that comes next."""

        def ask() -> Any:
            pdu = SMPP.make_pdu(command, client=self._client, **fields)
            # Past the client's own state check: what the SMSC says to a request out of place is what we want to see.
            self._client._socket.sendall(pdu.generate())
            return self._client.read_pdu()

        return await asyncio.to_thread(ask)

    async def read(self) -> Any:
        """The next PDU."""
        return await asyncio.to_thread(self._client.read_pdu)

    async def answer(self, request: Any, command: str, status: int = 0) -> None:
        """Answers a request of the SMSC."""

        def send() -> None:
            pdu = SMPP.make_pdu(command, client=self._client)
            pdu.sequence, pdu.status = request.sequence, status
            self._client.send_pdu(pdu)

        await asyncio.to_thread(send)
