"""Links that fail while messages are under way: each message has one outcome, none is sent twice, none is made up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path

import uvloop

from sms_operator.dev.control_plane import Lines
from support.faults.outcome import Outcome
from support.faults.peers_submit import carry_out_all, submit_plans
from support.faults.toxiproxy import toxiproxy, toxiproxy_program


def test_links_that_send(tmp_path: Path, record: Callable[[Iterable[Outcome]], None]) -> None:
    """A cut on each side of submit_sm and its response, and every toxic, on the data plane's own event loop."""
    program = toxiproxy_program(Lines())

    async def play() -> list[Outcome]:
        async with toxiproxy(program, tmp_path) as server:
            return await carry_out_all(server, list(submit_plans()))

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        outcomes = runner.run(play())
    record(outcomes)
    wrong = [f"{one.plan}: {one.complaint}" for one in outcomes if one.complaint or not one.converged]
    assert not wrong, "\n".join(wrong)
