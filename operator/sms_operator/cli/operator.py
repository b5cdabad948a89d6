"""`sms-operator`: the control plane, the data plane, or both under one supervisor.

In a cluster each plane is a container of its own; `run` is for a machine of one's own and for the demo.
"""

from __future__ import annotations

import asyncio
import resource
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click

from sms_operator import __version__
from sms_operator.controller.app import Controller
from sms_operator.controller.settings import Settings
from sms_operator.kube.access import Access, AccessError, discover
from sms_operator.logs import configure_logging
from sms_operator.protocol.environment import SettingError

from .supervisor import Supervisor

T = TypeVar("T")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="sms-operator")
def main() -> None:
    """Keep the SMPP binds of SmppGateway objects up. Settings are environment variables: see docs/install.md."""
    # Passwords and keys are in memory; a crash must not leave them in a file.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


@main.command()
@click.option(
    "--kubeconfig", type=click.Path(exists=True, dir_okay=False), help="Default: the pod's, else $KUBECONFIG."
)
@click.option("--context", help="Context of the kubeconfig.")
def controller(kubeconfig: str | None, context: str | None) -> None:
    """Run the control plane: watch objects, write conditions, derive routes."""
    try:
        settings = Settings.from_environment()
        access = discover(kubeconfig, context)
        configure_logging(settings.log_level, settings.log_format)
        asyncio.run(until_signalled(lambda stop: control(settings, access, stop)))
    except (SettingError, AccessError) as error:
        raise click.ClickException(str(error)) from None


@main.command()
def links() -> None:
    """Run the data plane: open and hold the SMPP binds."""
    from sms_operator.links import app

    app.main()


@main.command()
@click.option(
    "--kubeconfig", type=click.Path(exists=True, dir_okay=False), help="Default: the pod's, else $KUBECONFIG."
)
@click.option("--context", help="Context of the kubeconfig.")
def run(kubeconfig: str | None, context: str | None) -> None:
    """Run both planes as children of this process, each started again if it ends."""
    options = [*(["--kubeconfig", kubeconfig] if kubeconfig else []), *(["--context", context] if context else [])]
    planes = {"links": ["links"], "controller": ["controller", *options]}
    sys.exit(asyncio.run(until_signalled(Supervisor(planes).run)))


async def control(settings: Settings, access: Access, stop: asyncio.Event) -> None:
    """Run the control plane on the present event loop."""
    await Controller(settings, access).run(stop)


async def until_signalled(work: Callable[[asyncio.Event], Awaitable[T]]) -> T:
    """Run `work` with an event that SIGTERM and SIGINT set."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return await work(stop)
