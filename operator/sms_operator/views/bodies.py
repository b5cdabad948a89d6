"""Objects as the API server shows them: plain mappings, read so that a missing part is an empty one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from sms_operator.core.keys import NOTIFICATION_ROUTE

Body = Mapping[str, Any]


class Name(NamedTuple):
    """An object of a kind."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


def part(body: Body | None, *path: str) -> Body:
    """The mapping below this path; an empty one where there is none."""
    found: Any = body
    for name in path:
        found = cast("Body", found).get(name) if isinstance(found, Mapping) else None
    return cast("Body", found) if isinstance(found, Mapping) else {}


def is_derived(body: Body) -> bool:
    """Whether it is a NotificationRoute that the operator derived from its channel."""
    return body.get("kind") == NOTIFICATION_ROUTE and part(body, "spec").get("origin") == "Derived"


def name_of(body: Body) -> Name:
    """Namespace and name of an object."""
    return Name(body["metadata"].get("namespace", ""), body["metadata"]["name"])
