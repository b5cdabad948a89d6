"""What a shell offers for kinds, for names of objects and namespaces, and for contexts.

Names are asked of the cluster that the words before say, for two seconds at most. Whatever goes wrong means no
candidates and no message: somebody is in the middle of a line.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, cast

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from sms_operator.kube.client import Client, Resource

PATIENCE: Final = 2.0
"""Seconds for an answer, a helper program that logs in included."""
_NAMESPACES: Final = "namespaces"
WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "gateway": ("smppgateways", "SmppGateway: the binds to an SMSC"),
    "channel": ("smschannels", "SmsChannel"),
    "cert": ("certificates", "Certificate: whom to trust, or who we are"),
    "route": ("notificationroutes", "NotificationRoute: from a gateway to a channel"),
    "called": ("calledroutes", "CalledRoute: the skill queue"),
    "ou": ("organizationunits", "OrganizationUnit"),
    "calendar": ("servicetimes", "ServiceTime: when agents work"),
    "robot": ("chatbots", "Chatbot"),
    "export": ("channelexports", "ChannelExport"),
}
"""A word for each kind, its resource and what it is; here because the models would be slow to load for a shell."""


class Names(click.ParamType[str]):
    """Names of one kind's objects, or of namespaces."""

    name = "text"

    def __init__(self, plural: str) -> None:
        """`plural` is the resource's name."""
        self._plural = plural

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Those that begin so and are not yet in the line."""
        return _fitting(_names(ctx, self._plural), incomplete, _before(ctx, param))


class KindAndNames(click.ParamType[str]):
    """A kind, then names of its objects; or both in one word, `gateway/north`."""

    name = "text"

    def __init__(self, *others: str) -> None:
        """`others` are words that may stand for a kind."""
        self._others = others

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Kinds first, then names."""
        before = _before(ctx, param)
        kind, slash, begun = incomplete.partition("/")
        if before and "/" not in before[0]:
            return _fitting(_names(ctx, _plural(before[0])), incomplete, before[1:])
        if slash:
            return [CompletionItem(f"{kind}/{item.value}") for item in _fitting(_names(ctx, _plural(kind)), begun, ())]
        kinds = [CompletionItem(word, help=said) for word, (_, said) in WORDS.items() if word.startswith(incomplete)]
        return [*kinds, *_fitting(self._others, incomplete, ())]


class Contexts(click.ParamType[str]):
    """Contexts of the kubeconfig."""

    name = "text"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Those that begin so."""
        import os
        from pathlib import Path

        from sms_operator.kube.kubeconfig import KubeconfigError, contexts, files

        named = ctx.params.get("kubeconfig")
        try:
            return _fitting(contexts([Path(named)] if named else files(os.environ)), incomplete, ())
        except KubeconfigError:
            return []


NAMESPACES: Final = Names(_NAMESPACES)


def _before(ctx: click.Context, param: click.Parameter) -> tuple[str, ...]:
    found = ctx.params.get(param.name or "")
    return cast("tuple[str, ...]", found) if isinstance(found, tuple) else ()


def _fitting(names: Iterable[str], incomplete: str, but: Iterable[str]) -> list[CompletionItem]:
    taken = set(but)
    return [CompletionItem(name) for name in sorted(names) if name.startswith(incomplete) and name not in taken]


def _plural(word: str) -> str:
    if word in WORDS:
        return WORDS[word][0]
    from sms_operator.views.kinds import kind_named

    found = kind_named(word)
    return found.plural if found is not None else ""


def _names(ctx: click.Context, plural: str) -> list[str]:
    import asyncio
    from contextlib import suppress

    from .law import CannotAnswer

    if not plural:
        return []
    with suppress(CannotAnswer, TimeoutError):
        return asyncio.run(_ask(ctx.params, plural))
    return []


async def _ask(said: Mapping[str, Any], plural: str) -> list[str]:
    import asyncio

    from sms_operator.kube.client import Resource

    from .cluster import Cluster

    cluster = Cluster(
        said.get("kubeconfig"),
        said.get("context_name"),
        said.get("namespace"),
        bool(said.get("all_namespaces")),
        said.get("as_user"),
        said.get("as_groups") or (),
        PATIENCE,
    )
    ours = plural != _NAMESPACES
    resource = Resource("sms-operator.dev", "v1alpha1", plural, "") if ours else Resource("", "v1", plural, "")
    async with asyncio.timeout(PATIENCE), cluster.client() as client:
        return await _list(client, resource, cluster.scope if ours else None)


async def _list(client: Client, resource: Resource, namespace: str | None) -> list[str]:
    items, _ = await client.list(resource, namespace, metadata_only=True)
    return [item["metadata"]["name"] for item in items]
