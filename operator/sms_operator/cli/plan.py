"""`smsctl plan`: what a merge would do, before it is merged."""

from __future__ import annotations

import asyncio
import io
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from .cluster import Cluster, cluster_options
from .law import SOMETHING, CannotAnswer, one_line
from .output import echo, print_json

if TYPE_CHECKING:
    from sms_operator.gitops.plan import Plan, Side

_CLUSTER: Final = "cluster"
_GIT: Final = "git:"
_PATIENCE: Final = 60.0
"""Seconds that git may take."""


@click.command("plan")
@click.argument("paths", nargs=-1, required=True)
@click.option(
    "--against", default=_CLUSTER, show_default=True, metavar="cluster|git:REF|PATH", help="What is there now."
)
@click.option("--prune", is_flag=True, help="With cluster: what is not in the files is deleted, as Argo CD may do.")
@click.option("-o", "--output", type=click.Choice(("text", "json", "markdown")), default="text", show_default=True)
@click.option("-v", "--verbose", is_flag=True, help="With text: the fields that change.")
@click.option("-q", "--quiet", is_flag=True, help="With text: the headline only.")
@click.option("--exit-zero", is_flag=True, help="0 also when there are changes.")
@cluster_options
@click.pass_context
def command(
    context: click.Context,
    cluster: Cluster,
    paths: tuple[str, ...],
    *,
    against: str,
    prune: bool,
    output: str,
    verbose: bool,
    quiet: bool,
    exit_zero: bool,
) -> None:
    """What applying PATHS would do: what changes, which gateways rebind, and whether traffic is interrupted.

    0: no change; 2: changes; 1: no answer. Secrets are never read; with a cluster, get and list are enough.
    """
    from sms_operator.gitops.plan import PlanError, faces, plan, words

    live = against == _CLUSTER
    if prune and not live:
        raise click.UsageError("--prune is for --against cluster: between files, what is gone is deleted anyway")
    namespace = cluster.namespace if live else cluster.chosen_namespace or ""
    wanted = _files(paths, namespace)
    before, name = _before(cluster, paths, against, namespace, wanted)
    try:
        made: Plan = plan(before, wanted, datetime.now(UTC), compared_with=name, prune=prune or not live)
    except PlanError as error:
        raise CannotAnswer(str(error)) from None
    if output == "json":
        print_json(faces.document(made))
    elif output == "markdown":
        echo(faces.markdown(made))
    else:
        echo(words.headline(made) if quiet else faces.text(made, fields=verbose))
    if not made.empty and not exit_zero:
        context.exit(SOMETHING)


def _before(cluster: Cluster, paths: Sequence[str], against: str, namespace: str, wanted: Side) -> tuple[Side, str]:
    if against == _CLUSTER:
        scopes = [None] if cluster.all_namespaces else sorted({namespace, *(key.namespace for key in wanted.objects)})
        named = "all namespaces" if cluster.all_namespaces else ", ".join(scope or "" for scope in scopes)
        word = "namespaces" if len(scopes) > 1 else "namespace"
        name = f"{named if cluster.all_namespaces else f'{word} {named}'} of context {cluster.context}"
        return asyncio.run(_cluster(cluster, scopes, namespace)), name
    if against.startswith(_GIT):
        return _git(paths, against.removeprefix(_GIT), namespace)
    return _files([against], namespace), against


def _files(paths: Sequence[str], namespace: str, root: str = "") -> Side:
    from sms_operator.gitops.manifests import read
    from sms_operator.gitops.plan import side

    reading = read(paths, sys.stdin.buffer)
    for complaint in reading.complaints:
        place = f"{complaint.file.removeprefix(root)}:{complaint.span.line}:{complaint.span.column}"
        raise CannotAnswer(f"{place}: {complaint.message.replace(root, '') if root else complaint.message}")
    return side((item.body for item in reading.objects), namespace)


async def _cluster(cluster: Cluster, scopes: Sequence[str | None], namespace: str) -> Side:
    from sms_operator.api.kinds import GROUP, KINDS, VERSION
    from sms_operator.gitops.plan import side
    from sms_operator.kube.client import Resource

    bodies: list[dict[str, Any]] = []
    async with cluster.client() as client:
        for scope in scopes:
            for info in KINDS:
                found, _ = await client.list(Resource(GROUP, VERSION, info.plural, info.kind), scope)
                bodies += found
    return side(bodies, namespace, ages_known=True)


def _git(paths: Sequence[str], ref: str, namespace: str) -> tuple[Side, str]:
    """The same paths as they were at a commit."""
    if not ref or ref.startswith("-"):
        raise click.UsageError("--against git: needs a commit, branch or tag, for instance git:origin/main")
    if "-" in paths:
        raise click.UsageError("standard input has no former version; name files with --against git:REF")
    top = Path(_run("rev-parse", "--show-toplevel").decode().strip())
    commit = _run("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}", said=f'git knows no commit "{ref}"')
    places = [_inside(path, top) for path in paths]
    archive = _run("-C", str(top), "archive", "--format=tar", commit.decode().strip())
    with tempfile.TemporaryDirectory(prefix="smsctl-plan-") as directory:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tree:
            tree.extractall(directory, filter="data")
        former = [Path(directory) / place for place in places]
        present = [str(path) for path in former if path.exists()]
        if not present:
            raise CannotAnswer(f'no path of {", ".join(paths)} is in "{ref}"')
        name = f"{', '.join(paths)} at {ref} ({commit.decode()[:12]})"
        return _files(present, namespace, f"{directory}/"), name


def _inside(path: str, top: Path) -> Path:
    try:
        return Path(path).resolve().relative_to(top.resolve())
    except ValueError:
        raise CannotAnswer(f"{path} is not in the git repository {top}") from None


def _run(*arguments: str, said: str = "") -> bytes:
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, timeout=_PATIENCE, check=False)
    except FileNotFoundError:
        raise CannotAnswer("git is not installed, or not on PATH") from None
    except subprocess.TimeoutExpired:
        raise CannotAnswer(f"git {arguments[0]} took more than {_PATIENCE:g} s") from None
    if done.returncode:
        raise CannotAnswer(said or f"git: {one_line(done.stderr.decode(errors='replace'))}")
    return done.stdout
