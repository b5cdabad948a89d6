"""Where `smsctl export` has its channels from: the cluster, page by page, or files."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeVar

from .cluster import Cluster, explain
from .law import CannotAnswer
from .reading import manifests

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from sms_operator.exports.records import Record
    from sms_operator.kube.client import Client
    from sms_operator.kube.errors import KubeError

Body = dict[str, Any]
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Source:
    """Channels, one after the other."""

    records: Iterator[Record]
    total: int | None
    """How many, where that is known before they are read."""


@contextmanager
def from_cluster(cluster: Cluster, names: Sequence[str], selector: str) -> Generator[Source]:
    """The channels of the cluster that are chosen; all of the scope when neither names nor selector choose.

    Raises:
        CannotAnswer: no cluster, a missing right, a name that is not there, or a channel that this version cannot read.
    """
    import asyncio

    from sms_operator.api.kinds import KIND_BY_NAME
    from sms_operator.exports.records import KIND
    from sms_operator.kube.errors import KubeError

    from .objects import resource

    with asyncio.Runner() as runner:
        stack = AsyncExitStack()

        def ask(question: Callable[[], Awaitable[Answer]]) -> Answer:
            async def asked() -> Answer:
                return await question()

            try:
                return runner.run(asked())
            except KubeError as error:
                raise CannotAnswer(_explained(error, cluster)) from None

        client = ask(lambda: stack.enter_async_context(cluster.client()))
        try:
            if names:
                bodies = (ask(lambda name=name: _one(client, cluster.namespace, name)) for name in names)
                total: int | None = len(names)
            else:
                kind = resource(KIND_BY_NAME[KIND])
                bodies, total = _listed(
                    lambda token: ask(lambda: client.page(kind, cluster.scope, labels=selector, token=token))
                )
            yield Source((_record(body, _where(body)) for body in bodies), total)
        finally:
            ask(stack.aclose)


@contextmanager
def from_files(paths: Sequence[str], namespace: str | None, names: Sequence[str], selector: str) -> Generator[Source]:
    """The SmsChannels of manifests that are chosen.

    Args:
        paths: Files, directories, or `-`.
        namespace: Only those of it, and those that name none; None: all.
        names: Only these; none: all.
        selector: Only those with these labels.

    Raises:
        CannotAnswer: a file cannot be read, a channel is not valid or there twice, or a name is not there.
    """
    from sms_operator.api.validation import validate_object
    from sms_operator.exports.labels import chooser
    from sms_operator.exports.records import KIND

    given = manifests(paths)
    fits = chooser(selector)
    found: dict[tuple[str, str], tuple[Body, str]] = {}
    for item in given:
        if item.kind != KIND or (namespace is not None and item.namespace not in ("", namespace)):
            continue
        place = f"{item.file}:{item.span().line}"
        for problem in validate_object(item.body):
            raise CannotAnswer(f'{place}: SmsChannel "{item.name}": {problem}')
        if (names and item.name not in names) or not fits(item.body["metadata"].get("labels") or {}):
            continue
        _, before = found.setdefault((item.namespace, item.name), (item.body, place))
        if before != place:
            raise CannotAnswer(f'{place}: SmsChannel "{item.name}" is in {before} already')
    known = {name for _, name in found}
    for name in names:
        if name not in known:
            raise CannotAnswer(f'there is no SmsChannel "{name}" in {", ".join(paths)}')
    yield Source((_record(body, place) for _, (body, place) in sorted(found.items())), len(found))


def _listed(page: Callable[[str], Mapping[str, Any]]) -> tuple[Iterator[Body], int | None]:
    """The channels of all pages, and how many there are, which the API server does not say with a selector."""

    def rest(metadata: Mapping[str, Any]) -> Iterator[Body]:
        while token := metadata.get("continue"):
            answer = page(token)
            yield from answer["items"]
            metadata = answer["metadata"]

    first = page("")
    metadata: Mapping[str, Any] = first["metadata"]
    remaining = metadata.get("remainingItemCount")
    total = len(first["items"]) + int(remaining or 0) if remaining or not metadata.get("continue") else None
    items: Iterable[Body] = first["items"]
    return chain(items, rest(metadata)), total


async def _one(client: Client, namespace: str, name: str) -> Body:
    from sms_operator.api.kinds import KIND_BY_NAME
    from sms_operator.exports.records import KIND

    from .objects import get_one

    return await get_one(client, KIND_BY_NAME[KIND], namespace, name)


def _record(body: Body, where: str) -> Record:
    from pydantic import ValidationError

    from sms_operator.api.validation import problems
    from sms_operator.exports.records import record_of

    try:
        return record_of(body)
    except ValidationError as error:
        raise CannotAnswer(f"{where} does not fit this version of smsctl: {problems(error, 'spec')[0]}") from None


def _where(body: Body) -> str:
    metadata = body["metadata"]
    return f'SmsChannel "{metadata["name"]}" of namespace "{metadata.get("namespace", "")}"'


def _explained(error: KubeError, cluster: Cluster) -> str:
    if error.status == 410:
        return "the list of channels became too old while it was read; export again"
    return explain(error, cluster.access)
