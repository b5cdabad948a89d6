"""Our data plane against every misbehaviour of the simulator: what it says, and that the others do not suffer."""

from __future__ import annotations

import pytest

from sms_operator.dev.smsc import PRESETS, Account, Simulator
from sms_operator.protocol.messages import FailureReason, WantedLink
from support.dataplane import DataPlane, wanted

REASONS = {
    "wrong-password": FailureReason.INVALID_PASSWORD,
    "error-without-body": FailureReason.INVALID_PASSWORD,
    "unknown-system-id": FailureReason.INVALID_SYSTEM_ID,
    "already-bound": FailureReason.ALREADY_BOUND,
    "system-error": FailureReason.BIND_REJECTED,
    "throttle-bind": FailureReason.BIND_REJECTED,
    "silent-bind": FailureReason.BIND_TIMEOUT,
    "half-open": FailureReason.ENQUIRE_LINK_TIMEOUT,
    "truncate": FailureReason.ENQUIRE_LINK_TIMEOUT,
    "close-on-bind": FailureReason.UNREACHABLE,
    "reset-on-bind": FailureReason.UNREACHABLE,
    "reset-when-bound": FailureReason.UNREACHABLE,
    "unbind-when-bound": FailureReason.PEER_UNBOUND,
    "garbage": FailureReason.PROTOCOL_ERROR,
    "http": FailureReason.PROTOCOL_ERROR,
    "oversize": FailureReason.PROTOCOL_ERROR,
    "length-0": FailureReason.PROTOCOL_ERROR,
    "length-3": FailureReason.PROTOCOL_ERROR,
    "length-12": FailureReason.PROTOCOL_ERROR,
    "unbind-and-close": FailureReason.PEER_UNBOUND,
    "stops-reading": FailureReason.ENQUIRE_LINK_TIMEOUT,
}
"""Behaviours that a single login can have, and that keep it from being bound."""
HARMLESS = (
    "normal",
    "enquire-first",
    "deliver-first",
    "coalesce",
    "two-bind-resps",
    "slow",
    "late",
    "unknown-command",
    "outbind",
    "throttle",
    "queue-full",
    "throttle-first",
    "throttle-minute",
    "queue-full-first",
    "rate-limited",
    "silent-submit",
    "nack-submit",
    "wrong-type",
    "wrong-sequence",
    "cut-response",
    "reset-response",
    "reset-mid-window",
    "late-responses",
    "out-of-order",
    "answered-twice",
    "stray-responses",
    "body-with-error",
    "network-error",
    "vendor-tlv",
    "data-sm",
    "redeliver",
    "stubborn",
    "undeliverable",
    "early-receipts",
    "double-receipts",
    "text-receipts",
    "tlv-receipts",
    "plain-receipts",
    "wide-state",
    "id-without-nul",
)
"""Behaviours in spite of which the link is bound."""
EARLY = {
    "refuse": FailureReason.UNREACHABLE,
    "silent": FailureReason.BIND_TIMEOUT,
    "reset-on-connect": FailureReason.UNREACHABLE,
    "close-on-connect": FailureReason.UNREACHABLE,
    "blackhole": FailureReason.CONNECT_TIMEOUT,
}
"""Behaviours from before the login is known."""


def test_no_behaviour_is_forgotten() -> None:
    """Each preset is in exactly one table."""
    assert sorted([*REASONS, *HARMLESS, *EARLY]) == sorted(PRESETS)


async def test_each_misbehaviour_has_its_reason_and_hurts_nobody_else(plane: DataPlane) -> None:
    """All at once in one data plane: the faulty ones each with their reason, the others bound to the end."""
    names = [*REASONS, *HARMLESS]
    async with Simulator([Account(name[:15], "secret") for name in names]) as smsc:
        for name in names:
            await smsc.behave(name, name[:15])
        links = {name: _link(smsc, name) for name in names}
        plane.snapshot(*links.values())
        for name, reason in REASONS.items():
            await plane.until_failed(links[name], reason)
        for name in HARMLESS:
            await plane.until_bound(links[name])
            assert len(smsc.sessions(name[:15])) == 1
        assert sum(attempt.system_id == "wrong-password"[:15] for attempt in smsc.state.attempts) == 1
        await smsc.behave("normal")
        for name in ("already-bound", "half-open", "garbage", "unbind-when-bound"):
            await plane.until_bound(links[name])


@pytest.mark.parametrize("name", EARLY)
async def test_trouble_before_the_login(plane: DataPlane, name: str) -> None:
    """Refused, silent or reset connections have their reason, and the link binds when it is over."""
    async with Simulator([Account(name[:15], "secret")]) as smsc:
        await smsc.behave(name)
        link = _link(smsc, name)
        plane.snapshot(link)
        await plane.until_failed(link, EARLY[name])
        await smsc.behave("normal")
        await plane.until_bound(link)


async def test_over_ipv6(plane: DataPlane) -> None:
    """The same by an IPv6 address."""
    async with Simulator([Account("demo", "secret")], host="::1") as smsc:
        link = wanted(smsc.port, host="::1")
        plane.snapshot(link)
        await plane.until_bound(link)
        assert smsc.sessions("demo")[0].line.peer.startswith("[::1]:")


def _link(smsc: Simulator, name: str) -> WantedLink:
    return wanted(smsc.port, key=f"tenant/{name}", system_id=name[:15], enquire_link_interval=0.5)
