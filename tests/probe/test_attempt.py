"""One bind from here says of each peer what the operator's own link says of it, with the step at which it was found."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from sms_operator.dev.smsc import Account, Simulator
from sms_operator.probe.attempt import Terms
from sms_operator.probe.run import try_link
from sms_operator.probe.steps import Outcome, Report, Step, StepName
from sms_operator.probe.words import conclusion, document, note_lines, step_line
from sms_operator.protocol.messages import BindType, Endpoint, FailureReason, TlsOptions, WantedLink
from sms_operator.smpp.codec import encode
from sms_operator.smpp.commands import Command
from support.dataplane import wanted
from support.linkbench import LinkBench
from support.pki import Pki
from support.scripted import Talk, scripted

PASSWORD = "0ddw0rd"
Case = Callable[[Pki], AbstractAsyncContextManager[WantedLink]]


async def tried(link: WantedLink, kind: BindType = BindType.TRANSCEIVER) -> Report:
    """A test that gives up soon."""
    return await try_link("SmppGateway test", link, kind, Terms(1.0))


def plain(**login: str) -> Case:
    """The simulator without TLS, and this login."""

    @asynccontextmanager
    async def case(_: Pki) -> AsyncGenerator[WantedLink]:
        async with Simulator([Account("demo", PASSWORD)]) as smsc:
            yield replace(wanted(smsc.port), **{"password": PASSWORD, **login})  # pyright: ignore[reportArgumentType]

    return case


def secure(
    certificate: str = "server", *, trust: str = "authority", mutual: bool = False, host: str = "localhost"
) -> Case:
    """The simulator with TLS, showing this certificate; whom the link trusts."""

    @asynccontextmanager
    async def case(pki: Pki) -> AsyncGenerator[WantedLink]:
        context = pki.server_context(getattr(pki, certificate), mutual=mutual)
        async with Simulator([Account("demo", PASSWORD)], port=None, tls=context) as smsc:
            pem = {"authority": pki.authority.pem, "stranger": pki.stranger.pem, "system": None}[trust]
            yield replace(wanted(smsc.tls_port, host="localhost", tls=TlsOptions(trust_pem=pem)), password=PASSWORD)

    return case


def talking(octets: bytes, *, tls: bool = False, closes: bool = False) -> Case:
    """A peer that reads, says this, and is silent or hangs up."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(4096)
        writer.write(octets)
        while not closes and await reader.read(4096):
            pass

    return scripted_case(talk, tls=tls)


def scripted_case(talk: Talk, *, tls: bool) -> Case:
    """A peer by its script."""

    @asynccontextmanager
    async def case(pki: Pki) -> AsyncGenerator[WantedLink]:
        options = TlsOptions(trust_pem=pki.authority.pem) if tls else None
        async with scripted(talk) as port:
            yield wanted(port, response_timeout=0.3, enquire_link_interval=0.1, tls=options)

    return case


def nowhere(host: str, port: int) -> Case:
    """Nobody is there."""

    @asynccontextmanager
    async def case(_: Pki) -> AsyncGenerator[WantedLink]:
        yield wanted(port, host=host)

    return case


BOUND = encode(Command.BIND_TRANSCEIVER_RESP, 1, body=b"SMSC\0")
CASES: dict[str, tuple[Case, FailureReason, StepName]] = {
    "wrong password": (plain(password="wrong"), FailureReason.INVALID_PASSWORD, StepName.BIND),
    "unknown login": (plain(system_id="nobody"), FailureReason.INVALID_SYSTEM_ID, StepName.BIND),
    "login too long": (plain(system_id="a" * 30), FailureReason.INVALID_SYSTEM_ID, StepName.BIND),
    "no such name": (nowhere("nothing.invalid", 2775), FailureReason.DNS_FAILED, StepName.DNS),
    "dead port": (nowhere("127.0.0.1", 1), FailureReason.UNREACHABLE, StepName.TCP),
    "expired": (secure("expired"), FailureReason.TLS_VERIFICATION_FAILED, StepName.TLS),
    "for another host": (secure("elsewhere"), FailureReason.TLS_VERIFICATION_FAILED, StepName.TLS),
    "of a stranger": (secure(trust="stranger"), FailureReason.TLS_VERIFICATION_FAILED, StepName.TLS),
    "not of the system": (secure(trust="system"), FailureReason.TLS_VERIFICATION_FAILED, StepName.TLS),
    "wants our certificate": (secure(mutual=True), FailureReason.CLIENT_CERTIFICATE_REQUIRED, StepName.BIND),
    "silent": (talking(b""), FailureReason.BIND_TIMEOUT, StepName.BIND),
    "hangs up": (talking(b"", closes=True), FailureReason.UNREACHABLE, StepName.BIND),
    "HTTP": (talking(b"HTTP/1.1 400 Bad Request\r\n\r\n"), FailureReason.PROTOCOL_ERROR, StepName.BIND),
    "unbinds at once": (talking(encode(Command.UNBIND, 1)), FailureReason.PEER_UNBOUND, StepName.BIND),
    "deaf once bound": (talking(BOUND), FailureReason.ENQUIRE_LINK_TIMEOUT, StepName.ENQUIRE_LINK),
    "no TLS": (talking(BOUND, tls=True), FailureReason.TLS_HANDSHAKE_FAILED, StepName.TLS),
}


