"""Conditions that choose objects."""

from __future__ import annotations

import re

import pytest

from sms_operator.views.where import BadClause, clauses
from support.viewing import condition, gateway, ready

DOWN = gateway("down", ready("False", "Unreachable"), condition("Stalled", "True", "NotConnected"))
UP = gateway("up")
NEW = gateway("new", condition("Accepted", "True", "Accepted"))


@pytest.mark.parametrize(
    ("texts", "left"),
    [
        (["ready=false"], ["down"]),
        (["Ready!=True"], ["down", "new"]),
        (["stalled=true"], ["down"]),
        (["stalled=false"], ["up", "new"]),
        (["connected=unknown"], ["down", "up", "new"]),
        (["reason=unreachable"], ["down"]),
        (["reason!=Unreachable,ready=true"], ["up"]),
        (["ready=false", "stalled=false"], []),
        ([], ["down", "up", "new"]),
    ],
)
def test_what_is_left(texts: list[str], left: list[str]) -> None:
    """All have to hold; case does not count; what is there only while True is else False."""
    wanted = clauses(texts)
    assert [item["metadata"]["name"] for item in (DOWN, UP, NEW) if all(one.holds(item) for one in wanted)] == left


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("ready", "is no condition; write for instance ready=false"),
        ("ready==true", "is no condition"),
        ("", "is no condition"),
        ("colour=red", '"colour" is nothing to ask for; there are reason, ready,'),
        ("ready=maybe", 'ready is never "maybe"; perhaps True, False, Unknown'),
        ("reason=invalidpasword", "perhaps InvalidPassword"),
    ],
)
def test_what_says_nothing(text: str, says: str) -> None:
    """Is told with what would."""
    with pytest.raises(BadClause, match=re.escape(says)):
        clauses([text])
