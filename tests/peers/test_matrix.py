"""The interoperability matrix: everything a link does with messages, at every SMSC that others wrote.

The table in docs/interoperability.md is made of `CELLS` and `FEATURES`, which are what runs here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from sms_operator.protocol.messages import LongText
from sms_operator.smpp.receipts.states import MessageState
from support.peers import KINDS, Event, running
from support.peers_stand import PHONE, US, Cell, Stand, message
from support.peers_table import Feature, table, table_of_page
from support.pki import Pki

GSM = "Hello, phone: @£$ èéù {[~]} costs 1 €"
UCS2 = "Žluťoučký kůň 😀 и привет"
LONG_GSM = "The default alphabet has 128 characters, and {some more} behind an escape: 5 €. " * 3
LONG_UCS2 = "Příliš žluťoučký kůň úpěl ďábelské ódy 🐎 и ещё раз. " * 3
PAGE = Path(__file__).parents[2] / "docs" / "interoperability.md"


async def _submit(stand: Stand, text: str, form: LongText = LongText.UDH) -> list[Event]:
    """Sends a text, and returns its segments as the SMSC saw them: each accepted, each with its receipt matched."""
    async with stand.bound(form) as messages:
        accepted = await messages.submit(message(text, tag=text))
        segments = await stand.peer.until("submit", count=len(accepted.message_ids), account="demo")
        receipts = await stand.receipts(len(segments))
        answers = await stand.peer.until("receipt", count=len(segments), status=0)
    assert sorted(accepted.message_ids) == sorted(one["id"] for one in segments)
    assert {one["id"] for one in answers} == {one["id"] for one in segments}
    assert {one.receipt.state for one in receipts} == {MessageState.DELIVERED}
    known = [one.tracked for one in receipts if one.tracked is not None]
    assert sorted((one.number, one.total, one.tag) for one in known) == [
        (number, len(segments), text) for number in range(1, len(segments) + 1)
    ]
    for one in segments:
        assert (one["from"], one["from_ton"], one["from_npi"]) == US
        assert (one["to"], one["to_ton"], one["to_npi"]) == PHONE
        assert one["registered_delivery"] == 1
    return segments


async def _deliver(stand: Stand, text: str, *, ucs2: bool = False, long: str | None = None) -> None:
    """Lets the SMSC send a text, which has to come whole, and be answered."""
    async with stand.bound():
        stand.peer.deliver(text, ucs2=ucs2, long=long)
        (received,) = await stand.texts(1)
        await stand.peer.until("delivered", count=len(received.pdus), status=0)
    assert received.text == text
    assert (received.source.digits, received.destination.digits) == ("31600000000", "12345")
    assert received.missing == ()
    assert len(received.pdus) > 1 or long in (None, "payload")


async def bind_and_unbind(stand: Stand) -> None:
    """The SMSC sees one bind, with the name in our certificate where it asks for one, and its end."""
    async with stand.bound():
        (bind,) = await stand.peer.until("bind", account="demo", status=0)
    assert bind["port"] == stand.cell.transport
    if stand.cell.transport == "mutual":
        assert bind["certificate"] == "esme"
    assert len(stand.peer.seen("bind")) == 1


async def message_and_receipt(stand: Stand) -> None:
    """A text in the default alphabet, with its extension table, and its receipt."""
    (segment,) = await _submit(stand, GSM)
    assert (segment["text"], segment["data_coding"], segment["esm_class"]) == (GSM, 0, 0)
    assert (segment["segment"], segment["payload"]) == (None, False)


async def message_from_phone(stand: Stand) -> None:
    """The same the other way."""
    await _deliver(stand, GSM)


async def ucs2(stand: Stand) -> None:
    """What the default alphabet lacks, surrogate pairs included, both ways."""
    (segment,) = await _submit(stand, UCS2)
    assert (segment["text"], segment["data_coding"]) == (UCS2, 8)
    await _deliver(stand, UCS2, ucs2=True)


def long(form: LongText, way: str) -> Callable[[Stand], Awaitable[None]]:
    """Long messages in this form, in both alphabets and both ways."""

    async def both_ways(stand: Stand) -> None:
        for text, coding in ((LONG_GSM, 0), (LONG_UCS2, 8)):
            segments = await _submit(stand, text, form)
            assert "".join(one["text"] for one in sorted(segments, key=_number)) == text
            assert {one["data_coding"] for one in segments} == {coding}
            assert {one["payload"] for one in segments} == {way == "payload"}
            if way == "payload":
                assert [one["segment"] for one in segments] == [None]
            else:
                kinds = {(kind, reference, total) for kind, reference, total, _ in (one["segment"] for one in segments)}
                ((kind, reference, total),) = kinds
                assert (kind, total) == (way.removesuffix("16"), len(segments))
                assert 0 <= reference <= (0xFF if way == "udh" else 0xFFFF)
                assert sorted(map(_number, segments)) == list(range(1, total + 1))
                assert {one["esm_class"] for one in segments} == {0 if way == "sar" else 0x40}
            await _deliver(stand, text, ucs2=coding == 8, long=way)

    both_ways.__name__ = way
    return both_ways


def _number(segment: Event) -> int:
    return 1 if segment["segment"] is None else int(segment["segment"][3])


async def unbound_by_the_smsc(stand: Stand) -> None:
    """The link is bound again by itself, and sends and receives."""
    async with stand.bound() as messages:
        stand.peer.do("unbind", account="demo")
        await stand.peer.until("closed", account="demo")
        await stand.peer.until("bind", count=2, account="demo", status=0)
        await messages.submit(message(GSM))
        await stand.receipts(1)


async def restart(stand: Stand) -> None:
    """The SMSC is killed and starts again; a message that was given to the link meanwhile is sent once it is there."""
    async with stand.bound() as messages:
        await messages.submit(message(GSM))
        await stand.receipts(1)
        await stand.peer.restart()
        await messages.submit(message(UCS2))
        await stand.receipts(2)
        assert [one["text"] for one in await stand.peer.until("submit", count=2)] == [GSM, UCS2]


CELLS = [Cell(kind, way) for kind in KINDS for way in ("plain", *(("tls", "mutual") if kind.secure else ()))]
FEATURES = [
    Feature("Bind, unbind", bind_and_unbind),
    Feature("Message, receipt", message_and_receipt),
    Feature("From a phone", message_from_phone),
    Feature("UCS-2", ucs2),
    Feature("Long: UDH, 8 bit", long(LongText.UDH, "udh")),
    Feature("Long: UDH, 16 bit", long(LongText.UDH16, "udh16")),
    Feature("Long: SAR", long(LongText.SAR, "sar")),
    Feature("Long: payload", long(LongText.PAYLOAD, "payload")),
    Feature("Unbound by the SMSC", unbound_by_the_smsc),
    Feature("Restart of the SMSC", restart),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=CELLS, ids=str)
async def cell(request: pytest.FixtureRequest, pki: Pki) -> AsyncIterator[Stand]:
    """An SMSC with the login demo/secret, for all features in turn."""
    chosen: Cell = request.param
    async with running(chosen.kind, pki, demo="secret") as peer:
        yield Stand(chosen, peer, pki)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("feature", FEATURES, ids=str)
async def test_matrix(cell: Stand, feature: Feature) -> None:
    """Each feature at each SMSC over each transport."""
    await feature.shows(cell)


def test_page_shows_what_runs() -> None:
    """The table of docs/interoperability.md is this matrix: no cell is claimed that does not run, none is left out."""
    assert table_of_page(PAGE) == table(CELLS, FEATURES), "the table has to be:\n" + table(CELLS, FEATURES)
