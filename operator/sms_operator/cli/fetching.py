"""Files of the operator, through the API server's proxy to its pod or where `kubectl port-forward` listens."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import aiohttp

from sms_operator.api.channel_export import DOWNLOAD_KEY_HEADER
from sms_operator.kube.client import Client
from sms_operator.kube.errors import Forbidden, KubeError, Unavailable, from_answer
from sms_operator.views.texts import one_line

from .law import CannotAnswer

if TYPE_CHECKING:
    from sms_operator.core.export_facts import FileFact
    from sms_operator.exports.writing import Sink

SILENCE: Final = 60.0
"""Seconds for which a download may stand still."""
PIECE: Final = 1 << 18
_POD: Final = re.compile(r"(?:(?P<namespace>[a-z0-9-]+)/)?(?P<pod>[a-z0-9.-]+)(?::(?P<port>[0-9]{1,5}))?")


class NotOpen(Exception):
    """The operator does not know the key, or not yet."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the operator serves its files."""

    url: str = ""
    """`http://…`; empty: the API server's proxy."""
    namespace: str = ""
    pod: str = ""
    port: int = 8080

    @staticmethod
    def parse(text: str) -> Place:
        """`[NAMESPACE/]POD[:PORT]` or a URL of this machine.

        Raises:
            ValueError: it is neither; the text says what is wanted.
        """
        if "://" in text:
            parts = urlsplit(text)
            if parts.scheme != "http" or parts.hostname not in ("127.0.0.1", "localhost", "::1"):
                raise ValueError(
                    f'"{text}": only http://127.0.0.1:PORT, where kubectl port-forward listens: the key goes there in'
                    " clear text"
                )
            return Place(url=f"http://{parts.netloc}")
        found = _POD.fullmatch(text)
        if found is None:
            raise ValueError(f'"{text}" is neither [NAMESPACE/]POD[:PORT] nor http://127.0.0.1:PORT')
        return Place("", found["namespace"] or "sms-operator", found["pod"], int(found["port"] or 8080))

    def path(self, namespace: str, name: str, file: str) -> str:
        """Of a file."""
        path = f"/exports/{namespace}/{name}/{file}"
        return path if self.url else f"/api/v1/namespaces/{self.namespace}/pods/{self.pod}:{self.port}/proxy{path}"


class Fetcher(Client):
    """A client that also reads what is no object."""

    async def download(self, place: Place, path: str, key: str) -> AsyncIterator[bytes]:
        """What the operator answers.

        Raises:
            NotOpen: the key does not fit (now).
            CannotAnswer: the operator has no such file.
            KubeError: the API server or the operator did not answer.
        """
        async with AsyncExitStack() as stack:
            session, headers = self._session, {DOWNLOAD_KEY_HEADER: key}
            if place.url:
                # Neither the login nor anybody to act as is for this address.
                session = await stack.enter_async_context(aiohttp.ClientSession())
            else:
                headers |= self._headers("*/*", None, await self._log_in("get pods/proxy"))
            try:
                answer = await stack.enter_async_context(
                    session.get(
                        (place.url or self._access.server) + path,
                        headers=headers,
                        timeout=aiohttp.ClientTimeout(total=None, sock_connect=5.0, sock_read=SILENCE),
                        server_hostname=None if place.url else self._access.server_name,
                        allow_redirects=False,
                    )
                )
                if answer.status != 200:
                    raise _refusal(answer.status, await answer.text(errors="replace"), place)
                async for piece in answer.content.iter_chunked(PIECE):
                    yield piece
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                where = place.url or f"pod {place.namespace}/{place.pod}"
                raise Unavailable(f"get {where}: {one_line(str(error)) or type(error).__name__}") from error


async def fetch(client: Fetcher, place: Place, path: str, key: str, file: FileFact, sink: Sink) -> None:
    """One file, whole and with the sum that the object's status tells.

    Raises:
        CannotAnswer: it is another one.
        NotOpen, KubeError: see `Fetcher.download`.
    """
    if Path(file.name).name != file.name:
        raise CannotAnswer(f'the status names a file "{one_line(file.name)}", which is none')
    digest = hashlib.sha256()
    with sink.create(file.name) as out:
        async for piece in client.download(place, path, key):
            digest.update(piece)
            out.write(piece)
    if digest.hexdigest() != file.sha256:
        raise CannotAnswer(f"{file.name} did not arrive whole: its SHA-256 is not the one in the object's status")


def _refusal(status: int, text: str, place: Place) -> Exception:
    """The API server answers with JSON, the operator with text."""
    said: Any = None
    if text.startswith("{"):
        try:
            said = json.loads(text).get("message")
        except ValueError:
            said = None
    if said is None and status == 403:
        return NotOpen()
    if said is None and status == 404:
        return CannotAnswer(f"the operator: {one_line(text)[:200]}")
    what = "get pods/proxy" if not place.url else f"get {place.url}"
    return from_answer(what, status, one_line(str(said or text))[:500], None)


def hint(error: KubeError, place: Place) -> str:
    """What to do where the way to the pod is barred."""
    if place.url or not isinstance(error, Forbidden | Unavailable):
        return ""
    forward = f"kubectl -n {place.namespace} port-forward {place.pod} {place.port}"
    return f"; or run `{forward}` and repeat with --operator http://127.0.0.1:{place.port}"
