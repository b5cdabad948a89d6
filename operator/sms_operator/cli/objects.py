"""Reading objects for `get`, `describe`, `tree` and `events`: what is asked for, and what stands around it.

Only reads. Secrets and ConfigMaps are never asked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from sms_operator.views.texts import one_line

from .cluster import Cluster, missing_right
from .law import CannotAnswer

if TYPE_CHECKING:
    from sms_operator.api.kinds import KindInfo
    from sms_operator.core.keys import Key
    from sms_operator.kube.client import Client, Resource
    from sms_operator.views.graph import Objects

Body = dict[str, Any]


def resource(info: KindInfo) -> Resource:
    """Where a kind of ours lives."""
    from sms_operator.api.kinds import GROUP, VERSION
    from sms_operator.kube.client import Resource

    return Resource(GROUP, VERSION, info.plural, info.kind)


def kind(text: str, context: click.Context) -> KindInfo:
    """A kind by any of its names; a usage error for what is none."""
    from sms_operator.views.kinds import kind_named, names_of_kinds

    found = kind_named(text)
    if found is None:
        raise click.UsageError(f'there is no kind "{one_line(text)}"; there are {names_of_kinds()}', context)
    return found


def one_object(arguments: Sequence[str], cluster: Cluster, context: click.Context) -> tuple[KindInfo, str]:
    """`KIND NAME` or `KIND/NAME` of one namespace; a usage error for anything else."""
    if cluster.all_namespaces:
        raise click.UsageError("one object is of one namespace: say -n instead of -A", context)
    parts = arguments[0].split("/", 1) if len(arguments) == 1 else list(arguments)
    if len(parts) != 2 or not all(parts):
        raise click.UsageError("say which object: KIND NAME, for instance gateway north", context)
    return kind(parts[0], context), object_name(parts[1], context)


def object_name(text: str, context: click.Context) -> str:
    """A name that can stand in a path; a usage error for what cannot."""
    if "/" in text or not text.isprintable() or not text.strip(". ") or "%" in text or "?" in text or "#" in text:
        raise click.UsageError(f"{text!r} is no name of an object", context)
    return text


async def get_one(client: Client, info: KindInfo, namespace: str, name: str) -> Body:
    """An object.

    Raises:
        CannotAnswer: there is none of this name.
        KubeError: anything else.
    """
    from sms_operator.kube.errors import NotFound

    try:
        return await client.get(resource(info), namespace, name)
    except NotFound as error:
        if f'"{name}"' not in str(error):
            raise
        raise CannotAnswer(f'there is no {info.kind} "{name}" in namespace "{namespace}"') from None


async def around(client: Client, info: KindInfo, namespace: str, name: str) -> tuple[Key, Objects]:
    """An object, all it needs (and what that needs), and who needs it.

    What may not be read beside the object itself is told, not fatal.
    """
    from sms_operator.api.kinds import KIND_BY_NAME
    from sms_operator.views.graph import USERS, Objects, is_read, key_of, needs

    body = await get_one(client, info, namespace, name)
    key = key_of(body)
    bodies: dict[Key, Body] = {key: body}
    missing: set[Key] = set()
    unseen: dict[str, str] = {}

    async def look(wanted: Key) -> None:
        from sms_operator.kube.errors import Forbidden, NotFound

        try:
            bodies[wanted] = await client.get(resource(KIND_BY_NAME[wanted.kind]), wanted.namespace, wanted.name)
        except NotFound:
            missing.add(wanted)
        except Forbidden as error:
            unseen[wanted.kind] = _why(error)

    async def users(of: str, by: str) -> None:
        from sms_operator.kube.errors import Forbidden

        fields = f"{by}={name}" if by else ""
        try:
            found, _ = await client.list(resource(KIND_BY_NAME[of]), namespace, fields=fields)
        except Forbidden as error:
            unseen[of] = _why(error)
            return
        bodies.update((key_of(item), item) for item in found if key in needs(item))

    async def needed() -> None:
        waiting = {key}
        while waiting:
            following = {used for one in waiting if one in bodies for used in needs(bodies[one]) if is_read(used)}
            waiting = following - bodies.keys() - missing
            await asyncio.gather(*(look(one) for one in waiting))

    await needed()
    await asyncio.gather(*(users(of, by) for of, by in USERS.get(info.kind, {}).items()))
    return key, Objects(bodies, frozenset(missing), unseen)


async def everything(client: Client, scope: str | None) -> Objects:
    """All objects of a namespace (None: of all).

    Raises:
        CannotAnswer: not one kind may be listed.
    """
    from sms_operator.api.kinds import KINDS
    from sms_operator.views.graph import Objects, is_read, key_of, needs

    answers = await asyncio.gather(*(listed(client, info, scope) for info in KINDS))
    unseen = {info.kind: why for info, (_, why) in zip(KINDS, answers, strict=True) if why}
    if len(unseen) == len(KINDS):
        raise CannotAnswer(unseen[KINDS[0].kind])
    bodies = {key_of(item): item for items, _ in answers for item in items}
    wanted = {used for body in bodies.values() for used in needs(body) if is_read(used)}
    missing = {used for used in wanted if used not in bodies and used.kind not in unseen}
    return Objects(bodies, frozenset(missing), unseen)


async def all_bodies(cluster: Cluster, namespaces: Iterable[str]) -> list[Body]:
    """All objects of ours in some namespaces, or in all with -A.

    Raises:
        CannotAnswer: one kind may not be listed, or the cluster does not answer.
    """
    from sms_operator.api.kinds import KINDS

    scopes = [None] if cluster.all_namespaces else sorted(set(namespaces))
    async with cluster.client() as client:
        wanted = [(info, scope) for scope in scopes for info in KINDS]
        answers = await asyncio.gather(*(client.list(resource(info), scope) for info, scope in wanted))
    return [item for items, _ in answers for item in items]


async def listed(client: Client, info: KindInfo, scope: str | None, labels: str = "") -> tuple[list[Body], str]:
    """The objects of a kind; or none, and the right that is missing."""
    from sms_operator.kube.errors import Forbidden

    try:
        return (await client.list(resource(info), scope, labels=labels))[0], ""
    except Forbidden as error:
        return [], _why(error)


async def events_of(client: Client, keys: Iterable[Key]) -> tuple[list[Body], str]:
    """The Events about objects, and why there may be more (empty: there are none)."""
    from sms_operator.kube.client import Resource
    from sms_operator.kube.errors import Forbidden

    found: list[Body] = []
    for key in keys:
        fields = f"involvedObject.kind={key.kind},involvedObject.name={key.name}"
        try:
            items, _ = await client.list(Resource("", "v1", "events", "Event"), key.namespace, fields=fields)
        except Forbidden as error:
            return [], _why(error)
        found += items
    return found, ""


def _why(error: Any) -> str:
    """The missing right; a login that is not taken ends the command."""
    if error.status == 401:
        raise error
    right = missing_right(one_line(str(error)))
    return f"you may not {right}" if right else one_line(str(error))
