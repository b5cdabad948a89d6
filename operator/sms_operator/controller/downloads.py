"""The files of ChannelExports, to whoever proves the right to them.

The proof is a key: its SHA-256 stands in the object's annotation `sms-operator.dev/download-key`, where only somebody
who may create or patch the ChannelExport can have put it; who shows the key itself gets the files, nobody else does. So
no credential of the cluster ever reaches the operator, and the operator needs no right to review tokens. (The API
server's proxy takes the caller's token off a request: it could not be reviewed here.)

Whoever may read the object sees the digest. A short key could be guessed from it, so that keys are long.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Callable
from typing import BinaryIO, Final

import structlog
from aiohttp import web

from sms_operator.api.channel_export import DOWNLOAD_KEY_ANNOTATION, DOWNLOAD_KEY_HEADER
from sms_operator.core.keys import CHANNEL_EXPORT, Key
from sms_operator.core.world import World
from sms_operator.exports.store import Store

MIN_KEY: Final = 32
"""Characters of a key; `smsctl` makes 43 of 256 random bits."""
MAX_KEY: Final = 256
PIECE: Final = 1 << 18
AT_ONCE: Final = 4
"""Downloads at the same time; more wait."""

REFUSAL: Final = (
    f"This needs the key (at least {MIN_KEY} characters) whose SHA-256 is in the object's annotation"
    f" {DOWNLOAD_KEY_ANNOTATION}; `smsctl export run` does it.\n"
)


class Downloads:
    """GET /exports/{namespace}/{name}/{file}."""

    def __init__(self, world: World, store: Callable[[], Store]) -> None:
        self._world = world
        self._store = store
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._log = structlog.get_logger("downloads")

    def routes(self) -> list[web.RouteDef]:
        """What the HTTP server adds to its own."""
        return [web.get("/exports/{namespace}/{name}/{file}", self._answer, allow_head=False)]

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        match = request.match_info
        entry = self._world.get(Key(CHANNEL_EXPORT, match["namespace"], match["name"]))
        wanted = entry.metadata.annotations.get(DOWNLOAD_KEY_ANNOTATION, "") if entry is not None else ""
        # The same answer and the same work whether the object is missing, has no key, or has another one.
        if not _opens(request.headers.get(DOWNLOAD_KEY_HEADER, ""), wanted) or entry is None or entry.deleting:
            return web.Response(status=403, text=REFUSAL)
        listed = [file["name"] for file in entry.status.get("files") or ()]
        if match["file"] not in listed:
            return web.Response(status=404, text="The export has no such file (now).\n")
        async with self._slots:
            try:
                stream = await asyncio.to_thread(
                    lambda: self._store().open(f"{entry.key.namespace}/{entry.uid}", match["file"])
                )
            except FileNotFoundError:
                return web.Response(status=404, text="The file is no longer in the operator's storage.\n")
            except OSError as error:
                self._log.warning("cannot be read", key=str(entry.key), error=str(error))
                return web.Response(status=503, text="The operator's storage cannot be read now.\n")
            self._log.info("download", key=str(entry.key), file=match["file"])
            return await _send(request, stream)


async def _send(request: web.Request, stream: BinaryIO) -> web.StreamResponse:
    response = web.StreamResponse(
        headers={
            "Content-Type": "application/octet-stream",
            "Content-Disposition": f'attachment; filename="{request.match_info["file"]}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
    )
    try:
        await response.prepare(request)
        while piece := await asyncio.to_thread(stream.read, PIECE):
            await response.write(piece)
        await response.write_eof()
    finally:
        await asyncio.to_thread(stream.close)
    return response


def _opens(key: str, wanted: str) -> bool:
    digest = hashlib.sha256(key[:MAX_KEY].encode(errors="replace")).hexdigest()
    same = hmac.compare_digest(digest.encode(), wanted.lower().encode(errors="replace"))
    return same and MIN_KEY <= len(key) <= MAX_KEY
