"""What a program started by the bench inherits: a short list of harmless variables, and what its starter names.

A cluster of one's own must never be reached by accident: `KUBECONFIG`, the in-cluster variables, proxies, credentials
and the operator's own settings stay behind.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

INHERITED: Final = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TERM", "SYSTEMROOT")


def clean_environment(home: Path, **variables: str) -> dict[str, str]:
    """The environment for a child, with `home` as its home directory (so that no `~/.kube/config` is found)."""
    kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return {**kept, "HOME": str(home), "TMPDIR": str(home), **variables}
