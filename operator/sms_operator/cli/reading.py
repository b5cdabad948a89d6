"""Manifests for a command that needs all of them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .law import CannotAnswer

if TYPE_CHECKING:
    from sms_operator.gitops.manifests import Manifest


def manifests(paths: Sequence[str], root: str = "") -> Sequence[Manifest]:
    """The objects in files, directories, or `-`.

    Args:
        root: where the files are for the moment; it is not said in errors.

    Raises:
        CannotAnswer: something cannot be read; its place is named.
    """
    from sms_operator.gitops.manifests import read

    reading = read(paths, sys.stdin.buffer)
    for complaint in reading.complaints:
        place = f"{complaint.file.removeprefix(root)}:{complaint.span.line}:{complaint.span.column}"
        raise CannotAnswer(f"{place}: {complaint.message.replace(root, '') if root else complaint.message}")
    return reading.objects
