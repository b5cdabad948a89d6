"""The simulator without misbehaviour, seen by smpplib's own client."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import AsyncExitStack

import pytest
import smpplib.exceptions

from sms_operator.dev.smsc import (
    Account,
    BindType,
    Fault,
    Mutual,
    NobodyBound,
    SessionGone,
    Simulator,
    TlsSettings,
    server_context,
)
from sms_operator.dev.smsc.accounts import Accounts
from support.esme import Esme
from support.pki import Pki
from support.raw import connect

RX_T_APPN = 0x64


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        ("bind_transceiver", BindType.TRANSCEIVER),
        ("bind_receiver", BindType.RECEIVER),
        ("bind_transmitter", BindType.TRANSMITTER),
    ],
)
async def test_each_bind_is_answered_and_listed(smsc: Simulator, command: str, kind: BindType) -> None:
    """The session is listed with its type from the bind_resp on, and gone after unbind."""
    async with Esme(smsc.port) as esme:
        answer = await esme.bind("demo", "secret", command)
        assert answer.system_id == b"SIMULATOR"
        (session,) = await smsc.until_bound("demo")
        assert (session.system_id, session.bind_type) == ("demo", kind)
        assert session.since is not None
        await esme.unbind()
        await smsc.until_bound("demo", 0)


@pytest.mark.parametrize(
    ("system_id", "password", "status"),
    [("demo", "wrong", 0x0E), ("nobody", "secret", 0x0F), ("rxonly", "secret", 0x03), ("typed", "secret", 0x53)],
)
async def test_bad_logins_get_the_right_status(smsc: Simulator, system_id: str, password: str, status: int) -> None:
    """Wrong password, unknown login, a bind type and a system_type that the account may not use."""
    smsc.accounts.put(Account("rxonly", "secret", frozenset({BindType.RECEIVER})))
    smsc.accounts.put(Account("typed", "secret", system_type="VMS"))
    async with Esme(smsc.port) as esme:
        with pytest.raises(smpplib.exceptions.PDUError) as caught:
            await esme.bind(system_id, password)
        assert caught.value.args[1] == status
    (attempt,) = smsc.state.attempts
    assert (attempt.system_id, attempt.status, attempt.request.password) == (system_id, status, "")


async def test_limit_of_binds(smsc: Simulator) -> None:
    """One bind more than allowed is ESME_RALYBND, and fine again when the other has gone."""
    smsc.accounts.put(Account("demo", "secret", max_binds=1))
    async with Esme(smsc.port) as first, Esme(smsc.port) as second:
        await first.bind("demo", "secret")
        with pytest.raises(smpplib.exceptions.PDUError) as caught:
            await second.bind("demo", "secret")
        assert caught.value.args[1] == 0x05
        await first.unbind()
        await smsc.until_bound("demo", 0)
        await second.bind("demo", "secret")


async def test_password_changes_from_the_next_bind_on(smsc: Simulator) -> None:
    """A live session stays; a new one needs the new password."""
    async with Esme(smsc.port) as old, Esme(smsc.port) as new:
        await old.bind("demo", "secret")
        smsc.accounts.set_password("demo", "rotated")
        with pytest.raises(smpplib.exceptions.PDUError):
            await new.bind("demo", "secret")
        await new.bind("demo", "rotated")
        assert len(await smsc.until_bound("demo", 2)) == 2


async def test_enquire_link_and_unknown_command(smsc: Simulator) -> None:
    """enquire_link is answered before and after the bind, an unserved command with generic_nack ESME_RINVCMDID."""
    async with Esme(smsc.port) as esme:
        assert (await esme.request("enquire_link")).command == "enquire_link_resp"
        await esme.bind("demo", "secret")
        assert (await esme.request("enquire_link")).command == "enquire_link_resp"
    async with connect(smsc.port) as raw:
        await raw.send_octets(bytes.fromhex("00000010 00010200 00000000 00000009"))
        answer = await raw.read()
        assert (answer.command, answer.status, answer.sequence) == ("generic_nack", 0x03, 9)


async def test_submit_with_receipt(smsc: Simulator) -> None:
    """A submit_sm gets an id; the receipt carries that id in text and TLV."""
    async with Esme(smsc.port) as esme:
        await esme.bind("demo", "secret")
        answer = await esme.request(
            "submit_sm",
            source_addr="12345",
            dest_addr_ton=1,
            destination_addr="31600000000",
            short_message=b"hello",
            registered_delivery=1,
        )
        (submission,) = smsc.state.submissions
        assert submission.message_id.encode() == answer.message_id
        assert (submission.destination, submission.message.content) == ("+31600000000", b"hello")
        receipt = await esme.read()
        assert receipt.command == "deliver_sm"
        assert receipt.receipted_message_id == answer.message_id
        assert receipt.short_message.startswith(b"id:" + answer.message_id + b" sub:001 dlvrd:001")
        await esme.answer(receipt, "deliver_sm_resp")


async def test_data_sm_is_accepted(smsc: Simulator) -> None:
    """A data_sm is a submission like any other, its text in message_payload."""
    async with Esme(smsc.port) as esme:
        await esme.bind("demo", "secret")
        answer = await esme.request(
            "data_sm", source_addr="1", destination_addr="2", message_payload=b"hello", registered_delivery=0
        )
        assert answer.command == "data_sm_resp"
        assert smsc.state.submissions[0].message.content == b"hello"


async def test_submit_needs_a_bind_that_sends(smsc: Simulator) -> None:
    """A receiver's submit_sm is refused with ESME_RINVBNDSTS."""
    async with Esme(smsc.port) as esme:
        await esme.bind("demo", "secret", "bind_receiver")
        answer = await esme.request("submit_sm", source_addr="1", destination_addr="2", short_message=b"hello")
        assert (answer.command, answer.status) == ("submit_sm_resp", 0x04)


