"""What Argo CD's scripts and kstatus say about the statuses that a real operator wrote."""

from __future__ import annotations

import copy
import os
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, cast

import pytest
import yaml

from sms_operator.api.conditions import ConditionType, Reason
from sms_operator.api.kinds import API_VERSION, KINDS
from sms_operator.core.moment import Moment
from sms_operator.core.status import Finding, fold
from support.argo import SCRIPTS, definitions, health
from support.gitops_programs import GitOpsPrograms
from support.gitops_story import CURRENT, DEGRADED, HEALTHY, PROGRESSING, SCENES, Scene
from support.kubectl import Manifest

RECORD: Final = "SMS_OPERATOR_RECORD_TESTDATA"
"""Set in the environment, the tests write the scripts' test data anew instead of comparing."""
SCENE_NAMES: Final = [f"{scene.kind}/{scene.name}" for scene in SCENES]


@pytest.mark.parametrize("scene", SCENES, ids=SCENE_NAMES)
def test_argo_cd_sees_what_is_so(seen: Mapping[Scene, Manifest], scene: Scene) -> None:
    """The script, run on the object as it is stored; its message is the operator's own."""
    status, message = health(seen[scene])
    assert status == scene.health
    conditions = seen[scene].get("status", {}).get("conditions", ())
    assert message in {each["message"] for each in conditions} or not conditions
    assert message


def test_kstatus_sees_the_same(programs: GitOpsPrograms, seen: Mapping[Scene, Manifest]) -> None:
    """Flux and every other reader of kstatus come to the verdict that Argo CD comes to."""
    verdicts = programs.kstatus([seen[scene] for scene in SCENES])
    assert {scene.file: status for scene, (status, _) in zip(SCENES, verdicts, strict=True)} == {
        scene.file: CURRENT[scene.health] for scene in SCENES
    }


def test_an_expiring_certificate_says_so(seen: Mapping[Scene, Manifest]) -> None:
    """It is healthy, and its message has the date instead of praise."""
    scene = next(each for each in SCENES if each.name == "expiring")
    conditions = {each["type"]: each for each in seen[scene]["status"]["conditions"]}
    assert health(seen[scene]) == (HEALTHY, conditions["ExpiringSoon"]["message"])


@pytest.mark.parametrize("kind", [info.kind for info in KINDS])
def test_nothing_is_healthy_before_it_was_looked_at(kind: str, programs: GitOpsPrograms) -> None:
    """A new object, one whose change is not seen yet, and one that is being deleted are in progress, for both."""
    metadata: Manifest = {"name": "new", "namespace": "team-a", "generation": 2}
    status = {"observedGeneration": 1, "conditions": [_condition("Ready", "True", "Valid", "Good")]}
    new = {"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": {}}
    cases: list[Manifest] = [
        {**new, "status": status},
        {**new, "metadata": {**metadata, "deletionTimestamp": "2026-01-01T00:00:00Z"}},
    ]
    assert [health(case)[0] for case in [new, *cases]] == [PROGRESSING] * 3
    assert [each[0] for each in programs.kstatus(cases)] == ["InProgress", "Terminating"]


def test_every_status_reads_the_same_everywhere(programs: GitOpsPrograms) -> None:
    """Whatever finding the operator folds into a status, Argo CD and kstatus agree about it, for every kind."""
    objects = [_folded(info.kind, finding) for info in KINDS for finding in _findings()]
    verdicts = programs.kstatus(objects)
    wrong: list[str] = []
    for body, (status, _) in zip(objects, verdicts, strict=True):
        ready = body["status"]["conditions"][0]
        argo = health(body)[0]
        # An export runs once, so Argo CD shows every failure of it as one.
        once = body["kind"] == "ChannelExport" and ready["status"] == "False"
        if CURRENT[argo] != status and not (once and argo == DEGRADED):
            wrong.append(f"{body['kind']} {ready['status']} {ready['reason']}: {argo}, {status}")
    assert wrong == []
    assert {status for status, _ in verdicts} == {"Current", "InProgress", "Failed"}


