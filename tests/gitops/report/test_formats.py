"""Each format holds any finding, and is what its readers demand."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, Final
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sms_operator.gitops.lint.check import Verdict
from sms_operator.gitops.lint.finding import Finding, Severity
from sms_operator.gitops.lint.rules import RULES
from sms_operator.gitops.manifests import Span
from sms_operator.gitops.report import FORMATS
from sms_operator.gitops.report.github import MOST
from sms_operator.gitops.report.text import summary, text
from support.closed_schema import fits

REGION: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["startLine", "startColumn", "endLine", "endColumn"],
    "additionalProperties": False,
    "patternProperties": {".*": {"type": "integer", "minimum": 1}},
}
PHYSICAL: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["artifactLocation", "region"],
    "properties": {
        "artifactLocation": {"required": ["uri"], "properties": {"uri": {"pattern": r"^[A-Za-z0-9_.~/%-]+$"}}},
        "region": REGION,
    },
}
MESSAGE: Final[dict[str, Any]] = {"required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
LEVEL: Final[dict[str, Any]] = {"enum": ["none", "note", "warning", "error"]}
SARIF: Final[dict[str, Any]] = {
    "required": ["$schema", "version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "minItems": 1,
            "maxItems": 1,
            "items": {
                "required": ["tool", "results", "columnKind"],
                "properties": {
                    "columnKind": {"const": "unicodeCodePoints"},
                    "tool": {
                        "required": ["driver"],
                        "properties": {"driver": {"required": ["name", "version", "rules"]}},
                    },
                    "results": {
                        "type": "array",
                        "items": {
                            "required": ["ruleId", "ruleIndex", "level", "message", "partialFingerprints"],
                            "properties": {
                                "level": LEVEL,
                                "message": MESSAGE,
                                "locations": {"items": {"properties": {"physicalLocation": PHYSICAL}}},
                                "relatedLocations": {
                                    "items": {"required": ["message", "physicalLocation"]},
                                },
                            },
                        },
                    },
                },
            },
        },
    },
}
"""What section 3 of SARIF 2.1.0 and GitHub demand of what we write."""
GITLAB: Final[dict[str, Any]] = {
    "type": "array",
    "items": {
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "fingerprint": {"pattern": "^[0-9a-f]{32}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "minLength": 1},
                    "lines": {"required": ["begin"], "properties": {"begin": {"type": "integer", "minimum": 1}}},
                },
            },
        },
    },
}
COMMAND: Final = re.compile(r"::(error|warning|notice) (?:[A-Za-z]+=[^,:\r\n]*,?)+::[^\r\n]+")

lines = st.integers(1, 40)


def span_of(line: int, column: int, more: int, wide: int) -> Span:
    """A stretch that begins there."""
    return Span(line, column, line + more, column + wide + 1)


def verdict_of(found: list[Finding], quiet: list[Finding]) -> Verdict:
    """Findings, and those that were suppressed."""
    return Verdict(tuple(found), tuple(quiet), len(found), 1)


spans = st.builds(span_of, lines, lines, st.integers(0, 3), st.integers(0, 9))
words = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30)
files = st.sampled_from(("", "a.yaml", "./b/ü ber.yaml", "c:d,e%.yaml", 'f"<&>.yaml'))
findings = st.builds(
    Finding,
    code=st.sampled_from(sorted(RULES)),
    severity=st.sampled_from(Severity),
    message=words,
    fix=st.just("") | words,
    file=files,
    span=spans,
    object=st.just("") | st.just("SmsChannel/team-a/support"),
    field=st.just("") | st.just("spec.endpoints[0].port"),
    also=st.lists(st.tuples(files.filter(bool), spans, words), max_size=2).map(tuple),
)
verdicts = st.builds(verdict_of, st.lists(findings, max_size=25), st.lists(findings, max_size=2))
ANY: Final = settings(derandomize=True, deadline=None)
CLEAN: Final = Verdict((), (), 3, 2)


def one(code: str = "SMS101", **changes: Any) -> Finding:
    """A finding."""
    fields: dict[str, Any] = {
        "severity": Severity.ERROR,
        "message": "wrong",
        "fix": "do it right",
        "file": "a.yaml",
        "span": Span(3, 5, 3, 9),
        "object": "SmsChannel/team-a/support",
        "field": "spec.numbers",
    }
    return Finding(code, **{**fields, **changes})


def verdict(found: Sequence[Finding]) -> Verdict:
    """Of so many findings."""
    return Verdict(tuple(found), (), 1, 1)


@ANY
@given(verdicts)
def test_sarif(verdict: Verdict) -> None:
    """As its readers demand, each rule at its index, each fingerprint once, what is suppressed marked."""
    value = json.loads(FORMATS["sarif"](verdict))
    jsonschema.validate(value, SARIF)
    (run,) = value["runs"]
    rules, results = run["tool"]["driver"]["rules"], run["results"]
    assert [rules[result["ruleIndex"]]["id"] for result in results] == [result["ruleId"] for result in results]
    told = [result["partialFingerprints"]["smsctl/v1"] for result in results if "suppressions" not in result]
    assert len(told) == len(verdict.findings) == len(set(told))
    assert sum("suppressions" in result for result in results) == len(verdict.suppressed)


@ANY
@given(verdicts)
def test_gitlab(verdict: Verdict) -> None:
    """An item for each finding, no two with one fingerprint."""
    value = json.loads(FORMATS["gitlab"](verdict))
    jsonschema.validate(value, GITLAB)
    assert len({item["fingerprint"] for item in value}) == len(verdict.findings)


@ANY
@given(verdicts)
def test_junit(verdict: Verdict) -> None:
    """XML, with a failure for each error and for nothing else."""
    root = ET.fromstring(FORMATS["junit"](verdict))
    errors = sum(finding.severity is Severity.ERROR for finding in verdict.findings)
    assert len(root.findall(".//failure")) == errors == int(root.attrib["failures"])
    assert len(root.findall(".//testcase")) == max(len(verdict.findings), 1) == int(root.attrib["tests"])


@ANY
@given(verdicts)
def test_github(verdict: Verdict) -> None:
    """A command a line, and of no level more than is shown."""
    told = FORMATS["github"](verdict).split("\n")[:-1]
    assert all(COMMAND.fullmatch(line) for line in told)
    for level in ("error", "warning", "notice"):
        assert sum(line.startswith(f"::{level} ") for line in told) <= MOST


@ANY
@given(verdicts)
def test_document(verdict: Verdict) -> None:
    """Everything is there, is counted, and is what the schema says."""
    value = json.loads(FORMATS["json"](verdict))
    fits("validation.v1", value)
    assert [item["message"] for item in value["findings"]] == [finding.message for finding in verdict.findings]
    assert sum(value["summary"][f"{severity}s"] for severity in Severity) == len(verdict.findings)


def test_github_says_how_many_it_leaves_out() -> None:
    """The tenth annotation is about the others."""
    told = FORMATS["github"](verdict([one(message=f"wrong {number}") for number in range(12)])).splitlines()
    assert len(told) == MOST
    assert told[-1] == "::error title=smsctl::3 more; the log and the SARIF report have all"


def test_columns_of_github() -> None:
    """The last column is one of the stretch, and there is none across lines."""
    (within,) = FORMATS["github"](verdict([one()])).splitlines()
    assert "line=3,endLine=3,col=5,endColumn=8::" in within
    (across,) = FORMATS["github"](verdict([one(span=Span(3, 5, 4, 1))])).splitlines()
    assert "line=3,endLine=4::" in across


def test_a_fingerprint_outlives_lines_above() -> None:
    """And another message."""
    marks = {
        json.loads(FORMATS["gitlab"](verdict([finding])))[0]["fingerprint"]
        for finding in (one(), one(span=Span(90, 5, 90, 9)), one(message="wronger"))
    }
    assert len(marks) == 1


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_nothing_to_report(name: str) -> None:
    """Is a report as well, but for annotations."""
    assert bool(FORMATS[name](CLEAN)) is (name != "github")


def test_text() -> None:
    """A line that editors follow, the other place and the fix below it."""
    finding = one(message='SmsChannel "team-a/support" is wrong', also=(("b.yaml", Span(1, 2, 1, 3), "here first"),))
    assert text(verdict([finding])) == (
        'a.yaml:3:5: error[SMS101] spec.numbers: SmsChannel "team-a/support" is wrong\n'
        "    b.yaml:1:2: here first\n"
        "    fix: do it right\n"
    )
    assert text(verdict([one(file="", object="", field="", fix="")])) == "error[SMS101]: wrong\n"


def test_summary() -> None:
    """What was looked at, and what was found."""
    assert summary(CLEAN) == "3 objects in 2 files: nothing to report"
    found = Verdict((one(), one(severity=Severity.INFO)), (one(),), 1, 1)
    assert summary(found) == "1 object in 1 file: 1 error, 1 hint, 1 suppressed"
