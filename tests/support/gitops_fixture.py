"""Helm and kstatus for the tests of more than one directory, built before any test's time limit runs."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final

import pytest

from sms_operator.dev.control_plane import Lines
from sms_operator.dev.control_plane.go import CannotBuild
from sms_operator.dev.control_plane.progress import Silent
from support.gitops_programs import GitOpsPrograms, gitops_programs, promtool
from support.peers_programs import CannotInstall

PROGRAMS: Final = pytest.StashKey[GitOpsPrograms]()


def prepare(session: pytest.Session) -> None:
    """In a conftest's `pytest_collection_finish`: builds what tests ask for, in sight of the caller.

    What cannot be built is tried again, and reported, by each test that wants it.
    """
    if session.config.option.collectonly or PROGRAMS in session.config.stash:
        return
    used = {name for item in session.items for name in getattr(item, "fixturenames", ())}
    capture: Any = session.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled(), suppress(CannotBuild, CannotInstall):
        if "checker" in used:
            promtool(Lines())
        if "programs" in used:
            session.config.stash[PROGRAMS] = gitops_programs(Lines())


def prepared(config: pytest.Config) -> GitOpsPrograms:
    """What `prepare` built.

    Raises:
        CannotBuild, CannotInstall: it could not, and cannot now.
    """
    if PROGRAMS not in config.stash:
        config.stash[PROGRAMS] = gitops_programs(Silent())
    return config.stash[PROGRAMS]
