"""Helm and kstatus for the tests of more than one directory, built before any test's time limit runs."""

from __future__ import annotations

from typing import Any, Final

import pytest

from sms_operator.dev.control_plane import Lines
from support.gitops_programs import GitOpsPrograms, gitops_programs

PROGRAMS: Final = pytest.StashKey[GitOpsPrograms]()


def prepare(session: pytest.Session) -> None:
    """In a conftest's `pytest_collection_finish`: builds what tests ask for, in sight of the caller."""
    if session.config.option.collectonly or PROGRAMS in session.config.stash:
        return
    if any("programs" in getattr(item, "fixturenames", ()) for item in session.items):
        capture: Any = session.config.pluginmanager.getplugin("capturemanager")
        with capture.global_and_fixture_disabled():
            session.config.stash[PROGRAMS] = gitops_programs(Lines())
