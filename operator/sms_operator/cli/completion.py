"""Shell completion, for `smsctl` itself and for `kubectl sms`.

kubectl asks `kubectl_complete-sms` with the words that follow `sms`, the last one perhaps empty, and expects a
candidate a line, with a description behind a tab, and a last line `:<directive>` as cobra's programs write it.
"""

from __future__ import annotations

import sys
from typing import Final

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

_CLASSES: Final[dict[str, type[ShellComplete]]] = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}
_PATHS: Final = {"file", "dir"}
_NO_FILES: Final = 4
_FILES: Final = 0


@click.command("completion")
@click.argument("shell", type=click.Choice(list(_CLASSES)))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print the completion script of a shell.

    \b
    bash  source <(smsctl completion bash)    in ~/.bashrc; bash 4.4 or newer
    zsh   source <(smsctl completion zsh)     in ~/.zshrc, behind compinit
    fish  smsctl completion fish > ~/.config/fish/completions/smsctl.fish

    `kubectl sms` completes without any of this: kubectl finds kubectl_complete-sms on the PATH.
    """
    root = context.find_root().command
    found = _CLASSES[shell](root, {}, "smsctl", "_SMSCTL_COMPLETE")
    # Not `source()`: bash's starts a bash to look at its version, which is the reader's affair.
    click.echo(found.source_template % found.source_vars())


def answer(root: click.Command, words: list[str]) -> str:
    """What `kubectl_complete-sms` prints for the words behind `kubectl sms`."""
    *before, last = words or [""]
    items = ShellComplete(root, {}, "kubectl sms", "").get_completions(before, last)
    lines = [f"{item.value}\t{item.help}" if item.help else str(item.value) for item in items if item.type == "plain"]
    directive = _FILES if any(item.type in _PATHS for item in items) else _NO_FILES
    return "\n".join([*lines, f":{directive}"])


def answer_kubectl() -> None:
    """The program `kubectl_complete-sms`."""
    from .smsctl import main

    click.echo(answer(main, sys.argv[1:]))
