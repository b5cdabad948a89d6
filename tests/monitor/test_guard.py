"""Who is served: every rule of the guard by itself, and that one broken rule is enough."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sms_operator.monitor.guard import HEADERS, Asked, Door, Keys, hosts, refuse

KEYS = Keys()
ALLOWED = hosts(8080)
READ = Asked("GET", "127.0.0.1:8080", cookie=KEYS.cookie, fetch_site="same-origin", fetch_mode="cors")
CHANGE = Asked(
    "POST",
    "localhost:8080",
    cookie=KEYS.cookie,
    fetch_site="same-origin",
    fetch_mode="cors",
    origin="http://localhost:8080",
    token=KEYS.page,
    content_type="application/json",
)


def _status(asked: Asked) -> int:
    refusal = refuse(asked, ALLOWED, KEYS)
    return 200 if refusal is None else refusal.status


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost:8080", "LOCALHOST:8080", "[::1]:8080"])
def test_our_names_are_served(host: str) -> None:
    """With the port, in any case of letters."""
    assert _status(replace(READ, host=host)) == 200
    assert _status(replace(CHANGE, host=host.lower(), origin=f"http://{host.lower()}")) == 200


@pytest.mark.parametrize(
    "host", ["", "evil.example", "evil.example:8080", "127.0.0.1", "127.0.0.1:8081", "localhost.:8080", "0.0.0.0:8080"]
)
def test_other_names_are_misdirected(host: str) -> None:
    """A name that resolves to loopback is the attack (DNS rebinding), whatever else is right."""
    assert _status(replace(READ, host=host)) == 421
    assert _status(replace(CHANGE, host=host)) == 421
    assert _status(replace(READ, host=host, entering=True)) == 421


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"cookie": None}, 403),
        ({"cookie": ""}, 403),
        ({"cookie": KEYS.page}, 403),
        ({"cookie": "é"}, 403),
        ({"fetch_site": None}, 403),
        ({"fetch_site": "cross-site"}, 403),
        ({"fetch_site": "same-site"}, 403),
        ({"fetch_site": "none"}, 403),
        ({"origin": None}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://127.0.0.1:8080"}, 403),
        ({"origin": "https://localhost:8080"}, 403),
        ({"token": None}, 403),
        ({"token": KEYS.cookie}, 403),
        ({"content_type": "text/plain"}, 415),
        ({"content_type": "application/x-www-form-urlencoded"}, 415),
        ({"method": "PUT"}, 405),
        ({"method": "OPTIONS"}, 405),
        ({"fetch_mode": "navigate", "fetch_site": "cross-site"}, 403),
    ],
)
def test_each_rule_alone_refuses_a_change(change: dict[str, Any], status: int) -> None:
    """All right but one."""
    assert _status(CHANGE) == 200
    assert _status(replace(CHANGE, **change)) == status


def test_reads_of_other_sites() -> None:
    """They may lead here by a link; they may not fetch, frame or embed. And never without the cookie."""
    assert _status(replace(READ, fetch_site="cross-site")) == 403
    assert _status(replace(READ, fetch_site="same-site", fetch_mode="no-cors")) == 403
    assert _status(replace(READ, fetch_site="cross-site", fetch_mode="navigate")) == 200
    assert _status(replace(READ, fetch_site=None, fetch_mode=None)) == 200
    assert _status(replace(READ, cookie=None)) == 403
    assert _status(replace(READ, cookie=None, entering=True)) == 200


def test_a_token_lets_one_browser_in() -> None:
    """Used, it is worth nothing; the next one is told, and a wrong one uses nothing up."""
    told: list[str] = []
    door = Door(told.append)
    door.open()
    assert not door.enter("")
    assert not door.enter("wrong")
    assert door.enter(told[0])
    assert not door.enter(told[0])
    assert door.enter(told[1])
    assert len(set(told)) == 3


def test_secrets_do_not_print() -> None:
    """A Keys in a message or a log says nothing."""
    assert KEYS.cookie not in repr(KEYS)
    assert KEYS.page not in repr(KEYS)
    assert Keys().cookie != KEYS.cookie


def test_the_policy_allows_nothing_unsafe() -> None:
    """No inline script, no eval, nothing from elsewhere, Trusted Types without any policy."""
    policy = HEADERS["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "*" not in policy
    assert "require-trusted-types-for 'script'; trusted-types 'none'" in policy
