"""`smsctl dev demo` and `smsctl dev control-plane`: a cluster on one's own machine."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
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


@click.command()
@click.option("--directory", type=click.Path(path_type=Path, file_okay=False), help="Keep its state there.")
def control_plane(directory: Path | None) -> None:
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
