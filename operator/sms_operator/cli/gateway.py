"""`smsctl gateway rebuild|disconnect|connect`: the manual's operations, as annotations that no GitOps tool undoes."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import click

from sms_operator.views.documents import document

from .candidates import Names
from .cluster import Cluster, Seconds, cluster_options, explain
from .law import CANNOT, SOMETHING, CannotAnswer, Lazy, LazyGroup
from .output import Paint, colour, colour_option, echo, output_option, print_json

if TYPE_CHECKING:
    from asyncio import Semaphore

    from sms_operator.kube.client import Client
    from sms_operator.views.actions import Action

PAUSES: Final = (0.1, 2.0)
"""Seconds between two looks at a status: at first, and at most."""
SYMBOLS: Final = {"done": "✔", "asked": "►", "unchanged": "=", "failed": "✗", "timeout": "◎", "refused": "✗"}
BAD: Final = frozenset({"failed", "timeout", "refused"})

_HERE: Final = __name__.rpartition(".")[0]


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it for one gateway."""

    namespace: str
    name: str
    state: str
    """A key of SYMBOLS; `refused`: the API server did not take it."""
    words: str


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for."""

    action: Action
    reason: str
    wait: float | None
    """Seconds to wait for the status; None: do not wait."""


@click.group(
    "gateway",
    cls=LazyGroup,
    lazy={"test": Lazy(f"{_HERE}.probe:test", "One bind from here, every step timed and explained.")},
)
def command() -> None:
    """Rebuild, disconnect, connect or test a gateway."""


def _options(function: Callable[..., Any]) -> Callable[..., Any]:
    decorators = (
        cluster_options,
        click.argument("names", metavar="[NAME]...", nargs=-1, type=Names("smppgateways")),
        click.option("-l", "--selector", help="Those with these labels, for instance team=alerts."),
        click.option("--all", "every", is_flag=True, help="All gateways of the namespace; with -A, of all namespaces."),
        click.option("--wait", is_flag=True, help="Until the status says so; 2 if it does not."),
        click.option("--timeout", type=Seconds(), default="60s", show_default=True, help="With --wait."),
        click.option("-y", "--yes", is_flag=True, help="Do not ask back."),
        output_option("json"),
        colour_option,
        click.pass_context,
    )
    for decorator in reversed(decorators):
        function = decorator(function)
    return function


@command.command("rebuild")
@_options
def rebuild(context: click.Context, /, **settings: Any) -> None:
    """Close every bind and open it again, now, once: the manual's Rebuild."""
    _carry_out(context, "rebuild", **settings)


@command.command("disconnect")
@_options
@click.option("--reason", default="", help="Why; shown wherever the gateway is. Your name is added.")
def disconnect(context: click.Context, /, **settings: Any) -> None:
    """Close every bind until somebody connects it again, whatever Git says: the manual's Disconnect."""
    _carry_out(context, "disconnect", **settings)


@command.command("connect")
@_options
def connect(context: click.Context, /, **settings: Any) -> None:
    """Take a disconnection by hand back."""
    _carry_out(context, "connect", **settings)


def _carry_out(
    context: click.Context,
    action: str,
    *,
    cluster: Cluster,
    names: tuple[str, ...],
    selector: str | None,
    every: bool,
    wait: bool,
    timeout: float,
    yes: bool,
    output: str,
    color: str,
    reason: str = "",
) -> None:
    import asyncio

    from sms_operator.views.actions import Action

    from .objects import object_name

    if bool(names) + (selector is not None) + every != 1:
        raise click.UsageError("say which gateways: names, -l SELECTOR, or --all", context)
    if names and cluster.all_namespaces:
        raise click.UsageError("names are of one namespace: -A goes with -l and --all", context)
    names = tuple(dict.fromkeys(object_name(name, context) for name in names))
    order = Order(Action(action), reason, timeout if wait else None)

    async def run() -> Sequence[Result]:
        async with cluster.client() as client:
            chosen = [(cluster.namespace, name) for name in names]
            chosen = chosen or await _select(client, cluster.scope, selector or "")
            if len(chosen) > 1 and not yes:
                _confirm(order.action, chosen)
            return await _all(client, cluster, order, chosen)

    results = asyncio.run(run())
    _show(results, output, color, action, namespaces=cluster.all_namespaces)
    if any(result.state == "refused" for result in results):
        context.exit(CANNOT)
    if not results or any(result.state in BAD for result in results):
        context.exit(SOMETHING)


async def _select(client: Client, namespace: str | None, labels: str) -> list[tuple[str, str]]:
    from sms_operator.monitor.store import GATEWAY, RESOURCES

    items, _ = await client.list(RESOURCES[GATEWAY], namespace, labels=labels)
    return sorted((item["metadata"]["namespace"], item["metadata"]["name"]) for item in items)


