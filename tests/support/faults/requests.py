"""What a request to the API server asks for, read from its method and path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, urlsplit

WRITES: Final = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


@dataclass(frozen=True)
class Request:
    """A request in the words of RBAC; `name` is empty for collections and creations."""

    verb: str
    """get, list, watch, create, update, patch, delete, or the method in lower case for what is no resource."""
    resource: str
    """Plural, with `/status` and the like; the path for what is no resource."""
    namespace: str = ""
    name: str = ""

    @property
    def writes(self) -> bool:
        """Whether it wants a change."""
        return self.verb in WRITES.values()

    def __str__(self) -> str:
        return " ".join(filter(None, (self.verb, self.resource, self.name)))


def read_request(method: str, target: str, body_name: str = "") -> Request:
    """A method and a path with query as a Request; `body_name` is the name that a created object has in its body."""
    address = urlsplit(target)
    parts = address.path.strip("/").split("/")
    if parts[:1] == ["api"]:
        rest = parts[2:]
    elif parts[:1] == ["apis"] and len(parts) > 3:
        rest = parts[3:]
    else:
        return Request(method.lower(), address.path)
    namespace = ""
    if rest[:1] == ["namespaces"] and len(rest) > 2:
        namespace, rest = rest[1], rest[2:]
    resource, name = "/".join([*rest[:1], *rest[2:]]), rest[1] if len(rest) > 1 else ""
    if method == "GET":
        watches = parse_qs(address.query).get("watch", [""])[0] in ("1", "true")
        return Request("watch" if watches else "get" if name else "list", resource, namespace, name)
    verb = WRITES.get(method, method.lower())
    return Request(verb, resource, namespace, name or body_name)
