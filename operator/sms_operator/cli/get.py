"""`smsctl get`: objects as a table, with what is wrong and since when; or as they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from .candidates import KindAndNames
from .cluster import Cluster, cluster_options
from .law import CANNOT, SOMETHING, CannotAnswer
from .output import colour, colour_option, echo, output_option, print_as
from .rows import Look, Query, tidy, written

Body = dict[str, Any]


@click.command("get")
@click.argument("arguments", metavar="[KIND|all] [NAME]...", nargs=-1, type=KindAndNames("all"))
@cluster_options
@click.option("-l", "--selector", default="", help="Those with these labels, for instance team=alerts.")
@click.option(
    "--where", multiple=True, help="Those of which this holds: ready=false, stalled!=true, reason=InvalidPassword."
)
@click.option("-w", "--watch", is_flag=True, help="Then show each change, until Ctrl-C.")
@click.option("--no-headers", is_flag=True, help="Without the line of headings.")
@output_option("wide", "json", "yaml", "name")
@colour_option
@click.pass_context
def command(
    context: click.Context,
    cluster: Cluster,
    *,
    arguments: tuple[str, ...],
    selector: str,
    where: tuple[str, ...],
    watch: bool,
    no_headers: bool,
    output: str,
    color: str,
) -> None:
    """Objects of a kind (`gateway`, `channels`, `gw,cert`; all by default): what works, what does not, since when.

    0: all that is shown is well; 2: something is not.
    """
    import asyncio

    query = _query(context, cluster, arguments, selector, where)
    several = len(query.kinds) > 1
    look = Look(output, cluster.all_namespaces, several, colour(color), header=not no_headers)
    if watch:
        from .watching import follow

        # A pipe that is closed, or Ctrl-C, ends it.
        asyncio.run(follow(cluster, query, look))
        return
    items, refused = asyncio.run(_read(cluster, query))
    if output == "json" or output == "yaml":
        single = len(query.names) == 1 and not several and len(items) == 1
        body = items[0] if single else {"apiVersion": "v1", "kind": "List", "items": items}
        print_as(output, body)
    else:
        _print(query, items, look)
    for line in refused:
        echo(f"Error: {line}", err=True)
    if not items and not refused:
        echo(
            "No objects found" + ("." if cluster.all_namespaces else f' in namespace "{cluster.namespace}".'), err=True
        )
    if refused:
        context.exit(CANNOT)
    from sms_operator.views.health import all_well

    if not all_well(items):
        context.exit(SOMETHING)


def _query(
    context: click.Context, cluster: Cluster, arguments: Sequence[str], selector: str, where: Sequence[str]
) -> Query:
    from sms_operator.api.kinds import KINDS
    from sms_operator.views.where import BadClause, clauses

    from .objects import kind, object_name

    words = arguments[0].split("/", 1) + list(arguments[1:]) if arguments else ["all"]
    names = tuple(dict.fromkeys(object_name(name, context) for name in words[1:]))
    kinds = KINDS if words[0] in {"all", "sms"} else tuple(kind(word, context) for word in words[0].split(","))
    if names and len(kinds) != 1:
        raise click.UsageError("names are of one kind: say which", context)
    if names and (selector or cluster.all_namespaces):
        raise click.UsageError("names go neither with -l nor with -A", context)
    try:
        return Query(tuple(dict.fromkeys(kinds)), names, selector, clauses(where))
    except BadClause as error:
        raise click.UsageError(f"--where: {error}", context) from None


async def _read(cluster: Cluster, query: Query) -> tuple[list[Body], list[str]]:
    """The objects, and what could not be answered."""
    import asyncio

    from .objects import get_one, listed

    async with cluster.client() as client:
        if not query.names:
            answers = await asyncio.gather(*(listed(client, info, cluster.scope, query.labels) for info in query.kinds))
            found = [
                tidy(item, info)
                for info, (items, _) in zip(query.kinds, answers, strict=True)
                for item in sorted(items, key=_place)
                if query.means(item)
            ]
            return found, [why for _, why in answers if why]
        items: list[Body] = []
        refused: list[str] = []
        for name in query.names:
            try:
                items.append(await get_one(client, query.kinds[0], cluster.namespace, name))
            except CannotAnswer as error:
                refused.append(error.message)
        return [tidy(item, query.kinds[0]) for item in items if query.means(item)], refused


def _place(item: Body) -> tuple[str, str]:
    return item["metadata"].get("namespace", ""), item["metadata"]["name"]


def _print(query: Query, items: Sequence[Body], look: Look) -> None:
    blocks: list[str] = []
    for info in query.kinds:
        mine = [item for item in items if item["kind"] == info.kind]
        if mine:
            blocks.append(written(info, mine, look))
    if blocks:
        echo(("\n" if look.output == "name" else "\n\n").join(blocks), coloured=look.coloured)