@pytest.mark.parametrize("status", [0, RX_T_APPN])
async def test_injected_message_and_its_answer(smsc: Simulator, status: int) -> None:
    """inject() returns the command_status with which the ESME answered."""
    async with Esme(smsc.port) as esme:
        await esme.bind("demo", "secret", "bind_receiver")
        injected = asyncio.create_task(smsc.inject("demo", "+31600000000", "12345", "hello"))
        message = await esme.read()
        assert (message.source_addr, message.source_addr_ton) == (b"31600000000", 1)
        assert (message.destination_addr, message.short_message) == (b"12345", b"hello")
        await esme.answer(message, "deliver_sm_resp", status)
        assert await injected == status


async def test_injected_ucs2_and_long_messages(smsc: Simulator) -> None:
    """What is not ASCII goes as UCS-2, what is long as message_payload."""
    async with Esme(smsc.port) as esme:
        await esme.bind("demo", "secret")
        injected = asyncio.create_task(smsc.inject("demo", "1", "2", "żółw" * 100))
        message = await esme.read()
        await esme.answer(message, "deliver_sm_resp")
        await injected
        assert (message.data_coding, message.short_message) == (8, b"")
        assert message.message_payload == ("żółw" * 100).encode("utf-16-be")


async def test_inject_needs_a_receiver(smsc: Simulator) -> None:
    """Nobody bound, only a transmitter bound, and a session that ends before it answers are errors with names."""
    with pytest.raises(NobodyBound, match='"demo" has no transceiver or receiver'):
        await smsc.inject("demo", "1", "2", "hello")
    async with Esme(smsc.port) as esme:
        await esme.bind("demo", "secret", "bind_transmitter")
        with pytest.raises(NobodyBound):
            await smsc.inject("demo", "1", "2", "hello")
    async with Esme(smsc.port) as esme:
        await esme.bind("demo", "secret")
        with pytest.raises(TimeoutError, match="did not answer the deliver_sm within"):
            await smsc.inject("demo", "1", "2", "hello", deadline=0.05)
        injected = asyncio.create_task(smsc.inject("demo", "1", "2", "hello"))
        await esme.read()
        smsc.end_sessions(Fault.RESET)
        with pytest.raises(SessionGone):
            await injected


async def test_deliveries_take_turns(smsc: Simulator) -> None:
    """Two receivers of one account get every other message."""
    async with Esme(smsc.port) as first, Esme(smsc.port) as second:
        for esme in (first, second):
            await esme.bind("demo", "secret", "bind_receiver")
        for esme in (first, second, first):
            injected = asyncio.create_task(smsc.inject("demo", "1", "2", "hello"))
            await esme.answer(await esme.read(), "deliver_sm_resp")
            assert await injected == 0


async def test_tls(pki: Pki) -> None:
    """Who trusts the authority binds, who does not never gets there, and the certificate can be exchanged live."""
    log: list[str] = []
    async with Simulator([Account("demo", "secret")], tls=pki.server_context(), log=log.append) as smsc:
        async with Esme(smsc.tls_port, "localhost", tls=_by_name(pki.client_context())) as esme:
            await esme.bind("demo", "secret")
            (session,) = await smsc.until_bound("demo")
            assert session.line.secure
            injected = asyncio.create_task(smsc.inject("demo", "1", "2", "hello" * 10_000))
            message = await esme.read()
            assert message.message_payload == b"hello" * 10_000
            await esme.answer(message, "deliver_sm_resp")
            assert await injected == 0
        with pytest.raises((smpplib.exceptions.ConnectionError, ssl.SSLError)):
            async with Esme(smsc.tls_port, "localhost", tls=_by_name(ssl.create_default_context())):
                pass
        await smsc.until(lambda: any("TLS handshake failed" in line for line in log), what="the log line")
        smsc.set_tls(pki.server_context(pki.stranger.server()))
        with pytest.raises((smpplib.exceptions.ConnectionError, ssl.SSLError)):
            async with Esme(smsc.tls_port, "localhost", tls=_by_name(pki.client_context())):
                pass


