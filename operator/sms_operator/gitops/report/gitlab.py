"""GitLab's code quality report: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format."""

from __future__ import annotations

import json
from typing import Final

from sms_operator.gitops.lint.check import Verdict
from sms_operator.gitops.lint.finding import Severity

from .prints import with_fingerprints
from .text import subject

_SEVERITIES: Final = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.INFO: "info"}
_NOWHERE: Final = "."
"""GitLab wants a path of everything, also of a finding on the command line."""


def gitlab(verdict: Verdict) -> str:
    """A list, empty when nothing was found: GitLab compares with the target branch, which needs a report as well."""
    items = [
        {
            "description": " ".join(filter(None, (f"{subject(finding)}: {finding.message}".lstrip(": "), finding.fix))),
            "check_name": finding.code,
            "fingerprint": fingerprint,
            "severity": _SEVERITIES[finding.severity],
            "location": {
                "path": finding.file.removeprefix("./") or _NOWHERE,
                "lines": {"begin": finding.span.line, "end": finding.span.end_line},
            },
        }
        for finding, fingerprint in with_fingerprints(verdict.findings)
    ]
    return f"{json.dumps(items, indent=2, ensure_ascii=True)}\n"
