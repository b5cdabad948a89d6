"""What is counted of a link arrives in Prometheus' text, and costs little memory."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from collections import Counter
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from sms_operator.links.metrics import LinkMetrics
from sms_operator.links.tally import MAX_STATUSES, SECONDS, Labelled, Plain, Tally, TwiceLabelled
from sms_operator.smpp.command_status import ESME_RINVDSTADR
from sms_operator.smpp.commands import Command
from support.dataplane import wanted
from support.linkbench import LinkBench
from support.played import played
from support.sending import SUBMIT, bound, sending

KEY = "tenant/gateway"
WHERE = {"namespace": "tenant", "gateway": "gateway"}
LABELS = {
    "smpp_bind_attempts": "outcome",
    "smpp_deliveries": "taken",
    "smpp_disconnects": "reason",
    "smpp_messages_received": "kind",
    "smpp_submits": "outcome",
}
BOUND_AND_IDLE = 1400
"""Octets that the tally of a gateway may cost which is bound and has only exchanged enquire_links."""


class Levels:
    """What a link would tell."""

    def __init__(self) -> None:
        self.window_in_use = 0
        self.window_size = 10
        self.waiting = 0
        self.rate = 0.0
        self.open_receipts = 0


def value(metrics: LinkMetrics, name: str, **labels: str) -> float | None:
    """Of the gateway; None: there is no such series."""
    return metrics.registry.get_sample_value(name, {**WHERE, **labels})


def series(metrics: LinkMetrics, name: str) -> dict[str, float]:
    """All of a metric, by the values of the labels of its own."""
    return {
        " ".join(text for label, text in sorted(sample.labels.items()) if label not in WHERE): sample.value
        for family in metrics.registry.collect()
        for sample in family.samples
        if sample.name == name
    }


@pytest.mark.parametrize("name", get_args(Plain))
def test_a_counter_without_labels(name: Plain) -> None:
    """Every name that can be counted is shown."""
    metrics = LinkMetrics()
    metrics.tally(KEY).count(name)
    metrics.tally(KEY).count(name, more=2)
    assert value(metrics, f"{name}_total") == 3


@pytest.mark.parametrize("name", get_args(Labelled))
def test_a_counter_with_a_label(name: Labelled) -> None:
    """One series for each value."""
    metrics = LinkMetrics()
    for label in ("one", "other", "one"):
        metrics.tally(KEY).count(name, label)
    assert value(metrics, f"{name}_total", **{LABELS[name]: "one"}) == 2
    assert value(metrics, f"{name}_total", **{LABELS[name]: "other"}) == 1


def test_a_counter_with_two_labels() -> None:
    """In the order of its labels."""
    metrics = LinkMetrics()
    assert get_args(TwiceLabelled) == ("smpp_receipts",)
    metrics.tally(KEY).count("smpp_receipts", "delivered", "no")
    assert value(metrics, "smpp_receipts_total", state="delivered", matched="no") == 1


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["accepted", "refused", "unknown"]))))
def test_nothing_is_lost_and_no_gateway_counts_for_another(events: list[tuple[str, str]]) -> None:
    """However the links take turns."""
    metrics = LinkMetrics()
    for gateway, outcome in events:
        metrics.tally(f"tenant/{gateway}").count("smpp_submits", outcome)
    told = {
        (sample.labels["gateway"], sample.labels["outcome"]): sample.value
        for family in metrics.registry.collect()
        for sample in family.samples
        if sample.name == "smpp_submits_total"
    }
    assert told == Counter(events)


@given(st.lists(st.floats(0, 100) | st.sampled_from(SECONDS)))
def test_a_bucket_holds_all_that_took_no_longer(times: list[float]) -> None:
    """A bound is in its own bucket; the last bucket is the count."""
    metrics = LinkMetrics()
    tally = metrics.tally(KEY)
    for seconds in times:
        tally.response(0, seconds)
        tally.alive(seconds)
    for name in ("smpp_response_seconds", "smpp_enquire_link_seconds"):
        if not times:
            assert value(metrics, f"{name}_count") is None
            continue
        for bound_ in SECONDS:
            expected = sum(seconds <= bound_ for seconds in times)
            assert value(metrics, f"{name}_bucket", le=str(bound_)) == expected
        assert value(metrics, f"{name}_bucket", le="+Inf") == value(metrics, f"{name}_count") == len(times)
        assert value(metrics, f"{name}_sum") == pytest.approx(sum(times))


def test_an_smsc_that_makes_statuses_up() -> None:
    """Costs neither memory nor series, and no response is lost from the sum."""
    metrics = LinkMetrics()
    tally = metrics.tally(KEY)
    for status in range(10_000):
        tally.response(status, 0.1)
    tally.response(5, 0.1)
    statuses = series(metrics, "smpp_responses_total")
    assert len(tally.statuses) == len(statuses) == MAX_STATUSES + 1
    assert statuses["0x00000005"] == 2
    assert statuses["other"] == 10_000 - MAX_STATUSES
    assert sum(statuses.values()) == 10_001


def test_commands_that_no_standard_knows_are_one_series() -> None:
    """By direction; the others go by their names."""
    metrics = LinkMetrics()
    traffic = metrics.tally(KEY).traffic
    traffic.received.update({Command.DELIVER_SM: 4, 0x0001_0203: 2, 0x0001_0204: 3})
    traffic.sent.update({Command.DELIVER_SM_RESP: 4, Command.GENERIC_NACK: 5})
    traffic.octets_received, traffic.octets_sent = 1000, 500
    assert series(metrics, "smpp_pdus_total") == {
        "deliver_sm received": 4,
        "other received": 5,
        "deliver_sm_resp sent": 4,
        "generic_nack sent": 5,
    }
    assert series(metrics, "smpp_octets_total") == {"received": 1000, "sent": 500}


def test_levels_are_read_when_somebody_asks() -> None:
    """And a link that sends nothing has none."""
    metrics = LinkMetrics()
    assert value(metrics, "smpp_window_size") is None
    levels = metrics.tally(KEY).gauges = Levels()
    assert value(metrics, "smpp_window_size") == 10
    levels.window_in_use, levels.waiting, levels.rate, levels.open_receipts = 7, 3, 12.5, 100_000
    assert value(metrics, "smpp_window_in_use") == 7
    assert value(metrics, "smpp_queue_depth") == 3
    assert value(metrics, "smpp_rate_limit") == 12.5
    assert value(metrics, "smpp_open_receipts") == 100_000


def test_the_series_of_a_gateway_go_with_it() -> None:
    """One that returns begins anew; the others stay."""
    metrics = LinkMetrics()
    for key in (KEY, "tenant/other"):
        tally = metrics.tally(key)
        tally.count("smpp_throttled")
        tally.response(0, 0.1)
        tally.gauges = Levels()
    metrics.forget(KEY)
    metrics.forget("tenant/unheard-of")
    assert b'gateway="gateway"' not in metrics.exposition()
    assert b'gateway="other"' in metrics.exposition()
    metrics.tally(KEY).count("smpp_throttled")
    assert value(metrics, "smpp_throttled_total") == 1


@pytest.mark.parametrize("name", ['qu"ote', "back\\slash", "line\nfeed", 'both\\"\\n'])
def test_a_name_cannot_break_out_of_its_label(name: str) -> None:
    """The text stays readable, with the name as it is."""
    metrics = LinkMetrics()
    metrics.tally(f"tenant/{name}").binds_wanted = 3
    assert metrics.registry.get_sample_value("smpp_binds_wanted", {"namespace": "tenant", "gateway": name}) == 3


def test_every_metric_is_announced_once_and_in_one_piece() -> None:
    """As the text format demands, and before there is a gateway too."""
    metrics = LinkMetrics()
    empty = [family.name for family in text_string_to_metric_families(metrics.exposition().decode())]
    for key in ("a/b", "a/c", "d/b"):
        _one_of_each(metrics.tally(key))
    full = metrics.exposition().decode()
    assert [family.name for family in text_string_to_metric_families(full)] == empty
    assert len(set(empty)) == len(empty) == full.count("# TYPE") == full.count("# HELP")
    assert all(family.samples for family in text_string_to_metric_families(full))


def test_an_idle_gateway_costs_little() -> None:
    """Labelled series and histograms take memory once there is something to count."""
    metrics = LinkMetrics()
    keys = [f"tenant/gateway-{number}" for number in range(1000)]
    _bound_and_idle(metrics.tally(KEY))
    gc.collect()
    tracemalloc.start()
    try:
        before = _held()
        for key in keys:
            metrics.tally(key).binds_wanted = 1
        wanted_only = _held()
        for key in keys:
            _bound_and_idle(metrics.tally(key))
        idle = _held()
    finally:
        tracemalloc.stop()
    assert wanted_only - before <= 600 * len(keys)
    assert idle - before <= BOUND_AND_IDLE * len(keys)


def _held() -> int:
    """Octets that the links' own code has allocated and holds: whatever else lives in this process counts not."""
    own = tracemalloc.take_snapshot().filter_traces([tracemalloc.Filter(True, "*/sms_operator/links/*")])
    return sum(trace.size for trace in own.traces)


