"""`smsctl describe`: what is wrong with an object and since when, in one screen."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from sms_operator.views.documents import document

from .candidates import KindAndNames
from .cluster import Cluster, cluster_options
from .law import SOMETHING
from .output import Paint, colour, colour_option, echo, output_option, print_as

if TYPE_CHECKING:
    from sms_operator.api.kinds import KindInfo
    from sms_operator.views.description import Description


@click.command("describe")
@click.argument("arguments", metavar="KIND NAME", nargs=-1, required=True, type=KindAndNames())
@cluster_options
@output_option("json", "yaml")
@colour_option
@click.pass_context
def command(context: click.Context, cluster: Cluster, arguments: tuple[str, ...], output: str, color: str) -> None:
    """What is wrong with an object, since when, why, and what to do next.

    0: it is well, and so is what it uses; 2: something is to be seen.
    """
    import asyncio

    from .objects import one_object

    info, name = one_object(arguments, cluster, context)
    now = datetime.now(UTC)
    shown = asyncio.run(_read(cluster, info, name, now))
    if output == "text":
        from .screen import columns, describe

        coloured = colour(color)
        echo(describe(shown, now, columns(), Paint(coloured)), coloured=coloured)
    else:
        print_as(output, document("Description", description=shown.to_json()))
    if not shown.is_well:
        context.exit(SOMETHING)


async def _read(cluster: Cluster, info: KindInfo, name: str, now: datetime) -> Description:
    from dataclasses import replace

    from sms_operator.views.description import description
    from sms_operator.views.graph import origin

    from .objects import around, events_of

    async with cluster.client() as client:
        key, objects = await around(client, info, cluster.namespace, name)
        begins = origin(objects, key)
        events, why = await events_of(client, dict.fromkeys((key, begins)))
    shown = description(objects, key, events, now)
    return replace(shown, unseen=(*shown.unseen, f"Events: {why}")) if why else shown
