"""Everything about one gateway: what the panel beside the list shows. Pure; no secret is known here."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sms_operator.api.smpp_gateway import DISCONNECT_ANNOTATION, REBUILD_ANNOTATION
from sms_operator.smpp.command_status import describe
from sms_operator.views.actions import said
from sms_operator.views.ages import days_left
from sms_operator.views.bodies import Body, Name, part
from sms_operator.views.gateway_rows import address, certificate_names, is_ready

from .rows import row_of
from .store import CERTIFICATE, CHANNEL, EVENT, GATEWAY, ROUTE, Store

MAX_EVENTS = 50
"""Newest Events shown."""
MAX_CHANNELS = 200
"""Channels shown; those that are not ready come first."""


def panel(store: Store, name: Name, now: datetime) -> dict[str, Any] | None:
    """The panel of a gateway as JSON; None when there is no such gateway."""
    gateway, row = store.get(GATEWAY, name), row_of(store, name, now)
    if gateway is None or row is None:
        return None
    status = part(gateway, "status")
    channels = store.belonging(CHANNEL, name)
    return {
        "row": row.to_json(),
        "lastError": _last_error(status),
        "note": _disconnect_note(gateway),
        "conditions": [_condition(item) for item in status.get("conditions") or ()],
        "events": _events(store.belonging(EVENT, name)),
        "settings": _settings(gateway["spec"]),
        "certificates": [_certificate(store, name.namespace, used, now) for used in certificate_names(gateway)],
        "channels": _channels(channels, store.belonging(ROUTE, name)),
        "moreChannels": max(len(channels) - MAX_CHANNELS, 0),
        "interrupts": _interrupts(status, row.channels_ready),
        "commands": _commands(gateway, name),
    }


def _last_error(status: Mapping[str, Any]) -> dict[str, str]:
    error = part(status, "lastError")
    if not error:
        return {}
    number = error.get("commandStatus")
    return {
        "reason": error.get("reason", ""),
        "message": error.get("message", ""),
        "commandStatus": "" if number is None else describe(int(number)),
        "time": error.get("time", ""),
    }


def _disconnect_note(gateway: Body) -> str:
    if gateway["spec"].get("connection") == "Disconnected":
        return "spec.connection is Disconnected: Connect cannot change that, its declaration can."
    by_hand = part(gateway, "metadata", "annotations").get(DISCONNECT_ANNOTATION)
    return "" if by_hand is None else f"Disconnected by hand: {by_hand[:200]}"


def _condition(item: Mapping[str, Any]) -> dict[str, str]:
    return {
        "type": item["type"],
        "status": item["status"],
        "reason": item["reason"],
        "message": item.get("message", ""),
        "since": item.get("lastTransitionTime", ""),
    }


def _events(events: Iterable[Body]) -> list[dict[str, Any]]:
    told = [
        {
            "time": event.get("lastTimestamp") or event.get("eventTime") or "",
            "first": event.get("firstTimestamp") or "",
            "warning": event.get("type") == "Warning",
            "reason": event.get("reason", ""),
            "message": event.get("message", ""),
            "count": int(event.get("count") or 1),
        }
        for event in events
    ]
    return sorted(told, key=lambda event: event["time"], reverse=True)[:MAX_EVENTS]


def _settings(spec: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is in effect, defaults included: the API server has filled them in."""
    bind, session = part(spec, "bind"), part(spec, "session")
    tls = part(spec, "tls")
    uses_tls = bool(tls) and tls.get("enabled", True)
    throughput = session.get("throughput") or 0
    reconnect = part(session, "reconnect")
    pairs = [
        ("Endpoints", ", ".join(address(item) for item in spec["endpoints"])),
        ("Mode", spec.get("mode", "SendAndReceive")),
        ("Login name", part(spec, "login").get("systemId", "")),
        ("Binds", f"{bind.get('count', 1)} × {bind.get('style', 'Transceiver')}"),
        ("SMPP version", bind.get("interfaceVersion", "3.4")),
        ("TLS", f"at least {tls.get('minVersion', '1.2')}" if uses_tls else "off: the connection is in clear text"),
        ("enquire_link", f"every {session.get('enquireLinkInterval', '30s')}"),
        ("Response timeout", session.get("responseTimeout", "10s")),
        ("Window", f"{session.get('windowSize', 10)} requests a bind"),
        ("Throughput", f"{throughput} messages/s" if throughput else "unlimited"),
        ("Reconnect", f"after {reconnect.get('initial', '1s')}, at most {reconnect.get('max', '60s')}"),
    ]
    return [(label, str(value)) for label, value in pairs if value != ""]


