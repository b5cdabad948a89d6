"""What the control interface can be asked, one method a request; bodies are JSON objects.

- GET /sessions, `?systemId=`; DELETE /sessions `{systemId?, how?}`
- GET /accounts; POST /accounts `{systemId, password?, bindTypes?, maxBinds?, messageIds?, receiptIds?}`;
  DELETE /accounts/{systemId}
- GET /behaviour; POST /behaviour `{behaviour, systemId?}`: the name of a preset, or fields of `Behaviour`
- GET /messages: what was accepted; POST /messages `{systemId, from, to, text, encoding?, longMessages?, reference?,
  parts?}`: one from a phone
- GET /ledger, `?systemId=`, `?last=`: everything in both directions with its answers
- POST /floods `{systemId, count, text?, window?}`; POST /poison `{systemId, how}`
- POST /alerts `{systemId, from, esme}`; POST /octets `{systemId, hex}`; POST /restart `{seconds?}`
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from aiohttp import web

from sms_operator.smpp.text.encoding import Encoding
from sms_operator.smpp.text.splitting import LongMessages

from .accounts import Account, BindType
from .control_fields import choice, hexadecimal, numbers, read, seconds, text, whole
from .faults import Fault
from .identifiers import IdForm
from .ledger import Delivered, Submitted
from .mobile import Poison
from .presets import PRESETS
from .presets import behaviour as read_behaviour
from .simulator import Simulator

SHOWN: Final = 1000
"""Entries of the ledger that are shown when nothing else is asked for."""


class Table:
    """Of one simulator."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def routes(self) -> list[web.RouteDef]:
        """See the module."""
        return [
            web.get("/sessions", self._sessions),
            web.delete("/sessions", self._end_sessions),
            web.get("/accounts", self._accounts),
            web.post("/accounts", self._put_account),
            web.delete("/accounts/{system_id}", self._remove_account),
            web.get("/behaviour", self._behaviour),
            web.post("/behaviour", self._behave),
            web.get("/messages", self._messages),
            web.post("/messages", self._inject),
            web.get("/ledger", self._ledger),
            web.post("/floods", self._flood),
            web.post("/poison", self._poison),
            web.post("/alerts", self._alert),
            web.post("/octets", self._octets),
            web.post("/restart", self._restart),
        ]

    async def _sessions(self, request: web.Request) -> web.Response:
        found = [
            {
                "number": session.number,
                "systemId": session.system_id,
                "bindType": session.bind_type,
                "since": session.since.isoformat(timespec="seconds") if session.since else None,
                "peer": session.line.peer,
                "tls": session.line.secure,
                "certificate": session.line.certificate,
            }
            for session in self._simulator.sessions(request.query.get("systemId"))
        ]
        return web.json_response(found)

    async def _end_sessions(self, request: web.Request) -> web.Response:
        body = await read(request, {"systemId", "how"})
        how = choice(body, "how", Fault, Fault.UNBIND)
        return web.json_response({"sessions": self._simulator.end_sessions(how, body.get("systemId"))})

    async def _accounts(self, request: web.Request) -> web.Response:
        found = [
            {
                "systemId": account.system_id,
                "bindTypes": sorted(account.bind_types),
                "maxBinds": account.max_binds,
                "messageIds": account.message_ids,
                "receiptIds": account.receipt_ids or account.message_ids,
                "bound": len(self._simulator.sessions(account.system_id)),
            }
            for account in self._simulator.accounts
        ]
        return web.json_response(found)

    async def _put_account(self, request: web.Request) -> web.Response:
        """A known account keeps what is not given, so a password can be changed alone."""
        body = await read(request, {"systemId", "password", "bindTypes", "maxBinds", "messageIds", "receiptIds"})
        system_id = text(body, "systemId")
        known = self._simulator.accounts.get(system_id)
        password = text(body, "password") if known is None or "password" in body else known.password
        account = known or Account(system_id, password)
        kinds: list[str] = body.get("bindTypes", list(account.bind_types))
        if unknown := [kind for kind in kinds if kind not in list(BindType)]:
            raise ValueError(f'bindTypes: no type "{unknown[0]}"; there are {", ".join(BindType)}')
        limit = body.get("maxBinds", account.max_binds)
        if not isinstance(limit, int) or limit < 0:
            raise ValueError(f"maxBinds: {limit!r} is no number of sessions; 0 is no limit")
        receipt_ids = choice(body, "receiptIds", IdForm) if "receiptIds" in body else account.receipt_ids
        self._simulator.accounts.put(
            replace(
                account,
                password=password,
                max_binds=limit,
                bind_types=frozenset(map(BindType, kinds)),
                message_ids=choice(body, "messageIds", IdForm, account.message_ids),
                receipt_ids=receipt_ids,
            )
        )
        self._simulator.state.say(f"account {system_id!r} {'changed' if known else 'added'}")
        return web.json_response({"systemId": system_id})

    async def _remove_account(self, request: web.Request) -> web.Response:
        system_id = self._known(request.match_info["system_id"])
        self._simulator.accounts.remove(system_id)
        self._simulator.state.say(f"account {system_id!r} removed")
        return web.json_response({"systemId": system_id})

    async def _behaviour(self, request: web.Request) -> web.Response:
        state = self._simulator.state
        shown = {"everybody": state.behaviour.as_json()}
        accounts = {name: behaviour.as_json() for name, behaviour in state.account_behaviours.items()}
        return web.json_response({**shown, "accounts": accounts, "presets": list(PRESETS)})

    async def _behave(self, request: web.Request) -> web.Response:
        body = await read(request, {"systemId", "behaviour"})
        wanted = read_behaviour(body.get("behaviour"))
        account = body.get("systemId")
        if account is not None:
            self._known(account)
        await self._simulator.behave(wanted, account)
        return web.json_response({"behaviour": wanted.as_json()})

    async def _messages(self, request: web.Request) -> web.Response:
        now = datetime.now(UTC)
        found = [
            {
                "id": one.message_id,
                "systemId": one.system_id,
                "from": one.source,
                "to": one.destination,
                "dataCoding": one.message.data_coding,
                "contentHex": one.message.content.hex(),
                "state": one.state(now).name,
            }
            for one in self._simulator.state.submissions
        ]
        return web.json_response(found)

    async def _inject(self, request: web.Request) -> web.Response:
        known = {"systemId", "from", "to", "text", "encoding", "longMessages", "reference", "parts"}
        body = await read(request, known)
        system_id, source, destination = text(body, "systemId"), text(body, "from"), text(body, "to")
        status = await self._simulator.inject(
            system_id,
            source,
            destination,
            text(body, "text"),
            encoding=choice(body, "encoding", Encoding, Encoding.AUTO),
            long_messages=choice(body, "longMessages", LongMessages, LongMessages.PAYLOAD),
            reference=whole(body, "reference", 1),
            parts=numbers(body, "parts"),
        )
        return web.json_response({"commandStatus": status})

    async def _ledger(self, request: web.Request) -> web.Response:
        system_id = request.query.get("systemId")
        last = request.query.get("last", str(SHOWN))
        if not last.isdecimal():
            raise ValueError("last: want how many entries to show")
        ledger = self._simulator.ledger
        submitted = [one for one in ledger.submitted if system_id in (None, one.system_id)]
        delivered = [one for one in ledger.delivered if system_id in (None, one.system_id)]
        count = int(last)
        return web.json_response(
            {
                "submitted": [_submitted(one) for one in submitted[len(submitted) - count :] if count],
                "delivered": [_delivered(one) for one in delivered[len(delivered) - count :] if count],
            }
        )

    async def _flood(self, request: web.Request) -> web.Response:
        body = await read(request, {"systemId", "count", "text", "window"})
        count, window = whole(body, "count"), whole(body, "window", 0)
        answers = await self._simulator.flood(text(body, "systemId"), count, text(body, "text", "flood"), window=window)
        return web.json_response({"commandStatuses": {str(status): times for status, times in answers.items()}})

    async def _poison(self, request: web.Request) -> web.Response:
        body = await read(request, {"systemId", "how"})
        status = await self._simulator.poison(text(body, "systemId"), choice(body, "how", Poison))
        return web.json_response({"commandStatus": status})

    async def _alert(self, request: web.Request) -> web.Response:
        body = await read(request, {"systemId", "from", "esme"})
        await self._simulator.alert(text(body, "systemId"), text(body, "from"), text(body, "esme"))
        return web.json_response({})

    async def _octets(self, request: web.Request) -> web.Response:
        body = await read(request, {"systemId", "hex"})
        await self._simulator.send_octets(text(body, "systemId"), hexadecimal(body, "hex"))
        return web.json_response({})

    async def _restart(self, request: web.Request) -> web.Response:
        body = await read(request, {"seconds"})
        await self._simulator.restart(seconds(body, "seconds", 0.0))
        return web.json_response({})

    def _known(self, system_id: str) -> str:
        if system_id not in self._simulator.accounts:
            raise ValueError(f'systemId: no account "{system_id}"')
        return system_id


def _submitted(one: Submitted) -> dict[str, Any]:
    return {
        "at": one.at,
        "session": one.session,
        "sequence": one.sequence,
        "systemId": one.system_id,
        "from": one.source,
        "to": one.destination,
        "contentHex": one.content.hex(),
        "commandStatus": one.status,
        "id": one.message_id,
        "answered": one.answered,
    }


def _delivered(one: Delivered) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "systemId": one.system_id,
        "from": one.source,
        "to": one.destination,
        "contentHex": one.content.hex(),
        "attempts": [
            {"at": tried.at, "session": tried.session, "sequence": tried.sequence, "commandStatus": tried.status}
            for tried in one.attempts
        ],
    }
