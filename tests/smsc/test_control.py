"""The control interface, asked over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from sms_operator.dev.smsc import Simulator
from sms_operator.dev.smsc.control import control
from sms_operator.smpp.commands import Command
from support.esme import Esme
from support.wire import bound

MESSAGE = {"systemId": "demo", "from": "1", "to": "2", "text": "hello"}


@pytest_asyncio.fixture
async def http(smsc: Simulator) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of the simulator's control interface."""
    async with control(smsc) as port, aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
        yield session


async def ask(http: aiohttp.ClientSession, method: str, path: str, body: object = None) -> tuple[int, Any]:
    """Status and JSON of the answer."""
    async with http.request(method, path, json=body) as answer:
        return answer.status, await answer.json()


async def test_accounts(http: aiohttp.ClientSession, smsc: Simulator) -> None:
    """Added, changed in part, listed without passwords, removed."""
    assert (await ask(http, "POST", "/accounts", {"systemId": "new", "password": "hidden", "maxBinds": 2}))[0] == 200
    assert (
        await ask(http, "POST", "/accounts", {"systemId": "new", "bindTypes": ["Receiver"], "receiptIds": "decimal"})
    )[0] == 200
    status, listed = await ask(http, "GET", "/accounts")
    assert status == 200
    forms = {"messageIds": "hex", "receiptIds": "decimal"}
    assert listed[1] == {"systemId": "new", "bindTypes": ["Receiver"], "maxBinds": 2, "bound": 0, **forms}
    async with Esme(smsc.port) as esme:
        await esme.bind("new", "hidden", "bind_receiver")
    assert (await ask(http, "DELETE", "/accounts/new"))[0] == 200
    assert (await ask(http, "DELETE", "/accounts/new"))[0] == 400


async def test_sessions_messages_and_their_end(http: aiohttp.ClientSession, smsc: Simulator) -> None:
    """A bound session is listed, gets a message, submits one, and is unbound."""
    async with Esme(smsc.port) as esme:
        await esme.bind("demo", "secret")
        await esme.request("submit_sm", source_addr="1", destination_addr="2", short_message=b"hi")
        _, (session,) = await ask(http, "GET", "/sessions?systemId=demo")
        assert (session["systemId"], session["bindType"], session["tls"]) == ("demo", "Transceiver", False)
        body = {"systemId": "demo", "from": "+31600000000", "to": "12345", "text": "hello"}
        injected = asyncio.create_task(ask(http, "POST", "/messages", body))
        await esme.answer(await esme.read(), "deliver_sm_resp", 0x64)
        assert await injected == (200, {"commandStatus": 0x64})
        _, (submission,) = await ask(http, "GET", "/messages")
        assert (submission["to"], submission["contentHex"]) == ("2", b"hi".hex())
        assert await ask(http, "DELETE", "/sessions", {}) == (200, {"sessions": 1})
        assert (await esme.read()).command == "unbind"


async def test_behaviour(http: aiohttp.ClientSession, smsc: Simulator) -> None:
    """A preset by name, fields by object, for one login or all, and what holds now is shown."""
    fields = {"bind_status": 5, "faults": {"submit": "reset"}}
    assert (await ask(http, "POST", "/behaviour", {"behaviour": fields, "systemId": "demo"}))[0] == 200
    _, shown = await ask(http, "GET", "/behaviour")
    assert (shown["everybody"], shown["accounts"]) == ({}, {"demo": fields})
    assert "half-open" in shown["presets"]
    assert (await ask(http, "POST", "/behaviour", {"behaviour": "refuse"}))[0] == 200
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", smsc.port)


