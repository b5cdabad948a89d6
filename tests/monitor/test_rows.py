"""Rows out of objects: every state, what is last wrong, and only what concerns a gateway touches it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_operator.monitor.cells import cells, level
from sms_operator.monitor.panel import panel
from sms_operator.monitor.plain import plain
from sms_operator.monitor.query import SORTABLE, parse
from sms_operator.monitor.rows import row_of
from sms_operator.monitor.store import Store
from sms_operator.views.ages import age, days_left
from sms_operator.views.bodies import Name
from sms_operator.views.gateway_rows import Row, State
from support.monitoring import status_of

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
GW = Name("acme", "gw")


def body(
    kind: str, name: str, spec: dict[str, Any], status: dict[str, Any] | None = None, **meta: Any
) -> dict[str, Any]:
    """An object as the API server shows it."""
    created = "2026-11-01T00:00:00Z"
    metadata = {"namespace": "acme", "name": name, "generation": 1, "creationTimestamp": created, **meta}
    return {"kind": kind, "metadata": metadata, "spec": spec, "status": status or {}}


def gateway(status: dict[str, Any] | None = None, name: str = "gw", **spec: Any) -> dict[str, Any]:
    """A gateway."""
    return body("SmppGateway", name, {"endpoints": [{"host": "a.example", "port": 2775}], **spec}, status)


def row(*objects: dict[str, Any]) -> Row:
    """The row of `gw`."""
    store = Store()
    for item in objects:
        store.put(item["kind"], item)
    found = row_of(store, GW, NOW)
    assert found is not None
    return found


DISCONNECTED = ("False", "Disconnected", "Disconnected: ines: maintenance")


@pytest.mark.parametrize(
    ("status", "state", "words"),
    [
        ({}, State.CONNECTING, "The operator has not looked at it yet"),
        (status_of(), State.CONNECTED, "Connection succeeded"),
        (status_of(("False", "Unreachable", "Nothing listens")), State.FAILING, "Nothing listens"),
        (status_of(("False", "PartiallyConnected", "1 of 2")), State.PARTLY, "1 of 2"),
        (status_of(("Unknown", "Connecting", "Connecting")), State.CONNECTING, "Connecting"),
        (status_of(DISCONNECTED, ready=("True", "Disconnected", "off")), State.DISCONNECTED, DISCONNECTED[2]),
        (
            status_of(
                ("Unknown", "Pending", "Not dialled"), ready=("False", "SecretNotFound", 'Secret "x" is missing')
            ),
            State.FAILING,
            'Secret "x" is missing',
        ),
        (status_of(ready=("False", "AccountConflict", "older one")), State.FAILING, "older one"),
    ],
)
def test_states(status: dict[str, Any], state: State, words: str) -> None:
    """One word, and the words of the condition that says it."""
    seen = row(gateway(status))
    assert (seen.state, seen.status) == (state, words)


def test_certificate_that_ends_first() -> None:
    """Of trust and identity, with the days left and how much that matters."""
    tls = {"trustCertificateRef": {"name": "root"}, "identityCertificateRef": {"name": "own"}}
    later = body("Certificate", "root", {}, {"notAfter": "2027-11-23T12:00:00Z"})
    sooner = body("Certificate", "own", {"usage": "Identity"}, {"notAfter": "2026-11-28T11:00:00Z"})
    seen = row(gateway(tls=tls), later, sooner)
    assert (seen.certificate, seen.certificate_days, level(seen)) == ("own", 4, "now")
    assert (level(row(gateway(tls=tls), later)), row(gateway(tls={**tls, "enabled": False}), sooner).certificate) == (
        "",
        "",
    )


def test_only_an_error_of_now_shows_its_command_status() -> None:
    """lastError stays in the status when all is well again."""
    error = {"reason": "InvalidPassword", "commandStatus": 14, "message": "m", "time": "2026-11-20T00:00:00Z"}
    assert row(gateway(status_of(("False", "InvalidPassword", "m"), lastError=error))).detail == "ESME_RINVPASWD"
    assert row(gateway(status_of(lastError=error))).detail == ""


def test_reconnects_of_the_last_hour() -> None:
    """By Events; the first connection of a young gateway is none, and older ones do not count."""

    def told(name: str, minutes: int, count: int) -> dict[str, Any]:
        about = {"kind": "SmppGateway", "apiVersion": "sms-operator.dev/v1alpha1", "namespace": "acme", "name": "gw"}
        last = (NOW - timedelta(minutes=minutes)).isoformat()
        return {**body("Event", name, {}), "involvedObject": about, "reason": "ConnectionSucceeded",
                "lastTimestamp": last, "count": count}  # fmt: skip

    old = gateway(status_of())
    young = gateway(status_of())
    young["metadata"]["creationTimestamp"] = (NOW - timedelta(minutes=20)).isoformat()
    assert row(old, told("a", 5, 3), told("b", 61, 9)).reconnects == 3
    assert row(young, told("a", 5, 1)).reconnects == 0


def test_what_touches_a_gateway() -> None:
    """Its channels, routes, certificates and unit, also when they move away; nothing else."""
    store = Store()
    other = Name("acme", "other")
    tls = {"trustCertificateRef": {"name": "root"}}
    assert store.put("SmppGateway", gateway(tls=tls, organizationUnitRef={"name": "sales"})) == {GW}
    assert store.put("SmppGateway", gateway(name="other")) == {other}
    channel = body("SmsChannel", "ch", {"gatewayRef": {"name": "gw"}})
    moved = body("SmsChannel", "ch", {"gatewayRef": {"name": "other"}})
    assert store.put("SmsChannel", channel) == {GW}
    assert store.put("SmsChannel", moved) == {GW, other}
    assert store.remove("SmsChannel", Name("acme", "ch")) == {other}
    assert store.put("Certificate", body("Certificate", "root", {})) == {GW}
    assert store.put("Certificate", body("Certificate", "unused", {})) == set()
    assert store.put("OrganizationUnit", body("OrganizationUnit", "sales", {"displayName": "Sales"})) == {GW}
    assert store.replace("SmppGateway", "elsewhere", []) == set()
    assert store.replace("SmppGateway", None, [gateway(name="other")]) == {GW, other}
    assert list(store.gateways()) == [other]


def test_the_panel_has_no_secret_and_quotes_its_commands() -> None:
    """Names of Secrets are not shown as contents; commands are safe to paste."""
    login = {"systemId": "demo", "passwordSecretRef": {"name": "login"}}
    store = Store()
    store.put("SmppGateway", gateway(status_of(), login=login))
    found = panel(store, GW, NOW)
    assert found is not None
    assert found["commands"][2] == ("Rebuild", "smsctl gateway rebuild gw -n acme --wait")
    assert found["interrupts"] == "A rebuild closes the bind and opens it again at once. No channel is served by it."
    assert panel(store, Name("acme", "nobody"), NOW) is None


TEXT = st.text(max_size=12)


@given(st.lists(st.sampled_from([*SORTABLE, "nonsense"]), max_size=2), TEXT, st.booleans())
def test_any_address_is_a_query(sort: list[str], text: str, down: bool) -> None:
    """What is unknown counts as not said; the order is total and keeps every row."""
    rows = [row(gateway(status_of())), row(gateway(status_of(("False", "Unreachable", "no"))))]
    query = parse({"q": [text], "sort": [f"-{name}" if down else name for name in sort], "state": ["Nonsense"]})
    assert query.sort in SORTABLE
    assert query.states == frozenset()
    assert sorted(item.state for item in query.ordered(rows)) == sorted(item.state for item in rows)


def test_filters() -> None:
    """By words, state and unit, all of them together."""
    rows = [row(gateway(status_of())), row(gateway(status_of(("False", "Unreachable", "no"))))]
    assert [item.state for item in parse({"q": ["a.EXAMPLE unreach"]}).choose(rows)] == ["Failing"]
    assert [item.state for item in parse({"state": ["Connected"]}).choose(rows)] == ["Connected"]
    assert parse({"ou": ["Sales"]}).choose(rows) == []
    assert [item.state for item in parse({"sort": ["-state"]}).choose(rows)] == ["Connected", "Failing"]


def test_text_twin() -> None:
    """Aligned, one line a gateway whatever a peer wrote, symbols beside words."""
    told = plain([row(gateway(status_of(("False", "Unreachable", "two\nlines\x1b[31m"))))], {"Failing": 1}, NOW)
    lines = told.splitlines()
    assert lines[0] == "1 Failing"
    assert lines[2].split() == [
        "STATE",
        "GATEWAY",
        "OU",
        "ENDPOINT",
        "BINDS",
        "SINCE",
        "CHANNELS",
        "RECONN/H",
        "CERT",
        "STATUS",
    ]
    assert lines[3].startswith("▲ Failing   gw ")
    assert lines[3].endswith("two lines [31m")
    assert len(lines) == 4


def test_cells_of_an_ipv6_endpoint() -> None:
    """The address without its brackets, the port below it."""
    status = status_of(endpoint="[2001:db8::1]:3550")
    seen = cells(row(gateway(status, tls={}, mode="Receive")), namespaces=True)
    assert (seen["endpoint"], seen["way"], seen["place"]) == ("2001:db8::1", "3550 · plain · receive only", "acme")


@given(st.integers(0, 10**9))
def test_ages_are_short_and_never_fail(seconds: int) -> None:
    """At most two parts."""
    assert len(age((NOW - timedelta(seconds=seconds)).isoformat(), NOW).split()) <= 2
    assert age("no time", NOW) == ""
    assert days_left("no time", NOW) is None
