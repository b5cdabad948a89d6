"""Links against SMSCs that refuse, are silent, or talk something else: what is said of each, and who suffers."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from sms_operator.dev.smsc import Account, Behaviour, Fault, Simulator
from sms_operator.links.failures import Failure
from sms_operator.protocol.messages import BindType, Endpoint, FailureReason, TlsOptions
from sms_operator.smpp.codec import encode
from sms_operator.smpp.command_status import ESME_RINVCMDID, ESME_RTHROTTLED, ESME_RX_T_APPN
from sms_operator.smpp.commands import Command
from support.dataplane import wanted
from support.linkbench import LinkBench
from support.pki import Pki
from support.scripted import Talk, scripted


async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """Reads and says nothing."""
    while await reader.read(4096):
        pass


async def closing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Takes the bind and hangs up."""
    await reader.read(4096)
    writer.close()
    await writer.wait_closed()


def saying(octets: bytes) -> Talk:
    """Takes the bind and answers with these octets."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(4096)
        writer.write(octets)
        await silent(reader, writer)

    return talk


NACK = encode(Command.GENERIC_NACK, 1, ESME_RINVCMDID)
BOUND = encode(Command.BIND_TRANSCEIVER_RESP, 1, body=b"SMSC\0")


@pytest.mark.parametrize(
    ("talk", "reason", "words"),
    [
        (silent, FailureReason.BIND_TIMEOUT, "no answer to the bind within 0.3 s"),
        (closing, FailureReason.UNREACHABLE, "closed before the bind was answered; it may expect TLS"),
        (saying(b"\0" * 40), FailureReason.PROTOCOL_ERROR, "command_length 0"),
        (saying(b"HTTP/1.1 400 Bad Request\r\n\r\n"), FailureReason.PROTOCOL_ERROR, "HTTP server; is the port right"),
        (saying(b"220 mail ESMTP\r\n"), FailureReason.PROTOCOL_ERROR, "another protocol; is the port right"),
        (saying(NACK), FailureReason.BIND_MODE_NOT_SUPPORTED, "try spec.bind.style TransmitterReceiver"),
        (saying(BOUND[:9]), FailureReason.BIND_TIMEOUT, "no answer to the bind"),
        (saying(encode(Command.BIND_TRANSCEIVER_RESP, 7)), FailureReason.BIND_TIMEOUT, "no answer to the bind"),
        (saying(encode(Command.UNBIND, 1)), FailureReason.PEER_UNBOUND, "the SMSC ended the bind"),
        (saying(BOUND), FailureReason.ENQUIRE_LINK_TIMEOUT, "no answer to enquire_link within 0.3 s"),
    ],
)
async def test_what_is_said_of_each(bench: LinkBench, talk: Talk, reason: FailureReason, words: str) -> None:
    """The reason, and words that name the endpoint and the cause."""
    async with scripted(talk) as port:
        link = wanted(port, response_timeout=0.3, enquire_link_interval=0.1)
        bench.table.want(link)
        fact = await bench.until_failed(link, reason)
        assert fact.failure is not None
        assert words in fact.failure.message
        assert f"127.0.0.1:{port}" in fact.failure.message
        await bench.table.close()


@pytest.mark.parametrize("host", ["169.254.169.254", "::ffff:169.254.169.254", "2852039166", "0.0.0.0"])
async def test_addresses_that_may_not_be_dialled(bench: LinkBench, host: str) -> None:
    """Whatever their spelling, they are refused with the setting that would allow them."""
    link = wanted(80, host=host)
    bench.table.want(link)
    fact = await bench.until_failed(link, FailureReason.ADDRESS_NOT_ALLOWED)
    assert fact.failure is not None
    assert "SMS_OPERATOR_ALLOWED_NETWORKS" in fact.failure.message


async def test_a_password_that_cannot_be_sent(bench: LinkBench, smsc: Simulator) -> None:
    """It is told without dialling, without quoting it, and without ending the bind's task."""
    link = wanted(smsc.port, password="Ж-hidden")
    bench.table.want(link)
    fact = await bench.until_failed(link, FailureReason.INVALID_PASSWORD)
    assert fact.failure is not None
    assert "hidden" not in fact.failure.message
    assert smsc.state.connections == 0
    new = replace(link, password="secret", revision="2")
    bench.table.want(new)
    await bench.until_bound(new)


