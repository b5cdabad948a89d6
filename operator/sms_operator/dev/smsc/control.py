"""The control interface of a running simulator: JSON over HTTP on loopback, for `smsctl dev smsc …` and for scripts.

GET /sessions · DELETE /sessions · GET, POST /accounts · DELETE /accounts/{systemId} · GET, POST /behaviour ·
POST /messages · GET /messages. What is wrong with a request is answered as `{"error": "…"}`, status 400 or 409.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Final, cast

from aiohttp import web

from .accounts import Account, BindType
from .behaviour import PRESETS, Behaviour, Fault
from .session import SessionGone
from .simulator import NobodyBound, Simulator

LOOPBACK: Final = "127.0.0.1"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def control(simulator: Simulator, port: int = 0) -> AsyncGenerator[int, None]:
    """Serves the interface on this loopback port, 0: a free one, and yields the port.

    Raises:
        OSError: the port is taken.
    """
    runner = web.AppRunner(_application(simulator), access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, LOOPBACK, port)
        await site.start()
        yield cast(int, runner.addresses[0][1])
    finally:
        await runner.cleanup()


def _application(simulator: Simulator) -> web.Application:
    application = web.Application(middlewares=[_explain])
    table = _Table(simulator)
    application.add_routes(
        [
            web.get("/sessions", table.sessions),
            web.delete("/sessions", table.end_sessions),
            web.get("/accounts", table.accounts),
            web.post("/accounts", table.put_account),
            web.delete("/accounts/{system_id}", table.remove_account),
            web.get("/behaviour", table.behaviour),
            web.post("/behaviour", table.behave),
            web.get("/messages", table.submissions),
            web.post("/messages", table.inject),
        ]
    )
    return application


@web.middleware
async def _explain(request: web.Request, handler: Handler) -> web.StreamResponse:
    # A web page in a browser can send requests to loopback, but neither this Host nor this type of content.
    host = request.host.rpartition(":")[0] or request.host
    if host not in (LOOPBACK, "localhost"):
        return _error(403, f'Host is "{host}": ask for {LOOPBACK} or localhost')
    if request.can_read_body and request.content_type != "application/json":
        return _error(400, f'Content-Type is "{request.content_type}": send application/json')
    try:
        return await handler(request)
    except (ValueError, KeyError) as error:
        return _error(400, str(error.args[0]))
    except (NobodyBound, SessionGone, TimeoutError) as error:
        return _error(409, str(error))


def _error(status: int, text: str) -> web.Response:
    return web.json_response({"error": text}, status=status)


class _Table:
    """One method a request."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    async def sessions(self, request: web.Request) -> web.Response:
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

    async def end_sessions(self, request: web.Request) -> web.Response:
        body = await _fields(request, {"systemId", "how"})
        how = body.get("how", Fault.UNBIND)
        if how not in list(Fault):
            raise ValueError(f'how: no way "{how}"; there are {", ".join(Fault)}')
        return web.json_response({"sessions": self._simulator.end_sessions(Fault(how), body.get("systemId"))})

    async def accounts(self, request: web.Request) -> web.Response:
        found = [
            {
                "systemId": account.system_id,
                "bindTypes": sorted(account.bind_types),
                "maxBinds": account.max_binds,
                "bound": len(self._simulator.sessions(account.system_id)),
            }
            for account in self._simulator.accounts
        ]
        return web.json_response(found)

    async def put_account(self, request: web.Request) -> web.Response:
        """A known account keeps what is not given, so a password can be changed alone."""
        body = await _fields(request, {"systemId", "password", "bindTypes", "maxBinds"})
        system_id = _text(body, "systemId")
        known = {account.system_id: account for account in self._simulator.accounts}.get(system_id)
        if known is None or "password" in body:
            password = _text(body, "password")
        else:
            password = known.password
        kinds: list[str] = body.get("bindTypes", list(known.bind_types if known else BindType))
        if unknown := [kind for kind in kinds if kind not in list(BindType)]:
            raise ValueError(f'bindTypes: no type "{unknown[0]}"; there are {", ".join(BindType)}')
        limit = body.get("maxBinds", known.max_binds if known else 0)
        if not isinstance(limit, int) or limit < 0:
            raise ValueError(f"maxBinds: {limit!r} is no number of sessions; 0 is no limit")
        account = replace(known or Account(system_id, password), password=password, max_binds=limit)
        self._simulator.accounts.put(replace(account, bind_types=frozenset(map(BindType, kinds))))
        self._simulator.state.say(f"account {system_id!r} {'changed' if known else 'added'}")
        return web.json_response({"systemId": system_id})

    async def remove_account(self, request: web.Request) -> web.Response:
        system_id = request.match_info["system_id"]
        if system_id not in self._simulator.accounts:
            raise ValueError(f'systemId: no account "{system_id}"')
        self._simulator.accounts.remove(system_id)
        self._simulator.state.say(f"account {system_id!r} removed")
        return web.json_response({"systemId": system_id})

    async def behaviour(self, request: web.Request) -> web.Response:
        state = self._simulator.state
        shown = {"everybody": state.behaviour.as_json()}
        accounts = {name: behaviour.as_json() for name, behaviour in state.account_behaviours.items()}
        return web.json_response({**shown, "accounts": accounts, "presets": list(PRESETS)})

    async def behave(self, request: web.Request) -> web.Response:
        body = await _fields(request, {"systemId", "behaviour"})
        wanted = Behaviour.parse(body.get("behaviour"))
        account = body.get("systemId")
        if account is not None and account not in self._simulator.accounts:
            raise ValueError(f'systemId: no account "{account}"')
        await self._simulator.behave(wanted, account)
        return web.json_response({"behaviour": wanted.as_json()})

    async def submissions(self, request: web.Request) -> web.Response:
        found = [
            {
                "id": one.message_id,
                "systemId": one.system_id,
                "from": one.message.source,
                "to": one.message.destination,
                "dataCoding": one.message.data_coding,
                "contentHex": one.message.content.hex(),
            }
            for one in self._simulator.state.submissions
        ]
        return web.json_response(found)

    async def inject(self, request: web.Request) -> web.Response:
        body = await _fields(request, {"systemId", "from", "to", "text"})
        system_id, source, destination = _text(body, "systemId"), _text(body, "from"), _text(body, "to")
        status = await self._simulator.inject(system_id, source, destination, _text(body, "text"))
        return web.json_response({"commandStatus": status})


async def _fields(request: web.Request, known: set[str]) -> dict[str, Any]:
    try:
        body: Any = await request.json() if request.can_read_body else {}
    except json.JSONDecodeError:
        raise ValueError("the body is no JSON") from None
    if not isinstance(body, dict):
        raise ValueError("the body is no JSON object")
    given = cast(dict[str, Any], body)
    if unknown := sorted(set(given) - known):
        raise ValueError(f'no field "{unknown[0]}"; there are {", ".join(sorted(known))}')
    return given


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name}: want a text")
    return value
