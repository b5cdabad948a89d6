"""Findings on a text, in a form that is easy to compare."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

import pytest

from sms_operator.gitops.lint.check import Verdict, check
from sms_operator.gitops.lint.suppressions import Suppression
from sms_operator.gitops.manifests import STDIN, read

NOW: Final = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

Lint = Callable[..., Verdict]


@pytest.fixture(scope="session")
def lint() -> Lint:
    """`lint(text, suppressions)`: the verdict on one file."""

    def run(text: str, suppressions: Sequence[Suppression] = ()) -> Verdict:
        reading = read([STDIN], io.BytesIO(text.encode()))
        return check(reading, suppressions=suppressions, now=NOW)

    return run
