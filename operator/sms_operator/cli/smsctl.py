"""`smsctl`: the tool of the people. Today the bench below `dev`; the pull-request commands follow."""

from __future__ import annotations

from pathlib import Path

import click

from sms_operator import __version__

from .dev import dev


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="smsctl")
def main() -> None:
    """SMS gateways and channels as Kubernetes objects."""


@dev.command()
@click.option("--once", is_flag=True, help="End as soon as everything is connected.")
def demo(once: bool) -> None:
    """A local cluster, an SMSC simulator and the operator with examples/ applied; Ctrl-C ends all of it."""
    from sms_operator.dev import control_plane, processes
    from sms_operator.dev.demo import DemoFailed, run

    checkout = _checkout()
    failures = (DemoFailed, control_plane.CannotBuild, control_plane.ApiError, processes.ProgramFailed)
    try:
        run(checkout, click.echo, once=once)
    except failures as error:
        raise click.ClickException(str(error)) from None


@dev.command("control-plane")
@click.option("--directory", type=click.Path(path_type=Path, file_okay=False), help="Keep its state there.")
def control_plane_command(directory: Path | None) -> None:
    """A local control plane that knows our kinds, and nothing else, until Ctrl-C."""
    from sms_operator.dev import control_plane, processes

    failures = (control_plane.CannotBuild, control_plane.ApiError, processes.ProgramFailed)
    try:
        control_plane.serve([_checkout() / "crds"], click.echo, control_plane.Lines(), directory)
    except failures as error:
        raise click.ClickException(str(error)) from None


def _checkout() -> Path:
    for directory in (Path.cwd(), *Path(__file__).resolve().parents):
        if (directory / "crds").is_dir() and (directory / "examples").is_dir():
            return directory
    raise click.ClickException("run this in a checkout of the repository: it needs crds/, manifests/ and examples/")


main.add_command(dev)