async def test_a_fault_of_ours_is_a_failure_and_not_the_end(bench: LinkBench, smsc: Simulator) -> None:
    """An exception that nobody thought of is told, and the bind goes on trying."""
    faults = [RuntimeError("boom")]

    async def fail_once() -> None:
        if faults:
            raise faults.pop()

    around = bench.table._around  # pyright: ignore[reportPrivateUsage]
    around.pacer.turn = fail_once
    link = wanted(smsc.port)
    bench.table.want(link)
    fact = await bench.until_failed(link, FailureReason.PROTOCOL_ERROR)
    assert fact.failure is not None
    assert "RuntimeError" in fact.failure.message
    assert "boom" not in fact.failure.message
    await bench.until_bound(link)


class TestTlsAndPlain:
    """One side speaks TLS, the other does not."""

    async def test_plain_to_a_tls_port(self, bench: LinkBench, pki: Pki) -> None:
        """OpenSSL hangs up without a word; the hint says what may be wrong."""
        async with Simulator([Account("demo", "secret")], port=None, tls=pki.server_context()) as smsc:
            link = wanted(smsc.tls_port)
            bench.table.want(link)
            fact = await bench.until_failed(link, FailureReason.UNREACHABLE)
            assert fact.failure is not None
            assert "it may expect TLS" in fact.failure.message

    async def test_plain_to_a_tls_port_that_sends_an_alert(self, bench: LinkBench) -> None:
        """Some say so in TLS, which is understood."""
        async with scripted(saying(b"\x15\x03\x03\0\x02\x02\x46")) as port:
            link = wanted(port)
            bench.table.want(link)
            fact = await bench.until_failed(link, FailureReason.PROTOCOL_ERROR)
            assert fact.failure is not None
            assert "TLS server; is spec.tls missing?" in fact.failure.message
            await bench.table.close()

    @pytest.mark.parametrize("version", ["1.2", "1.3"])
    @pytest.mark.parametrize("identity", [None, "foreign"])
    async def test_mutual_tls(self, bench: LinkBench, pki: Pki, version: str, identity: str | None) -> None:
        """A missing certificate, or one of another authority, is told as such by both versions of TLS."""
        context = pki.server_context(mutual=True)
        bound = {"1.2": context.minimum_version.TLSv1_2, "1.3": context.minimum_version.TLSv1_3}[version]
        context.minimum_version = context.maximum_version = bound
        shown = (pki.foreign_client.pem, pki.foreign_client.key_pem) if identity else (None, None)
        async with Simulator([Account("demo", "secret")], port=None, tls=context) as smsc:
            link = wanted(smsc.tls_port, host="localhost", tls=TlsOptions(pki.authority.pem, *shown))
            bench.table.want(link)
            fact = await bench.until_failed(link, FailureReason.CLIENT_CERTIFICATE_REQUIRED)
            assert fact.failure is not None
            assert (
                "does not accept our"
                if identity
                else "client certificate (spec.tls"
                if version == "1.2"
                else "requires a client certificate"
            ) in (fact.failure.message)

    async def test_a_bind_over_tls_that_is_cut(self, bench: LinkBench, pki: Pki) -> None:
        """It is a lost connection and no failed handshake, and the link binds again."""
        async with Simulator([Account("demo", "secret")], port=None, tls=pki.server_context()) as smsc:
            link = wanted(smsc.tls_port, tls=TlsOptions(pki.authority.pem))
            bench.table.want(link)
            for fault in (Fault.RESET, Fault.CLOSE, Fault.UNBIND):
                await bench.until_bound(link)
                bench.history.clear()
                smsc.end_sessions(fault)
                fact = await bench.until(link.key, lambda fact: fact.failure is not None, "the loss")
                assert fact.failure is not None
                lost = FailureReason.PEER_UNBOUND if fault is Fault.UNBIND else FailureReason.UNREACHABLE
                assert fact.failure.reason is lost
            await bench.until_bound(link)

    async def test_a_server_name_that_none_can_have(self, bench: LinkBench, pki: Pki) -> None:
        """It is a failure with words and no endless handshake."""
        link = wanted(9, tls=TlsOptions(pki.authority.pem, server_name=".smsc.example"))
        bench.table.want(link)
        fact = await bench.until_failed(link, FailureReason.TLS_HANDSHAKE_FAILED)
        assert fact.failure is not None
        assert '".smsc.example" is not a name' in fact.failure.message


