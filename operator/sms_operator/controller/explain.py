"""Says in words how a route differed from what it must be, for the log and the Event of its repair."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, cast

MAX_LENGTH: Final = 300
"""Characters of an explanation; the first differences matter."""


def differences(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    """`spec.gatewayRef.name: "gw" instead of "elsewhere"` and the like, in the order of the fields; empty if equal."""
    from deepdiff import DeepDiff  # here: a fifth of a second and megabytes, for something rare

    levels = cast("dict[str, list[Any]]", DeepDiff(found, wanted, view="tree"))
    parts = [
        f"spec.{'.'.join(map(str, level.path(output_format='list')))}: {_shown(level.t2)} instead of {_shown(level.t1)}"
        for group in levels.values()
        for level in group
    ]
    text = "; ".join(sorted(parts))
    return text if len(text) <= MAX_LENGTH else text[: MAX_LENGTH - 1] + "…"


def _shown(value: Any) -> str:
    return "nothing" if type(value).__name__ == "NotPresent" else json.dumps(value, default=str)
