"""JUnit's XML, which every CI shows: a test case for each finding, a failure where it is an error."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Final
from xml.etree import ElementTree as ET

from sms_operator.gitops.lint.check import Verdict
from sms_operator.gitops.lint.finding import Finding, Severity

from .text import place, subject

_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, in whatever spelling (section 2.2)."""


def junit(verdict: Verdict) -> str:
    """A suite for each file. What is no error is a case that passed, with the finding in its output."""
    suites: dict[str, list[Finding]] = defaultdict(list)
    for finding in verdict.findings:
        suites[finding.file].append(finding)
    root = ET.Element("testsuites", name="smsctl validate")
    _count(root, verdict.findings)
    for file, findings in suites.items():
        suite = ET.SubElement(root, "testsuite", name=_text(file or "command line"))
        _count(suite, findings)
        for finding in findings:
            _case(suite, finding)
    if not verdict.findings:
        # Without a case at all some CIs call the report broken.
        suite = ET.SubElement(root, "testsuite", name="smsctl validate", tests="1", failures="0")
        ET.SubElement(suite, "testcase", name=f"{verdict.objects} objects", classname="smsctl.validate")
        root.set("tests", "1")
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _count(element: ET.Element, findings: list[Finding] | tuple[Finding, ...]) -> None:
    failures = sum(finding.severity is Severity.ERROR for finding in findings)
    element.set("tests", str(len(findings)))
    element.set("failures", str(failures))


def _case(suite: ET.Element, finding: Finding) -> None:
    name = " ".join(filter(None, (finding.code, subject(finding) or finding.object)))
    case = ET.SubElement(suite, "testcase", name=_text(name), classname=_text(finding.object or "smsctl.validate"))
    body = _text("\n".join(filter(None, (place(finding), finding.message, finding.fix))))
    if finding.severity is Severity.ERROR:
        failure = ET.SubElement(case, "failure", message=_text(finding.message), type=finding.code)
        failure.text = body
    else:
        ET.SubElement(case, "system-out").text = body


def _text(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
