"""A row's texts as the table's cells have them; the script gets the same, so that both fill the cells alike."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sms_operator.core.certificate import EXPIRY_NOTICE
from sms_operator.views.ages import age
from sms_operator.views.gateway_rows import Row, State

WAYS: Final = {"SendAndReceive": "both ways", "Receive": "receive only", "Send": "send only"}
URGENT: Final = 7
"""Days before a certificate's end from which there is no more time to lose."""
BLANK: Final[Mapping[str, str]] = dict.fromkeys(
    (
        "name",
        "place",
        "state",
        "status",
        "detail",
        "pending",
        "endpoint",
        "way",
        "binds",
        "channels",
        "reconnects",
        "days",
    ),
    "",
)


def cells(row: Row, *, namespaces: bool) -> dict[str, str]:
    """Texts by cell. With `namespaces` the namespace is shown too."""
    days = row.certificate_days
    host, _, port = row.endpoint.rpartition(":")
    way = [
        port,
        "TLS" if row.tls else "plain",
        WAYS.get(row.mode, row.mode),
        *([row.standby] if row.standby else ()),
    ]
    detail = [*((row.reason,) if row.state == State.FAILING else ()), *((row.detail,) if row.detail else ())]
    return {
        "name": row.name,
        "place": " · ".join(part for part in (row.unit, row.namespace if namespaces else "") if part),
        "state": row.state,
        "status": row.status,
        "detail": " · ".join([*detail, *(("throttled by the SMSC",) if row.throttled else ())]),
        "pending": row.pending,
        "endpoint": host.strip("[]"),
        "way": " · ".join(way),
        "binds": row.binds,
        "channels": f"{row.channels_ready}/{row.channels}" if row.channels else "–",
        "reconnects": str(row.reconnects) if row.reconnects else "–",
        "days": "–" if days is None else "ended" if days < 0 else f"{days} d",
    }


def level(row: Row) -> str:
    """How much the certificate's end matters: nothing, `soon`, or `now`."""
    days = row.certificate_days
    if days is None or days > EXPIRY_NOTICE.days:
        return ""
    return "now" if days < URGENT else "soon"


def rendered(row: Row, now: datetime, *, namespaces: bool, shown: bool) -> dict[str, Any]:
    """Everything that the template needs of a row."""
    return {
        **cells(row, namespaces=namespaces),
        "id": row.id,
        "since": row.since,
        "ago": age(row.since, now),
        "turn": "Connect" if row.state == State.DISCONNECTED else "Disconnect",
        "level": level(row),
        "shown": shown,
    }


def sent(row: Row, *, namespaces: bool) -> dict[str, Any]:
    """What the script gets of a row: the cells, and what filters, order and actions need."""
    return {
        "id": row.id,
        "namespace": row.namespace,
        "state": row.state,
        "unit": row.unit,
        "since": row.since,
        "rebuilt": row.rebuilt,
        "level": level(row),
        "cells": cells(row, namespaces=namespaces),
        "sort": row.sort,
        "find": row.find,
    }


def blank() -> dict[str, Any]:
    """A row without a gateway, for the script to copy."""
    return {**BLANK, "since": "", "ago": "", "turn": "Disconnect"}
