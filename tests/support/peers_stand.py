"""One of our links, in the process of the test, at an SMSC that somebody else wrote."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from sms_operator.links.desk import Desk
from sms_operator.links.outgoing import SendOptions, TextMessage
from sms_operator.links.received import Received, ReceivedReceipt, ReceivedText, Verdict
from sms_operator.protocol.messages import LongText, MessageOptions, TlsOptions, WantedLink
from sms_operator.smpp.address import Address
from support.dataplane import wanted
from support.linkbench import LinkBench
from support.peers import DEADLINE, Kind, Peer
from support.pki import Pki

PHONE: Final = Address("31612345678", 1, 1)
US: Final = Address("12345", 3, 0)


@dataclass(frozen=True)
class Cell:
    """An SMSC and how it is reached: `plain`, `tls` or `mutual`."""

    kind: Kind
    transport: str

    def __str__(self) -> str:
        return f"{self.kind.name}-{self.transport}"

    def wish(self, peer: Peer, pki: Pki, message: MessageOptions) -> WantedLink:
        """A transceiver at this SMSC."""
        identity = pki.client if self.transport == "mutual" else None
        tls = TlsOptions(
            trust_pem=pki.authority.pem,
            identity_pem=identity.pem if identity else None,
            identity_key_pem=identity.key_pem if identity else None,
        )
        port = peer.ports[self.transport]
        if self.transport == "plain":
            return wanted(port, message=message)
        return wanted(port, host="localhost", tls=tls, message=message)


class Stand:
    """A link that is bound, what it received, and its SMSC."""

    def __init__(self, cell: Cell, peer: Peer, pki: Pki) -> None:
        self.cell = cell
        self.peer = peer
        self.pki = pki
        self.received: list[Received] = []
        self.wish: WantedLink
        self.bench: LinkBench
        self._news = asyncio.Event()

    @asynccontextmanager
    async def bound(self, long: LongText = LongText.UDH) -> AsyncGenerator[Desk, None]:
        """A link that sends long messages so, unbound at the end; what was said before it is forgotten."""
        self.received.clear()
        self.peer.events.clear()
        self.bench = LinkBench(deliver=self._take)
        self.wish = self.cell.wish(self.peer, self.pki, MessageOptions(*US, long_messages=long))
        try:
            self.bench.table.want(self.wish)
            await self.bench.until_bound(self.wish)
            await self.peer.until("bind", account="demo", status=0)
            link = self.bench.table.link(self.wish.key)
            assert link is not None
            yield link.messages
        finally:
            await self.bench.table.close()
        binds = len(self.peer.seen("bind")) - len(self.peer.seen("ready"))
        await self.peer.until("closed", count=binds, account="demo")

    async def texts(self, count: int) -> list[ReceivedText]:
        """Waits for so many texts of phones."""
        await self._until(lambda: len(self._of(ReceivedText)) >= count, f"{count} texts")
        return self._of(ReceivedText)

    async def receipts(self, count: int) -> list[ReceivedReceipt]:
        """Waits for so many receipts."""
        await self._until(lambda: len(self._of(ReceivedReceipt)) >= count, f"{count} receipts")
        return self._of(ReceivedReceipt)

    def _of(self, kind: type[Any]) -> list[Any]:
        return [one for one in self.received if isinstance(one, kind)]

    def _take(self, received: Received) -> Verdict:
        self.received.append(received)
        self._news.set()
        self._news = asyncio.Event()
        return Verdict.ACCEPT

    async def _until(self, happened: Callable[[], bool], what: str) -> None:
        try:
            async with asyncio.timeout(DEADLINE):
                while not happened():
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(
                f"not within {DEADLINE:g} s: {what}; received {self.received}; the SMSC said {self.peer.events}"
            ) from None


def message(text: str, tag: object = None, *, receipt: bool = True) -> TextMessage:
    """A text to the phone, by default with a receipt asked for."""
    return TextMessage(PHONE, text, SendOptions(registered_delivery=int(receipt)), tag)
