"""What is counted of one link: plain integers, because a labelled counter costs as much as parsing a PDU."""

from __future__ import annotations

from bisect import bisect_left
from typing import Final, Literal, Protocol, overload

from sms_operator.smpp.command_status import ESME_ROK
from sms_operator.smpp.events import Doubt
from sms_operator.smpp.receipts.parsing import Receipt
from sms_operator.smpp.traffic import Traffic

from .outcomes import SegmentAccepted, SegmentNotSent, SegmentOutcome, SegmentRefused

SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of the histograms; the last bucket has none."""
MAX_STATUSES: Final = 64
"""Different command_status values that are counted each (SMPP 3.4, section 5.1.3, and an SMSC's own): with a limit one
that makes values up makes neither memory nor series of them."""
OTHER_STATUS: Final = -1
"""Every command_status beyond the limit."""

Plain = Literal[
    "smpp_late_responses",
    "smpp_malformed_pdus",
    "smpp_oddities",
    "smpp_quarantined",
    "smpp_response_timeouts",
    "smpp_throttled",
    "smpp_unknown_pdus",
]
"""Counters without labels of their own."""
Labelled = Literal[
    "smpp_bind_attempts",
    "smpp_deliveries",
    "smpp_disconnects",
    "smpp_messages_received",
    "smpp_submits",
]
"""Counters with one."""
TwiceLabelled = Literal["smpp_receipts"]
"""Counters with two."""


class Histogram:
    """How often something took how long."""

    __slots__ = ("buckets", "total")

    def __init__(self) -> None:
        self.buckets = [0] * (len(SECONDS) + 1)
        self.total = 0.0

    def observe(self, seconds: float) -> None:
        """Once more, so long."""
        self.buckets[bisect_left(SECONDS, seconds)] += 1
        self.total += seconds


class Gauges(Protocol):
    """What is read only when somebody asks."""

    @property
    def window_in_use(self) -> int:
        """Requests that wait for a response."""
        ...

    @property
    def window_size(self) -> int:
        """Requests that may wait for one, over all binds that send."""
        ...

    @property
    def waiting(self) -> int:
        """Requests that wait to be sent."""
        ...

    @property
    def rate(self) -> float:
        """Messages a second that are let through; 0: unlimited."""
        ...

    @property
    def open_receipts(self) -> int:
        """Messages that a receipt is waited for."""
        ...


class Tally:
    """Grows only, but for the numbers of binds."""

    __slots__ = (
        "binds_connected",
        "binds_wanted",
        "counts",
        "enquiries",
        "gauges",
        "responses",
        "statuses",
        "traffic",
    )

    def __init__(self) -> None:
        self.binds_wanted = 0
        self.binds_connected = 0
        self.counts: dict[tuple[str, ...], int] = {}
        """By name of the metric and values of its own labels."""
        self.statuses: dict[int, int] = {}
        """Responses to our requests by command_status, at most `MAX_STATUSES` of them and `OTHER_STATUS`."""
        self.responses: Histogram | None = None
        self.enquiries: Histogram | None = None
        self.traffic = Traffic()
        self.gauges: Gauges | None = None

    @overload
    def count(self, name: Plain, /, *, more: int = 1) -> None: ...
    @overload
    def count(self, name: Labelled, label: str, /, *, more: int = 1) -> None: ...
    @overload
    def count(self, name: TwiceLabelled, label: str, second: str, /, *, more: int = 1) -> None: ...
    def count(self, *name: str, more: int = 1) -> None:
        """One more of this metric with these labels."""
        self.counts[name] = self.counts.get(name, 0) + more

    def response(self, status: int, seconds: float) -> None:
        """A response came, so long after its request."""
        try:
            self.statuses[status] += 1
        except KeyError:
            self._another(status)
        histogram = self.responses
        if histogram is None:
            histogram = self.responses = Histogram()
        histogram.buckets[bisect_left(SECONDS, seconds)] += 1
        histogram.total += seconds

    def alive(self, seconds: float) -> None:
        """An enquire_link was answered."""
        if self.enquiries is None:
            self.enquiries = Histogram()
        self.enquiries.observe(seconds)

    def submitted(self, outcome: SegmentOutcome) -> None:
        """What became of a segment."""
        match outcome:
            case SegmentAccepted():
                name = "accepted"
            case SegmentRefused():
                name = "refused"
            case SegmentNotSent():
                name = "not_sent"
            case _:
                name = "unknown"
        self.count("smpp_submits", name)

    def doubt(self, doubt: Doubt) -> None:
        """A request has an unknown outcome."""
        if doubt is Doubt.TIMEOUT:
            self.count("smpp_response_timeouts")

    def receipt(self, receipt: Receipt, matched: bool) -> None:
        """A receipt came."""
        self.count("smpp_receipts", receipt.state.name.lower(), "yes" if matched else "no")

    def answered(self, status: int, number: int) -> None:
        """So many messages of the SMSC were answered."""
        self.count("smpp_deliveries", "yes" if status == ESME_ROK else "no", more=number)

    def _another(self, status: int) -> None:
        statuses = self.statuses
        if len(statuses) >= MAX_STATUSES:
            status = OTHER_STATUS
        statuses[status] = statuses.get(status, 0) + 1
