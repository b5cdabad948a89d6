"""A small synchronous client of the API server: for starting it, and for tests.

It knows no kinds: a `Resource` is group, version and plural, and objects are plain dictionaries.
"""

from __future__ import annotations

import http.client
import json
import select
import socket
import ssl
from collections import deque
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Literal, NamedTuple, Self, cast
from urllib.parse import quote, urlencode, urlsplit

Body = dict[str, Any]
Propagation = Literal["Background", "Foreground", "Orphan"]
MERGE: Final = "application/merge-patch+json"
APPLY: Final = "application/apply-patch+yaml"
TIMEOUT: Final = 30.0
"""Seconds that the API server may be silent."""


class Resource(NamedTuple):
    """A kind as the API server's addresses name it."""

    group: str
    version: str
    plural: str

    def path(self, namespace: str | None = None, name: str | None = None, subresource: str | None = None) -> str:
        """The address of the collection, an object in it, or a subresource of that object."""
        parts = ["apis", self.group, self.version] if self.group else ["api", self.version]
        parts += ["namespaces", namespace] if namespace else []
        parts += [part for part in (self.plural, name, subresource) if part]
        return "/" + "/".join(quote(part, safe="") for part in parts)


NAMESPACES: Final = Resource("", "v1", "namespaces")
CONFIG_MAPS: Final = Resource("", "v1", "configmaps")
SECRETS: Final = Resource("", "v1", "secrets")
SERVICE_ACCOUNTS: Final = Resource("", "v1", "serviceaccounts")
EVENTS: Final = Resource("", "v1", "events")
CRDS: Final = Resource("apiextensions.k8s.io", "v1", "customresourcedefinitions")


class ApiError(Exception):
    """The API server said no."""

    def __init__(self, request: str, code: int, status: Body) -> None:
        super().__init__(f"{request}: {code} {status.get('reason', '')}: {status.get('message', '')}")
        self.code = code
        """HTTP status."""
        self.reason = str(status.get("reason", ""))
        """The machine's word for it: `NotFound`, `Conflict`, `Invalid`, …"""
        self.status = status
        """The whole answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for a request."""

    code: int
    text: str

    @property
    def body(self) -> Body:
        """The JSON object; a text that is none as a `message`."""
        try:
            parsed: Any = json.loads(self.text)
        except ValueError:
            return {"message": self.text}
        return cast("Body", parsed) if isinstance(parsed, dict) else {"message": self.text}


class Client:
    """Requests as one user, over connections that are kept, from any thread; no proxy, no retry.

    Every call raises ApiError when the answer is an error, and OSError (http.client.HTTPException) without an answer.
    """

    def __init__(self, url: str, token: str, ca_pem: str | None) -> None:
        self.url = url
        self._token = token
        self._address = urlsplit(url)
        self._context = ssl.create_default_context(cadata=ca_pem) if self._address.scheme == "https" else None
        self._idle: deque[http.client.HTTPConnection] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def create(self, resource: Resource, body: Body, namespace: str | None = None) -> Body:
        """Creates an object; unknown fields are an error."""
        return self.call("POST", resource.path(namespace), body, query={"fieldValidation": "Strict"})

    def get(self, resource: Resource, name: str, namespace: str | None = None) -> Body:
        """Reads an object."""
        return self.call("GET", resource.path(namespace, name))

    def find(self, resource: Resource, name: str, namespace: str | None = None) -> Body | None:
        """Reads an object; None if there is none."""
        try:
            return self.get(resource, name, namespace)
        except ApiError as error:
            if error.code == 404:
                return None
            raise

    def list(self, resource: Resource, namespace: str | None = None, **query: str) -> list[Body]:
        """Reads a collection, of all namespaces without one; `query` as in the API: labelSelector, fieldSelector."""
        return self.call("GET", resource.path(namespace), query=query)["items"]

    def replace(self, resource: Resource, body: Body, namespace: str | None = None) -> Body:
        """Writes a whole object, guarded by its resourceVersion if it has one."""
        return self.call("PUT", resource.path(namespace, body["metadata"]["name"]), body)

    def apply(
        self,
        resource: Resource,
        body: Body,
        namespace: str | None = None,
        *,
        manager: str = "sms-operator-bench",
        force: bool = True,
    ) -> Body:
        """Server-side apply; `body` names apiVersion, kind and metadata.name."""
        query = {"fieldManager": manager, "force": str(force).lower()}
        return self.call("PATCH", resource.path(namespace, body["metadata"]["name"]), body, query=query, content=APPLY)

    def patch(self, resource: Resource, name: str, body: Body, namespace: str | None = None) -> Body:
        """Merge patch."""
        return self.call("PATCH", resource.path(namespace, name), body, content=MERGE)

    def delete(
        self, resource: Resource, name: str, namespace: str | None = None, *, propagation: Propagation = "Background"
    ) -> Body:
        """Deletes an object and, by `propagation`, what it owns."""
        return self.call("DELETE", resource.path(namespace, name), {"propagationPolicy": propagation})

    def call(
        self,
        method: str,
        path: str,
        body: Body | None = None,
        *,
        query: dict[str, str] | None = None,
        content: str = "application/json",
    ) -> Body:
        """A request by its address, for what has no method here."""
        answer = self.send(method, path + (f"?{urlencode(query)}" if query else ""), body, content)
        if answer.code >= 400:
            raise ApiError(f"{method} {path}", answer.code, answer.body)
        return answer.body

    def send(self, method: str, path: str, body: Body | None = None, content: str = "application/json") -> Answer:
        """A request whose refusal is an answer as well."""
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json", "Content-Type": content}
        connection = self._connection()
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            answer = Answer(response.status, response.read().decode())
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)
        return answer

    def close(self) -> None:
        """Closes the idle connections; another request opens a new one."""
        while self._idle:
            self._idle.pop().close()

    def _connection(self) -> http.client.HTTPConnection:
        while self._idle:
            known = self._idle.pop()
            # Something to read from an idle connection is its end: the server went away in between.
            if known.sock is not None and not _readable(known.sock):
                return known
            known.close()
        host, port = self._address.hostname or "", self._address.port
        if self._context is None:
            return http.client.HTTPConnection(host, port, timeout=TIMEOUT)
        return http.client.HTTPSConnection(host, port, timeout=TIMEOUT, context=self._context)


def _readable(sock: socket.socket) -> bool:
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))
