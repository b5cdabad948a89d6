"""`smsctl import`: channels of CSV and XLSX tables as manifests."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from sms_operator.views.texts import one_line

from .export import new_directory, tell
from .law import CANNOT, CannotAnswer
from .output import echo


@click.command("import")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--output", required=True, metavar="DIR", help="A new directory for the manifests.")
@click.option("-n", "--namespace", default="", help="Of rows that name none. Default: manifests without one.")
@click.pass_context
def command(context: click.Context, *, files: tuple[Path, ...], output: str, namespace: str) -> None:
    """Manifests out of FILEs (.csv, .xlsx) that `smsctl export` wrote, or that have the same columns.

    Every cell is checked as the API server would; a fault is told with its row and column, and then nothing is written.
    """
    from sms_operator.exports.formats import Format
    from sms_operator.exports.reading import BadTable, Import
    from sms_operator.exports.tables import TableError
    from sms_operator.exports.writing import Wish, write

    publish = new_directory(output)
    channels = Import(files, namespace).records()
    try:
        with publish() as sink:
            written = write(channels, Wish(Format.YAML, index=False), sink, datetime.now(UTC))
    except BadTable as error:
        for line in str(error).splitlines():
            echo(one_line(line), err=True)
        faults = "1 fault" if error.total == 1 else f"{error.total:,} faults"
        echo(f"Error: {faults}; nothing was written", err=True)
        context.exit(CANNOT)
    except TableError as error:
        raise CannotAnswer(f"{error}; nothing was written") from None
    except OSError as error:
        raise CannotAnswer(f"the manifests cannot be written: {error.strerror or error}") from None
    tell(written, output, f"; check them with: smsctl validate {output}")
