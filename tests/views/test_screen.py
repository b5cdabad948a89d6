"""The screen at any width: nothing is lost, nothing is too wide, nothing acts on the terminal."""

from __future__ import annotations

from datetime import UTC, datetime

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_operator.cli.output import Paint, width
from sms_operator.cli.screen import describe, trees, wrap
from sms_operator.views.description import Description, description
from sms_operator.views.trees import forest
from support.viewing import Body, channel, condition, gateway, key, ready, route, thing, world

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
WORDS = "smsc.example:2775 refuses bind_transceiver: ESME_RINVPASWD (0x0000000e): the password is wrong"


def broken() -> tuple[Body, ...]:
    """A gateway whose password is refused, in a unit with a name of many widths, and its channel."""
    unit = {"organizationUnitRef": {"name": "koeln"}}
    error = {"reason": "InvalidPassword", "commandStatus": 14, "message": WORDS, "time": "2026-11-23T08:48:00Z"}
    return (
        gateway(
            "north",
            condition("Connected", "False", "InvalidPassword", WORDS),
            ready("False", "InvalidPassword", WORDS),
            spec=unit,
            lastError=error,
            binds={"summary": "0/1"},
        ),
        thing("OrganizationUnit", "koeln", {"displayName": "Köln 東京 e\u0301"}, ready()),
        channel("support", "north", ready("False", "GatewayNotConnected", f'SmppGateway "north": {WORDS}')),
        route("support", "north"),
        thing("CalledRoute", "queue", {}, ready()),
    )


def shown(kind: str, name: str) -> Description:
    """What there is to say of it."""
    return description(world(*broken()), key(kind, name), [], NOW)


SCREEN = """\
▲ SmppGateway north in team is not ready, for 3h 12m (since
  2026-11-23T08:48:00Z)
  InvalidPassword: smsc.example:2775 refuses
  bind_transceiver: ESME_RINVPASWD (0x0000000e): the
  password is wrong

Why, and what to do
  Cause         The SMSC refused the password.
  Next          Correct the Secret; the operator tries again
                at once when it changes.
  Type          smsctl gateway test north -n team
                smsctl gateway rebuild north -n team --wait
  Read          docs/troubleshooting.md#invalidpassword

Details
  Endpoint      smsc.example:2775
  Mode          SendAndReceive, in clear text
  Login         demo
  Binds         0/1
  Unit          Köln 東京 é
  Last error    InvalidPassword (ESME_RINVPASWD), first 3h
                12m ago: smsc.example:2775 refuses
                bind_transceiver: ESME_RINVPASWD
                (0x0000000e): the password is wrong
  Channels      0 of 1 ready

Conditions
  ✗ Connected  False    3h 12m  InvalidPassword:
      smsc.example:2775 refuses bind_transceiver:
      ESME_RINVPASWD (0x0000000e): the password is wrong
  ✗ Ready      False    3h 12m  InvalidPassword:
      smsc.example:2775 refuses bind_transceiver:
      ESME_RINVPASWD (0x0000000e): the password is wrong

Uses
  ● OrganizationUnit/koeln: Valid
  · Secret/north-login: its content is never read here

Used by
  ▲ SmsChannel/support: GatewayNotConnected: SmppGateway
    "north": smsc.example:2775 refuses bind_transceiver:
    ESME_RINVPASWD (0x0000000e): the password is wrong"""


def test_the_screen() -> None:
    """As it is read at night, 60 columns wide."""
    text = describe(shown("SmppGateway", "north"), NOW, 60, Paint(False))
    assert text.replace("e\u0301", "é") == SCREEN


def test_a_channel_tells_where_it_begins() -> None:
    """And what to do there."""
    text = describe(shown("SmsChannel", "support"), NOW, 200, Paint(False))
    assert f"  Begins at     SmppGateway/north, InvalidPassword: {WORDS}\n" in text
    assert "  Type          smsctl gateway test north -n team\n" in text


def test_colour_adds_nothing_but_colour() -> None:
    """Without it every word and symbol is there."""
    for kind, name in (("SmppGateway", "north"), ("SmsChannel", "support"), ("OrganizationUnit", "koeln")):
        plain, coloured = (describe(shown(kind, name), NOW, 80, Paint(on)) for on in (False, True))
        assert click.unstyle(coloured) == plain
        assert "\x1b" not in plain


def test_a_disconnection_on_purpose() -> None:
    """Is no failure; how to end it is said all the same."""
    off = gateway("north", ready("True", "Disconnected", "Disconnected: ines: cable work"))
    said = description(world(off), key("SmppGateway", "north"), [], NOW)
    text = describe(said, NOW, 100, Paint(False))
    assert text.startswith("■ SmppGateway north in team is disconnected on purpose, for 3h 12m")
    assert "smsctl gateway connect north -n team --wait" in text
    assert said.is_well


@pytest.mark.parametrize("wide", [40, 59, 80, 140])
def test_no_line_is_wider_than_the_terminal(wide: int) -> None:
    """But for a last word that is too long by itself, and a command that is to be copied whole."""
    for line in describe(shown("SmppGateway", "north"), NOW, wide, Paint(False)).split("\n"):
        assert width(line.rpartition(" ")[0]) <= wide or "smsctl " in line, line


@given(st.text(max_size=200), st.integers(10, 80), st.sampled_from(["", "  ● ", "  Label   "]))
def test_wrapping(text: str, wide: int, first: str) -> None:
    """Keeps every word in order, drops what does not print, and breaks no word."""
    lines = wrap(text, wide, first)
    kept = "".join(character if character.isprintable() else " " for character in text).split()
    assert " ".join(lines).split() == [*first.split(), *kept]
    assert all(line.isprintable() for line in lines)
    for line in lines:
        assert width(line) <= wide or len(line.split()) <= 1 + len(first.split())


def test_a_tree() -> None:
    """Everything there is, each with how it is."""
    assert trees(forest(world(*broken())), Paint(False)) == (
        f"▲ SmppGateway/north  InvalidPassword: {WORDS}\n"
        "├── needs\n"
        "│   ├── ● OrganizationUnit/koeln  Valid\n"
        "│   └── · Secret/north-login  its content is never read here\n"
        "└── needed by\n"
        f'    └── ▲ SmsChannel/support  GatewayNotConnected: SmppGateway "north": {WORDS}\n'
        "        └── ● NotificationRoute/support  Derived; its channel says how it is\n"
        "● CalledRoute/queue  Valid\n"
        "└── needed by\n"
        f'    └── ▲ SmsChannel/support  GatewayNotConnected: SmppGateway "north": {WORDS}\n'
        "        └── ● NotificationRoute/support  Derived; its channel says how it is"
    )
