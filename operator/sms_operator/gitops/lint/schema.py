"""One of our objects by itself: the API server's verdict as findings."""

from __future__ import annotations

from collections.abc import Iterator

from sms_operator.api.validation import Problem
from sms_operator.gitops.manifests import Path, resolve, shown

from .finding import Finding
from .server import refusals
from .shapes import elsewhere, suggestion
from .subject import Subject, finding


def schema(subject: Subject) -> Iterator[Finding]:
    """Every reason for which the API server would refuse the object."""
    for problem in refusals(subject.manifest.body):
        yield _finding(subject, problem)


def _finding(subject: Subject, problem: Problem) -> Finding:
    manifest = subject.manifest
    path = resolve(manifest.body, problem.path)
    match problem.message:
        case "unknown field":
            message = f'unknown field "{shown(path)}"'
            span = manifest.span(path, key=True)
            return finding("SMS102", message, subject, problem.path, span=span, fix=_meant(subject, path))
        case "is required":
            return finding("SMS103", f"{shown(path)} is required", subject, problem.path)
        case _:
            return finding("SMS101", problem.message, subject, problem.path)


def _meant(subject: Subject, path: Path) -> str | None:
    if meant := suggestion(subject.key.kind, path):
        return f"Did you mean {meant}?"
    places = elsewhere(subject.key.kind, str(path[-1]))
    return f"Did you mean {' or '.join(places[:3])}?" if places else None
