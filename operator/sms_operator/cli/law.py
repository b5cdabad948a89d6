"""What every command of `smsctl` promises: its exit codes, its errors, and how it ends when nobody reads any more.

| code | meaning |
|---|---|
| 0 | done, and nothing to report |
| 1 | could not answer: a usage error, a file that cannot be read, no cluster, a missing right |
| 2 | answered, and there is something to see: findings, changes, a failed connection test, a wait that ran out |
| 130 | Ctrl-C |

The code never depends on the output format. (Click's own code for a usage error is 2, which is taken here.)
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import click
from click.shell_completion import CompletionItem

from sms_operator.views.texts import one_line

CLEAN: Final = 0
CANNOT: Final = 1
SOMETHING: Final = 2
INTERRUPTED: Final = 130

_PLUGIN: Final = "kubectl-"


class CannotAnswer(click.ClickException):
    """The command has no answer; the message is one line that says why and what helps."""

    exit_code = CANNOT

    def show(self, file: IO[Any] | None = None) -> None:
        """Write the line to stderr."""
        click.echo(f"Error: {one_line(self.message)}", file=sys.stderr if file is None else file)


@dataclass(frozen=True, slots=True)
class Lazy:
    """A command that is imported when it is used: starting must not pay for what is not asked for."""

    target: str
    """`package.module:attribute`."""
    help: str
    """The line that the list of commands shows; one sentence."""

    def load(self) -> click.Command:
        """Import it.

        Raises:
            ImportError: the module is not there.
        """
        module, _, attribute = self.target.partition(":")
        return getattr(importlib.import_module(module), attribute)


class LazyGroup(click.Group):
    """A group whose commands are imported one by one."""

    def __init__(self, *args: Any, lazy: Mapping[str, Lazy] | None = None, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.lazy: dict[str, Lazy] = dict(lazy or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which they were told: from what one does every day to what one does once."""
        return [*self.lazy, *(name for name in self.commands if name not in self.lazy)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command, unless it is there."""
        if cmd_name in self.lazy and cmd_name not in self.commands:
            self.add_command(self.lazy[cmd_name].load(), cmd_name)
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing any."""
        rows = [(name, self._line(name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Names and help out of the table; options as usual."""
        names = [name for name in self.list_commands(ctx) if name.startswith(incomplete)]
        found = [CompletionItem(name, help=self._line(name)) for name in names]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does; a slip of the pen gets a suggestion."""
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(name, self.list_commands(ctx), 1)
            hint = f' Did you mean "{near[0]}"?' if near else ""
            ctx.fail(f'No command "{name}".{hint}')
        return super().resolve_command(ctx, args)

    def _line(self, name: str) -> str:
        return self.lazy[name].help if name in self.lazy else self.commands[name].get_short_help_str(limit=100)


class Lawful(LazyGroup):
    """The outermost group: whatever happens below it ends with a code of the table."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """As click's, with the law's exit codes."""
        name = prog_name or invoked_as(sys.argv[0])
        if not standalone_mode:
            return super().main(args, name, complete_var, standalone_mode=False, **extra)
        try:
            outcome = super().main(args, name, complete_var, standalone_mode=False, **extra)
            code = outcome if isinstance(outcome, int) else CLEAN
            sys.stdout.flush()
        except click.ClickException as error:
            error.show()
            code = CANNOT
        except (click.Abort, KeyboardInterrupt):
            click.echo("Interrupted.", err=True)
            code = INTERRUPTED
        except OSError as error:
            code = CANNOT
            if error.errno == errno.EPIPE:
                _leave_pipe()
            else:
                with contextlib.suppress(OSError):
                    CannotAnswer(str(error)).show()
                _leave_pipe()
        sys.exit(code)


def invoked_as(program: str) -> str:
    """The name that help shows: `kubectl sms` for the plugin `kubectl-sms`, else `smsctl`."""
    name = Path(program).name
    if name.startswith(_PLUGIN):
        return f"kubectl {name.removeprefix(_PLUGIN).replace('_', '-')}"
    return "smsctl"


def _leave_pipe() -> None:
    """Python writes what is left when it ends; where nobody reads, that would complain once more."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
