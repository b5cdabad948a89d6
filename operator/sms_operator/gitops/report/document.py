"""JSON of our own, for scripts."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from sms_operator.gitops.lint.check import Verdict
from sms_operator.gitops.lint.finding import Finding, Severity
from sms_operator.gitops.manifests import Span
from sms_operator.views import documents


def document(verdict: Verdict) -> str:
    """`{"kind": "Validation", "summary": …, "findings": […], "suppressed": […]}`; lines and columns count from 1."""
    counts = Counter(finding.severity for finding in verdict.findings)
    value = {
        **documents.document("Validation"),
        "summary": {
            "files": verdict.files,
            "objects": verdict.objects,
            **{f"{severity}s": counts[severity] for severity in Severity},
            "suppressed": len(verdict.suppressed),
        },
        "findings": [_finding(finding) for finding in verdict.findings],
        "suppressed": [_finding(finding) for finding in verdict.suppressed],
    }
    return f"{json.dumps(value, indent=2, ensure_ascii=True)}\n"


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": str(finding.severity),
        "message": finding.message,
        "fix": finding.fix,
        "object": finding.object,
        "field": finding.field,
        **_place(finding.file, finding.span),
        "also": [{"what": what, **_place(file, span)} for file, span, what in finding.also],
    }


def _place(file: str, span: Span) -> dict[str, Any]:
    return {
        "file": file,
        "line": span.line,
        "column": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }
