"""`smsctl events`: what happened, in order of time, what is the same told once."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from sms_operator.views.documents import document

from .candidates import KindAndNames
from .cluster import Cluster, Seconds, cluster_options
from .law import SOMETHING, CannotAnswer
from .output import Paint, colour, colour_option, echo, output_option, print_as

if TYPE_CHECKING:
    from sms_operator.api.kinds import KindInfo


@click.command("events")
@click.argument("arguments", metavar="[KIND NAME]", nargs=-1, type=KindAndNames())
@cluster_options
@click.option("--since", type=Seconds(), help="Not what happened longer ago, for instance 30m.")
@click.option("--warnings", is_flag=True, help="Warnings only.")
@output_option("json", "yaml")
@colour_option
@click.pass_context
def command(
    context: click.Context,
    cluster: Cluster,
    *,
    arguments: tuple[str, ...],
    since: float | None,
    warnings: bool,
    output: str,
    color: str,
) -> None:
    """What happened to an object (and to the gateway of a channel), or to all; oldest first.

    The API server keeps Events for an hour, unless it was told otherwise. 0: no warning is shown; 2: one is.
    """
    import asyncio

    from sms_operator.views.timeline import timeline

    from .objects import one_object

    wanted = one_object(arguments, cluster, context) if arguments else None
    now = datetime.now(UTC)
    found = asyncio.run(_read(cluster, wanted))
    within = timedelta(seconds=since) if since else None
    shown = [one for one in timeline(found, now=now, within=within) if one.warning or not warnings]
    if output == "text":
        from .screen import timeline as written

        coloured = colour(color)
        if shown:
            echo(written(shown, now, namespaces=cluster.all_namespaces, paint=Paint(coloured)), coloured=coloured)
    else:
        print_as(output, document("Timeline", items=[asdict(one) for one in shown]))
    if not shown:
        echo("No events.", err=True)
    if any(one.warning for one in shown):
        context.exit(SOMETHING)


async def _read(cluster: Cluster, wanted: tuple[KindInfo, str] | None) -> list[dict[str, Any]]:
    from sms_operator.core.keys import SMPP_GATEWAY, SMS_CHANNEL, Key
    from sms_operator.kube.client import Resource

    async with cluster.client() as client:
        if wanted is None:
            return (await client.list(Resource("", "v1", "events", "Event"), cluster.scope))[0]
        from .objects import events_of, get_one

        info, name = wanted
        keys = [Key(info.kind, cluster.namespace, name)]
        if info.kind == SMS_CHANNEL:
            # What a gateway's channels share is told once, at the gateway.
            channel = await get_one(client, info, cluster.namespace, name)
            keys.append(Key(SMPP_GATEWAY, cluster.namespace, channel["spec"]["gatewayRef"]["name"]))
        found, why = await events_of(client, keys)
        if why:
            raise CannotAnswer(why)
        return found
