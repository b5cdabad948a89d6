"""Reading manifests as kubectl does, and saying where everything stands.

Text and bytes in, documents with positions out. Only `files` touches a file system. What a document means is for
others to judge: this package knows YAML, JSON and kustomization files, and none of our kinds.
"""

from .document import Document, resolve
from .files import STDIN, Bundle
from .kustomization import Kustomization
from .manifest import Manifest
from .notes import Note, Remark
from .positions import Complaint, ManifestError, Path, Span, Trouble, shown
from .reading import Reading, objects_of, read

__all__ = [
    "STDIN",
    "Bundle",
    "Complaint",
    "Document",
    "Kustomization",
    "Manifest",
    "ManifestError",
    "Note",
    "Path",
    "Reading",
    "Remark",
    "Span",
    "Trouble",
    "objects_of",
    "read",
    "resolve",
    "shown",
]
