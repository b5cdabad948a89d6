"""Fail-over to another endpoint and back, and more or fewer binds, without a moment without one."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from sms_operator.dev.smsc import Account, Simulator
from sms_operator.links import failback
from sms_operator.links.outgoing import TextMessage
from sms_operator.protocol.messages import Endpoint, FailureReason, WantedLink
from support.dataplane import wanted
from support.linkbench import LinkBench, Watch
from support.sending import PHONE


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail-back is thought of ten times a second."""
    monkeypatch.setattr(failback, "INTERVAL", 10.0)


def at(first: Simulator, second: Simulator) -> WantedLink:
    """A link that prefers the first."""
    endpoints = (Endpoint("127.0.0.1", first.port), Endpoint("127.0.0.1", second.port))
    return replace(wanted(first.port), endpoints=endpoints)


async def test_back_to_the_preferred_endpoint(bench: LinkBench) -> None:
    """Once it is there again: the new bind first, then the old one goes. Messages leave all the time."""
    watch = Watch()
    account = Account("demo", "secret")
    async with Simulator([account]) as first, Simulator([account], log=watch) as second:
        await first.behave("refuse")
        link = at(first, second)
        bench.table.want(link)
        assert (await bench.until_bound(link)).endpoint == f"127.0.0.1:{second.port}"
        watch.start(second)
        await bench.until_sample("smpp_bind_attempts_total", outcome=FailureReason.UNREACHABLE)
        await first.behave("normal")
        await bench.until(link.key, lambda fact: fact.endpoint == f"127.0.0.1:{first.port}", "back")
        await first.until_bound("demo", 1)
        await second.until_bound("demo", 0)
        found = bench.table.link(link.key)
        assert found is not None
        await found.submit(TextMessage(PHONE, "text"))
        assert len(list(first.ledger.accepted())) == 1
        assert all(fact.binds_connected == 1 for fact in bench.history if fact.endpoint is not None)


async def test_an_smsc_that_allows_one_bind(bench: LinkBench) -> None:
    """The preferred endpoint refuses the second bind of the account: the one that serves stays."""
    account = Account("demo", "secret")
    async with Simulator([account]) as first, Simulator([account]) as second:
        await first.behave("refuse")
        link = at(first, second)
        bench.table.want(link)
        await bench.until_bound(link)
        await first.behave("already-bound")
        await first.until(lambda: len(first.state.attempts) >= 2, what="two scouts")
        assert len(second.state.attempts) == 1
        assert len(second.sessions("demo")) == 1
        assert bench.facts[link.key].failure is None


async def test_more_and_fewer_binds(bench: LinkBench) -> None:
    """Those that stand stay: only what is new is opened, only what is too much is ended."""
    async with Simulator([Account("demo", "secret")]) as smsc:
        link = wanted(smsc.port, bind_count=2)
        bench.table.want(link)
        await bench.until_bound(link)
        before = {session.number for session in smsc.sessions()}
        more = replace(link, bind_count=3, revision="more")
        bench.table.want(more)
        await bench.until_bound(more)
        assert before < {session.number for session in smsc.sessions()}
        fewer = replace(link, bind_count=1, revision="fewer")
        bench.table.want(fewer)
        await bench.until_bound(fewer)
        (left,) = await smsc.until_bound("demo", 1)
        assert left.number in before
        assert len(smsc.state.attempts) == 3


async def test_scouts_end_with_the_link(bench: LinkBench) -> None:
    """Removing a link while a scout is on its way leaves nothing behind."""
    async with Simulator([Account("demo", "secret")]) as first, Simulator([Account("demo", "secret")]) as second:
        await first.behave("refuse")
        link = at(first, second)
        bench.table.want(link)
        await bench.until_bound(link)
        await first.behave("silent-bind")
        await first.until(lambda: first.state.connections > 0, what="a scout")
        bench.table.remove(link.key)
        await second.until_bound("demo", 0)
        async with asyncio.timeout(10):
            await bench.table.close()
        assert not first.sessions()
