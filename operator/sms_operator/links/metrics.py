"""The data plane's Prometheus metrics (docs/metrics.md). Labels name gateways, never numbers, logins or addresses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from sms_operator.smpp.commands import command_name

from .tally import SECONDS, Gauges, Histogram, Tally

_GATEWAY: Final = ("namespace", "gateway")
_COUNTERS: Final = {
    "smpp_bind_attempts": ("Attempts to bind, by what came of them.", "outcome"),
    "smpp_deliveries": ("Messages from the SMSC that were answered, by whether they were taken.", "taken"),
    "smpp_disconnects": ("Binds lost, by reason.", "reason"),
    "smpp_late_responses": ("Responses that came after their time.",),
    "smpp_malformed_pdus": ("PDUs whose body could not be read.",),
    "smpp_messages_received": ("What the SMSC delivered: whole messages, and parts of long ones.", "kind"),
    "smpp_oddities": ("PDUs that were out of place and passed over.",),
    "smpp_quarantined": ("Messages that were put aside because nobody could take them.",),
    "smpp_receipts": ("Receipts, by state and by whether their message was known.", "state", "matched"),
    "smpp_response_timeouts": ("Requests without a response in time.",),
    "smpp_submits": ("Segments given to the link, by what became of them.", "outcome"),
    "smpp_throttled": ("Requests that the SMSC refused because there were too many.",),
    "smpp_unknown_pdus": ("Requests of the SMSC with a command that is not one for an ESME.",),
}
_GAUGES: Final[dict[str, tuple[str, Callable[[Gauges], float]]]] = {
    "smpp_window_in_use": ("Requests that wait for a response.", lambda gauges: gauges.window_in_use),
    "smpp_window_size": (
        "Requests that may wait for one.",
        lambda gauges: gauges.window_size,
    ),
    "smpp_queue_depth": ("Requests that wait to be sent.", lambda gauges: gauges.waiting),
    "smpp_rate_limit": ("Messages a second that are let through now; 0: unlimited.", lambda gauges: gauges.rate),
    "smpp_open_receipts": ("Messages that a receipt is waited for.", lambda gauges: gauges.open_receipts),
}

_Series = Iterator[tuple[tuple[str, str], Tally]]


class LinkMetrics(Collector):
    """Collects what the links have tallied when somebody asks; the series of a gateway go with it."""

    def __init__(self) -> None:
        self._tallies: dict[str, Tally] = {}
        self.registry = CollectorRegistry()
        self.registry.register(self)

    def tally(self, key: str) -> Tally:
        """Where this gateway is counted."""
        tally = self._tallies.get(key)
        if tally is None:
            tally = self._tallies[key] = Tally()
        return tally

    def forget(self, key: str) -> None:
        """Remove the series of a gateway."""
        self._tallies.pop(key, None)

    def exposition(self) -> bytes:
        """Everything, in Prometheus' text format."""
        return generate_latest(self.registry)

    def collect(self) -> Iterable[Metric]:
        """Every metric, those without a series too."""
        wanted = GaugeMetricFamily("smpp_binds_wanted", "Binds that shall be up.", labels=_GATEWAY)
        connected = GaugeMetricFamily("smpp_binds_connected", "Binds that are up.", labels=_GATEWAY)
        for labels, tally in self._series():
            wanted.add_metric(labels, tally.binds_wanted)
            connected.add_metric(labels, tally.binds_connected)
        yield wanted
        yield connected
        yield from self._counters()
        yield from self._gauges()
        yield self._statuses()
        yield self._pdus()
        yield self._octets()
        yield self._histogram("smpp_response_seconds", "From a request to its response.", lambda tally: tally.responses)
        yield self._histogram(
            "smpp_enquire_link_seconds", "From an enquire_link to its answer.", lambda tally: tally.enquiries
        )

    def _series(self) -> _Series:
        for key, tally in self._tallies.items():
            namespace, _, name = key.partition("/")
            yield (namespace, name), tally

    def _counters(self) -> Iterator[Metric]:
        families = {
            name: CounterMetricFamily(name, text, labels=(*_GATEWAY, *labels))
            for name, (text, *labels) in _COUNTERS.items()
        }
        for labels, tally in self._series():
            for (name, *own), count in tally.counts.items():
                families[name].add_metric((*labels, *own), count)
        yield from families.values()

    def _gauges(self) -> Iterator[Metric]:
        for name, (text, read) in _GAUGES.items():
            family = GaugeMetricFamily(name, text, labels=_GATEWAY)
            for labels, tally in self._series():
                if tally.gauges is not None:
                    family.add_metric(labels, read(tally.gauges))
            yield family

    def _statuses(self) -> Metric:
        family = CounterMetricFamily(
            "smpp_responses", "Responses to our requests.", labels=(*_GATEWAY, "command_status")
        )
        for labels, tally in self._series():
            for status, count in tally.statuses.items():
                family.add_metric((*labels, f"0x{status:08x}"), count)
        return family

    def _pdus(self) -> Metric:
        family = CounterMetricFamily("smpp_pdus", "PDUs on the wire.", labels=(*_GATEWAY, "direction", "command"))
        for labels, tally in self._series():
            for direction, counts in (("received", tally.traffic.received), ("sent", tally.traffic.sent)):
                for name, count in _named(counts).items():
                    family.add_metric((*labels, direction, name), count)
        return family

    def _octets(self) -> Metric:
        family = CounterMetricFamily("smpp_octets", "Octets on the wire.", labels=(*_GATEWAY, "direction"))
        for labels, tally in self._series():
            family.add_metric((*labels, "received"), tally.traffic.octets_received)
            family.add_metric((*labels, "sent"), tally.traffic.octets_sent)
        return family

    def _histogram(self, name: str, text: str, read: Callable[[Tally], Histogram | None]) -> Metric:
        family = HistogramMetricFamily(name, text, labels=_GATEWAY)
        for labels, tally in self._series():
            histogram = read(tally)
            if histogram is not None:
                bounds = [*map(str, SECONDS), "+Inf"]
                counts = accumulate(histogram.buckets)
                family.add_metric(labels, list(zip(bounds, counts, strict=True)), sum_value=histogram.total)
        return family


def _named(counts: dict[int, int]) -> dict[str, int]:
    """By name; what no standard knows is one, so that a peer cannot make series."""
    named: dict[str, int] = {}
    for command_id, count in counts.items():
        name = command_name(command_id)
        name = "other" if name.startswith("0x") else name
        named[name] = named.get(name, 0) + count
    return named
