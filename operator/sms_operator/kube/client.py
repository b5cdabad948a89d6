"""A thin client: exactly the requests the operator makes, each counted, each error typed.

`kopf` brings aiohttp along, so this costs no memory that is not spent already; the `kubernetes` package's asyncio
client would cost 46 MiB more (docs/architecture.md).
"""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import aiohttp

from .access import Access
from .errors import Forbidden, Unavailable, from_answer
from .exec_login import Credential, LoginFailed
from .proxies import discreet

FIELD_MANAGER: Final = "sms-operator"
TOKEN_AGE: Final = 60.0
"""Seconds for which a token read from its file is used."""
PAGE: Final = 500
"""Objects of one answer to a list."""


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
        self,
        access: Access,
        *,
        timeout: float = 30.0,
        connections: int = 32,
        observer: Observer | None = None,
        agent: str = FIELD_MANAGER,
    ):
        """`timeout` is seconds for a whole request; `agent` is who `managedFields` and the audit log say it was.

        Raises:
            AccessError: an authority or a client certificate cannot be used.
        """
        self._access = access
        self._agent = agent
        self._observer = observer
        self._token: str | None = None
        self._token_read = float("-inf")
        self._credential: Credential | None = None
        self._timeout, self._connections = timeout, connections
        self._sessions = [self._open(access.ssl_context())]

    async def close(self) -> None:
        """Release the connections."""
        for session in self._sessions:
            await session.close()

    @property
    def _session(self) -> aiohttp.ClientSession:
        return self._sessions[-1]

    def _open(self, tls: ssl.SSLContext | None) -> aiohttp.ClientSession:
        impersonate = self._access.impersonate
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=tls or True, limit=self._connections),
            timeout=aiohttp.ClientTimeout(total=self._timeout, sock_connect=min(5.0, self._timeout)),
            headers=[("User-Agent", self._agent), *(impersonate.headers() if impersonate else ())],
            proxy=self._access.proxy,
            middlewares=(discreet,),
            auto_decompress=True,
        )

    async def _log_in(self, request: str) -> Credential | None:
        """Ask the helper program, if there is one, for what to show."""
        if self._access.login is None:
            return None
        try:
            credential = await self._access.login.credential()
        except LoginFailed as error:
            raise Forbidden(f"{request}: {error}", HTTPStatus.UNAUTHORIZED) from None
        if credential is not self._credential:
            if credential.certificate_pem:
                # Connections that stand show the old certificate as long as they live; watches stay on them.
                self._sessions.append(
                    self._open(self._access.ssl_context(credential.certificate_pem, credential.key_pem))
                )
            self._credential = credential
        return credential

    def _refused(self, error: Forbidden, credential: Credential | None) -> bool:
        """Whether another login may help: a 401 for what a helper program gave."""
        if error.status != HTTPStatus.UNAUTHORIZED or self._access.login is None or credential is None:
            return False
        self._access.login.refuse(credential)
        return True

    async def get(self, resource: Resource, namespace: str, name: str) -> dict[str, Any]:
        """One object. Raises NotFound, Forbidden, Unavailable."""
        return await self._request("get", resource, resource.path(namespace, name))

    async def read(self, path: str) -> dict[str, Any]:
        """What the API server tells at a path that is no object: `/version`, `/apis/<group>/<version>`."""
        return await self._request("get", Resource("", "", path, ""), path)

    async def list(
        self,
        resource: Resource,
        namespace: str | None = None,
        *,
        metadata_only: bool = False,
        labels: str = "",
        fields: str = "",
    ) -> tuple[list[dict[str, Any]], str]:
        """The objects of a kind (in a namespace) that the selectors leave, page by page, and their resourceVersion.

        `apiVersion` and `kind` are filled in, which the API server leaves out of list items.
        """
        items: list[dict[str, Any]] = []
        token = ""
        while True:
            page = await self.page(
                resource, namespace, metadata_only=metadata_only, labels=labels, fields=fields, token=token
            )
            items += page["items"] or ()  # an empty list of metadata is null
            token = page["metadata"].get("continue", "")
            if not token:
                break
        for item in items:
            item["apiVersion"], item["kind"] = resource.api_version, resource.kind
        return items, page["metadata"]["resourceVersion"]

    async def page(
        self,
        resource: Resource,
        namespace: str | None = None,
        *,
        metadata_only: bool = False,
        labels: str = "",
        fields: str = "",
        token: str = "",
    ) -> dict[str, Any]:
        """At most PAGE objects as the API server lists them; `token` is `metadata.continue` of the page before."""
        query = {"limit": str(PAGE)}
        query |= {"labelSelector": labels} if labels else {}
        query |= {"fieldSelector": fields} if fields else {}
        query |= {"continue": token} if token else {}
        accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1" if metadata_only else None
        return await self._request("list", resource, resource.path(namespace), query=query, accept=accept)

    @asynccontextmanager
    async def watch(
        self,
        resource: Resource,
        namespace: str | None,
        resource_version: str,
        *,
        seconds: int,
        metadata_only: bool = False,
        labels: str = "",
        fields: str = "",
    ) -> AsyncGenerator[AsyncIterator[dict[str, Any]]]:
        """The raw events of what the selectors leave, until the server ends the watch after `seconds` at the latest."""
        query = {
            "watch": "1",
            "resourceVersion": resource_version,
            "timeoutSeconds": str(seconds),
            "allowWatchBookmarks": "true",
        }
        query |= {"labelSelector": labels} if labels else {}
        query |= {"fieldSelector": fields} if fields else {}
        accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1" if metadata_only else "application/json"
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=5.0, sock_read=seconds + 10)
        url = self._access.server + resource.path(namespace)
        credential = await self._log_in(f"watch {resource.plural}")
        try:
            async with self._session.get(
                url,
                params=query,
                headers=self._headers(accept, None, credential),
                timeout=timeout,
                server_hostname=self._access.server_name,
            ) as answer:
                if answer.status >= 400:
                    error = from_answer(f"watch {resource.plural}", answer.status, await _reason(answer), None)
                    if isinstance(error, Forbidden):
                        self._refused(error, credential)
                    raise error
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
        data = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        request = f"{verb} {path.rpartition('/namespaces/')[2]}"

        async def once(credential: Credential | None) -> dict[str, Any]:
            started, status = time.monotonic(), 0
            try:
                async with self._session.request(
                    method,
                    self._access.server + path,
                    params=query,
                    data=data,
                    headers=self._headers(accept or "application/json", content_type if data else None, credential),
                    server_hostname=self._access.server_name,
                ) as answer:
                    status = answer.status
                    if status >= 400:
                        raise from_answer(request, status, await _reason(answer), answer.headers.get("Retry-After"))
                    return json.loads(await answer.read())
            except (aiohttp.ClientError, TimeoutError, OSError, json.JSONDecodeError) as error:
                raise Unavailable(f"{request}: {_words(error)}") from error
            finally:
                if self._observer:
                    self._observer(verb, resource.plural, status, time.monotonic() - started)

        credential = await self._log_in(request)
        try:
            return await once(credential)
        except Forbidden as error:
            if not self._refused(error, credential):
                raise
        return await once(await self._log_in(request))

    def _headers(self, accept: str, content_type: str | None, credential: Credential | None) -> dict[str, str]:
        headers = {"Accept": accept}
        if content_type:
            headers["Content-Type"] = content_type
        now = time.monotonic()
        if credential is None and now - self._token_read > TOKEN_AGE:
            self._token, self._token_read = self._access.current_token(), now
        token = self._token if credential is None else credential.token
        if token:
            headers["Authorization"] = f"Bearer {token}"
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
