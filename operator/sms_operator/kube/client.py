"""A thin client: exactly the requests the operator makes, each counted, each error typed.

`kopf` brings aiohttp along, so this costs no memory that is not spent already; the `kubernetes` package's asyncio
client would cost 46 MiB more (docs/architecture.md).
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import aiohttp

from .access import Access
from .errors import Unavailable, from_answer

FIELD_MANAGER: Final = "sms-operator"
TOKEN_AGE: Final = 60.0
"""Seconds for which a token read from its file is used."""


@dataclass(frozen=True, slots=True)
class Resource:
    """Where a kind lives in the API: `group` is empty for core kinds."""

    group: str
    version: str
    plural: str
    kind: str

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str | None = None, name: str | None = None, subresource: str | None = None) -> str:
        """The URL path of the collection (of a namespace), an object, or a part of it."""
        parts = ["/apis", self.group, self.version] if self.group else ["/api", self.version]
        if namespace:
            parts += ["namespaces", namespace]
        parts += [self.plural]
        parts += [part for part in (name, subresource) if part]
        return "/".join(parts)


Observer = Callable[[str, str, int, float], None]
"""Told of every request: verb, plural, HTTP status (0: no answer), seconds."""


class Client:
    """Requests to one API server. Close it after use."""

    def __init__(
        self, access: Access, *, timeout: float = 30.0, connections: int = 32, observer: Observer | None = None
    ):
        self._access = access
        self._observer = observer
        self._token: str | None = None
        self._token_read = float("-inf")
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=access.ssl_context() or True, limit=connections),
            timeout=aiohttp.ClientTimeout(total=timeout, sock_connect=5.0),
            headers={"User-Agent": FIELD_MANAGER},
            auto_decompress=True,
        )

    async def close(self) -> None:
        """Release the connections."""
        await self._session.close()

    async def get(self, resource: Resource, namespace: str, name: str) -> dict[str, Any]:
        """One object. Raises NotFound, Forbidden, Unavailable."""
        return await self._request("get", resource, resource.path(namespace, name))

    async def list(
        self, resource: Resource, namespace: str | None = None, *, metadata_only: bool = False
    ) -> tuple[list[dict[str, Any]], str]:
        """All objects of a kind (in a namespace), page by page, and the list's resourceVersion.

        `apiVersion` and `kind` are filled in, which the API server leaves out of list items.
        """
        items: list[dict[str, Any]] = []
        query = {"limit": "500"}
        accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1" if metadata_only else None
        while True:
            page = await self._request("list", resource, resource.path(namespace), query=query, accept=accept)
            items += page["items"] or ()  # an empty list of metadata is null
            token = page["metadata"].get("continue")
            if not token:
                break
            query["continue"] = token
        for item in items:
            item["apiVersion"], item["kind"] = resource.api_version, resource.kind
        return items, page["metadata"]["resourceVersion"]

    @asynccontextmanager
    async def watch(
        self,
        resource: Resource,
        namespace: str | None,
        resource_version: str,
        *,
        seconds: int,
        metadata_only: bool = False,
    ) -> AsyncGenerator[AsyncIterator[dict[str, Any]]]:
        """The raw events of a watch, until the server ends it after `seconds` at the latest."""
        query = {
            "watch": "1",
            "resourceVersion": resource_version,
            "timeoutSeconds": str(seconds),
            "allowWatchBookmarks": "true",
        }
        accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1" if metadata_only else "application/json"
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=5.0, sock_read=seconds + 10)
        url = self._access.server + resource.path(namespace)
        try:
            async with self._session.get(
                url, params=query, headers=self._headers(accept, None), timeout=timeout
            ) as answer:
                if answer.status >= 400:
                    raise from_answer(f"watch {resource.plural}", answer.status, await _reason(answer), None)
                yield _lines(answer)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unavailable(f"watch {resource.plural}: {_words(error)}") from error

    async def create(self, resource: Resource, namespace: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Create an object. Raises Conflict when the name is taken."""
        return await self._request("create", resource, resource.path(namespace), method="POST", body=body)

    async def apply(
        self, resource: Resource, body: Mapping[str, Any], subresource: str | None = None
    ) -> dict[str, Any]:
        """Server-side apply of everything we own of an object, conflicts forced."""
        metadata = body["metadata"]
        return await self._request(
            "apply",
            resource,
            resource.path(metadata["namespace"], metadata["name"], subresource),
            method="PATCH",
            body={"apiVersion": resource.api_version, "kind": resource.kind, **body},
            content_type="application/apply-patch+yaml",
            query={"fieldManager": FIELD_MANAGER, "force": "true"},
        )

    async def patch(
        self, resource: Resource, namespace: str, name: str, body: Mapping[str, Any], subresource: str | None = None
    ) -> dict[str, Any]:
        """JSON merge patch. Raises Conflict when `body` names a resourceVersion that is no longer current."""
        path = resource.path(namespace, name, subresource)
        kind = "application/merge-patch+json"
        return await self._request("patch", resource, path, method="PATCH", body=body, content_type=kind)

    async def replace(self, resource: Resource, body: Mapping[str, Any]) -> dict[str, Any]:
        """Replace a whole object; its resourceVersion must still be current, else Conflict."""
        metadata = body["metadata"]
        path = resource.path(metadata["namespace"], metadata["name"])
        query = {"fieldManager": FIELD_MANAGER}
        return await self._request("replace", resource, path, method="PUT", body=body, query=query)

    async def delete(self, resource: Resource, namespace: str, name: str, uid: str) -> None:
        """Delete the object with this uid and no other. Raises NotFound, Conflict."""
        body = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": uid}}
        await self._request("delete", resource, resource.path(namespace, name), method="DELETE", body=body)

    async def _request(
        self,
        verb: str,
        resource: Resource,
        path: str,
        *,
        method: str = "GET",
        body: Mapping[str, Any] | None = None,
        content_type: str = "application/json",
        query: Mapping[str, str] | None = None,
        accept: str | None = None,
    ) -> dict[str, Any]:
        started, status = time.monotonic(), 0
        data = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        try:
            async with self._session.request(
                method,
                self._access.server + path,
                params=query,
                data=data,
                headers=self._headers(accept or "application/json", content_type if data else None),
            ) as answer:
                status = answer.status
                if status >= 400:
                    request = f"{verb} {path.rpartition('/namespaces/')[2]}"
                    raise from_answer(request, status, await _reason(answer), answer.headers.get("Retry-After"))
                return json.loads(await answer.read())
        except (aiohttp.ClientError, TimeoutError, OSError, json.JSONDecodeError) as error:
            raise Unavailable(f"{verb} {path.rpartition('/namespaces/')[2]}: {_words(error)}") from error
        finally:
            if self._observer:
                self._observer(verb, resource.plural, status, time.monotonic() - started)

    def _headers(self, accept: str, content_type: str | None) -> dict[str, str]:
        headers = {"Accept": accept}
        if content_type:
            headers["Content-Type"] = content_type
        now = time.monotonic()
        if now - self._token_read > TOKEN_AGE:
            self._token, self._token_read = self._access.current_token(), now
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        return headers


async def _lines(answer: aiohttp.ClientResponse) -> AsyncIterator[dict[str, Any]]:
    pending = b""
    async for chunk in answer.content.iter_any():
        pending += chunk
        *whole, pending = pending.split(b"\n")
        for line in whole:
            if line.strip():
                yield json.loads(line)


async def _reason(answer: aiohttp.ClientResponse) -> str:
    text = await answer.text(errors="replace")
    try:
        return str(json.loads(text).get("message") or text)[:1000]
    except (ValueError, AttributeError):
        return text[:200]


def _words(error: BaseException) -> str:
    return str(error) or type(error).__name__
