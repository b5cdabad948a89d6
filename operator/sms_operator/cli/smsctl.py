"""`smsctl`, also `kubectl sms`: the tool of the people. Which commands there are; each has a module of its own."""

from __future__ import annotations

from typing import Any, Final

import click

from .law import Lawful, Lazy

_HERE: Final = __name__.rpartition(".")[0]

COMMANDS: Final[dict[str, Lazy]] = {
    name: Lazy(f"{_HERE}.{target}", line)
    for name, target, line in (
        (
            "validate",
            "validate:command",
            "Check manifests as API server and operator would, without a cluster.",
        ),
        ("plan", "plan:command", "What a merge would do: what changes, and who is interrupted for how long."),
        ("get", "get:command", "List objects: what works, what does not, since when."),
        ("describe", "describe:command", "What is wrong with an object and since when, in one screen."),
        ("tree", "tree:command", "What an object needs, and what needs it."),
        ("events", "events:command", "What happened."),
        ("gateway", "gateway:command", "Rebuild, disconnect, connect or test a gateway."),
        ("monitor", "monitor:command", "The Gateway Monitoring page, on this machine only."),
        ("export", "export:command", "Configuration as CSV, XLSX or YAML, without secrets."),
        ("import", "import_:command", "Manifests out of an export."),
        ("fetch-certificate", "probe:fetch_certificate", "The chain that a server shows, as Certificate manifests."),
        ("check", "check:command", "Whether the cluster is ready for the operator, and you for the cluster."),
        ("explain", "explain:command", "What a rule of validate means, and what to do about it."),
        ("completion", "completion:command", "Shell completion for bash, zsh, fish and kubectl."),
        ("dev", "dev:dev", "The bench: a local cluster and an SMSC simulator."),
    )
}


def _version(context: click.Context, _: click.Parameter, wanted: bool) -> Any:
    if wanted and not context.resilient_parsing:
        from sms_operator import __version__

        click.echo(f"{context.find_root().info_name} {__version__}")
        context.exit()


@click.group(cls=Lawful, lazy=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, callback=_version, is_eager=True, expose_value=False, help="Show the version and exit."
)
def main() -> None:
    """SMS gateways and channels as Kubernetes objects.

    Exit codes, for every command: 0 nothing to report, 1 could not answer, 2 answered and there is something to see.
    """
