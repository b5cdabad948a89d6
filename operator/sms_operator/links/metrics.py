"""The data plane's Prometheus metrics (docs/metrics.md). Labels name gateways, never numbers, logins or addresses."""

from __future__ import annotations

import contextlib
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from sms_operator.smpp.command_status import ESME_ROK

_GATEWAY = ["namespace", "gateway"]


class LinkMetrics:
    """One registry; the series of a gateway go with it."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._wanted = self._gauge("smpp_binds_wanted", "Binds that shall be up.")
        self._connected = self._gauge("smpp_binds_connected", "Binds that are up.")
        self._attempts = self._counter("smpp_bind_attempts", "Attempts to bind, by what came of them.", "outcome")
        self._disconnects = self._counter("smpp_disconnects", "Binds lost, by reason.", "reason")
        self._deliveries = self._counter(
            "smpp_deliveries", "Messages from the SMSC, by whether they were taken.", "taken"
        )
        self._oddities = self._counter("smpp_oddities", "PDUs that were out of place and passed over.")
        self._series: dict[str, set[tuple[Any, tuple[str, ...]]]] = {}

    def binds(self, key: str, wanted: int, connected: int) -> None:
        """The state of a link."""
        self._labelled(self._wanted, key).set(wanted)
        self._labelled(self._connected, key).set(connected)

    def attempt(self, key: str, outcome: str) -> None:
        """Count an attempt: `bound` or the reason of its failure."""
        self._labelled(self._attempts, key, outcome).inc()

    def disconnect(self, key: str, reason: str) -> None:
        """Count a bind that was lost or ended."""
        self._labelled(self._disconnects, key, reason).inc()

    def delivery(self, key: str, status: int) -> None:
        """Count a message from the SMSC by our answer."""
        self._labelled(self._deliveries, key, "yes" if status == ESME_ROK else "no").inc()

    def oddity(self, key: str) -> None:
        """Count a PDU that was passed over."""
        self._labelled(self._oddities, key).inc()

    def forget(self, key: str) -> None:
        """Remove the series of a gateway."""
        for metric, labels in self._series.pop(key, ()):
            with contextlib.suppress(KeyError):
                metric.remove(*labels)

    def exposition(self) -> bytes:
        """Everything, in Prometheus' text format."""
        return generate_latest(self.registry)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(name, text, _GATEWAY, registry=self.registry)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, [*_GATEWAY, *labels], registry=self.registry)

    def _labelled(self, metric: Any, key: str, *labels: str) -> Any:
        namespace, _, name = key.partition("/")
        values = (namespace, name, *labels)
        self._series.setdefault(key, set()).add((metric, values))
        return metric.labels(*values)
