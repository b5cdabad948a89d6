"""`smsctl validate`: what the API server and the operator would say of manifests, without asking either."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import click

from .cluster import Cluster, cluster_options
from .garbage import uncollected
from .law import CANNOT, SOMETHING, CannotAnswer
from .output import Paint, colour, colour_option, echo, table

if TYPE_CHECKING:
    from sms_operator.gitops.lint.check import Verdict
    from sms_operator.gitops.lint.finding import Severity
    from sms_operator.gitops.lint.live import Live
    from sms_operator.gitops.manifests import Reading

TEXT: Final = "text"
_FORMATS: Final = (TEXT, "json", "github", "gitlab", "sarif", "junit")
_LEVELS: Final = ("error", "warning", "info")
_NEVER: Final = "never"
_UNANSWERED: Final = frozenset({"SMS001", "SMS004"})
"""A path that cannot be read, or nothing in it: of that there is no verdict."""


class Target(NamedTuple):
    """A format, and the file that it goes to; none: stdout."""

    format: str
    file: str = ""


class _Output(click.ParamType[Target]):
    name = "format[=file]"

    def convert(self, value: str | Target, param: click.Parameter | None, ctx: click.Context | None) -> Target:
        if isinstance(value, Target):
            return value
        name, equals, file = value.partition("=")
        if name not in _FORMATS:
            self.fail(f'no format "{name}"; there are {", ".join(_FORMATS)}', param, ctx)
        if equals and not file:
            self.fail(f'"{value}" names no file; write {name}=FILE, or {name} for standard output', param, ctx)
        return Target(name, file)


@click.command("validate")
@click.argument("paths", nargs=-1)
@click.option(
    "-o",
    "--output",
    "outputs",
    type=_Output(),
    multiple=True,
    help=f"{', '.join(_FORMATS)}; with =FILE to a file. May be repeated; one of them may go to standard output.",
)
@click.option(
    "--fail-on",
    type=click.Choice((*_LEVELS, _NEVER)),
    default="warning",
    show_default=True,
    help="The least severity that makes the exit code 2.",
)
@click.option(
    "--changed-since",
    metavar="REF",
    help="Of -o github: findings on lines changed since this commit come first, for GitHub shows ten of a level only.",
)
@click.option("--suppress", multiple=True, metavar="CODE[=Kind/ns/name]", help="Not to be reported; may be repeated.")
@click.option(
    "--against",
    type=click.Choice(("cluster",)),
    help="What stands in the namespaces of the files counts too: references lead there, names collide with it.",
)
@cluster_options
@click.option("--list-rules", is_flag=True, help="List all rules and exit.")
@colour_option
@click.pass_context
def command(
    context: click.Context,
    *,
    paths: tuple[str, ...],
    outputs: tuple[Target, ...],
    fail_on: str,
    changed_since: str | None,
    suppress: tuple[str, ...],
    against: str | None,
    cluster: Cluster,
    list_rules: bool,
    color: str,
) -> None:
    """Check manifests in PATHS: files, directories (a kustomization.yaml is followed), or - for standard input.

    0: nothing at or above --fail-on; 2: findings; 1: a path that cannot be read, or nothing in it. No cluster is asked
    without --against, to which -n, --context and the like belong.

    A rule is explained by `smsctl explain CODE`; an object is excused from it by the annotation
    suppress.sms-operator.dev/CODE with a reason.
    """
    if list_rules:
        _list_rules()
        return
    if not paths:
        raise click.UsageError("no PATHS; name files or directories, or - for standard input")
    targets = outputs or (Target(TEXT),)
    if sum(not target.file for target in targets) > 1:
        raise click.UsageError("two outputs for standard output; send one to a file: -o sarif=report.sarif")
    from sms_operator.gitops.lint.finding import Severity

    if against is None and cluster != Cluster():
        raise click.UsageError("-n, -A, --context and the like are for --against cluster")
    verdict = _verdict(paths, suppress, cluster if against else None)
    first = verdict if changed_since is None else _changed_first(verdict, changed_since)
    for target in targets:
        _write(first if target.format == "github" else verdict, target, color)
    _sum_up(verdict)
    if any(finding.code in _UNANSWERED for finding in verdict.findings):
        context.exit(CANNOT)
    if fail_on != _NEVER:
        bad = list(Severity)[: _LEVELS.index(fail_on) + 1]
        if any(finding.severity in bad for finding in verdict.findings):
            context.exit(SOMETHING)


def _verdict(paths: Sequence[str], suppress: Sequence[str], cluster: Cluster | None) -> Verdict:
    from sms_operator.gitops.lint.check import check
    from sms_operator.gitops.lint.suppressions import Suppression
    from sms_operator.gitops.manifests import read

    try:
        suppressions = [Suppression.parse(one) for one in suppress]
    except ValueError as error:
        raise click.UsageError(f"--suppress {error}") from None
    with uncollected():
        reading = read(paths, sys.stdin.buffer)
        return check(reading, suppressions=suppressions, live=_live(cluster, reading) if cluster else None)


def _live(cluster: Cluster, reading: Reading) -> Live:
    import asyncio

    from sms_operator.gitops.lint.live import live

    from .objects import all_bodies

    namespaces = {item.namespace or cluster.namespace for item in reading.objects}
    return live(asyncio.run(all_bodies(cluster, namespaces)), cluster.namespace)


def _changed_first(verdict: Verdict, ref: str) -> Verdict:
    from dataclasses import replace

    from .git import changed_since

    changed = changed_since(ref, {finding.file for finding in verdict.findings if finding.file})
    ranked = sorted(verdict.findings, key=lambda finding: not changed.touches(finding.file, finding.span))
    return replace(verdict, findings=tuple(ranked))


def _write(verdict: Verdict, target: Target, color: str) -> None:
    from sms_operator.gitops.report import FORMATS
    from sms_operator.gitops.report.text import text

    if target.format == TEXT:
        coloured = not target.file and colour(color)
        content = text(verdict, _Style(Paint(coloured)))
    else:
        coloured = False
        content = FORMATS[target.format](verdict)
    if not target.file:
        echo(content, coloured=coloured, nl=False)
        return
    try:
        Path(target.file).write_text(content, encoding="utf-8", errors="replace")
    except OSError as error:
        raise CannotAnswer(f"cannot write {target.file}: {error.strerror or error}") from None


def _sum_up(verdict: Verdict) -> None:
    from sms_operator.gitops.report.text import summary

    echo(summary(verdict), err=True)


def _list_rules() -> None:
    from sms_operator.gitops.lint.rules import RULES

    echo(table(("CODE", "SEVERITY", "RULE"), [(rule.code, str(rule.severity), rule.title) for rule in RULES.values()]))


class _Style:
    """Colours of severities."""

    def __init__(self, paint: Paint) -> None:
        self._paint = paint

    def __call__(self, severity: Severity, word: str) -> str:
        paint = {"error": self._paint.bad, "warning": self._paint.warn}.get(severity, self._paint.strong)
        return paint(word)