def _certificate(store: Store, namespace: str, name: str, now: datetime) -> dict[str, Any]:
    certificate = store.get(CERTIFICATE, Name(namespace, name))
    if certificate is None:
        return {"name": name, "missing": True}
    status = part(certificate, "status")
    expires = status.get("notAfter", "")
    return {
        "name": name,
        "missing": False,
        "usage": certificate["spec"].get("usage", "Trust"),
        "status": said(certificate),
        "usable": is_ready(certificate),
        "subject": status.get("subject", ""),
        "issuer": status.get("issuer", ""),
        "serialNumber": status.get("serialNumber", ""),
        "fingerprint": status.get("sha256Fingerprint", ""),
        "notBefore": status.get("notBefore", ""),
        "notAfter": expires,
        "days": days_left(expires, now),
        "chainLength": status.get("chainLength", 0),
    }


def _channels(channels: Iterable[Body], routes: Iterable[Body]) -> list[dict[str, Any]]:
    of_channel: dict[str, list[str]] = {}
    for route in routes:
        reference = part(route, "spec", "channelRef").get("name", "")
        of_channel.setdefault(reference, []).append(
            f"{route['metadata']['name']} ({route['spec'].get('origin', 'Manual').lower()})"
        )
    told: list[dict[str, Any]] = []
    for channel in channels:
        name = channel["metadata"]["name"]
        told.append(
            {
                "name": name,
                "channelName": channel["spec"].get("channelName", ""),
                "ready": is_ready(channel),
                "status": said(channel),
                "numbers": list(channel["spec"].get("numbers") or ())[:20],
                "routes": of_channel.get(name, []),
            }
        )
    return sorted(told, key=lambda channel: (channel["ready"], channel["name"]))[:MAX_CHANNELS]


def _interrupts(status: Mapping[str, Any], channels: int) -> str:
    up = part(status, "binds").get("connected") or 0
    if not up:
        return "A rebuild interrupts nothing: no bind is up. It dials at once instead of waiting for the next attempt."
    binds = {1: "the bind", 2: "both binds"}.get(up, f"all {up} binds")
    served = {0: "No channel is served by it.", 1: "One channel waits meanwhile."}.get(
        channels, f"{channels} channels wait meanwhile."
    )
    return f"A rebuild closes {binds} and opens {'it' if up == 1 else 'them'} again at once. {served}"


def _commands(gateway: Body, name: Name) -> list[tuple[str, str]]:
    """The same by hand. Names are DNS labels, quoted nevertheless."""
    who, where = shlex.quote(name.name), f"-n {shlex.quote(name.namespace)}"
    disconnected = DISCONNECT_ANNOTATION in part(gateway, "metadata", "annotations")
    turn = (
        ("Connect", f"smsctl gateway connect {who} {where}")
        if disconnected
        else ("Disconnect", f"smsctl gateway disconnect {who} {where} --reason '…'")
    )
    return [
        ("What is wrong", f"smsctl describe gateway {who} {where}"),
        ("Test the connection", f"smsctl gateway test {who} {where}"),
        ("Rebuild", f"smsctl gateway rebuild {who} {where} --wait"),
        turn,
        ("Rebuild by kubectl", f"kubectl annotate smppgw {who} {where} --overwrite {REBUILD_ANNOTATION}=$(date +%s)"),
        ("Watch", f"kubectl get smppgw {who} {where} --watch"),
    ]
