"""What tests of sending share: a bound link, and submits over it."""

from __future__ import annotations

import asyncio
from typing import Final

from sms_operator.links.desk import Desk
from sms_operator.links.outcomes import Accepted
from sms_operator.links.outgoing import TextMessage
from sms_operator.protocol.messages import WantedLink
from sms_operator.smpp.address import Address
from sms_operator.smpp.commands import Command
from sms_operator.smpp.framing import Frame
from sms_operator.smpp.pdus import ShortMessage
from support.dataplane import wanted
from support.linkbench import LinkBench
from support.played import Connection, Played

PHONE: Final = Address("31612345678", 1, 1)
SUBMIT: Final = Command.SUBMIT_SM


async def desk_of(bench: LinkBench, link: WantedLink) -> Desk:
    """The bound link, ready to send over."""
    bench.table.want(link)
    await bench.until_bound(link)
    found = bench.table.link(link.key)
    assert found is not None
    return found.messages


async def bound(bench: LinkBench, smsc: Played, link: WantedLink | None = None) -> tuple[Desk, Connection]:
    """A bound link and the SMSC's end of it."""
    desk = await desk_of(bench, link or wanted(smsc.port))
    return desk, await smsc.connection()


def text(frame: Frame) -> str:
    """The text of a submit_sm in the default alphabet."""
    return ShortMessage.decode(frame.body).short_message.decode("ascii")


def sending(desk: Desk, count: int, patience: float = 30.0) -> list[asyncio.Task[Accepted]]:
    """So many submits, begun in order."""
    return [
        asyncio.ensure_future(desk.submit(TextMessage(PHONE, f"text {number}"), patience)) for number in range(count)
    ]
