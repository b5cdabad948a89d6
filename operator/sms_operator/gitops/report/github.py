"""Workflow commands of GitHub Actions, which become annotations of the changed lines.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from itertools import groupby
from typing import Final

from sms_operator.gitops.lint.check import Verdict
from sms_operator.gitops.lint.finding import Finding, Severity

MOST: Final = 10
"""Annotations of a level that GitHub shows of a step; what comes after them is dropped without a word."""
_LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
_ESCAPED: Final = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_PROPERTY: Final = {**_ESCAPED, ":": "%3A", ",": "%2C"}


def github(verdict: Verdict) -> str:
    """One command a line, the worst first; where a level has more than GitHub shows, the last says how many more."""
    lines: list[str] = []
    order = list(_LEVELS)
    ranked = sorted(verdict.findings, key=lambda finding: order.index(finding.severity))
    for severity, group in groupby(ranked, key=lambda finding: finding.severity):
        found, level = list(group), _LEVELS[severity]
        shown = found if len(found) <= MOST else found[: MOST - 1]
        lines += [_command(level, finding) for finding in shown]
        if rest := len(found) - len(shown):
            lines.append(f"::{level} title=smsctl::{rest} more; the log and the SARIF report have all")
    return "".join(f"{line}\n" for line in lines)


def _command(level: str, finding: Finding) -> str:
    span, properties = finding.span, {"title": f"{finding.code} {finding.object}".strip()}
    if finding.file:
        properties |= {"file": finding.file, "line": str(span.line), "endLine": str(span.end_line)}
        if span.line == span.end_line:
            # GitHub takes columns within a line only, and the last one included.
            properties |= {"col": str(span.column), "endColumn": str(max(span.end_column - 1, span.column))}
    told = ",".join(f"{name}={_escape(value, _IN_PROPERTY)}" for name, value in properties.items())
    text = "\n".join(filter(None, (finding.message, finding.fix)))
    return f"::{level} {told}::{_escape(text, _ESCAPED)}"


def _escape(text: str, escaped: dict[str, str]) -> str:
    return "".join(escaped.get(character, character) for character in text)
