"""`smsctl export run` and `download`: the operator writes the files, this fetches them."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import click

from .candidates import Names
from .cluster import AGENT, PATIENCE, Cluster, Seconds, cluster_options, explain
from .export import FORMATS, new_directory, tell
from .law import SOMETHING, CannotAnswer
from .output import echo

if TYPE_CHECKING:
    from sms_operator.exports.writing import Sink, Written

    from .fetching import Fetcher, Place

Body = dict[str, Any]

PAUSES: Final = (0.2, 2.0)
"""Seconds between two looks at a status: at first, and at most."""
KEY_PATIENCE: Final = 15.0
"""Seconds within which the operator has to know a key that was just set."""


@dataclass(frozen=True, slots=True)
class Fetching:
    """Where from, where to and for how long."""

    place: Place
    output: str
    publish: Callable[[], AbstractContextManager[Sink]]
    timeout: float


class Unsuccessful(Exception):
    """The operator answered, and there are no files; the text says why."""


def _options(function: Callable[..., Any]) -> Callable[..., Any]:
    for decorator in (
        click.pass_context,
        click.option("--timeout", type=Seconds(), default="10m", show_default=True, help="For the operator's work."),
        click.option(
            "--operator",
            default="sms-operator/sms-operator-0",
            show_default=True,
            metavar="[NAMESPACE/]POD[:PORT]|URL",
            help="The operator's pod (needs get on pods/proxy), or http://127.0.0.1:8080 of a kubectl port-forward.",
        ),
        click.option("--output", required=True, metavar="DIR", help="A new directory for the files."),
        cluster_options,
    ):
        function = decorator(function)
    return function


@click.command("run")
@click.argument("names", metavar="[NAME]...", nargs=-1, type=Names("smschannels"))
@_options
@click.option("-l", "--selector", default="", help="Channels with these labels: team=north,app=desk.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="csv", show_default=True)
@click.option("--password-secret", metavar="NAME", help="Secret (key password) that encrypts one archive by AES-256.")
@click.option("--ttl", help="How long the operator keeps the files, for instance 24h. Default: with the object.")
def run(
    context: click.Context,
    cluster: Cluster,
    *,
    names: tuple[str, ...],
    selector: str,
    form: str,
    password_secret: str | None,
    ttl: str | None,
    **where: Any,
) -> None:
    """Let the operator export channels: create a ChannelExport, wait for it, and fetch its files.

    2: the export has failed, or is not done in time. The object stays, with its status.
    """
    from sms_operator.exports.labels import BadSelector, equalities

    if names and selector:
        raise click.UsageError("names do not go with -l", context)
    spec: Body = {"format": form.capitalize()}
    try:
        spec |= {"channels": list(dict.fromkeys(names))} if names else {}
        spec |= {"selector": {"matchLabels": equalities(selector)}} if selector else {}
    except BadSelector as error:
        raise click.UsageError(f"-l: {error}", context) from None
    spec |= {"archivePasswordSecretRef": {"name": password_secret}} if password_secret else {}
    spec |= {"ttlAfterFinished": ttl} if ttl else {}
    _check(spec, context)
    _end(context, cluster, _fetching(context, cluster, **where), spec=spec)


@click.command("download")
@click.argument("name", type=Names("channelexports"))
@_options
def download(context: click.Context, cluster: Cluster, *, name: str, **where: Any) -> None:
    """Fetch the files of a ChannelExport, which needs the right to patch it: a new download key is set in it."""
    from .objects import object_name

    _end(context, cluster, _fetching(context, cluster, **where), name=object_name(name, context))


def _fetching(context: click.Context, cluster: Cluster, *, operator: str, output: str, timeout: float) -> Fetching:
    from .fetching import Place

    if cluster.all_namespaces:
        raise click.UsageError("a ChannelExport is of one namespace: no -A here", context)
    try:
        place = Place.parse(operator)
    except ValueError as error:
        raise click.UsageError(f"--operator: {error}", context) from None
    return Fetching(place, output, new_directory(output), timeout)


def _check(spec: Mapping[str, Any], context: click.Context) -> None:
    from sms_operator.api.kinds import API_VERSION
    from sms_operator.api.validation import validate_object

    body = {"apiVersion": API_VERSION, "kind": "ChannelExport", "metadata": {"name": "export"}, "spec": dict(spec)}
    for problem in validate_object(body):
        raise click.UsageError(str(problem), context)


def _end(
    context: click.Context, cluster: Cluster, fetching: Fetching, *, spec: Body | None = None, name: str = ""
) -> None:
    import asyncio

    from sms_operator.kube.access import AccessError
    from sms_operator.kube.errors import KubeError

    from .fetching import NotOpen, hint

    try:
        written = asyncio.run(_all(cluster, fetching, spec, name))
    except Unsuccessful as error:
        echo(f"✗ {error}; nothing was written", err=True)
        context.exit(SOMETHING)
    except NotOpen:
        raise CannotAnswer(
            "the operator does not take the download key: is --operator the one that serves this namespace?"
        ) from None
    except KubeError as error:
        barred = "pods/proxy" in str(error)
        more = hint(error, fetching.place) if barred else ""
        raise CannotAnswer(explain(error, cluster.access) + more) from None
    except AccessError as error:
        raise CannotAnswer(str(error)) from None
    except OSError as error:
        raise CannotAnswer(f"the files cannot be written: {error.strerror or error}; nothing is left of them") from None
    tell(written, fetching.output)


async def _all(cluster: Cluster, fetching: Fetching, spec: Body | None, name: str) -> Written:
    from sms_operator.api.channel_export import DOWNLOAD_KEY_ANNOTATION
    from sms_operator.api.kinds import KIND_BY_NAME

    from .fetching import Fetcher
    from .objects import get_one, resource

    key = secrets.token_urlsafe(32)
    marked = {"annotations": {DOWNLOAD_KEY_ANNOTATION: hashlib.sha256(key.encode()).hexdigest()}}
    info = KIND_BY_NAME["ChannelExport"]
    limit = PATIENCE if cluster.request_timeout is None else cluster.request_timeout
    client = Fetcher(cluster.access, timeout=limit or 3600.0, agent=AGENT)
    try:
        if spec is not None:
            body: Body = {"apiVersion": resource(info).api_version, "kind": info.kind, "spec": spec}
            body["metadata"] = {"generateName": "export-", **marked}
            name = (await client.create(resource(info), cluster.namespace, body))["metadata"]["name"]
            echo(f'► ChannelExport "{name}" of namespace "{cluster.namespace}"', err=True)
        else:
            await get_one(client, info, cluster.namespace, name)
            await client.patch(resource(info), cluster.namespace, name, {"metadata": marked})
        written = await _outcome(lambda: get_one(client, info, cluster.namespace, name), name, fetching.timeout)
        await _fetch(client, fetching, cluster.namespace, name, key, written)
        return written
    finally:
        await client.close()


async def _outcome(look: Callable[[], Any], name: str, timeout: float) -> Written:
    """Wait for the end of an export.

    Raises:
        Unsuccessful: it failed, its files are gone, or it takes too long.
    """
    import asyncio

    from sms_operator.api.conditions import ConditionType
    from sms_operator.core.export_facts import FileFact
    from sms_operator.core.status import condition
    from sms_operator.exports.writing import Written

    end, pause = time.monotonic() + timeout, PAUSES[0]
    while True:
        status: Body = (await look()).get("status") or {}
        found = condition(status, ConditionType.SUCCEEDED) or {}
        message = str(found.get("message") or "the operator has not said anything")
        if found.get("status") == "True":
            listed: list[Body] = status.get("files") or []
            files = tuple(FileFact(one["name"], one.get("records", 0), one["sha256"]) for one in listed)
            if not files:
                raise Unsuccessful(f"{name}: {message}")
            return Written(status.get("records") or 0, files)
        if (condition(status, ConditionType.STALLED) or {}).get("status") == "True":
            raise Unsuccessful(f"{name}: {found.get('reason')}: {message}")
        if time.monotonic() + pause > end:
            raise Unsuccessful(f"{name}: not within {timeout:g} s; its status says: {message}")
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, PAUSES[1])


async def _fetch(client: Fetcher, fetching: Fetching, namespace: str, name: str, key: str, written: Written) -> None:
    import asyncio

    from .fetching import NotOpen, fetch

    end = time.monotonic() + KEY_PATIENCE
    while True:
        try:
            with fetching.publish() as sink:
                for file in written.files:
                    path = fetching.place.path(namespace, name, file.name)
                    await fetch(client, fetching.place, path, key, file, sink)
            return
        except NotOpen:
            if time.monotonic() > end:
                raise
        await asyncio.sleep(PAUSES[0])