@pytest.mark.parametrize("kind", [info.kind for info in KINDS])
def test_the_scripts_bring_their_tests(kind: str) -> None:
    """In Argo CD's form of contributions: every file of test data has a verdict, and the script gives it."""
    directory = SCRIPTS / kind
    tests = yaml.safe_load((directory / "health_test.yaml").read_text())["tests"]
    for test in tests:
        body = yaml.safe_load((directory / test["inputPath"]).read_text())
        wanted = test["healthStatus"]
        assert health(body) == (wanted["status"], wanted["message"]), test["inputPath"]
    files = {f"testdata/{path.name}" for path in (directory / "testdata").iterdir()}
    assert files == {test["inputPath"] for test in tests}


def test_their_data_are_what_the_operator_writes(seen: Mapping[Scene, Manifest]) -> None:
    """But for times, identifiers and ports, the recorded objects are those of this run."""
    now = {scene.file: _neutral(seen[scene]) for scene in SCENES}
    if os.environ.get(RECORD):
        _record(now)
    recorded = {scene.file: yaml.safe_load((SCRIPTS / scene.file).read_text()) for scene in SCENES}
    assert recorded == now


def _record(bodies: Mapping[str, Manifest]) -> None:
    tests: dict[str, list[Manifest]] = {}
    for scene in SCENES:
        path = SCRIPTS / scene.file
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump(bodies[scene.file], sort_keys=False, allow_unicode=True, width=120))
        verdict = {"status": scene.health, "message": health(bodies[scene.file])[1]}
        tests.setdefault(scene.kind, []).append({"healthStatus": verdict, "inputPath": f"testdata/{scene.name}.yaml"})
    for kind, listed in tests.items():
        (SCRIPTS / kind / "health_test.yaml").write_text(
            yaml.safe_dump({"tests": listed}, sort_keys=False, allow_unicode=True, width=120)
        )


def _neutral(body: Manifest) -> Manifest:
    """Without what differs from run to run, and as `kubectl get -o yaml` orders it."""
    text = yaml.safe_dump(body, width=10_000, allow_unicode=True)
    text = re.sub(r"test-[0-9a-f]{10}", "contact-centre", text)
    text = re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?(Z|\+00:00)?", "2026-01-01T00:00:00Z", text)
    text = re.sub(r"\b\d{4}-\d\d-\d\d\b(?!T)", "2026-01-01", text)
    text = re.sub(
        r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "0" * 8 + "-0000-4000-8000-" + "0" * 12, text
    )
    text = re.sub(r"\b(port: |127\.0\.0\.1:)\d{2,5}\b", r"\g<1>2775", text)
    neutral = cast("Manifest", yaml.safe_load(re.sub(r"'?(2026-01-01T00:00:00Z)'?", r"'\1'", text)))
    neutral["metadata"].pop("managedFields", None)
    neutral["metadata"]["resourceVersion"] = "1"
    for name in ("serialNumber", "sha256Fingerprint"):
        if name in neutral.get("status", {}):
            neutral["status"][name] = "00"
    return {name: neutral[name] for name in ("apiVersion", "kind", "metadata", "spec", "status") if name in neutral}


def _condition(kind: str, status: str, reason: str, message: str) -> Manifest:
    return {"type": kind, "status": status, "reason": reason, "message": message}


def _findings() -> Sequence[Finding]:
    return [
        Finding(ConditionType.READY, status, reason, reason.meaning)
        for reason in Reason
        for status in ("True", "False", "Unknown")
    ]


def _folded(kind: str, finding: Finding) -> Manifest:
    status: dict[str, Any] = fold({}, 3, [finding], Moment(0.0, datetime(2026, 1, 1, tzinfo=UTC)))
    metadata = {"name": "any", "namespace": "team-a", "generation": 3}
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": {}, "status": copy.deepcopy(status)}


def test_argocd_cm_has_the_same_scripts() -> None:
    """The form for argocd-cm repeats the scripts of the actions word for word."""
    directory = SCRIPTS / "SmppGateway" / "actions"
    embedded = definitions(SCRIPTS.parents[1] / "smppgateway-actions.yaml")
    assert embedded["discovery.lua"] == (directory / "discovery.lua").read_text()
    assert {each["name"]: each["action.lua"] for each in embedded["definitions"]} == {
        path.parent.name: path.read_text() for path in directory.glob("*/action.lua")
    }
