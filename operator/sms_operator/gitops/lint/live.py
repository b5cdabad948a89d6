"""What stands in a cluster already, as the ground on which files are checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from sms_operator.api.kinds import is_ours
from sms_operator.core.keys import Key
from sms_operator.gitops.manifests import Document, Manifest
from sms_operator.views.bodies import is_derived

from .subject import Subject


@dataclass(frozen=True, slots=True)
class Live:
    """Objects of a cluster. Nothing is found in them; they are what files refer to and collide with."""

    subjects: Mapping[Key, Subject]
    namespace: str
    """Of objects in files that say none."""

    def placed(self, manifest: Manifest) -> Subject:
        """An object of a file with its key."""
        key = Key(manifest.kind, manifest.namespace or self.namespace, manifest.name)
        return Subject(manifest, key, stands=key in self.subjects)

    def beside(self, applied: Iterable[Key]) -> list[Subject]:
        """Those that no file replaces."""
        replaced = set(applied)
        return [subject for key, subject in self.subjects.items() if key not in replaced]


def live(bodies: Iterable[Mapping[str, Any]], namespace: str) -> Live:
    """Our objects among `bodies`, as the API server told them; routes that the operator derives are left out.

    Args:
        bodies: whole objects, of any kind.
        namespace: of objects in files that say none.
    """
    subjects: dict[Key, Subject] = {}
    for body in bodies:
        if not is_ours(body):
            continue
        if is_derived(body):
            continue
        manifest = Manifest(cast("dict[str, Any]", body), Document("", body))
        key = Key(manifest.kind, manifest.namespace, manifest.name)
        subjects[key] = Subject(manifest, key, stands=True)
    return Live(subjects, namespace)
