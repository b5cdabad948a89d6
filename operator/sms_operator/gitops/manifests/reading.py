"""The face of this package: paths in, objects with places out."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO

from .files import Bundle, Reader
from .manifest import Manifest, manifests
from .positions import Complaint


@dataclass(frozen=True, slots=True)
class Reading:
    """What some paths stand for."""

    bundles: tuple[Bundle, ...]
    """What is applied together: each kustomization of its own, and all plain files as one."""

    @property
    def objects(self) -> list[Manifest]:
        """Every object of every bundle, in the order of the files; one that two bundles include is there twice."""
        return [manifest for bundle in self.bundles for manifest in objects_of(bundle)]

    @property
    def complaints(self) -> list[Complaint]:
        """What could not be read, each thing once. Where there is one, the objects are not all."""
        return list(dict.fromkeys(complaint for bundle in self.bundles for complaint in bundle.complaints))

    @property
    def files(self) -> list[str]:
        """The files that were read, sorted."""
        return sorted({name for bundle in self.bundles for name in bundle.files})


def read(paths: Iterable[str], stdin: BinaryIO | None = None) -> Reading:
    """Read files, directories and, for `-`, `stdin`; directories with a kustomization file as kustomize would.

    Never raises for what is in the files or for what is missing: that becomes complaints.
    """
    return Reading(tuple(Reader(stdin or io.BytesIO()).bundles(paths)))


def objects_of(bundle: Bundle) -> list[Manifest]:
    """The objects of a bundle."""
    return [manifest for document in bundle.documents for manifest in manifests(document)]
