"""Findings that somebody decided to live with: by an annotation with a reason, or on the command line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Final

from sms_operator.gitops.manifests.positions import START

from .finding import Finding
from .rules import RULES
from .shapes import nearest
from .subject import Subject, finding

ANNOTATION: Final = "suppress.sms-operator.dev/"
"""Followed by a code; the value says why."""
COMMAND_LINE: Final = ""
"""The file of a finding on the command line itself."""
_OWN: Final = "SMS5"


@dataclass(frozen=True, slots=True)
class Suppression:
    """A rule that is not to be reported for some objects."""

    code: str
    pattern: str = "*"
    """`Kind/namespace/name`, `Kind/name`, or a file; `*` and `?` as in a shell."""

    @classmethod
    def parse(cls, text: str) -> Suppression:
        """`SMS406=SmppGateway/team-a/*`, or a code alone for all objects.

        Raises:
            ValueError: in words for whoever typed it.
        """
        code, equals, pattern = text.partition("=")
        code = code.strip().upper()
        if code not in RULES or code.startswith(_OWN):
            raise ValueError(f'"{text[:80]}": {_no_rule(code)}')
        if equals and not pattern.strip():
            raise ValueError(f'"{text[:80]}" names no object; write {code}=Kind/namespace/name, or {code} for all')
        return cls(code, pattern.strip() if equals else "*")

    def __str__(self) -> str:
        return f"{self.code}={self.pattern}"

    def covers(self, finding: Finding) -> bool:
        """Whether a finding is meant."""
        if finding.code != self.code:
            return False
        kind, _, rest = finding.object.partition("/")
        names = (finding.object, f"{kind}/{rest.rpartition('/')[2]}") if finding.object else (finding.file,)
        return any(fnmatchcase(name, self.pattern) for name in (*names, finding.file))


@dataclass(slots=True)
class Sorted:
    """Findings, apart from those that are suppressed."""

    kept: list[Finding] = field(default_factory=list[Finding])
    suppressed: list[Finding] = field(default_factory=list[Finding])


def sort_out(findings: Iterable[Finding], subjects: Iterable[Subject], given: Sequence[Suppression]) -> Sorted:
    """Apply annotations and `given`, and report those that are wrong or of no use."""
    result = Sorted()
    annotated: dict[tuple[str, str, str], Subject] = {}
    for subject in subjects:
        for name, reason in subject.manifest.annotations.items():
            if not name.startswith(ANNOTATION):
                continue
            code = name.removeprefix(ANNOTATION)
            flaw = _flaw(subject, name, code, reason)
            if flaw is None:
                annotated[(subject.manifest.file, subject.label, code)] = subject
            else:
                result.kept.append(flaw)
    used: set[object] = set()
    for item in findings:
        place = (item.file, item.object, item.code)
        covering = [suppression for suppression in given if suppression.covers(item)]
        used.update(covering)
        if place in annotated:
            used.add(place)
        (result.suppressed if covering or place in annotated else result.kept).append(item)
    result.kept += (
        finding(
            "SMS503", f"{place[2]} is suppressed and not found", subject, f"metadata.annotations.{ANNOTATION}{place[2]}"
        )
        for place, subject in annotated.items()
        if place not in used
    )
    result.kept += _unused(dict.fromkeys(item for item in given if item not in used))
    return result


def _flaw(subject: Subject, name: str, code: str, reason: str) -> Finding | None:
    place = f"metadata.annotations.{name}"
    if code not in RULES or code.startswith(_OWN):
        return finding("SMS501", _no_rule(code), subject, place)
    if not reason.strip():
        return finding("SMS502", f"{code} is suppressed without a reason", subject, place)
    return None


def _unused(given: Iterable[Suppression]) -> Iterator[Finding]:
    rule = RULES["SMS503"]
    for suppression in given:
        message = f"--suppress {suppression} suppresses nothing"
        yield Finding(rule.code, rule.severity, message, rule.fix, COMMAND_LINE, START)


def _no_rule(code: str) -> str:
    if code.startswith(_OWN) and code in RULES:
        return f"{code} is about suppressions and cannot be suppressed"
    close = nearest(code, list(RULES))
    return f'there is no rule "{code[:40]}"' + (f"; did you mean {close}?" if close else "")
