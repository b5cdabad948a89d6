"""`smsctl plan`: what a merge would do, before it is merged."""

from __future__ import annotations

import io
import tarfile
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from .cluster import Cluster, cluster_options
from .garbage import uncollected
from .law import SOMETHING, CannotAnswer
from .output import echo, output_option, print_json
from .reading import manifests

if TYPE_CHECKING:
    from sms_operator.gitops.plan import Plan, Side

_CLUSTER: Final = "cluster"
_GIT: Final = "git:"


@click.command("plan")
@click.argument("paths", nargs=-1, required=True)
@click.option(
    "--against", default=_CLUSTER, show_default=True, metavar="cluster|git:REF|PATH", help="What is there now."
)
@click.option("--prune", is_flag=True, help="With cluster: what is not in the files is deleted, as Argo CD may do.")
@output_option("json", "markdown")
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
    with uncollected():
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
    import asyncio

    if against == _CLUSTER:
        from sms_operator.gitops.plan import side

        from .objects import all_bodies

        namespaces = sorted({namespace, *(key.namespace for key in wanted.objects)})
        named = f"namespace{'s' if len(namespaces) > 1 else ''} {', '.join(namespaces)}"
        name = f"{'all namespaces' if cluster.all_namespaces else named} of context {cluster.context}"
        bodies = asyncio.run(all_bodies(cluster, namespaces))
        return side(bodies, namespace, ages_known=True), name
    if against.startswith(_GIT):
        return _git(paths, against.removeprefix(_GIT), namespace)
    return _files([against], namespace), against


def _files(paths: Sequence[str], namespace: str, root: str = "") -> Side:
    from sms_operator.gitops.plan import side

    return side((item.body for item in manifests(paths, root)), namespace)


def _git(paths: Sequence[str], ref: str, namespace: str) -> tuple[Side, str]:
    """The same paths as they were at a commit; one that it does not have is new since."""
    from sms_operator.gitops.plan import side

    from .git import commit, git, top

    if not ref or ref.startswith("-"):
        raise click.UsageError("--against git: needs a commit, branch or tag, for instance git:origin/main")
    if "-" in paths:
        raise click.UsageError("standard input has no former version; name files with --against git:REF")
    root = top().resolve()
    base = commit(ref)
    places = [_inside(path, root) for path in paths]
    archive = git("-C", str(root), "archive", "--format=tar", base)
    with tempfile.TemporaryDirectory(prefix="smsctl-plan-") as directory:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tree:
            tree.extractall(directory, filter="data")
        former = [str(path) for place in places if (path := Path(directory) / place).exists()]
        name = f"{', '.join(paths)} at {ref} ({base[:12]})"
        if not former:
            echo(f"Nothing of {', '.join(paths)} is in {ref}: all of it is new.", err=True)
            return side((), namespace), name
        return _files(former, namespace, f"{directory}/"), name


def _inside(path: str, root: Path) -> Path:
    try:
        return Path(path).resolve().relative_to(root)
    except ValueError:
        raise CannotAnswer(f"{path} is not in the git repository {root}") from None
