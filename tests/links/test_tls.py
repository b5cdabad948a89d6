"""TLS against a server of OpenSSL in this process: what is trusted, what is refused, and in which words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from sms_operator.dev.smsc import Account, Simulator
from sms_operator.links.tls import client_context
from sms_operator.protocol.messages import Endpoint, FailureReason, TlsOptions, WantedLink
from support.dataplane import wanted
from support.linkbench import LinkBench
from support.pki import DAY, Authority, Issued, Pki


@asynccontextmanager
async def smsc(pki: Pki, issued: Issued | None = None, *, mutual: bool = False) -> AsyncGenerator[Simulator]:
    """A TLS SMSC with this certificate."""
    context = pki.server_context(issued, mutual=mutual)
    async with Simulator([Account("demo", "secret")], port=None, tls=context) as running:
        yield running


def link(running: Simulator, options: TlsOptions, host: str = "localhost") -> WantedLink:
    """To the TLS port."""
    return wanted(running.tls_port, host=host, tls=options)


@pytest.mark.parametrize("anchor", ["root", "intermediate", "the server's own"])
async def test_any_certificate_of_the_chain_may_be_the_anchor(bench: LinkBench, pki: Pki, anchor: str) -> None:
    """Root, intermediate, or the very certificate of the server: what is trusted ends the chain."""
    middle = Authority("Middle CA", parent=pki.authority)
    issued = middle.server()
    leaf = issued.pem[: issued.pem.index("-----END CERTIFICATE-----")] + "-----END CERTIFICATE-----\n"
    trust = {"root": pki.authority.pem, "intermediate": middle.pem, "the server's own": leaf}[anchor]
    async with smsc(pki, issued) as running:
        wish = link(running, TlsOptions(trust_pem=trust))
        bench.table.want(wish)
        await bench.until_bound(wish)


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("expired", "has expired"),
        ("not yet", "not valid yet"),
        ("elsewhere", '"localhost"'),
        ("stranger", "spec.tls.trustCertificateRef"),
        ("system store", "spec.tls.trustCertificateRef"),
    ],
)
async def test_refused_certificates(bench: LinkBench, pki: Pki, case: str, words: str) -> None:
    """Each has its own sentence, and the SMSC never sees a bind."""
    issued = {
        "expired": pki.expired,
        "not yet": pki.authority.server(starts=DAY),
        "elsewhere": pki.elsewhere,
    }.get(case, pki.server)
    trust = {"stranger": pki.stranger.pem, "system store": None}.get(case, pki.authority.pem)
    async with smsc(pki, issued) as running:
        wish = link(running, TlsOptions(trust_pem=trust))
        bench.table.want(wish)
        fact = await bench.until_failed(wish, FailureReason.TLS_VERIFICATION_FAILED)
        assert fact.failure is not None
        assert words in fact.failure.message
        assert not running.state.attempts


@pytest.mark.parametrize("where", ["link", "endpoint"])
async def test_server_name(bench: LinkBench, pki: Pki, where: str) -> None:
    """The name to verify may be another than the host; that of an endpoint goes before that of the link."""
    async with smsc(pki, pki.elsewhere) as running:
        wish = link(running, TlsOptions(trust_pem=pki.authority.pem, server_name="smsc.elsewhere.example"))
        if where == "endpoint":
            endpoint = Endpoint("localhost", running.tls_port, "smsc.elsewhere.example")
            options = TlsOptions(trust_pem=pki.authority.pem, server_name="wrong.example")
            wish = replace(wish, endpoints=(endpoint,), tls=options)
        bench.table.want(wish)
        await bench.until_bound(wish)


async def test_the_alert_after_the_handshake(bench: LinkBench, pki: Pki) -> None:
    """TLS 1.3 tells of the missing client certificate with the first read; a certificate that is named heals it."""
    async with smsc(pki, mutual=True) as running:
        without = link(running, TlsOptions(trust_pem=pki.authority.pem, minimum_version="1.3"))
        bench.table.want(without)
        fact = await bench.until_failed(without, FailureReason.CLIENT_CERTIFICATE_REQUIRED)
        assert fact.failure is not None
        assert "spec.tls.identityCertificateRef" in fact.failure.message
        options = TlsOptions(pki.authority.pem, pki.client.pem, pki.client.key_pem)
        bench.table.want(healed := replace(without, tls=options, revision="2"))
        await bench.until_bound(healed)


@pytest.mark.parametrize(
    "options",
    [
        TlsOptions(trust_pem=""),
        TlsOptions(trust_pem="no certificate"),
        TlsOptions(minimum_version="1.1"),
    ],
)
async def test_unusable_options_dial_nobody(bench: LinkBench, options: TlsOptions) -> None:
    """Nothing unusable falls back to the system's authorities, and nothing ends the bind's task."""
    wish = wanted(9, tls=options)
    bench.table.want(wish)
    fact = await bench.until_failed(wish, FailureReason.TLS_HANDSHAKE_FAILED)
    assert fact.failure is not None
    assert "was not dialled" in fact.failure.message


async def test_a_key_that_is_not_the_certificates(bench: LinkBench, pki: Pki) -> None:
    """Found before anybody is dialled; no key shows."""
    wish = wanted(9, tls=TlsOptions(pki.authority.pem, pki.client.pem, pki.server.key_pem))
    bench.table.want(wish)
    fact = await bench.until_failed(wish, FailureReason.TLS_HANDSHAKE_FAILED)
    assert fact.failure is not None
    assert "PRIVATE" not in fact.failure.message
    assert pki.server.key_pem not in repr(wish)


def test_an_encrypted_key_asks_nobody(pki: Pki) -> None:
    """OpenSSL would ask the terminal for its password and hold up every link."""
    options = TlsOptions(pki.authority.pem, pki.client.pem, pki.client.encrypted_key_pem("word"))
    with pytest.raises((OSError, ValueError)):
        client_context(options)


async def test_a_server_that_is_silent_in_the_handshake(bench: LinkBench, pki: Pki) -> None:
    """Bounded, with its own words."""
    connected: list[asyncio.StreamWriter] = []

    async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.append(writer)

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        wish = wanted(server.sockets[0].getsockname()[1], tls=TlsOptions(trust_pem=pki.authority.pem))
        bench.table.want(wish)
        fact = await bench.until_failed(wish, FailureReason.TLS_HANDSHAKE_FAILED)
        assert fact.failure is not None
        assert "in time" in fact.failure.message
        await bench.table.close()
        for writer in connected:
            writer.close()