async def test_what_a_link_does_is_counted(bench: LinkBench) -> None:
    """Over a real socket; when the gateway is gone, so are its series."""
    async with played() as smsc:
        link = wanted(smsc.port, window_size=3)
        desk, esme = await bound(bench, smsc, link)
        tasks = sending(desk, 3)
        frames = await esme.until(SUBMIT, 3)
        assert bench.sample("smpp_window_in_use") == bench.sample("smpp_window_size") == 3
        esme.refuse(frames[0], ESME_RINVDSTADR)
        esme.accept(frames[1], "1")
        esme.accept(frames[2], "2")
        await asyncio.wait(tasks)
        assert [task.exception() is None for task in tasks] == [False, True, True]
        assert bench.sample("smpp_submits_total", outcome="accepted") == 2
        assert bench.sample("smpp_submits_total", outcome="refused") == 1
        assert bench.sample("smpp_responses_total", command_status="0x00000000") == 2
        assert bench.sample("smpp_responses_total", command_status="0x0000000b") == 1
        assert bench.sample("smpp_response_seconds_count") == 3
        assert bench.sample("smpp_pdus_total", direction="sent", command="submit_sm") == 3
        assert bench.sample("smpp_pdus_total", direction="received", command="submit_sm_resp") == 3
        assert bench.sample("smpp_bind_attempts_total", outcome="bound") == 1
        assert bench.sample("smpp_binds_connected") == bench.sample("smpp_binds_wanted") == 1
        assert bench.sample("smpp_window_in_use") == 0
        bench.table.remove(link.key)
        await bench.table.close()
        assert b"gateway=" not in bench.metrics.exposition()


def _one_of_each(tally: Tally) -> None:
    _bound_and_idle(tally)
    for plain in get_args(Plain):
        tally.count(plain)
    for labelled in get_args(Labelled):
        tally.count(labelled, "x")
    tally.count("smpp_receipts", "delivered", "yes")
    tally.response(0, 0.1)
    tally.gauges = Levels()


def _bound_and_idle(tally: Tally) -> None:
    tally.binds_wanted = tally.binds_connected = 1
    tally.count("smpp_bind_attempts", "bound")
    traffic = tally.traffic
    traffic.sent.update({Command.BIND_TRANSCEIVER: 1, Command.ENQUIRE_LINK: 2000})
    traffic.received.update({Command.BIND_TRANSCEIVER_RESP: 1, Command.ENQUIRE_LINK_RESP: 2000})
    traffic.octets_sent = traffic.octets_received = 32_000 + len(traffic.sent)
    for _ in range(3):
        tally.alive(0.004)
