"""`smsctl monitor`: the Gateway Monitoring page on loopback, or its list once."""

from __future__ import annotations

import json
import threading
import webbrowser
from datetime import UTC, datetime

import click

from .cluster import Cluster, cluster_options
from .law import SOMETHING, CannotAnswer
from .output import output_option


@click.command("monitor")
@cluster_options
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="TCP port on loopback; default: any free one.")
@click.option("--no-browser", is_flag=True, help="Print the address, and open nothing.")
@click.option("--once", is_flag=True, help="Print the list and end: 0 all well, 2 some gateway is not.")
@output_option("json", told="With --once.")
@click.pass_context
def command(context: click.Context, cluster: Cluster, port: int, *, no_browser: bool, once: bool, output: str) -> None:
    """The Gateway Monitoring page: live states, details, Rebuild, Disconnect and Connect.

    It listens on loopback only and acts with your own kubeconfig: it shows and does what you may, and no more. The
    address that is printed lets one browser in, once; the next one is printed when it was used.
    """
    import asyncio

    if once:
        if asyncio.run(_once(cluster, output)):
            context.exit(SOMETHING)
        return
    asyncio.run(_serve(cluster, port, no_browser=no_browser))


async def _once(cluster: Cluster, output: str) -> bool:
    """Print the list; whether there is something to see in it."""
    from sms_operator.monitor.plain import plain
    from sms_operator.monitor.run import look
    from sms_operator.views.gateway_rows import State

    namespace = None if cluster.all_namespaces else cluster.namespace
    async with cluster.client() as client:
        board = await look(client, namespace)
    rows, counts = board.rows(), board.counts()
    if output == "json":
        click.echo(json.dumps({"gateways": [row.to_json() for row in rows], "counts": counts}, indent=2))
    else:
        click.echo(plain(rows, counts, datetime.now(UTC), namespaces=namespace is None), nl=False)
    if board.health.denied:
        click.echo(f"You may not list {', '.join(board.health.denied)}: what they say is missing.", err=True)
    return any(row.state not in {State.CONNECTED, State.DISCONNECTED} for row in rows)


async def _serve(cluster: Cluster, port: int, *, no_browser: bool) -> None:
    from sms_operator.monitor.run import CannotListen, serve

    opened = no_browser

    def tell(address: str) -> None:
        nonlocal opened
        click.echo(f"Gateway Monitoring, for one browser: {address}", err=True)
        if not opened:
            opened = True
            # Beside the server: a browser for terminals would hold it up.
            threading.Thread(target=webbrowser.open, args=(address,), name="browser", daemon=True).start()

    namespace = None if cluster.all_namespaces else cluster.namespace
    click.echo("Listing the gateways … (Ctrl-C ends)", err=True)
    async with cluster.client() as client:
        try:
            await serve(client, namespace, cluster.context, port, tell)
        except CannotListen as error:
            raise CannotAnswer(str(error)) from None
