"""The simulator's page says what it can do."""

from __future__ import annotations

import re
from pathlib import Path

from sms_operator.dev.smsc import PRESETS, Simulator
from sms_operator.dev.smsc.control_table import Table

PAGE = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text()


def test_every_preset_has_its_row() -> None:
    """Each name once, and no other."""
    table = PAGE.partition("| Preset |")[2]
    rows = [row.split("|")[1] for row in table.splitlines() if row.startswith("| `")]
    assert sorted(re.findall(r"`([\w-]+)`", " ".join(rows))) == sorted(PRESETS)


async def test_every_request_is_listed() -> None:
    """Method and path, as the control interface has them."""
    table = PAGE.partition("| Request |")[2].partition("##")[0]
    async with Simulator() as simulator:
        served = {f"{route.method} {route.path}" for route in Table(simulator).routes()}
    assert set(re.findall(r"`([A-Z]+ /[\w/{}]+)`", table)) == served
