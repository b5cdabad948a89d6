"""Findings that somebody lives with, and what is wrong with saying so."""

from __future__ import annotations

import pytest

from sms_operator.gitops.lint.rules import RULES
from sms_operator.gitops.lint.suppressions import Suppression

from .conftest import Lint

LONE = """\
apiVersion: sms-operator.dev/v1alpha1
kind: OrganizationUnit
metadata:
  name: lone
  namespace: team-a
  annotations: {%s}
spec: {displayName: A, code: A}
"""


@pytest.mark.parametrize(
    ("annotation", "kept", "suppressed"),
    [
        ("", ["SMS406"], []),
        ("suppress.sms-operator.dev/SMS406: used elsewhere", [], ["SMS406"]),
        ("suppress.sms-operator.dev/SMS406: ' '", ["SMS406", "SMS502"], []),
        ("suppress.sms-operator.dev/SMS999: because", ["SMS406", "SMS501"], []),
        ("suppress.sms-operator.dev/SMS503: because", ["SMS406", "SMS501"], []),
        ("suppress.sms-operator.dev/SMS201: because", ["SMS406", "SMS503"], []),
    ],
)
def test_annotations(lint: Lint, annotation: str, kept: list[str], suppressed: list[str]) -> None:
    """One annotation a rule, with a reason; those that are wrong or of no use are findings on their own line."""
    verdict = lint(LONE % annotation)
    assert [finding.code for finding in verdict.findings] == kept
    assert [finding.code for finding in verdict.suppressed] == suppressed
    assert all(finding.span.line == 6 for finding in verdict.findings if finding.code.startswith("SMS5"))


@pytest.mark.parametrize(
    ("text", "suppressed"),
    [
        ("SMS406", True),
        ("sms406=*", True),
        ("SMS406=OrganizationUnit/team-a/lone", True),
        ("SMS406=OrganizationUnit/team-*/*", True),
        ("SMS406=OrganizationUnit/lone", True),
        ("SMS406=-", True),
        ("SMS406=OrganizationUnit/team-b/*", False),
        ("SMS406=Chatbot/*", False),
        ("SMS201", False),
    ],
)
def test_patterns(lint: Lint, text: str, suppressed: bool) -> None:
    """Kind, namespace and name, or the file; one that suppresses nothing is a finding."""
    verdict = lint(LONE % "", [Suppression.parse(text)])
    expected = [] if suppressed else ["SMS406", "SMS503"]
    assert sorted(finding.code for finding in verdict.findings) == expected
    assert len(verdict.suppressed) == suppressed


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("SMS40", "there is no rule"),
        ("unused-object", "there is no rule"),
        ("SMS406=", "names no object"),
        ("SMS503", "cannot be suppressed"),
        ("", "there is no rule"),
    ],
)
def test_what_is_no_suppression(text: str, words: str) -> None:
    """Said to whoever typed it."""
    with pytest.raises(ValueError, match=words):
        Suppression.parse(text)


def test_rules_are_complete() -> None:
    """Codes in order and unique, slugs unique, and something to read for each."""
    rules = list(RULES.values())
    assert [rule.code for rule in rules] == sorted({rule.code for rule in rules}) == list(RULES)
    assert len({rule.slug for rule in rules}) == len(rules)
    for rule in rules:
        assert rule.title
        assert rule.fix
        assert len(rule.explanation) > 20
        assert rule.slug == rule.slug.lower().replace(" ", "-")