@pytest.mark.parametrize("name", CASES)
async def test_what_the_link_says(bench: LinkBench, pki: Pki, name: str) -> None:
    """Reason, status and message are the gateway's; the failed step is the last one taken; no password is told."""
    case, reason, step = CASES[name]
    async with case(pki) as link:
        report = await tried(link)
        bench.table.want(link)
        fact = await bench.until_failed(link, reason)
        await bench.table.close()
    assert report.failure is not None
    assert fact.failure is not None
    assert (report.failure.reason, report.failure.command_status) == (reason, fact.failure.command_status)
    assert report.failure.message == fact.failure.message
    (attempt,) = report.attempts
    outcomes = {one.name: one.outcome for one in attempt.steps}
    assert outcomes[step] is Outcome.FAILED
    order = [one for one in StepName if one in outcomes]
    assert [outcomes[one] for one in order[order.index(step) + 1 :]] == [Outcome.SKIPPED] * (
        len(order) - order.index(step) - 1
    )
    said = "\n".join([*map(step_line, attempt.steps), *conclusion(report), repr(document(report)), repr(report)])
    assert PASSWORD not in said


@pytest.mark.parametrize("kind", list(BindType))
async def test_a_bind_that_stands(kind: BindType) -> None:
    """Every step passes with its time, nothing stays behind at the SMSC, and what it sends meanwhile is put off."""
    steps: list[Step] = []
    async with Simulator([Account("demo", "secret")]) as smsc:
        report = await try_link("here", wanted(smsc.port), kind, Terms(1.0, on_step=steps.append))
        assert report.connected is not None
        assert report.connected.smsc == "SIMULATOR"
        assert not smsc.sessions()
    assert [one.outcome for one in report.connected.steps] == [Outcome.PASSED] * 5
    assert all(one.seconds is not None and one.seconds >= 0 for one in report.connected.steps)
    assert tuple(steps) == report.connected.steps
    assert conclusion(report)[0].startswith("Connection succeeded: here binds at 127.0.0.1:")
    assert document(report)["connected"] is True


async def test_the_second_endpoint(pki: Pki) -> None:
    """What another endpoint may do better is tried there; a refused login is not asked twice."""
    async with plain()(pki) as link:
        here = link.endpoints[0]
        dead = Endpoint("127.0.0.1", 1)
        better = await tried(replace(link, endpoints=(dead, here)))
        assert [one.failure is None for one in better.attempts] == [False, True]
        assert better.failure is None
        refused = await tried(replace(link, password="wrong", endpoints=(here, dead)))
        assert (len(refused.attempts), list(refused.untried)) == (1, ["127.0.0.1:1"])
        assert "Not tried" in conclusion(refused)[-1]


async def test_the_rule_that_a_certificate_breaks(pki: Pki) -> None:
    """The findings of the chain stand below the failed step, and in JSON with the chain itself."""
    async with secure("expired")(pki) as link:
        report = await tried(link)
    (attempt,) = report.attempts
    failed = next(one for one in attempt.steps if one.outcome is Outcome.FAILED)
    assert any("Expired: the server's certificate" in line for line in note_lines(failed))
    seen = document(report)["attempts"][0]["tls"]
    assert [item["rule"] for item in seen["findings"]] == ["Expired"]
    assert seen["chain"][0]["sha256Fingerprint"].count(":") == 31


async def test_a_slow_answer_is_timed() -> None:
    """The time of a step is that of the peer."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(4096)
        await asyncio.sleep(0.2)
        writer.write(BOUND)
        await reader.read()

    async with scripted_case(talk, tls=False)(Pki(Path())) as link:
        report = await tried(replace(link, response_timeout=1.0))
    seconds = {one.name: one.seconds or 0.0 for one in report.attempts[0].steps}
    assert seconds[StepName.BIND] >= 0.2
