"""Findings for people: one line each, the fix below it, and a summary in one sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from sms_operator.gitops.lint.check import Verdict
from sms_operator.gitops.lint.finding import Finding, Severity

Style = Callable[[Severity, str], str]
"""Colours a word by how much it matters."""


def plain(_: Severity, word: str) -> str:
    """No colour."""
    return word


def text(verdict: Verdict, style: Style = plain) -> str:
    """Every finding as `file:line:column: severity[code] object field: message`, its other places and its fix."""
    return "".join(f"{line}\n" for finding in verdict.findings for line in _lines(finding, style))


def summary(verdict: Verdict) -> str:
    """What was looked at and what was found, in one line."""
    counts = Counter(finding.severity for finding in verdict.findings)
    found = [_count(counts[severity], _NAMES[severity]) for severity in Severity if counts[severity]]
    looked = f"{_count(verdict.objects, 'object')} in {_count(verdict.files, 'file')}"
    quiet = f", {len(verdict.suppressed)} suppressed" if verdict.suppressed else ""
    return f"{looked}: {', '.join(found) or 'nothing to report'}{quiet}"


def place(finding: Finding) -> str:
    """`file:line:column`, as editors and terminals follow it; empty for what is in no file."""
    return f"{finding.file}:{finding.span.line}:{finding.span.column}" if finding.file else ""


def subject(finding: Finding) -> str:
    """The object and its field, as far as the message does not name them."""
    kind, _, name = finding.object.partition("/")
    named = finding.object in finding.message or f'{kind} "{name}"' in finding.message
    words = ["" if named else finding.object, "" if finding.field in finding.message else finding.field]
    return " ".join(filter(None, words))


_NAMES = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "hint"}


def _lines(finding: Finding, style: Style) -> Iterator[str]:
    severity = style(finding.severity, f"{_NAMES[finding.severity]}[{finding.code}]")
    words = [part for part in (place(finding), f"{severity} {subject(finding)}".strip()) if part]
    yield ": ".join([*words, finding.message])
    for file, span, what in finding.also:
        yield f"    {file}:{span.line}:{span.column}: {what}"
    if finding.fix:
        yield f"    fix: {finding.fix}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
