"""`smsctl export`: the configuration of channels as files, without secrets; complete or not at all."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from .candidates import Names
from .cluster import Cluster, cluster_options
from .exporting import Source, from_cluster, from_files
from .law import SOMETHING, CannotAnswer, Lazy
from .output import echo

if TYPE_CHECKING:
    from sms_operator.exports.writing import Sink, Wish, Written

FORMATS: Final = ("csv", "xlsx", "yaml")
STEP: Final = 100
"""Channels after which the bar is drawn again."""

_HERE: Final = __name__.rpartition(".")[0]


class _Export(click.Command):
    """A command whose first word may name another one: `run` and `download` let the operator write the files."""

    others: Final = {
        "run": Lazy(f"{_HERE}.export_run:run", "Create a ChannelExport, wait for it, fetch its files."),
        "download": Lazy(f"{_HERE}.export_run:download", "Fetch the files of a ChannelExport."),
    }

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """As click does, for the command that is meant."""
        if args and args[0] in self.others:
            return self.others[args[0]].load().make_context(f"{info_name} {args[0]}", args[1:], parent, **extra)
        return super().make_context(info_name, args, parent, **extra)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The other commands."""
        with formatter.section("By the operator (see --help of each)"):
            formatter.write_dl([(f"{ctx.command_path} {name}", other.help) for name, other in self.others.items()])


@click.command("export", cls=_Export)
@click.argument("names", metavar="[NAME]...", nargs=-1, type=Names("smschannels"))
@cluster_options
@click.option("-l", "--selector", default="", help="Channels with these labels, for instance team=alerts.")
@click.option("--from", "paths", multiple=True, metavar="PATH", help="Files instead of the cluster; may be repeated.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="csv", show_default=True)
@click.option("--output", required=True, metavar="DIR|URL", help="A new directory, or object storage (s3://…).")
@click.option(
    "--password-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="One ZIP, encrypted by AES-256 with the password in this file. Windows Explorer cannot open it; 7-Zip can.",
)
@click.pass_context
def command(
    context: click.Context,
    cluster: Cluster,
    *,
    names: tuple[str, ...],
    selector: str,
    paths: tuple[str, ...],
    form: str,
    output: str,
    password_file: Path | None,
) -> None:
    """All Basic and Robot configuration of SmsChannels as CSV, XLSX or YAML: all of the namespace, or those chosen.

    Passwords and keys are never in it. At most 100,000 channels; 2,000 a file. 2: no channel fits, nothing is written.
    """
    from sms_operator.exports.labels import BadSelector

    if names and (selector or cluster.all_namespaces):
        raise click.UsageError("names go neither with -l nor with -A", context)
    from .objects import object_name

    names = tuple(dict.fromkeys(object_name(name, context) for name in names))
    wish = _wish(form, password_file)
    publish = _target(output)
    source: AbstractContextManager[Source]
    if paths:
        source = from_files(paths, cluster.chosen_namespace, names, selector)
    else:
        source = from_cluster(cluster, names, selector)
    try:
        with source as channels:
            written = _write(channels, wish, publish)
    except BadSelector as error:
        raise click.UsageError(f"-l: {error}", context) from None
    if written is None:
        echo("no channel fits; nothing was written", err=True)
        context.exit(SOMETHING)
    archive = " (AES-256; Windows Explorer cannot open it, 7-Zip can)" if wish.password is not None else ""
    tell(written, output, archive)


def _write(source: Source, wish: Wish, publish: Callable[[], AbstractContextManager[Sink]]) -> Written | None:
    from itertools import chain

    from sms_operator.api.channel_export import MAX_RECORDS
    from sms_operator.exports.remote import StorageError
    from sms_operator.exports.workbook import CellTooLong
    from sms_operator.exports.writing import TooManyRecords, write

    try:
        if source.total is not None and source.total > MAX_RECORDS:
            raise TooManyRecords(source.total)
        first = next(source.records, None)
        if first is None:
            return None
        with (
            click.progressbar(
                chain([first], source.records),
                length=source.total,
                label="Channels",
                file=sys.stderr,
                hidden=not sys.stderr.isatty(),
                update_min_steps=STEP,
            ) as records,
            publish() as sink,
        ):
            return write(records, wish, sink, datetime.now(UTC))
    except (TooManyRecords, CellTooLong, StorageError) as error:
        raise CannotAnswer(f"{error}; nothing was written") from None
    except OSError as error:
        raise CannotAnswer(f"the files cannot be written: {error.strerror or error}; nothing is left of them") from None


def tell(written: Written, output: str, more: str = "") -> None:
    """The files on stdout, and what they are on stderr."""
    from sms_operator.core.export_facts import counted

    for file in written.files:
        echo(f"{output.rstrip('/')}/{file.name}")
    echo(f"✔ {counted(written.records)} in {output}{more}", err=True)


def _wish(form: str, password_file: Path | None) -> Wish:
    from sms_operator.exports.formats import Format
    from sms_operator.exports.writing import Wish

    return Wish(Format(form), None if password_file is None else read_password(password_file))


def read_password(path: Path) -> str:
    """The password in a file; one line end after it is not part of it.

    Raises:
        CannotAnswer: the file cannot be read, or holds none.
    """
    from sms_operator.api.channel_export import MAX_PASSWORD

    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_PASSWORD + 3).removesuffix(b"\n").removesuffix(b"\r")
        text = content.decode()
    except OSError as error:
        raise CannotAnswer(f"--password-file {path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise CannotAnswer(f"--password-file {path} is no text; a password is") from None
    if not 0 < len(content) <= MAX_PASSWORD:
        raise CannotAnswer(f"--password-file {path}: a password has 1 to {MAX_PASSWORD} octets")
    return text


def _target(output: str) -> Callable[[], AbstractContextManager[Sink]]:
    """How to write there; what is there already is found before anything is read."""
    from sms_operator.exports.remote import StorageError, appearing_at, connect, is_url

    if not is_url(output):
        return new_directory(output)
    try:
        system, directory = connect(output)
    except StorageError as error:
        raise CannotAnswer(f"--output {error}") from None
    return lambda: appearing_at(system, directory)


def new_directory(output: str) -> Callable[[], AbstractContextManager[Sink]]:
    """How to write a directory of this machine.

    Raises:
        CannotAnswer: there is something there.
    """
    from sms_operator.exports.local import appearing

    path = Path(output)
    try:
        taken = path.exists() and (not path.is_dir() or any(path.iterdir()))
    except OSError as error:
        raise CannotAnswer(f"--output {output}: {error.strerror or error}") from None
    if taken:
        raise CannotAnswer(f"--output {output} is there already; name a new or an empty directory")
    return lambda: appearing(path)
