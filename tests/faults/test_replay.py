"""A plan from a file that a failed run left: collected only when SMS_OPERATOR_REPLAY names it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from support.faults.plan import Plan


def test_a_plan_from_a_file(run: Callable[[list[Plan]], None]) -> None:
    """It ends as the undisturbed run does."""
    run([Plan.load(Path(os.environ["SMS_OPERATOR_REPLAY"]))])