async def test_everything_else_that_can_be_asked(http: aiohttp.ClientSession, smsc: Simulator) -> None:
    """Poison, floods, alerts, octets, the ledger and a restart."""
    async with bound(smsc.port) as esme:
        poisoned = asyncio.create_task(ask(http, "POST", "/poison", {"systemId": "demo", "how": "empty"}))
        esme.answer(await esme.frame(), 0x66)
        assert await poisoned == (200, {"commandStatus": 0x66})
        flood = asyncio.create_task(ask(http, "POST", "/floods", {"systemId": "demo", "count": 2, "text": "x"}))
        for _ in range(2):
            esme.answer(await esme.frame(), 0x14)
        assert await flood == (200, {"commandStatuses": {"20": 2}})
        esme.submit()
        await esme.frame()
        _, shown = await ask(http, "GET", "/ledger?systemId=demo&last=2")
        assert [entry["contentHex"] for entry in shown["delivered"]] == [b"x 1".hex(), b"x 2".hex()]
        assert [entry["attempts"][0]["commandStatus"] for entry in shown["delivered"]] == [0x14, 0x14]
        (submitted,) = shown["submitted"]
        assert (submitted["to"], submitted["commandStatus"], submitted["answered"]) == ("+31600000000", 0, True)
        _, empty = await ask(http, "GET", "/ledger?last=0")
        assert empty == {"submitted": [], "delivered": []}
        assert (await ask(http, "POST", "/alerts", {"systemId": "demo", "from": "1", "esme": "2"}))[0] == 200
        assert (await esme.frame()).command_id == Command.ALERT_NOTIFICATION
        octets = {"systemId": "demo", "hex": "00000010 00000015 00000000 00000001"}
        assert (await ask(http, "POST", "/octets", octets))[0] == 200
        assert (await esme.frame()).command_id == Command.ENQUIRE_LINK
        assert await ask(http, "POST", "/restart", {"seconds": 0.01}) == (200, {})
        with pytest.raises(ConnectionResetError):
            await esme.frame()
        assert (await ask(http, "POST", "/alerts", {"systemId": "demo", "from": "1", "esme": "2"}))[0] == 409


@pytest.mark.parametrize(
    ("method", "path", "body", "text"),
    [
        ("POST", "/accounts", {"systemId": "new"}, "password: want a text"),
        ("POST", "/accounts", {"systemId": "", "password": "x"}, "systemId: want a text"),
        ("POST", "/accounts", {"systemId": "demo", "bindTypes": ["Both"]}, 'bindTypes: no type "Both"'),
        ("POST", "/accounts", {"systemId": "demo", "maxBinds": -1}, "maxBinds: -1 is no number of sessions"),
        ("POST", "/accounts", {"systemId": "demo", "colour": 1}, 'no field "colour"'),
        ("POST", "/accounts", ["demo"], "no JSON object"),
        ("POST", "/behaviour", {"behaviour": "sleepy"}, 'no preset "sleepy"'),
        ("POST", "/behaviour", {"behaviour": "slow", "systemId": "nobody"}, 'no account "nobody"'),
        ("DELETE", "/sessions", {"how": "softly"}, 'how: nothing is called "softly"'),
        ("POST", "/messages", {"systemId": "demo", "from": "1", "to": "2"}, "text: want a text"),
        ("POST", "/messages", {**MESSAGE, "encoding": "Morse"}, "encoding: nothing is called"),
        ("POST", "/messages", {**MESSAGE, "encoding": "Gsm7", "text": "żółw"}, "U+017C"),
        ("POST", "/messages", {**MESSAGE, "parts": ["1"]}, "parts: want a list of numbers"),
        ("POST", "/messages", {**MESSAGE, "parts": [2]}, "parts: no part 2: the text has 1"),
        ("POST", "/accounts", {"systemId": "demo", "receiptIds": "roman"}, "receiptIds: nothing is called"),
        ("POST", "/behaviour", {"behaviour": {"receipts": {"dialect": "morse"}}}, "does not fit dialect: want one of"),
        ("POST", "/behaviour", {"behaviour": {"receipts": 7}}, "behaviour: receipts: want an object"),
        ("POST", "/floods", {"systemId": "demo", "count": -1}, "count: want a number"),
        ("POST", "/poison", {"systemId": "demo", "how": "arsenic"}, "how: nothing is called"),
        ("POST", "/octets", {"systemId": "demo", "hex": "xyz"}, "hex: want octets"),
        ("POST", "/restart", {"seconds": 61}, "seconds: want seconds"),
        ("GET", "/ledger?last=all", None, "last: want how many"),
    ],
)
async def test_wrong_requests(http: aiohttp.ClientSession, method: str, path: str, body: object, text: str) -> None:
    """Each names the field and what is wrong with it."""
    status, answer = await ask(http, method, path, body)
    assert status == 400
    assert text in answer["error"]


async def test_what_a_web_page_could_send_is_refused(http: aiohttp.ClientSession) -> None:
    """Another Host, or a body that is not declared as JSON."""
    async with http.get("/sessions", headers={"Host": "evil.example"}) as answer:
        assert answer.status == 403
    async with http.post("/accounts", data=b'{"systemId": "x", "password": "y"}') as answer:
        assert answer.status == 400
