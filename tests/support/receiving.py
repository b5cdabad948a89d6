"""What tests of receiving share: a handler that keeps what it gets, a bound link, and messages from a phone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from sms_operator.links.desk import Desk
from sms_operator.links.received import Received, Verdict
from sms_operator.protocol.messages import MessageOptions
from sms_operator.smpp.address import Address
from sms_operator.smpp.commands import RESPONSE, Command
from sms_operator.smpp.framing import Frame
from sms_operator.smpp.pdus import DataSm, ShortMessage
from sms_operator.smpp.text.encoding import Encoding
from sms_operator.smpp.text.splitting import LongMessages, encode_text
from support.dataplane import wanted
from support.linkbench import LinkBench
from support.played import Connection, Played
from support.sending import PHONE, desk_of

US: Final = Address("12345", 3, 1)
DELIVER: Final = Command.DELIVER_SM
LONG: Final = "In three parts: " + "x" * 400


class Consumer:
    """A handler that keeps what it gets and says what the test wants."""

    def __init__(self) -> None:
        self.taken: list[Received] = []
        self.verdict: Callable[[Received], Verdict | Awaitable[Verdict]] = lambda _: Verdict.ACCEPT
        self._news = asyncio.Event()

    def __call__(self, received: Received) -> Verdict | Awaitable[Verdict]:
        """The handler."""
        self.taken.append(received)
        self._news.set()
        return self.verdict(received)

    async def until(self, count: int) -> list[Received]:
        """Waits for so many."""
        async with asyncio.timeout(10):
            while len(self.taken) < count:
                self._news.clear()
                await self._news.wait()
        return self.taken


class Stand:
    """A bound link with a consumer, and the SMSC's end of it."""

    def __init__(self, smsc: Played, consumer: Consumer) -> None:
        self.smsc = smsc
        self.consumer = consumer
        self.bench = LinkBench(deliver=consumer)
        self.link = wanted(smsc.port, message=MessageOptions(registered_delivery=1))
        self._sequence = 100

    async def open(self, response_timeout: float = 3.0) -> tuple[Desk, Connection]:
        """Bind."""
        options = MessageOptions(registered_delivery=1)
        self.link = wanted(self.smsc.port, message=options, response_timeout=response_timeout)
        desk = await desk_of(self.bench, self.link)
        return desk, self.smsc.connections[-1]

    def deliver(self, esme: Connection, message: ShortMessage | DataSm) -> int:
        """Send a message and return its sequence number."""
        self._sequence += 1
        command = DELIVER if isinstance(message, ShortMessage) else Command.DATA_SM
        esme.send(command, self._sequence, 0, message.encode())
        return self._sequence

    async def answer(self, esme: Connection, sequence: int) -> int:
        """The command_status of the answer."""
        answers = (DELIVER | RESPONSE, Command.DATA_SM | RESPONSE)

        def found() -> list[Frame]:
            return [one for one in esme.frames if one.sequence == sequence and one.command_id in answers]

        await self.smsc.until(lambda: bool(found()), f"an answer to {sequence}")
        return found()[0].status

    async def settled(self, esme: Connection) -> None:
        """Everything sent so far has been looked at."""
        before = len(esme.of(Command.ENQUIRE_LINK_RESP))
        esme.send(Command.ENQUIRE_LINK, 1)
        await esme.until(Command.ENQUIRE_LINK_RESP, before + 1)


def text(content: str, source: Address = PHONE, reference: int = 1, **fields: object) -> list[ShortMessage]:
    """The deliver_sm of a text, several for a long one."""
    coding, pieces = encode_text(content, Encoding.AUTO, LongMessages.UDH, reference)
    return [
        ShortMessage(source, US, esm_class=0x40 if one.udhi else 0, data_coding=coding, short_message=one.short_message)
        for one in pieces
    ]


def receipt(message_id: str, source: Address = PHONE, state: str = "DELIVRD") -> ShortMessage:
    """A receipt as appendix B has it."""
    words = f"id:{message_id} sub:001 dlvrd:001 submit date:2611220101 done date:2611220102 stat:{state} err:000 text:x"
    return ShortMessage(source, US, esm_class=4, short_message=words.encode())
