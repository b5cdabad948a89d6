"""The floor: a bare asyncio client that does given writes and nothing else. convergence.py runs it as a program.

Standard input is one JSON object: `server`, `ca_file`, `token`, `connections`, and `units`, each a list of
`[method, path, body]` to send one after the other; a PATCH is a server-side apply. Units are done by as many tasks as
there are connections.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
from collections.abc import Iterator
from typing import Any

import aiohttp

Unit = list[tuple[str, str, dict[str, Any]]]


async def write_all(plan: dict[str, Any]) -> None:
    """Carry out the plan. Raises RuntimeError when a write is refused."""
    connections: int = plan["connections"]
    context = ssl.create_default_context(cafile=plan["ca_file"])
    query = {"fieldManager": "sms-operator", "force": "true"}
    kinds = {"PATCH": "application/apply-patch+yaml", "POST": "application/json"}
    headers = {"Authorization": f"Bearer {plan['token']}"}
    connector = aiohttp.TCPConnector(ssl=context, limit=connections)
    async with aiohttp.ClientSession(plan["server"], headers=headers, connector=connector) as session:

        async def connect() -> None:
            async with session.get("/version") as answer:
                await answer.read()

        async def work(units: Iterator[Unit]) -> None:
            for unit in units:
                for method, path, body in unit:
                    data, kind = json.dumps(body).encode(), {"Content-Type": kinds[method]}
                    params = query if method == "PATCH" else None
                    async with session.request(method, path, params=params, data=data, headers=kind) as answer:
                        stored = await answer.json()
                        if answer.status >= 300:
                            raise RuntimeError(f"{path}: {answer.status} {stored}")

        await asyncio.gather(*(connect() for _ in range(connections)))
        units = iter(plan["units"])
        await asyncio.gather(*(work(units) for _ in range(connections)))


if __name__ == "__main__":
    asyncio.run(write_all(json.load(sys.stdin)))
