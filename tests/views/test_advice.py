"""Every reason has a cause and a next step, the same ones as the documentation."""

from __future__ import annotations

import re

import pytest

from sms_operator.api.conditions import Reason
from sms_operator.core.keys import Key
from sms_operator.core.status import STALLED_REASONS
from sms_operator.views.advice import NEXT_STEP, advice, commands
from support.planes import ROOT

GOOD = {"Accepted", "ResolvedRefs", "Routed", "Valid", "ConnectionSucceeded", "Success"}


def test_every_reason_has_a_step_and_nothing_else_has() -> None:
    """Both ways; only what is good asks for nothing."""
    assert set(NEXT_STEP) == set(Reason)
    assert {str(reason) for reason, step in NEXT_STEP.items() if not step} == GOOD
    assert not {str(reason) for reason in STALLED_REASONS} & GOOD


def test_the_documentation_says_the_same() -> None:
    """Less its markup."""
    text = (ROOT / "docs" / "conditions.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.*?) *\|$", text, re.M)
    told = {(name, meaning): _plain(step) for name, meaning, step in rows}
    differing = [reason for reason in Reason if told.get((str(reason), reason.meaning)) != NEXT_STEP[reason]]
    assert differing == []


def _plain(markdown: str) -> str:
    return re.sub(r"\[[^]]+\]\(([^)#]+)[^)]*\)", r"docs/\1", markdown).replace("`", "")


def test_a_reason_of_another_version() -> None:
    """Is no error."""
    assert advice("Brandnew") is None
    known = advice("InvalidPassword")
    assert known is not None
    assert known.page == "docs/troubleshooting.md#invalidpassword"


@pytest.mark.parametrize(
    ("kind", "reason", "first"),
    [
        ("SmppGateway", "InvalidPassword", "smsctl gateway test 'a b' -n team"),
        ("SmppGateway", "Disconnected", "smsctl gateway connect 'a b' -n team --wait"),
        ("SmppGateway", "SecretNotFound", "kubectl describe secret login -n team"),
        ("SmsChannel", "Pending", "smsctl check -n team"),
        ("SmsChannel", "NameConflict", "kubectl get smschannel 'a b' -n team -o yaml"),
    ],
)
def test_what_to_type(kind: str, reason: str, first: str) -> None:
    """Fits the reason; what a shell would act on is quoted; a Secret's values are not shown."""
    assert commands(Key(kind, "team", "a b"), reason, [Key("Secret", "team", "login")])[0] == first
