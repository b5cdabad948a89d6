"""Rows of a table."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sms_operator.api.kinds import KIND_BY_NAME, KINDS
from sms_operator.views.kinds import kind_named, names_of_kinds
from sms_operator.views.listing import at, cells, headings
from support.viewing import gateway, ready, thing

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def row(kind: str, body: dict[str, Any], *, wide: bool = False) -> dict[str, str]:
    """Cells by heading."""
    info = KIND_BY_NAME[kind]
    heads = headings(info, wide=wide, namespaces=True)
    shown = cells(info, body, NOW, wide=wide, namespaces=True, kind=False)
    return dict(zip(heads, shown, strict=True))


def test_a_gateway() -> None:
    """Where it would bind if it is not bound; since when and why."""
    down = row("SmppGateway", gateway("north", ready("False", "Unreachable", "refused"), binds={"summary": "0/2"}))
    assert down["ENDPOINT"] == "smsc.example:2775"
    assert (down["BINDS"], down["READY"], down["SINCE"]) == ("0/2", "▲ False", "3h 12m")
    assert (down["REASON"], down["STATUS"], down["AGE"]) == ("Unreachable", "refused", "22d")


def test_wide() -> None:
    """The columns that kubectl has with -o wide, and the labels."""
    body = thing("Certificate", "root", {"usage": "Trust"}, ready(), subject="CN=root")
    body["metadata"]["labels"] = {"b": "2", "a": "1"}
    assert row("Certificate", body, wide=True)["SUBJECT"] == "CN=root"
    assert row("Certificate", body, wide=True)["LABELS"] == "a=1,b=2"
    assert "SUBJECT" not in row("Certificate", body)


@pytest.mark.parametrize("info", KINDS, ids=lambda info: info.kind)
def test_every_kind_has_rows_whatever_is_missing(info: Any) -> None:
    """An object of which hardly anything is known."""
    body = {"kind": info.kind, "metadata": {"name": "x"}}
    assert len(cells(info, body, NOW, wide=True, namespaces=True, kind=True)) == len(
        headings(info, wide=True, namespaces=True)
    )


def test_paths() -> None:
    """Of printer columns; a filter by type is the only one there is."""
    body = gateway("a", ready("True", "Valid", "fine"))
    assert at(body, '.status.conditions[?(@.type=="Ready")].message') == "fine"
    assert at(body, '.status.conditions[?(@.type=="Routed")].message') is None
    assert at(body, ".spec.login.systemId.deeper") is None


@pytest.mark.parametrize("info", KINDS, ids=lambda info: info.kind)
def test_kinds_by_any_name(info: Any) -> None:
    """As the API server knows them, in any case, with the group."""
    for name in (info.kind, info.plural, info.singular, info.short_name, f"{info.plural}.sms-operator.dev"):
        assert kind_named(name) == info
    assert all(kind_named(name) is not None for name in names_of_kinds().split(", "))


def test_kinds_by_the_words_of_people() -> None:
    """One or many."""
    assert [kind_named(word) and word for word in ("gateways", "gw", "ous", "robot", "channels", "routes")] != []
    assert kind_named("gateways") == kind_named("gw") == KIND_BY_NAME["SmppGateway"]
    assert kind_named("pods") is None
