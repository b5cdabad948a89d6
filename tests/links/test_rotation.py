"""Changed wishes: what needs no new bind, what is made before the old is broken, and what cannot be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sms_operator.dev.smsc import Account, Behaviour, Simulator
from sms_operator.protocol.messages import BindType, Endpoint, FailureReason, TlsOptions, WantedLink
from sms_operator.smpp.command_status import ESME_RBINDFAIL
from support.dataplane import wanted
from support.linkbench import LinkBench, Watch
from support.pki import Issued, Pki


async def standing(bench: LinkBench, smsc: Simulator, **fields: Any) -> WantedLink:
    """A link that is bound."""
    link = wanted(smsc.port, **fields)
    bench.table.want(link)
    await bench.until_bound(link)
    return link


async def test_password_rotation_without_a_moment_unbound(bench: LinkBench) -> None:
    """The new bind stands before the old one goes; the SMSC never sees less than one."""
    watch = Watch()
    async with Simulator([Account("demo", "secret")], log=watch) as smsc:
        link = await standing(bench, smsc)
        smsc.accounts.set_password("demo", "rotated")
        watch.start(smsc)
        new = replace(link, password="rotated", revision="2")
        bench.table.want(new)
        fact = await bench.until_bound(new)
        await smsc.until_bound("demo", 1)
        assert (watch.least, watch.most) == (1, 2)
        assert fact.failure is None
        assert not [
            one for one in bench.history if one.binds_connected + one.former_connected == 0 and one.revision == "2"
        ]


async def test_pairs_rotate_side_by_side(bench: LinkBench) -> None:
    """Two receivers and two transmitters: at every moment at least one of each."""
    watch = Watch()
    async with Simulator([Account("demo", "secret")], log=watch) as smsc:
        pair = (BindType.RECEIVER, BindType.TRANSMITTER)
        link = await standing(bench, smsc, bind_types=pair, bind_count=2)
        watch.start(smsc)
        new = replace(link, system_type="new", revision="2")
        bench.table.want(new)
        await bench.until_bound(new)
        await smsc.until_bound("demo", 4)
        assert watch.least >= 4
        assert min(fact.receivers_connected for fact in bench.history if fact.revision == "2") >= 2


async def test_a_limit_of_one_session_breaks_before_it_makes(bench: LinkBench) -> None:
    """ESME_RALYBND to the new bind: the old one is unbound and the new one dialled at once."""
    async with Simulator([Account("demo", "secret", max_binds=1)]) as smsc:
        link = await standing(bench, smsc, enquire_link_interval=60.0)
        new = replace(link, system_type="new", revision="2")
        bench.table.want(new)
        await bench.until_bound(new)
        assert [attempt.status for attempt in smsc.state.attempts] == [0, 5, 0]


async def test_a_refused_login_keeps_the_old_bind(bench: LinkBench) -> None:
    """A mistyped password is reported while messages flow on; taking it back needs no new bind."""
    async with Simulator([Account("demo", "secret")]) as smsc:
        link = await standing(bench, smsc)
        (session,) = smsc.sessions()
        wrong = replace(link, password="mistyped", revision="2")
        bench.table.want(wrong)
        fact = await bench.until_failed(wrong, FailureReason.INVALID_PASSWORD)
        assert (fact.binds_connected, fact.former_connected, fact.receivers_connected) == (0, 1, 1)
        bench.table.want(replace(link, revision="3"))
        fact = await bench.until_bound(replace(link, revision="3"))
        assert fact.failure is None
        assert smsc.sessions() == [session]
        assert len(smsc.state.attempts) == 2


async def test_an_unexplained_refusal_of_another_login_keeps_the_old_bind(bench: LinkBench) -> None:
    """ESME_RBINDFAIL may mean the new password, so the bind that works is not given up for it."""
    async with Simulator([Account("demo", "secret")]) as smsc:
        link = await standing(bench, smsc)
        await smsc.behave(Behaviour(bind_status=ESME_RBINDFAIL))
        bench.table.want(new := replace(link, password="rotated", revision="2"))
        fact = await bench.until_failed(new, FailureReason.BIND_REJECTED)
        assert fact.former_connected == 1
        assert len(smsc.sessions()) == 1


async def test_an_unexplained_refusal_of_the_same_login_makes_room(bench: LinkBench) -> None:
    """The login is known to be good: the SMSC means its limit, and the old bind is ended for the new one."""
    async with Simulator([Account("demo", "secret")]) as smsc:
        link = await standing(bench, smsc)
        await smsc.behave(Behaviour(bind_status=ESME_RBINDFAIL))
        bench.table.want(new := replace(link, interface_version=0x50, revision="2"))
        await bench.until(link.key, lambda fact: fact.former_connected == 0 and fact.failure is not None, "room made")
        await smsc.behave("normal")
        await bench.until_bound(new)


@pytest.mark.parametrize("change", [{"enquire_link_interval": 0.1}, {"window_size": 50}, {"reconnect_max": 9.0}, {}])
async def test_what_needs_no_new_bind(bench: LinkBench, change: dict[str, Any]) -> None:
    """Timers, window and back-off, and a mere new revision, are adopted by the live bind."""
    async with Simulator([Account("demo", "secret")]) as smsc:
        link = await standing(bench, smsc)
        (session,) = smsc.sessions()
        bench.table.want(new := replace(link, revision="2", **change))
        await bench.until_bound(new)
        assert smsc.sessions() == [session]
        assert len(smsc.state.attempts) == 1


async def test_a_new_interval_is_followed_at_once(bench: LinkBench) -> None:
    """A dead SMSC is noticed by the new enquire_link interval and not the old one of a minute."""
    async with Simulator([Account("demo", "secret")]) as smsc:
        await smsc.behave("half-open")
        link = await standing(bench, smsc, enquire_link_interval=60.0, response_timeout=0.2)
        bench.table.want(new := replace(link, revision="2", enquire_link_interval=0.1))
        await bench.until_failed(new, FailureReason.ENQUIRE_LINK_TIMEOUT)


async def test_rebuild_reconnects_once(bench: LinkBench) -> None:
    """A new token ends the bind and makes another; the same token again does nothing."""
    async with Simulator([Account("demo", "secret")]) as smsc:
        link = await standing(bench, smsc)
        for revision in ("2", "3"):
            bench.table.want(new := replace(link, rebuild="now", revision=revision))
            await smsc.until(lambda: len(smsc.state.attempts) == 2, what="the second bind")
            assert (await bench.until_bound(new)).rebuild == "now"
        assert len(smsc.state.attempts) == 2
        assert bench.sample("smpp_disconnects_total", reason="Unbound") == 1


async def test_rebuild_leaves_a_permanent_stop(bench: LinkBench) -> None:
    """The password was repaired at the provider: nobody dials until the token says so."""
    async with Simulator([Account("demo", "other")]) as smsc:
        link = wanted(smsc.port)
        bench.table.want(link)
        await bench.until_failed(link, FailureReason.INVALID_PASSWORD)
        smsc.accounts.set_password("demo", "secret")
        bench.table.want(new := replace(link, rebuild="now"))
        await bench.until_bound(new)
        assert [attempt.status for attempt in smsc.state.attempts] == [0x0E, 0]


async def test_another_uid_is_another_link(bench: LinkBench) -> None:
    """The old bind is gone before the new gateway of the same name dials, even where one session is allowed."""
    async with Simulator([Account("demo", "secret", max_binds=1)]) as smsc:
        link = await standing(bench, smsc)
        bench.table.want(new := replace(link, uid="another"))
        await bench.until(link.key, lambda fact: fact.uid == "another" and fact.binds_connected == 1, "the new one")
        assert [attempt.status for attempt in smsc.state.attempts] == [0, 0]
        assert new.uid == "another"


async def test_removed_while_its_successor_waits(bench: LinkBench) -> None:
    """A re-created gateway that is deleted again before its predecessor has unbound never dials."""
    async with Simulator([Account("demo", "secret"), Account("other", "secret")]) as smsc:
        link = await standing(bench, smsc)
        bench.table.want(replace(link, uid="another"))
        bench.table.converge({}, {})
        await smsc.until_bound("demo", 0)
        bench.table.want(later := wanted(smsc.port, key="tenant/later", system_id="other"))
        await bench.until_bound(later)
        assert [attempt.system_id for attempt in smsc.state.attempts] == ["demo", "other"]
        assert len(bench.table) == 1


async def test_the_end_while_a_successor_waits(bench: LinkBench) -> None:
    """Closing everything opens nothing."""
    async with Simulator([Account("demo", "secret")]) as smsc:
        link = await standing(bench, smsc)
        bench.table.want(replace(link, uid="another"))
        await bench.table.close()
        assert len(bench.table) == 0
        assert len(smsc.state.attempts) == 1


async def test_removed_links_unbind_and_leave_no_series(bench: LinkBench) -> None:
    """unbind is sent, the SMSC sees it, and /metrics forgets the gateway."""
    said: list[str] = []
    async with Simulator([Account("demo", "secret")], log=said.append) as smsc:
        link = await standing(bench, smsc, bind_count=3)
        assert bench.sample("smpp_binds_connected") == 3
        bench.table.remove(link.key)
        await smsc.until(lambda: sum("unbound by the ESME" in line for line in said) == 3, what="three unbinds")
        await bench.table.close()
        assert b"tenant" not in bench.metrics.exposition()


async def test_fail_over_and_where_it_is_bound(bench: LinkBench) -> None:
    """The second endpoint while the first is down; a refused login asks nobody else."""
    async with Simulator([Account("demo", "secret")]) as first, Simulator([Account("demo", "secret")]) as second:
        await first.behave("refuse")
        endpoints = (Endpoint("127.0.0.1", first.port), Endpoint("127.0.0.1", second.port))
        link = replace(wanted(first.port), endpoints=endpoints)
        bench.table.want(link)
        assert (await bench.until_bound(link)).endpoint == f"127.0.0.1:{second.port}"
        await first.behave("wrong-password")
        second.end_sessions()
        await bench.until_failed(link, FailureReason.INVALID_PASSWORD)
        assert len(second.state.attempts) == 1


async def test_certificate_rotation_without_a_moment_unbound(bench: LinkBench, pki: Pki) -> None:
    """A new identity in mutual TLS: the SMSC sees both names, and never less than one bind."""
    watch = Watch()
    context = pki.server_context(mutual=True)
    async with Simulator([Account("demo", "secret")], port=None, tls=context, log=watch) as smsc:
        link = wanted(smsc.tls_port, host="localhost", tls=_identity(pki, pki.client))
        bench.table.want(link)
        await bench.until_bound(link)
        watch.start(smsc)
        new = replace(link, tls=_identity(pki, pki.authority.client("renewed")), revision="2")
        bench.table.want(new)
        await bench.until_bound(new)
        await smsc.until_bound("demo", 1)
        assert watch.least == 1
        assert [attempt.certificate for attempt in smsc.state.attempts] == ["esme", "renewed"]


def _identity(pki: Pki, issued: Issued) -> TlsOptions:
    return TlsOptions(trust_pem=pki.authority.pem, identity_pem=issued.pem, identity_key_pem=issued.key_pem)
