"""Everything that is sent and received over the binds of one link."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from sms_operator.protocol.messages import WantedLink
from sms_operator.smpp.commands import Command
from sms_operator.smpp.errors import Malformed
from sms_operator.smpp.events import Abandoned, Alert, Answered, AnsweredLate, Delivery, Event, Unanswered
from sms_operator.smpp.operations import CancelSm, QuerySm, ReplaceSm, SubmitMulti
from sms_operator.smpp.pdus import DataSm
from sms_operator.smpp.receipts.ids import IdForm
from sms_operator.smpp.receipts.store import OpenReceipts
from sms_operator.smpp.responses import QuerySmResponse, SubmitMultiResponse
from sms_operator.smpp.transport import SessionProtocol
from sms_operator.smpp.tuples import maker

from .composer import Composer
from .exchange import Exchange
from .inbound import Receiver
from .outcomes import Accepted, Hindrance, SegmentAccepted, SegmentOutcome, conclude
from .outgoing import PATIENCE, BinaryMessage, TextMessage, Tracked
from .sender import Sender
from .surroundings import Surroundings

_accepted: Final = maker(Accepted)
_tracked: Final = maker(Tracked)
_SUBMIT_SM: Final = int(Command.SUBMIT_SM)


class Desk:
    """Made with the link and cheap until the first message: what messages need is made when one comes.

    Every method that sends waits for its turn, for room in a window, and for the rate; it returns what the SMSC
    answered and raises SubmitError for everything else. `patience` is in seconds, and only for what was not sent yet.
    """

    __slots__ = (
        "_around",
        "_changed",
        "_composer",
        "_loop",
        "_receipts",
        "_receiver",
        "_sender",
        "_ways",
        "_wish",
        "tally",
    )

    def __init__(self, wish: WantedLink, surroundings: Surroundings, changed: Callable[[], None]) -> None:
        """`changed` is called when the SMSC begins or ceases to throttle."""
        self._wish = wish
        self._around = surroundings
        self._changed = changed
        self._loop = asyncio.get_running_loop()
        self._ways: list[SessionProtocol] = []
        self._composer: Composer | None = None
        self._receipts: OpenReceipts[Tracked] | None = None
        self._sender: Sender | None = None
        self._receiver: Receiver | None = None
        self.tally = surroundings.metrics.tally(wish.key)

    async def submit(self, message: TextMessage | BinaryMessage, patience: float = PATIENCE) -> Accepted:
        """Send a message by submit_sm, one for each segment (SMPP 3.4, section 4.4).

        Raises:
            Unencodable: the text does not fit the gateway's alphabet, or is longer than 255 segments.
            EncodingError: an address or option that SMPP cannot carry.
            NotSent: nothing left, `hindrance` says why; sending it again is safe.
            Refused: the SMSC does not take it; `command_status` says why.
            OutcomeUnknown: it left and the SMSC may have it; the link never sends it again by itself.
            PartlySent: some segments were accepted and the others never left.
        """
        composer = self._composer or self._the_composer()
        bodies, wanted = composer.compose(message)
        sender = self._sender or self._the_sender()
        total = len(bodies)
        if total == 1:
            tracked = _tracked((message.destination.digits, 1, 1, message.tag)) if wanted else None
            exchange = Exchange(_SUBMIT_SM, bodies[0], self._loop.create_future(), patience, tracked)
            sender.send(exchange)
            outcome = await exchange.future
            if isinstance(outcome, SegmentAccepted):
                return _accepted(((outcome.message_id,), outcome.endpoint))
            return conclude((outcome,))
        exchanges: list[Exchange] = []
        for number, body in enumerate(bodies, 1):
            tracked = Tracked(message.destination.digits, number, total, message.tag) if wanted else None
            exchanges.append(Exchange(_SUBMIT_SM, body, self._loop.create_future(), patience, tracked))
        sender.send_all(exchanges)
        try:
            outcomes = tuple([await exchange.future for exchange in exchanges])
        finally:
            # A caller that gives up takes back what has not left: nobody wants half a message.
            for exchange in exchanges:
                exchange.future.cancel()
        return conclude(outcomes)

    async def submit_multi(self, message: SubmitMulti, patience: float = PATIENCE) -> SubmitMultiResponse:
        """One message for up to 254 destinations (section 4.5); its receipts are not tracked.

        Raises as `submit`. Of a response that cannot be read only the message_id is told: the SMSC has the message.
        """
        accepted = await self._request(Command.SUBMIT_MULTI, message.encode(), patience)
        try:
            return SubmitMultiResponse.decode(accepted.body)
        except Malformed:
            return SubmitMultiResponse(accepted.message_id)

    async def data(self, message: DataSm, patience: float = PATIENCE) -> str:
        """Send a data_sm (section 4.7) and return its message_id. Raises as `submit`."""
        return (await self._request(Command.DATA_SM, message.encode(), patience)).message_id

    async def query(self, query: QuerySm, patience: float = PATIENCE) -> QuerySmResponse:
        """Ask what became of a message (section 4.8). Raises as `submit`, and Malformed for a senseless response."""
        return QuerySmResponse.decode((await self._request(Command.QUERY_SM, query.encode(), patience)).body)

    async def cancel(self, cancel: CancelSm, patience: float = PATIENCE) -> None:
        """Take back a message that is not delivered yet (section 4.9). Raises as `submit`."""
        await self._request(Command.CANCEL_SM, cancel.encode(), patience)

    async def replace(self, replace: ReplaceSm, patience: float = PATIENCE) -> None:
        """Put another text in the place of one that is not delivered yet (section 4.10). Raises as `submit`."""
        await self._request(Command.REPLACE_SM, replace.encode(), patience)

    @property
    def throttled(self) -> bool:
        """Whether the SMSC limits us."""
        return self._sender is not None and self._sender.throttled

    def adopt(self, wish: WantedLink) -> None:
        """Follow another wish: defaults of messages, windows and the rate, from now on."""
        before, self._wish = self._wish, wish
        if self._composer is not None and wish.message != before.message:
            self._composer.adopt(wish.message)
        if self._receipts is not None and wish.message.receipt_ids != before.message.receipt_ids:
            self._receipts.adopt(IdForm(wish.message.receipt_ids))
        if self._receiver is not None:
            self._receiver.adopt(wish)
        if self._sender is not None:
            self._sender.allow(any(kind.sends for kind in wish.bind_types))
            self._sender.declare(wish.throughput)

    def opened(self, way: SessionProtocol) -> None:
        """A bind stands that sends."""
        self._ways.append(way)
        if self._sender is not None:
            self._sender.opened(way)

    def lost(self, way: SessionProtocol) -> None:
        """It stands no longer."""
        if way in self._ways:
            self._ways.remove(way)
        if self._sender is not None:
            self._sender.lost(way)

    def writable(self) -> None:
        """A bind takes requests again."""
        if self._sender is not None:
            self._sender.pump()

    def answered(self, event: Answered, way: SessionProtocol) -> None:
        """A response to a request of ours."""
        (self._sender or self._the_sender()).answered(event, way.peer)

    def handle(self, event: Event, way: SessionProtocol) -> None:
        """A request of the SMSC, or the lack of a response."""
        match event:
            case Delivery():
                self._the_receiver().delivered(event, way)
            case Unanswered():
                self._the_sender().unanswered(event, way.peer)
            case AnsweredLate():
                self._the_sender().answered_late(event, way.peer)
            case Abandoned():
                self._the_sender().abandoned(event)
            case Alert(body):
                self._the_receiver().alerted(body)
            case _:
                raise AssertionError(f"{event!r} is not about a message")

    def stop(self) -> None:
        """Send nothing more, and hand back what waits."""
        self._the_sender().close(Hindrance.CLOSED)

    async def close(self) -> None:
        """Wait for the verdicts on what was received, and hand over what was received in part."""
        if self._receiver is not None:
            await self._receiver.close(self._wish.response_timeout)

    async def _request(self, command: Command, body: bytes, patience: float) -> SegmentAccepted:
        exchange = Exchange(command, body, self._loop.create_future(), patience)
        self._the_sender().send(exchange)
        outcome: SegmentOutcome = await exchange.future
        if not isinstance(outcome, SegmentAccepted):
            conclude((outcome,))
            raise AssertionError("what was not accepted raises")
        return outcome

    def _the_composer(self) -> Composer:
        if self._composer is None:
            self._composer = Composer(self._wish.message, self._around.random.randrange(0x10000))
        return self._composer

    def _the_receipts(self) -> OpenReceipts[Tracked]:
        if self._receipts is None:
            self._receipts = OpenReceipts(IdForm(self._wish.message.receipt_ids))
        return self._receipts

    def _the_sender(self) -> Sender:
        if self._sender is None:
            self._sender = Sender(self._wish.throughput, self._the_receipts(), self.tally, self._changed)
            for way in self._ways:
                self._sender.opened(way)
            self.tally.gauges = self._sender
            self._sender.allow(any(kind.sends for kind in self._wish.bind_types))
        return self._sender

    def _the_receiver(self) -> Receiver:
        if self._receiver is None:
            around = self._around
            self._receiver = Receiver(
                self._wish,
                around.deliver,
                around.quarantine,
                self._the_receipts(),
                self._the_sender(),
                self.tally,
            )
        return self._receiver
