"""A status beside what it ought to be, when others write conditions too."""

from __future__ import annotations

from typing import Any, Final

import pytest

from sms_operator.core.status import shows, without_stranded


def _condition(kind: str, message: str = "") -> dict[str, Any]:
    return {"type": kind, "status": "True", "reason": "Valid", "message": message}


ACCEPTED, READY, STALLED = _condition("Accepted"), _condition("Ready"), _condition("Stalled")
FOREIGN: Final = _condition("example.com/Audited")
WISHED: Final = {"observedGeneration": 2, "conditions": [ACCEPTED, READY]}


@pytest.mark.parametrize(
    ("conditions", "shown", "left"),
    [
        ([ACCEPTED, READY], True, None),
        ([FOREIGN, READY, ACCEPTED], True, None),
        ([ACCEPTED], False, None),
        ([ACCEPTED, _condition("Ready", "another")], False, None),
        ([ACCEPTED, READY, STALLED], False, [ACCEPTED, READY]),
        ([STALLED, FOREIGN, ACCEPTED, READY], False, [FOREIGN, ACCEPTED, READY]),
    ],
)
def test_conditions_of_others(conditions: list[Any], shown: bool, left: list[Any] | None) -> None:
    """Those of their own types stay and are no difference; those of ours go."""
    stored = {"observedGeneration": 2, "conditions": conditions}
    assert shows(stored, WISHED) is shown
    assert without_stranded(stored, WISHED) == left


@pytest.mark.parametrize("stored", [{}, {"observedGeneration": 1, "conditions": [ACCEPTED, READY]}, {**WISHED, "x": 1}])
def test_other_fields(stored: dict[str, Any]) -> None:
    """Everything else is compared as it is."""
    assert not shows(stored, WISHED)
