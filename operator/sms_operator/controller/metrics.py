"""The control plane's Prometheus metrics (docs/metrics.md). Labels never hold a number, a login or an address."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from sms_operator.core.keys import CERTIFICATE
from sms_operator.core.moment import parse_stamp
from sms_operator.core.world import World

WRITES = frozenset({"apply", "create", "patch", "replace", "delete"})


class Metrics:
    """One registry and everything in it."""

    def __init__(self, world: World, queue_depth: Callable[[], int]) -> None:
        self.registry = CollectorRegistry()
        self.reconcile_seconds = Histogram(
            "sms_operator_reconcile_seconds",
            "Time to decide about an object and write the difference.",
            ["kind"],
            registry=self.registry,
            buckets=(0.001, 0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
        )
        self.reconcile_errors = Counter(
            "sms_operator_reconcile_errors_total",
            "Reconciles that failed and are repeated.",
            ["kind"],
            registry=self.registry,
        )
        self._requests = Counter(
            "sms_operator_api_requests_total",
            "Requests to the API server.",
            ["verb", "resource", "code"],
            registry=self.registry,
        )
        self._writes = Counter(
            "sms_operator_api_writes_total", "Writes to the API server.", ["resource", "verb"], registry=self.registry
        )
        self.watch_restarts = Gauge(
            "sms_operator_watch_restarts", "Times the informer was started anew.", registry=self.registry
        )
        self.repairs = Counter(
            "sms_operator_missed_changes_total",
            "Changes the sweep found and no watch event told.",
            registry=self.registry,
        )
        depth = Gauge("sms_operator_queue_depth", "Objects waiting to be reconciled.", registry=self.registry)
        depth.set_function(queue_depth)
        self.data_plane = Gauge(
            "sms_operator_data_plane_connected", "1 while the data plane answers.", registry=self.registry
        )
        self.data_plane.set_function(lambda: float(world.data_plane.connected))
        self.registry.register(_Objects(world))

    def request(self, verb: str, plural: str, status: int, _seconds: float) -> None:
        """Count one request to the API server."""
        self._requests.labels(verb, plural, str(status)).inc()
        if verb in WRITES and 0 < status < 400:
            self._writes.labels(plural, verb).inc()

    def exposition(self) -> bytes:
        """Everything, in Prometheus' text format."""
        return generate_latest(self.registry)


class _Objects(Collector):
    """Counts and dates read off the World at each scrape."""

    def __init__(self, world: World) -> None:
        self._world = world

    def collect(self) -> Iterator[GaugeMetricFamily]:
        objects = GaugeMetricFamily(
            "sms_operator_objects", "Objects by kind and Ready status.", labels=["kind", "ready"]
        )
        expiry = GaugeMetricFamily(
            "sms_operator_certificate_expiry_seconds",
            "Seconds until a Certificate expires; negative afterwards.",
            labels=["namespace", "name"],
        )
        counts: dict[tuple[str, str], int] = {}
        now = datetime.now(UTC)
        for entry in self._world.entries():
            ready = next((c["status"] for c in entry.status.get("conditions", ()) if c["type"] == "Ready"), "None")
            counts[entry.key.kind, ready] = counts.get((entry.key.kind, ready), 0) + 1
            if entry.key.kind == CERTIFICATE and "notAfter" in entry.status:
                left = (parse_stamp(entry.status["notAfter"]) - now).total_seconds()
                expiry.add_metric([entry.key.namespace, entry.key.name], left)
        for labels, count in sorted(counts.items()):
            objects.add_metric(list(labels), count)
        yield objects
        yield expiry
