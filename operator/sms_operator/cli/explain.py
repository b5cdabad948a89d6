"""`smsctl explain`: what a rule of `smsctl validate` means."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem

from .output import echo


class _Code(click.ParamType[str]):
    name = "code"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from sms_operator.gitops.lint.rules import RULES

        found = [rule for code, rule in RULES.items() if code.startswith(incomplete.upper())]
        return [CompletionItem(rule.code, help=rule.title) for rule in found]


@click.command("explain")
@click.argument("code", type=_Code())
def command(code: str) -> None:
    """What the rule CODE of `smsctl validate` means, why it is there, and what to do. `SMS301`, for instance."""
    from sms_operator.gitops.lint.rules import RULES

    rule = RULES.get(code.upper())
    if rule is None:
        raise click.UsageError(f'no rule "{code}"; smsctl validate --list-rules lists them')
    parts = [f"{rule.code} {rule.slug} ({rule.severity})", rule.title, rule.explanation, f"Fix: {rule.fix}"]
    echo("\n\n".join([*parts, *([f"Example:\n\n{rule.example}"] if rule.example else [])]))
