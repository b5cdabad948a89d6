"""SARIF 2.1.0 (OASIS), as GitHub's code scanning and other viewers take it."""

from __future__ import annotations

import json
from typing import Any, Final
from urllib.parse import quote

from sms_operator import __version__
from sms_operator.gitops.lint.check import Verdict
from sms_operator.gitops.lint.finding import Finding, Severity
from sms_operator.gitops.lint.rules import RULES, Rule
from sms_operator.gitops.manifests import Span

from .prints import with_fingerprints

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_CODES: Final = {code: place for place, code in enumerate(RULES)}


def sarif(verdict: Verdict) -> str:
    """One run with all rules; `results` is there when nothing was found, too. Suppressed findings are said to be so."""
    results = [_result(finding, mark) for finding, mark in with_fingerprints(verdict.findings)]
    quiet = [
        {**_result(finding, mark), "suppressions": [{"kind": "inSource"}]}
        for finding, mark in with_fingerprints(verdict.suppressed)
    ]
    driver = {"name": "smsctl", "version": __version__, "rules": [_rule(rule) for rule in RULES.values()]}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": [*results, *quiet]}
    return f"{json.dumps({'$schema': SCHEMA, 'version': '2.1.0', 'runs': [run]}, indent=2, ensure_ascii=True)}\n"


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.slug.split("-")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.explanation},
        "help": {"text": f"{rule.fix}\n\n{rule.example}".strip()},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _result(finding: Finding, fingerprint: str) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": _CODES[finding.code],
        "level": _LEVELS[finding.severity],
        "message": {"text": " ".join(filter(None, (finding.message, finding.fix)))},
        "partialFingerprints": {"smsctl/v1": fingerprint},
    }
    location: dict[str, Any] = {}
    if finding.file:
        location["physicalLocation"] = _physical(finding.file, finding.span)
    if finding.object:
        name = f"{finding.object}.{finding.field}" if finding.field else finding.object
        location["logicalLocations"] = [{"fullyQualifiedName": name, "kind": "object"}]
    if location:
        result["locations"] = [location]
    if finding.also:
        result["relatedLocations"] = [
            {"id": number, "message": {"text": what}, "physicalLocation": _physical(file, span)}
            for number, (file, span, what) in enumerate(finding.also, 1)
        ]
    return result


def _physical(file: str, span: Span) -> dict[str, Any]:
    region = {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }
    return {"artifactLocation": {"uri": quote(file.removeprefix("./"), safe="/")}, "region": region}
