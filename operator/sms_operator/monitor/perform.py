"""Actions carried out, with the caller's own rights."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, cast

from sms_operator.kube.client import Client
from sms_operator.kube.errors import Forbidden, KubeError, NotFound
from sms_operator.views.actions import Action, CannotAct, change, rebuild_asked
from sms_operator.views.bodies import Name

from .rights import NEEDED
from .store import GATEWAY, RESOURCES

AT_A_TIME: Final = 8
"""Requests of one batch that are under way together."""
MOST: Final = 1000
"""Gateways of one batch."""


class BadOrder(Exception):
    """What was posted is no order; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Order:
    """An action on some gateways."""

    action: Action
    gateways: tuple[Name, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it for one gateway. Taken is not done: only the status says that."""

    id: str
    taken: bool
    words: str
    rebuild: str = ""
    """What the status will name when this rebuild is done."""


def read_order(body: Any) -> Order:
    """An order out of JSON: `{"action": "rebuild", "gateways": ["namespace/name"], "reason": ""}`.

    Raises:
        BadOrder: it is none.
    """
    if not isinstance(body, dict):
        raise BadOrder("the body has to be a JSON object")
    fields = cast("dict[str, Any]", body)
    action, gateways, reason = fields.get("action"), fields.get("gateways"), fields.get("reason", "")
    if action not in set(Action):
        raise BadOrder(f"action has to be one of {', '.join(Action)}")
    if not isinstance(gateways, list) or not 1 <= len(cast("list[Any]", gateways)) <= MOST:
        raise BadOrder(f"gateways has to be a list of 1 to {MOST} names")
    if not isinstance(reason, str):
        raise BadOrder("reason has to be text")
    names = dict.fromkeys(str(item) for item in cast("list[Any]", gateways))
    return Order(Action(action), tuple(_name(item) for item in names), reason)


def _name(text: str) -> Name:
    namespace, slash, name = text.partition("/")
    if not (namespace and slash and name) or "/" in name:
        raise BadOrder("gateways are named namespace/name")
    return Name(namespace, name)


async def ask(client: Client, action: Action, name: Name, who: str, reason: str) -> dict[str, Any] | CannotAct:
    """The gateway as it is after the annotation was written, or why nothing was. Raises KubeError.

    It is read first, so that what is shown old cannot mislead.
    """
    gateway = await client.get(RESOURCES[GATEWAY], name.namespace, name.name)
    body = change(action, gateway, who, reason, datetime.now(UTC))
    if isinstance(body, CannotAct):
        return body
    return await client.patch(RESOURCES[GATEWAY], name.namespace, name.name, body)


async def perform(client: Client, order: Order, who: str) -> Sequence[Result]:
    """Write the annotations."""
    some = asyncio.Semaphore(AT_A_TIME)

    async def one(name: Name) -> Result:
        async with some:
            return await _one(client, order, who, name)

    return await asyncio.gather(*(one(name) for name in order.gateways))


async def _one(client: Client, order: Order, who: str, name: Name) -> Result:
    try:
        written = await ask(client, order.action, name, who, order.reason)
    except NotFound:
        return Result(str(name), taken=False, words="there is no such gateway any more")
    except Forbidden:
        return Result(str(name), taken=False, words=f'you may not {NEEDED} in namespace "{name.namespace}"')
    except KubeError as error:
        return Result(str(name), taken=False, words=str(error))
    if isinstance(written, CannotAct):
        return Result(str(name), taken=False, words=written.words)
    asked = rebuild_asked(written) if order.action is Action.REBUILD else ""
    return Result(str(name), taken=True, words="asked for; the status will say when it is done", rebuild=asked)
