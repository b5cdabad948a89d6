"""Messages to and from bytes: one JSON object a line, named by its `type`.

Unknown fields are ignored and absent ones take their default, so that either side may be the newer one within a
protocol version.
"""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import Any, Final

from .messages import (
    BindType,
    Endpoint,
    Facts,
    FailureReason,
    Hello,
    Keep,
    LinkFact,
    LinkFailure,
    LongText,
    Message,
    MessageOptions,
    ReceiptIds,
    Remove,
    SnapshotBegin,
    SnapshotEnd,
    TextEncoding,
    TlsOptions,
    Want,
    WantedLink,
)

MAX_LINE: Final = 64 * 1024 * 1024
"""Octets a line may have: the complete facts of a hundred thousand links; a limit, not a buffer."""

_BY_NAME: Final[dict[str, type[Message]]] = {
    kind.__name__: kind for kind in (Hello, SnapshotBegin, Want, Keep, Remove, SnapshotEnd, Facts)
}


class WireError(ValueError):
    """The peer sent a line that is not a message of this protocol."""


def encode(message: Message) -> bytes:
    """One line, newline included."""
    body = {"type": type(message).__name__, **asdict(message)}
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def decode(line: bytes) -> Message:
    """The message in one line.

    Raises:
        WireError: not JSON, an unknown type, or a field of the wrong shape. The text never quotes the line, which may
            hold a password.
    """
    try:
        body = json.loads(line)
        kind = _BY_NAME[body.pop("type")]
        if kind is Want:
            return Want(_wanted_link(body["link"]))
        if kind is Facts:
            return Facts(tuple(_fact(item) for item in body["facts"]), bool(body["complete"]))
        return kind(**_known(kind, body))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WireError(
            f"a line of {len(line)} octets is no message of this protocol: {type(error).__name__}"
        ) from None


def _known(kind: type[Any], body: dict[str, Any]) -> dict[str, Any]:
    names = {item.name for item in fields(kind)}
    return {name: value for name, value in body.items() if name in names}


def _wanted_link(body: dict[str, Any]) -> WantedLink:
    body = _known(WantedLink, body)
    body["endpoints"] = tuple(Endpoint(**_known(Endpoint, item)) for item in body["endpoints"])
    body["bind_types"] = tuple(BindType(item) for item in body["bind_types"])
    if body.get("tls") is not None:
        body["tls"] = TlsOptions(**_known(TlsOptions, body["tls"]))
    if "message" in body:
        body["message"] = _message_options(body["message"])
    return WantedLink(**body)


def _message_options(body: dict[str, Any]) -> MessageOptions:
    body = _known(MessageOptions, body)
    for name, kind in (("encoding", TextEncoding), ("long_messages", LongText), ("receipt_ids", ReceiptIds)):
        if name in body:
            body[name] = kind(body[name])
    return MessageOptions(**body)


def _fact(body: dict[str, Any]) -> LinkFact:
    body = _known(LinkFact, body)
    if body.get("failure") is not None:
        failure = _known(LinkFailure, body["failure"])
        failure["reason"] = FailureReason(failure["reason"])
        body["failure"] = LinkFailure(**failure)
    return LinkFact(**body)
