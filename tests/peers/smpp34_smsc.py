"""An SMSC on smpp34 (a Rust core), with the events and commands of `node/smsc.js`: one plain port, any login is good.

Its server checks no credentials and takes no port 0, so the port is looked for here.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from typing import Any

import smpp34


def say(event: str, **fields: object) -> None:
    """One event, one line."""
    print(json.dumps({"event": event, **fields}), flush=True)


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def obey(bound: dict[str, smpp34.Esme]) -> None:
    """Commands from stdin until it is closed."""
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        command: dict[str, Any] = json.loads(line)
        for esme in [one for one in bound.values() if one.system_id == command["account"]]:
            if command["do"] == "unbind":
                await esme.unbind()
            elif command["do"] == "inject" and esme.can_receive:
                text = command["text"].encode()
                answer = await esme.deliver_sm(command["to"], text, source_addr=command["from"])
                say("delivered", account=esme.system_id, status=answer.command_status)
                break


async def watch(server: smpp34.Server, bound: dict[str, smpp34.Esme]) -> None:
    """What the server reports, for ever."""
    while True:
        match await server.next():
            case smpp34.Esme() as esme:
                bound[esme.session_id] = esme
                kind = None if esme.can_receive else "Transmitter"
                say("bind", port="plain", account=esme.system_id, kind=kind, status=0)
            case smpp34.SubmitSmEvent() as submit:
                submit.accept("1")
            case smpp34.Unbound() as gone:
                esme = bound.pop(gone.session_id, None)
                say("closed", port="plain", account=esme.system_id if esme else None)


async def main() -> None:
    """Serves until stdin is closed."""
    bound: dict[str, smpp34.Esme] = {}
    sys.stdin.readline()
    port = free_port()
    server = smpp34.Server("127.0.0.1", port, system_id="SMPP34")
    await server.start()
    say("ready", ports={"plain": port})
    watching = asyncio.create_task(watch(server, bound))
    await obey(bound)
    watching.cancel()
    await server.stop()


asyncio.run(main())