class TestBound:
    """Links that stand."""

    async def test_ipv6(self, bench: LinkBench) -> None:
        """Addresses are told in brackets."""
        async with Simulator([Account("demo", "secret")], host="::1") as smsc:
            link = wanted(smsc.port, host="::1")
            bench.table.want(link)
            assert (await bench.until_bound(link)).endpoint == f"[::1]:{smsc.port}"

    async def test_a_long_password_is_sent_whole(self, bench: LinkBench) -> None:
        """The SMSC decides how long a password may be."""
        password = "correct horse battery staple"
        async with Simulator([Account("demo", password)]) as smsc:
            link = wanted(smsc.port, password=password)
            bench.table.want(link)
            await bench.until_bound(link)

    async def test_octet_by_octet(self, bench: LinkBench, smsc: Simulator) -> None:
        """A very slow SMSC is an SMSC."""
        await smsc.behave(Behaviour(octet_delay=0.001, enquire_before_bind=True))
        link = wanted(smsc.port)
        bench.table.want(link)
        await bench.until_bound(link)

    async def test_every_field_of_the_bind_arrives(self, bench: LinkBench, smsc: Simulator) -> None:
        """What the gateway declares is what the SMSC reads."""
        link = wanted(
            smsc.port, system_type="VMS", address_range="^1234$", addr_ton=1, addr_npi=8, interface_version=0x33
        )
        bench.table.want(link)
        await bench.until_bound(link)
        (attempt,) = smsc.state.attempts
        asked = attempt.request
        assert (asked.system_id, asked.system_type, asked.address_range) == ("demo", "VMS", "^1234$")
        assert (asked.addr_ton, asked.addr_npi, asked.interface_version) == (1, 8, 0x33)

    async def test_pairs(self, bench: LinkBench, smsc: Simulator) -> None:
        """TransmitterReceiver with a count of two is two of each, half of which receive."""
        link = wanted(smsc.port, bind_types=(BindType.RECEIVER, BindType.TRANSMITTER), bind_count=2)
        bench.table.want(link)
        fact = await bench.until_bound(link)
        assert (fact.binds_desired, fact.receivers_connected) == (4, 2)
        assert sorted(str(session.bind_type) for session in smsc.sessions()) == ["Receiver"] * 2 + ["Transmitter"] * 2

    @pytest.mark.parametrize("behaviour", ["normal", "coalesce"])
    async def test_messages_stay_with_the_smsc(self, bench: LinkBench, smsc: Simulator, behaviour: str) -> None:
        """Nobody takes them yet: each is answered with a temporary error, also one that comes with the bind_resp."""
        await smsc.behave(behaviour)
        link = wanted(smsc.port)
        bench.table.want(link)
        await bench.until_bound(link)
        assert await smsc.inject("demo", "+31600000000", "12345", "hello") == ESME_RX_T_APPN
        expected = 2 if behaviour == "coalesce" else 1
        assert bench.sample("smpp_deliveries_total", taken="no") == expected

    async def test_some_of_several_binds(self, bench: LinkBench) -> None:
        """Two of three stand: counted as such, with the reason of the third."""
        async with Simulator([Account("demo", "secret", max_binds=2)]) as smsc:
            link = wanted(smsc.port, bind_count=3)
            bench.table.want(link)
            fact = await bench.until(
                link.key, lambda fact: fact.binds_connected == 2 and fact.failure is not None, "two of three"
            )
            assert fact.failure is not None
            assert fact.failure.reason is FailureReason.ALREADY_BOUND

    async def test_already_bound_heals(self, bench: LinkBench) -> None:
        """When the other session goes, the link binds."""
        async with Simulator([Account("demo", "secret", max_binds=1)]) as smsc:
            first, second = wanted(smsc.port, key="tenant/a"), wanted(smsc.port, key="tenant/b")
            second = replace(second, enquire_link_interval=0.2)
            bench.table.want(first)
            await bench.until_bound(first)
            bench.table.want(second)
            fact = await bench.until_failed(second, FailureReason.ALREADY_BOUND)
            assert fact.failure is not None
            assert fact.failure.command_status == 5
            bench.table.remove(first.key)
            await bench.until_bound(second)

    @pytest.mark.parametrize("fault", [Fault.UNBIND, Fault.CLOSE, Fault.RESET, Fault.GARBAGE])
    async def test_lost_and_found(self, bench: LinkBench, smsc: Simulator, fault: Fault) -> None:
        """Whatever ends a bind, the loss is told and the link binds again; the SMSC has no session left over."""
        link = wanted(smsc.port)
        bench.table.want(link)
        await bench.until_bound(link)
        smsc.end_sessions(fault)
        await bench.until(link.key, lambda fact: fact.failure is not None, "the loss")
        await bench.until_bound(link)
        await smsc.until_bound("demo", 1)

    async def test_throttled_until_something_else(self, bench: LinkBench, smsc: Simulator) -> None:
        """A bind refused for load is throttled; one that is refused for another reason is not."""
        await smsc.behave(Behaviour(bind_status=ESME_RTHROTTLED))
        link = wanted(smsc.port)
        bench.table.want(link)
        await bench.until(link.key, lambda fact: fact.throttled, "throttled")
        await smsc.behave("refuse")
        fact = await bench.until_failed(link, FailureReason.UNREACHABLE)
        assert not fact.throttled
        await smsc.behave("normal")
        await bench.until_bound(link)

    async def test_the_first_endpoint_is_tried_first_again(self, bench: LinkBench, smsc: Simulator) -> None:
        """After a loss on the second endpoint the link goes back to the first."""
        async with Simulator([Account("demo", "secret")]) as second:
            await smsc.behave("refuse")
            endpoints = (Endpoint("127.0.0.1", smsc.port), Endpoint("127.0.0.1", second.port))
            link = replace(wanted(smsc.port), endpoints=endpoints)
            bench.table.want(link)
            await bench.until_bound(link)
            await smsc.behave("normal")
            second.end_sessions(Fault.CLOSE)
            await bench.until(link.key, lambda fact: fact.endpoint == f"127.0.0.1:{smsc.port}", "bound to the first")


