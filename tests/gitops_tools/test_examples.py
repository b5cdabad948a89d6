"""The GitOps examples: waves follow references, and what Applications and Kustomizations name is there."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from sms_operator.gitops.lint.live import Live
from sms_operator.gitops.lint.pointers import pointers
from sms_operator.gitops.manifests import read
from support.kubectl import ROOT

EXAMPLES = ROOT / "examples"
WAVE = "argocd.argoproj.io/sync-wave"


def documents(*path: str) -> list[dict[str, Any]]:
    """Of a file below examples/."""
    return list(yaml.safe_load_all(EXAMPLES.joinpath(*path).read_text()))


def test_waves_follow_references() -> None:
    """What is referred to is synced, and healthy, before what refers to it."""
    subjects = {one.key: one for one in map(Live({}, "").placed, read([str(EXAMPLES / "gitops")]).objects)}
    waves = {key: int(one.manifest.annotations[WAVE]) for key, one in subjects.items()}
    pairs = [(one.key, item.target) for one in subjects.values() for item in pointers(one) if item.target in subjects]
    assert len(pairs) >= 4
    assert [(user, used) for user, used in pairs if waves[used] >= waves[user]] == []


def test_applications() -> None:
    """Self-heal and prune are on, and the operator's path is where its manifests are."""
    operator, tenant = documents("argocd", "application.yaml")
    assert (ROOT / operator["spec"]["source"]["path"] / "kustomization.yaml").is_file()
    for application in (operator, tenant):
        assert application["spec"]["syncPolicy"]["automated"] == {"prune": True, "selfHeal": True}
        assert "ServerSideApply=true" in application["spec"]["syncPolicy"]["syncOptions"]


@pytest.mark.parametrize(
    "check", documents("flux", "flux.yaml")[1]["spec"]["healthChecks"], ids=lambda one: one["kind"]
)
def test_flux_checks_what_is_there(check: dict[str, str]) -> None:
    """Each health check names an object of the tenant."""
    found = read([str(EXAMPLES / "gitops")]).objects
    assert (check["kind"], check["name"], check["namespace"]) in {(it.kind, it.name, it.namespace) for it in found}
