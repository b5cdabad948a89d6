"""How a route's drift is put in words."""

from __future__ import annotations

from typing import Any

import pytest

from sms_operator.controller.explain import differences

WANTED = {"gatewayRef": {"name": "gw"}, "origin": "Derived"}


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (WANTED, ""),
        ({**WANTED, "gatewayRef": {"name": "x"}}, 'spec.gatewayRef.name: "gw" instead of "x"'),
        ({**WANTED, "numbers": ["1"]}, 'spec.numbers: nothing instead of ["1"]'),
        ({"gatewayRef": {"name": "gw"}}, 'spec.origin: "Derived" instead of nothing'),
    ],
)
def test_differences(found: dict[str, Any], text: str) -> None:
    """Field, wanted value, found value."""
    assert differences(found, WANTED) == text


def test_long_differences_are_cut() -> None:
    """An Event has room for a sentence."""
    assert len(differences({"numbers": ["1" * 20] * 100}, WANTED)) == 300
