"""`check`: everything that is worth saying of what was read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sms_operator.core.keys import CONFIG_MAP, SECRET, Key
from sms_operator.gitops.manifests import Bundle, Reading, objects_of

from . import care, remarks
from .conditions import conditions
from .conflicts import conflicts
from .finding import Finding
from .identity import identity, is_ours
from .live import Live
from .pointers import pointers
from .presence import Index
from .references import unresolved, unused, wrong_usage
from .schema import schema
from .subject import Subject, finding
from .suppressions import Suppression, sort_out
from .world import moment, world_of

_MATERIALS: Final = frozenset({SECRET, CONFIG_MAP})
_CLUSTER: Final = -1
"""The bundle that is no bundle of files."""
_HARMLESS: Final = frozenset({"SMS102"})
"""Against the schema, and yet it can be told what the object means."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found."""

    findings: tuple[Finding, ...]
    """In the order of files and places."""
    suppressed: tuple[Finding, ...]
    objects: int
    """Objects that were read, of any kind; one that two kustomizations include counts once."""
    files: int


@dataclass(frozen=True, slots=True)
class _Common:
    """What all bundles know of each other."""

    present: Index
    used: Index
    ground: Live

    def take_in(self, bundle: int, subject: Subject) -> None:
        """An object of ours is there, and uses what it refers to."""
        if subject.key.name:
            self.present.add(bundle, subject.key)
        for pointer in pointers(subject):
            self.used.add(bundle, pointer.target)


@dataclass(slots=True)
class _Judged:
    """The objects of a bundle."""

    bundle: Bundle
    subjects: list[Subject]
    ours: list[Subject]
    sound: list[Subject]
    """Those of ours that the API server would take."""
    findings: list[Finding]


def check(
    reading: Reading,
    *,
    suppressions: Sequence[Suppression] = (),
    now: datetime | None = None,
    live: Live | None = None,
) -> Verdict:
    """All findings on what was read.

    Args:
        reading: what the paths stand for.
        suppressions: what is not to be reported, beside the annotations of the objects.
        now: the moment for which certificates are judged, with a time zone; default: the present.
        live: what stands in the cluster that the files will be applied to; default: nothing is known of it.
    """
    common = _Common(Index(), Index(), live or Live({}, ""))
    judged = [_single(bundle, number, common) for number, bundle in enumerate(reading.bundles)]
    standing = common.ground.beside(subject.key for part in judged for subject in part.ours)
    for subject in standing:
        common.take_in(_CLUSTER, subject)
    findings = list(remarks.complaints(reading.complaints))
    for number, part in enumerate(judged):
        findings += part.findings
        findings += _together(part, number, common, standing, now or datetime.now(UTC))
    subjects = {
        (item.manifest.file, item.manifest.span(), item.key): item for part in judged for item in _annotated(part)
    }
    sorted_out = sort_out(_distinct(findings), subjects.values(), suppressions)
    objects = {(id(item.manifest.document.value), item.manifest.at) for part in judged for item in part.subjects}
    return Verdict(
        tuple(sorted(sorted_out.kept, key=_order)),
        tuple(sorted(sorted_out.suppressed, key=_order)),
        len(objects),
        len(reading.files),
    )


def _single(bundle: Bundle, number: int, common: _Common) -> _Judged:
    """Each object by itself; and what all of them have and use."""
    subjects = [common.ground.placed(manifest) for manifest in objects_of(bundle)]
    judged = _Judged(bundle, subjects, [], [], list(remarks.kustomizations(bundle)))
    found = judged.findings
    for kustomization in bundle.kustomizations:
        found += care.generated_secrets(kustomization)
    for document in bundle.documents:
        found += remarks.no_object(document)
        found += remarks.ignored(document)
    for subject in subjects:
        if is_ours(subject):
            _ours(subject, number, judged, common)
        else:
            found += identity(subject)
            if subject.key.kind in _MATERIALS:
                found += remarks.remarks(subject, known=False)
                found += care.clear_text(subject)
    return judged


def _ours(subject: Subject, number: int, judged: _Judged, common: _Common) -> None:
    judged.ours.append(subject)
    broken = list(schema(subject))
    common.take_in(number, subject)
    if subject.key.name and all(item.code in _HARMLESS for item in broken):
        judged.sound.append(subject)
    judged.findings += broken
    judged.findings += remarks.remarks(subject, known=True)
    judged.findings += care.server_fields(subject)
    judged.findings += care.derived_route(subject)
    judged.findings += care.generated_name(subject)


def _together(
    part: _Judged, number: int, common: _Common, standing: Sequence[Subject], now: datetime
) -> Iterator[Finding]:
    """What objects say of each other."""
    where = "the files and the cluster" if standing else "the files"
    yield from _duplicates(part.subjects)
    for subject in part.ours:
        yield from unresolved(subject, number, common.present)
        yield from unused(subject, number, common.used, where)
    world = world_of([*standing, *part.sound], part.subjects, now, common.ground.subjects)
    latest = {subject.key: subject for subject in part.sound}
    rivals = {subject.key: subject for subject in standing} | latest
    at = moment(now)
    for subject in latest.values():
        yield from conditions(subject, world, at)
        yield from conflicts(subject, world, rivals)
        yield from wrong_usage(subject, world)


def _duplicates(subjects: Sequence[Subject]) -> Iterator[Finding]:
    first: dict[tuple[str, Key], Subject] = {}
    for subject in subjects:
        key = subject.key
        if not key.name or not (is_ours(subject) or key.kind in _MATERIALS):
            continue
        known = first.setdefault((str(subject.manifest.body.get("apiVersion")), key), subject)
        if known is not subject:
            place = known.manifest.place("metadata.name")
            message = f"{subject.label} is there twice: also in {known.manifest.file}, line {place.line}"
            also = ((known.manifest.file, place, "it is here first"),)
            yield finding("SMS301", message, subject, "metadata.name", also=also)


def _annotated(part: _Judged) -> Iterator[Subject]:
    return (subject for subject in part.subjects if subject.manifest.annotations)


def _distinct(findings: Sequence[Finding]) -> list[Finding]:
    """Two kustomizations that include one file find the same in it twice, for two namespaces maybe."""
    once: dict[tuple[object, ...], Finding] = {}
    for item in findings:
        once.setdefault((item.code, item.file, item.span, item.field, item.message), item)
    return list(once.values())


def _order(item: Finding) -> tuple[object, ...]:
    return (item.file, item.span, item.code, item.object, item.field, item.message)