async def test_end_in_the_middle_of_everything(pki: Pki) -> None:
    """A handshake that never begins, a session that is bound and one that is silent do not delay the end."""
    async with AsyncExitStack() as peers:
        async with asyncio.timeout(5), Simulator([Account("demo", "secret")], tls=pki.server_context()) as smsc:
            await peers.enter_async_context(connect(smsc.tls_port))
            await peers.enter_async_context(connect(smsc.port))
            esme = await peers.enter_async_context(Esme(smsc.port))
            await esme.bind("demo", "secret")
            await smsc.until(lambda: smsc.state.connections == 3, what="three connections")
        with pytest.raises((smpplib.exceptions.ConnectionError, OSError)):
            await esme.read()


async def test_mutual_tls(pki: Pki) -> None:
    """The client's certificate is demanded, and its name is on record."""
    async with Simulator([Account("demo", "secret")], port=None, tls=pki.server_context(mutual=True)) as smsc:
        async with Esme(smsc.tls_port, "localhost", tls=_by_name(pki.client_context(pki.client))) as esme:
            await esme.bind("demo", "secret")
            await smsc.until_bound("demo")
        assert smsc.state.attempts[0].certificate == "esme"
        for identity in (None, pki.foreign_client):
            with pytest.raises((smpplib.exceptions.ConnectionError, OSError)):
                async with Esme(smsc.tls_port, "localhost", tls=_by_name(pki.client_context(identity))) as esme:
                    await esme.bind("demo", "secret")
        assert len(smsc.state.attempts) == 1


async def test_the_alert_that_says_why_is_sent(pki: Pki) -> None:
    """In TLS 1.3 an ESME learns only by an alert that a certificate was wanted, or that its own was refused."""
    async with Simulator([Account("demo", "secret")], tls=pki.server_context(mutual=True)) as smsc:
        for identity, alert in ((None, "CERTIFICATE_REQUIRED"), (pki.foreign_client, "UNKNOWN_CA")):
            context = pki.client_context(identity)
            reader, writer = await asyncio.open_connection("localhost", smsc.tls_port, ssl=context)
            with pytest.raises(ssl.SSLError, match=alert):
                await reader.read(1)
            writer.close()


async def test_authority_of_the_clients_from_a_file(pki: Pki) -> None:
    """`server_context` with files of one's own takes exactly the clients of the authority named."""
    certificate, key = pki.server_files
    settings = TlsSettings(certificate=certificate, key=key, mutual=Mutual.REQUIRED, client_ca=pki.trust_file)
    async with Simulator([Account("demo", "secret")], tls=server_context(settings)) as smsc:
        for identity, welcome in ((pki.client, True), (pki.foreign_client, False)):
            async with Esme(smsc.tls_port, "localhost", tls=_by_name(pki.client_context(identity))) as esme:
                outcome = await asyncio.gather(esme.bind("demo", "secret"), return_exceptions=True)
                assert isinstance(outcome[0], Exception) is not welcome
    with pytest.raises(ValueError, match="wants the authority"):
        server_context(TlsSettings(certificate=certificate, key=key, mutual=Mutual.OPTIONAL))


@pytest.mark.parametrize(("length", "payload"), [(160, False), (161, True), (64_000, True)])
async def test_where_short_messages_end(smsc: Simulator, length: int, payload: bool) -> None:
    """A phone's message has 160 septets; more goes in one message_payload unless something else is asked for."""
    async with Esme(smsc.port) as esme:
        await esme.bind("demo", "secret")
        injected = asyncio.create_task(smsc.inject("demo", "1", "2", "x" * length))
        message = await esme.read()
        assert message.sm_length == (0 if payload else length)
        assert len(message.message_payload or b"") == (length if payload else 0)
        await esme.answer(message, "deliver_sm_resp")
        await injected


async def test_no_password_is_ever_said(smsc: Simulator, log: list[str]) -> None:
    """Neither the log nor a repr shows a password, right or wrong."""
    async with Esme(smsc.port) as esme:
        with pytest.raises(smpplib.exceptions.PDUError):
            await esme.bind("demo", "guessed")
        await esme.bind("demo", "secret")
    await smsc.until_bound("demo", 0)
    said = "\n".join(log) + repr(list(smsc.accounts)) + repr(smsc.state)
    assert "demo" in said
    assert "secret" not in said
    assert "guessed" not in said


def test_account_written_as_text() -> None:
    """`system_id:password`, where only the first colon counts."""
    assert Account.parse("demo:a:b") == Account("demo", "a:b")
    for wrong in ("demo", ":secret", ""):
        with pytest.raises(ValueError, match="system_id:password"):
            Account.parse(wrong)


def test_password_of_an_unknown_account() -> None:
    """There is nothing to change."""
    with pytest.raises(KeyError):
        Accounts().set_password("nobody", "secret")


def _by_name(context: ssl.SSLContext) -> ssl.SSLContext:
    # smpplib gives no server name to its socket, so the name cannot be checked; the chain still is.
    context.check_hostname = False
    return context
