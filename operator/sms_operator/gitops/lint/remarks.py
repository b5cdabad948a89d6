"""What could not be read, and what is odd about how something is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from sms_operator.gitops.manifests import (
    Bundle,
    Complaint,
    Document,
    Kustomization,
    Note,
    Path,
    Remark,
    Span,
    Trouble,
    shown,
)
from sms_operator.gitops.manifests.scalars import of_kubectl, others

from .finding import Finding
from .rules import RULES
from .shapes import is_block
from .subject import Subject

_COMPLAINTS: Final = {
    Trouble.UNREADABLE: "SMS001",
    Trouble.SYNTAX: "SMS002",
    Trouble.LIMIT: "SMS003",
    Trouble.EMPTY: "SMS004",
    Trouble.KUSTOMIZATION: "SMS005",
}
_MAX_SHOWN: Final = 40
_UNSEEN: Final = frozenset({("metadata", "creationTimestamp"), ("status",)})
"""Empty in what kubectl prints, and harmless."""


def complaints(found: Sequence[Complaint]) -> Iterator[Finding]:
    """What could not be read."""
    for complaint in found:
        code = _COMPLAINTS[complaint.trouble]
        yield _finding(code, complaint.message, complaint.file, complaint.span)


def kustomizations(bundle: Bundle) -> Iterator[Finding]:
    """What a kustomization does that is not carried out here."""
    for kustomization in bundle.kustomizations:
        yield from _kustomization(kustomization)


def no_object(document: Document) -> Iterator[Finding]:
    """A document that is text, a number or a list."""
    if document.value is not None and not isinstance(document.value, dict):
        message = f"is a {_type(document.value)}, not an object; kubectl refuses it"
        yield _finding("SMS006", message, document.file, document.span())


def ignored(document: Document) -> Iterator[Finding]:
    """Text that kubectl drops, whatever the document is about."""
    for note in document.notes:
        if note.remark is Remark.IGNORED:
            message = 'kubectl ignores this document: it follows "..." and not "---"'
            yield _finding("SMS009", message, document.file, note.span)


def remarks(subject: Subject, *, known: bool) -> Iterator[Finding]:
    """What is odd about how an object is written. `known`: its schema is one of ours."""
    manifest = subject.manifest
    depth = len(manifest.at)
    for note in manifest.document.notes:
        if note.path[:depth] == manifest.at:
            yield from _remark(subject, note, note.path[depth:], known)


def _remark(subject: Subject, note: Note, path: Path, known: bool) -> Iterator[Finding]:
    field = shown(path)
    match note.remark:
        case Remark.DUPLICATE:
            yield _of(subject, "SMS401", *_duplicate(note, subject.manifest.file), note.span, field)
        case Remark.AMBIGUOUS:
            yield _of(subject, "SMS402", _readings(note.text), (), note.span, field)
        case Remark.NOTHING if path not in _UNSEEN:
            if known and is_block(subject.key.kind, path):
                yield _of(
                    subject, "SMS403", f"{field} has nothing under it and is dropped", (), _key(subject, path), field
                )
            else:
                yield _of(subject, "SMS404", f"{field} has no value", (), _key(subject, path), field)
        case Remark.TAG:
            message = f"kubectl ignores the tag {note.text[:_MAX_SHOWN]}"
            yield _of(subject, "SMS407", message, (), note.span, field)
        case _:
            return


def _duplicate(note: Note, file: str) -> tuple[str, tuple[tuple[str, Span, str], ...]]:
    message = f'the key "{note.text}" is there twice; kubectl takes this one'
    if note.first is None:
        return message, ()
    return f"{message}, not that of line {note.first.line}", ((file, note.first, "it is here first"),)


def _readings(text: str) -> str:
    said = "; ".join(f"for {name} it is {_value(value)}" for name, value in others(text))
    return f"unquoted {text[:_MAX_SHOWN]} is {_value(of_kubectl(text))} for kubectl; {said}"


def _value(value: str | float | bool | None) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case str():
            return f'the text "{value[:_MAX_SHOWN]}"'
        case _:
            return f"the number {value}"


def _kustomization(kustomization: Kustomization) -> Iterator[Finding]:
    document = kustomization.document
    for path in kustomization.changing:
        message = f"{shown(path)} is not carried out: the objects are checked as they are in their files"
        yield _finding("SMS007", message, document.file, document.span(path, key=True))
    for entry in kustomization.entries:
        if entry.remote:
            message = f"{entry.target[:120]} is not fetched and not checked"
            yield _finding("SMS008", message, document.file, document.span(entry.path))
    for note in document.notes:
        if note.remark is Remark.DUPLICATE:
            message, also = _duplicate(note, document.file)
            yield _finding("SMS401", message, document.file, note.span, shown(note.path), also)


def _key(subject: Subject, path: Path) -> Span:
    return subject.manifest.span(path, key=True)


def _of(
    subject: Subject, code: str, message: str, also: tuple[tuple[str, Span, str], ...], span: Span, field: str
) -> Finding:
    rule = RULES[code]
    return Finding(code, rule.severity, message, rule.fix, subject.manifest.file, span, subject.label, field, also)


def _finding(
    code: str,
    message: str,
    file: str,
    span: Span,
    field: str = "",
    also: tuple[tuple[str, Span, str], ...] = (),
) -> Finding:
    rule = RULES[code]
    return Finding(code, rule.severity, message, rule.fix, file, span, "", field, also)


def _type(value: object) -> str:
    return "list" if isinstance(value, list) else "text" if isinstance(value, str) else "plain value"