def _confirm(action: Action, chosen: Sequence[tuple[str, str]]) -> None:
    if not sys.stdin.isatty():
        raise CannotAnswer(f"{action} of {len(chosen)} gateways is to be confirmed: say --yes")
    shown = ", ".join(name for _, name in chosen[:10]) + (" …" if len(chosen) > 10 else "")
    echo(f"{action.effect}\n{shown}", err=True)
    click.confirm(f"{str(action).capitalize()} these {len(chosen)} gateways?", abort=True, err=True)


async def _all(client: Client, cluster: Cluster, order: Order, chosen: Sequence[tuple[str, str]]) -> Sequence[Result]:
    import asyncio

    from sms_operator.monitor.perform import AT_A_TIME
    from sms_operator.monitor.rights import who_am_i

    who = await who_am_i(client) or "smsctl"
    some = asyncio.Semaphore(AT_A_TIME)

    async def one(namespace: str, name: str) -> Result:
        async with some:
            taken = await _ask(client, cluster, order, who, namespace, name)
        if isinstance(taken, Result) or order.wait is None:
            return taken if isinstance(taken, Result) else Result(namespace, name, "asked", ASKED)
        return await _await(client, order, taken, some, namespace, name)

    return await asyncio.gather(*(one(*place) for place in chosen))


ASKED: Final = "asked for; the status says when it is done (--wait)"


async def _ask(
    client: Client, cluster: Cluster, order: Order, who: str, namespace: str, name: str
) -> Result | dict[str, Any]:
    """The gateway as it is after the annotation was written, or why nothing was."""
    from sms_operator.kube.errors import Forbidden, KubeError, NotFound
    from sms_operator.monitor.perform import ask
    from sms_operator.views.actions import BY_SPEC, Action, CannotAct, disconnected_by_spec
    from sms_operator.views.bodies import Name

    try:
        written = await ask(client, order.action, Name(namespace, name), who, order.reason)
    except NotFound as error:
        there_is_none = f'there is no SmppGateway "{name}" in namespace "{namespace}"'
        return Result(
            namespace, name, "refused", there_is_none if f'"{name}"' in str(error) else _words(error, cluster)
        )
    except Forbidden as error:
        if error.status == 401:
            raise
        return Result(namespace, name, "refused", _words(error, cluster))
    except KubeError as error:
        return Result(namespace, name, "refused", _words(error, cluster))
    if isinstance(written, CannotAct):
        return Result(namespace, name, "unchanged" if written.fulfilled else "failed", written.words)
    if order.action is Action.CONNECT and disconnected_by_spec(written):
        return Result(namespace, name, "failed", f"the annotation is gone, and {BY_SPEC}")
    return written


def _words(error: Any, cluster: Cluster) -> str:
    return explain(error, cluster.access)


async def _await(
    client: Client, order: Order, gateway: dict[str, Any], some: Semaphore, namespace: str, name: str
) -> Result:
    """Look at the status until it says so. An API server that is away for a while ends nothing."""
    import asyncio

    from sms_operator.kube.errors import NotFound, Unavailable
    from sms_operator.monitor.store import GATEWAY, RESOURCES
    from sms_operator.views.actions import outcome, rebuild_asked, said

    asked = rebuild_asked(gateway)
    end, pause = time.monotonic() + (order.wait or 0.0), PAUSES[0]
    while (found := outcome(order.action, gateway, asked)) is None:
        left = end - time.monotonic()
        if left <= 0:
            words = f"not within {order.wait:g} s; its status says: {said(gateway) or 'nothing'}"
            return Result(namespace, name, "timeout", words)
        await asyncio.sleep(min(pause, left))
        pause = min(pause * 1.5, PAUSES[1])
        try:
            async with some:
                gateway = await client.get(RESOURCES[GATEWAY], namespace, name)
        except NotFound:
            return Result(namespace, name, "failed", "it was deleted meanwhile")
        except Unavailable:
            continue
    return Result(namespace, name, "done" if found.reached else "failed", found.words)


def _show(results: Sequence[Result], output: str, color: str, action: str, *, namespaces: bool) -> None:
    if output == "json":
        items = [
            {"namespace": result.namespace, "name": result.name, "state": result.state, "message": result.words}
            for result in results
        ]
        print_json(document("GatewayActions", action=action, items=items))
    else:
        coloured = colour(color)
        paint = Paint(coloured)
        for result in results:
            style = paint.bad if result.state in BAD else paint.good if result.state == "done" else paint.strong
            name = f"{result.namespace}/{result.name}" if namespaces else result.name
            echo(
                f"{style(SYMBOLS[result.state])} {name}: {action} {style(result.state)}: {result.words}",
                coloured=coloured,
            )
    if not results:
        echo("No such gateway.", err=True)
