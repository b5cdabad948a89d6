"""A real operator in a namespace where every kind is seen in every state, and the programs that look at it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sms_operator.dev.control_plane import Client, ControlPlane
from support.gitops_fixture import prepare, prepared
from support.gitops_programs import GitOpsPrograms
from support.gitops_story import SCENES, Scene, play
from support.ground import Ground, new_ground
from support.kubectl import Kubectl, Manifest
from support.pki import Pki


def pytest_collection_finish(session: pytest.Session) -> None:
    """Helm and kstatus are built before the tests start."""
    prepare(session)


@pytest.fixture(scope="session")
def programs(pytestconfig: pytest.Config) -> GitOpsPrograms:
    """helm and kstatus."""
    return prepared(pytestconfig)


@pytest.fixture(scope="session")
def ground(rights: ControlPlane, api: Client, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """An operator with the rights of `manifests/` in a namespace of its own."""
    environment = {"SMS_OPERATOR_TIME_SCALE": "0.05"}
    with new_ground(rights, api, tmp_path_factory.mktemp("gitops"), environment=environment) as ground:
        yield ground


@pytest.fixture(scope="session")
def seen(ground: Ground) -> dict[Scene, Manifest]:
    """Every scene's object as the API server has it."""
    with tempfile.TemporaryDirectory() as directory:
        play(ground, Pki(Path(directory)).authority)
    bodies = {scene: ground.tenant.get(scene.kind, scene.name) for scene in SCENES}
    return {scene: body for scene, body in bodies.items() if body is not None}


@pytest.fixture(scope="session")
def kubectl(control_plane: ControlPlane) -> Kubectl:
    """kubectl of the shared control plane."""
    return Kubectl(Path(control_plane.kubectl), control_plane.kubeconfig)
