"""Kinds as people type them."""

from __future__ import annotations

from typing import Final

from sms_operator.api.kinds import KINDS, KindInfo

_SHORT: Final = {
    "gateway": "SmppGateway",
    "gw": "SmppGateway",
    "channel": "SmsChannel",
    "cert": "Certificate",
    "route": "NotificationRoute",
    "called": "CalledRoute",
    "ou": "OrganizationUnit",
    "unit": "OrganizationUnit",
    "calendar": "ServiceTime",
    "robot": "Chatbot",
    "bot": "Chatbot",
    "export": "ChannelExport",
}
"""Beside what the API server knows; each also with a final s."""


def kind_named(text: str) -> KindInfo | None:
    """`SmppGateway`, `smppgateways`, `smppgw`, `gateway`, `gateways`, with or without the group; None: no such kind."""
    wanted = text.lower().removesuffix(".sms-operator.dev")
    kind = _SHORT.get(wanted) or _SHORT.get(wanted.removesuffix("s"))
    return next(
        (info for info in KINDS if kind == info.kind or wanted in {info.singular, info.plural, info.short_name}), None
    )


def names_of_kinds() -> str:
    """All kinds, by the shortest word."""
    shortest = {kind: word for word, kind in reversed(_SHORT.items())}
    return ", ".join(shortest.get(info.kind, info.singular) for info in KINDS)
