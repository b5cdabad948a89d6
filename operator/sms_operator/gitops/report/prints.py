"""Fingerprints: by them a tool knows a finding again when lines above it were added."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence

from sms_operator.gitops.lint.finding import Finding


def with_fingerprints(findings: Sequence[Finding]) -> Iterator[tuple[Finding, str]]:
    """Each finding with 32 hexadecimal digits: of its rule, file, object and field, and of its place among equals.

    No line and no message is in it, because both change without the finding being another one. GitLab shows only the
    first of two findings with one fingerprint, hence the place among equals.
    """
    seen = Counter[tuple[str, ...]]()
    for finding in findings:
        identity = (finding.code, finding.file, finding.object, finding.field)
        seen[identity] += 1
        text = "\0".join((*identity, str(seen[identity])))
        yield finding, hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