class TestClose:
    """Links that end at an inconvenient moment."""

    @pytest.mark.parametrize("talk", [silent, saying(BOUND), saying(BOUND + encode(Command.UNBIND, 9))])
    async def test_at_any_moment(self, bench: LinkBench, talk: Talk) -> None:
        """Closing while dialling, while binding and while bound ends with no task and no socket left."""
        async with scripted(talk) as port:
            link = wanted(port, response_timeout=0.3)
            for turns in (0, 1, 2, 3, 5, 8, 13, 50):
                bench.table.want(link)
                for _ in range(turns):
                    await asyncio.sleep(0)
                await bench.table.close()
                bench.table.listen(bench._take)  # pyright: ignore[reportPrivateUsage]
            assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("bind ")]

    async def test_in_the_handshake(self, bench: LinkBench, pki: Pki) -> None:
        """The same in the middle of a TLS handshake and right after it."""
        async with Simulator([Account("demo", "secret")], port=None, tls=pki.server_context()) as smsc:
            link = wanted(smsc.tls_port, tls=TlsOptions(pki.authority.pem))
            for connections in (1, 2, 3):
                bench.table.want(link)
                await smsc.until(lambda least=connections: smsc.state.connections >= least, what="a connection")
                for _ in range(connections):
                    await asyncio.sleep(0)
                await bench.table.close()
            await smsc.until(lambda: not smsc.state.sessions, what="the end of all sessions")

    async def test_an_smsc_that_does_not_answer_unbind(self, bench: LinkBench, smsc: Simulator) -> None:
        """The link is gone after the response timeout."""
        link = wanted(smsc.port, response_timeout=0.2)
        bench.table.want(link)
        await bench.until_bound(link)
        await smsc.behave("half-open")
        bench.table.remove(link.key)
        await smsc.until(lambda: not smsc.state.sessions, what="the end of the session")


def test_the_worst_of_several_failures_is_told() -> None:
    """A hopeless failure goes before one that may pass."""
    from sms_operator.links.bind import BindState
    from sms_operator.links.link import _worst  # pyright: ignore[reportPrivateUsage]

    passing = BindState(failure=Failure(FailureReason.UNREACHABLE, ""), failing_since=1)
    older = BindState(failure=Failure(FailureReason.CONNECT_TIMEOUT, ""), failing_since=0)
    hopeless = BindState(failure=Failure(FailureReason.INVALID_PASSWORD, ""), failing_since=5)
    assert _worst([passing, older, hopeless]) is hopeless
    assert _worst([passing, older]) is older
    assert _worst([BindState(), BindState(bound=True)]) is None
