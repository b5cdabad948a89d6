"""The documents that `smsctl` makes itself, as JSON and YAML."""

from __future__ import annotations

from typing import Any, Final

API_VERSION: Final = "smsctl.sms-operator.dev/v1"
"""Fields may be added under a version; none is removed or gets another meaning."""


def document(kind: str, **fields: Any) -> dict[str, Any]:
    """A document of this kind."""
    return {"apiVersion": API_VERSION, "kind": kind, **fields}
