"""`smsctl tree`: what an object needs, and what needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sms_operator.views.documents import document

from .candidates import KindAndNames
from .cluster import Cluster, cluster_options
from .law import SOMETHING
from .output import Paint, colour, colour_option, echo, output_option, print_as

if TYPE_CHECKING:
    from sms_operator.api.kinds import KindInfo
    from sms_operator.views.graph import Objects
    from sms_operator.views.trees import Node


@click.command("tree")
@click.argument("arguments", metavar="[KIND NAME]", nargs=-1, type=KindAndNames())
@cluster_options
@click.option("--all", "every", is_flag=True, help="Name every object, however many of a kind are well.")
@output_option("json", "yaml")
@colour_option
@click.pass_context
def command(
    context: click.Context, cluster: Cluster, *, arguments: tuple[str, ...], every: bool, output: str, color: str
) -> None:
    """What an object needs and what needs it, and how each is; without an object, everything there is.

    0: all that is shown is well; 2: something is not.
    """
    import asyncio

    from .objects import one_object

    wanted = one_object(arguments, cluster, context) if arguments else None
    nodes, objects = asyncio.run(_read(cluster, wanted, every=every))
    if output == "text":
        from .screen import trees

        coloured = colour(color)
        if nodes:
            echo(trees(nodes, Paint(coloured)), coloured=coloured)
    else:
        print_as(output, document("Trees", items=[node.to_json() for node in nodes]))
    for kind, why in sorted(objects.unseen.items()):
        echo(f"Not looked at: {kind}: {why}", err=True)
    if not nodes:
        echo("There is nothing.", err=True)
    if not all(node.is_well for node in nodes):
        context.exit(SOMETHING)


async def _read(
    cluster: Cluster, wanted: tuple[KindInfo, str] | None, *, every: bool
) -> tuple[tuple[Node, ...], Objects]:
    from sms_operator.views.graph import key_of
    from sms_operator.views.trees import forest, tree

    from .objects import everything, get_one

    async with cluster.client() as client:
        top = key_of(await get_one(client, wanted[0], cluster.namespace, wanted[1])) if wanted else None
        objects = await everything(client, cluster.scope)
    # It may have gone, or its kind may be one that can be read and not listed.
    if top is not None and top not in objects.bodies:
        async with cluster.client() as client:
            from .objects import around

            assert wanted is not None
            top, objects = await around(client, wanted[0], cluster.namespace, wanted[1])
    return ((tree(objects, top, everything=every),) if top else forest(objects, everything=every)), objects
