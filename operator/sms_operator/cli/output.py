"""How `smsctl` writes: tables, JSON, YAML, and colour where it is wanted.

Colour never stands alone: what it says is also said by a word or a symbol.
"""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import IO, Any, Final, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

GAP: Final = "   "
CHOICES: Final = ("auto", "always", "never")


def colour(choice: str = "auto", stream: IO[Any] | None = None, environ: Mapping[str, str] | None = None) -> bool:
    """Whether to colour what goes to `stream` (default: stdout).

    In this order: `--color`, `NO_COLOR`, `FORCE_COLOR` and `CLICOLOR_FORCE`, `TERM=dumb`, whether it is a terminal.
    A variable counts when it is not empty; `0` in the forcing ones means no.
    """
    if choice != "auto":
        return choice == "always"
    environ = os.environ if environ is None else environ
    if environ.get("NO_COLOR"):
        return False
    if any(environ.get(name, "0") not in {"", "0"} for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    if environ.get("TERM") == "dumb":
        return False
    return (sys.stdout if stream is None else stream).isatty()


def colour_option(function: F) -> F:
    """Adds `--color`."""
    return click.option(
        "--color",
        type=click.Choice(CHOICES),
        default="auto",
        show_default=True,
        help="Also: NO_COLOR, FORCE_COLOR, TERM=dumb.",
    )(function)


class _Outputs(click.Choice[str]):
    """What an output may be; `table` is another word for the text that people read."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return super().convert("text" if value == "table" else value, param, ctx)


def output_option(*others: str, told: str | None = None) -> Callable[[F], F]:
    """Adds `--output`: text, or one of the others; `told` is its help."""
    choices = _Outputs(("text", *others))
    return click.option("-o", "--output", type=choices, default="text", show_default=True, help=told)


class Paint:
    """Colours text, or leaves it alone."""

    def __init__(self, enabled: bool) -> None:
        self.enabled = enabled

    def __call__(self, text: str, **style: Any) -> str:
        """`text` in a style of `click.style`."""
        return click.style(text, **style) if self.enabled else text

    def bad(self, text: str) -> str:
        """An error, a loss."""
        return self(text, fg="red", bold=True)

    def warn(self, text: str) -> str:
        """A warning, a change."""
        return self(text, fg="yellow")

    def good(self, text: str) -> str:
        """All well, something added."""
        return self(text, fg="green")

    def faint(self, text: str) -> str:
        """What one reads last."""
        return self(text, dim=True)

    def strong(self, text: str) -> str:
        """What one reads first."""
        return self(text, bold=True)


def echo(text: str, *, coloured: bool = False, err: bool = False, nl: bool = True) -> None:
    """Print, with the colours that are in `text` if `coloured` (see `colour`)."""
    click.echo(text, color=coloured, err=err, nl=nl)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, header: bool = True) -> str:
    """Lines of aligned columns, without a line feed at the end; cells may hold colours and wide characters."""
    lines = [list(columns)] if header else []
    lines += [[cell or "-" for cell in row] for row in rows]
    widths = [max((width(line[place]) for line in lines), default=0) for place in range(len(columns) - 1)]
    return "\n".join(
        GAP.join(
            [*(cell + " " * (wide - width(cell)) for cell, wide in zip(line, widths, strict=False)), line[-1]]
        ).rstrip()
        for line in lines
    )


def width(text: str) -> int:
    """Columns that a terminal uses for it."""
    if text.isascii() and "\x1b" not in text:
        return len(text)
    plain = click.unstyle(text)
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in plain
    )


def print_json(value: Any) -> None:
    """JSON as people read it, keys in the order given, one line feed at the end."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def print_as(output: str, value: Any) -> None:
    """`json`, or `yaml` of the same lists, mappings and texts; keys in the order given."""
    if output == "json":
        print_json(value)
        return
    import yaml

    plain = json.loads(json.dumps(value))
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text = yaml.dump(plain, Dumper=dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=120)
    click.echo(text, nl=False)
