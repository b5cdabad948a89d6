"""Alerts and dashboard: every expression is Prometheus', names what the operator serves, and fires when it should."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, cast

import pytest
import yaml

from sms_operator.api.conditions import Reason
from sms_operator.dev.control_plane import Lines
from support.gitops_programs import promtool
from support.ground import Ground
from support.kubectl import ROOT, Kubectl, Manifest
from support.peers_debian import Program

MONITORING: Final = ROOT / "manifests" / "monitoring"
RULES: Final = yaml.safe_load((MONITORING / "sms-operator.rules.yaml").read_text())
DASHBOARD: Final = json.loads((MONITORING / "sms-operator.dashboard.json").read_text())
ALERTS: Final[list[Manifest]] = [rule for group in RULES["spec"]["groups"] for rule in group["rules"]]
METRIC: Final = re.compile(r"\b(?:smpp|sms_operator)_[a-z_]+")
SUFFIX: Final = re.compile(r"_(?:bucket|count|sum)$")
VARIABLES: Final = {"$__rate_interval": "5m", "$namespace": ".*", "$gateway": ".*"}
GIVEN_BY_PROMETHEUS: Final = frozenset({"pod", "le"})


@pytest.fixture(scope="module")
def checker() -> Program:
    """promtool."""
    return promtool(Lines())


def _promtool(checker: Program, *arguments: str, directory: Path) -> str:
    done = subprocess.run(
        [str(checker.path), *arguments],
        cwd=directory,
        env=dict(checker.environment),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _panels() -> Iterator[tuple[str, str]]:
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], _spelled(target["expr"])


def _spelled(expression: str) -> str:
    for name, value in VARIABLES.items():
        expression = expression.replace(name, value)
    return expression


def _expressions() -> list[tuple[str, str]]:
    return [*((alert["alert"], alert["expr"]) for alert in ALERTS), *_panels()]


@pytest.fixture(scope="module")
def served(ground: Ground) -> dict[str, str]:
    """Every metric that both planes of a running operator serve, with its type."""
    text = "\n".join(ground.planes.get(plane, "/metrics")[1] for plane in ("controller", "links"))
    return dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.M))


def test_the_operator_serves_what_is_asked_for(served: dict[str, str]) -> None:
    """No expression waits for a metric that does not exist; counters are counted and not shown as they are."""
    for title, expression in _expressions():
        for name in METRIC.findall(expression):
            kind = served.get(name) or served.get(SUFFIX.sub("", name)) or served.get(name.removesuffix("_total"))
            assert kind, f"{title}: nobody serves {name}"
            if kind == "counter":
                assert re.search(rf"(?:rate|increase)\({name}\b", expression), f"{title}: {name} without rate()"


def test_labels_are_those_of_the_metric() -> None:
    """What an expression selects or groups by is a label that docs/metrics.md gives the metric."""
    page = (ROOT / "docs" / "metrics.md").read_text()
    labels = {
        name: {label.strip() for label in listed.split(",") if label.strip()}
        for name, listed in re.findall(r"^\| `([a-z_]+)` \| ([a-z_, ]*) ?\|", page, re.M)
    }
    for title, expression in _expressions():
        names = [name if name in labels else SUFFIX.sub("", name) for name in METRIC.findall(expression)]
        known = {label for name in names for label in labels[name]} | GIVEN_BY_PROMETHEUS
        grouped = {label.strip() for group in re.findall(r"by \(([^)]*)\)", expression) for label in group.split(",")}
        selected = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"", expression))
        assert grouped | selected <= known, title


def test_promtool_takes_the_rules(checker: Program, tmp_path: Path) -> None:
    """The groups as Prometheus loads them, without a warning."""
    path = _groups(tmp_path)
    said = _promtool(checker, "check", "rules", "--lint-fatal", path.name, directory=tmp_path)
    assert f"SUCCESS: {len(ALERTS)} rules found" in said


def test_promtool_takes_every_panel(checker: Program, tmp_path: Path) -> None:
    """Each expression of the dashboard parses, its variables filled in."""
    records = [{"record": f"panel:{number}", "expr": expr} for number, (_, expr) in enumerate(_panels())]
    assert len(records) > 20
    (tmp_path / "panels.yaml").write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": records}]}))
    said = _promtool(checker, "check", "rules", "panels.yaml", directory=tmp_path)
    assert f"SUCCESS: {len(records)} rules found" in said


def test_alerts_fire_when_they_should(checker: Program, tmp_path: Path) -> None:
    """The unit tests beside this file; every alert is in one of them, firing, and in one of them silent."""
    cases = yaml.safe_load((Path(__file__).parent / "alerts.yaml").read_text())
    fires: dict[bool, set[str]] = {True: set(), False: set()}
    for case in cases["tests"]:
        for expected in case["alert_rule_test"]:
            fires[bool(expected.get("exp_alerts"))].add(expected["alertname"])
    names = {alert["alert"] for alert in ALERTS}
    assert fires == {True: names, False: names}
    by_name = {alert["alert"]: alert for alert in ALERTS}
    for case in cases["tests"]:
        for expected in case["alert_rule_test"]:
            for fired in expected.get("exp_alerts", ()):
                fired["exp_labels"] = {**fired.get("exp_labels", {}), **by_name[expected["alertname"]]["labels"]}
    _groups(tmp_path, without_annotations=True)
    (tmp_path / "tests.yaml").write_text(yaml.safe_dump({**cases, "rule_files": ["rules.yaml"]}))
    assert "SUCCESS" in _promtool(checker, "test", "rules", "tests.yaml", directory=tmp_path)


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_an_alert_says_what_to_do(alert: Manifest) -> None:
    """Severity, a fixed sentence, a description with the object, and a heading of a page that exists."""
    assert alert["labels"].keys() == {"severity"}
    assert alert["labels"]["severity"] in {"critical", "warning"}
    said = alert["annotations"]
    assert said.keys() == {"summary", "description", "runbook_url"}
    assert re.fullmatch(r"[A-Z][^{}]*\.", said["summary"])
    page, _, anchor = said["runbook_url"].partition("#")
    headings = {
        re.sub(r"[^\w\- ]", "", title).strip().lower().replace(" ", "-")
        for title in re.findall(r"^#+ (.+)$", (ROOT / page).read_text(), re.M)
    }
    assert anchor in headings
    if page == "docs/troubleshooting.md":
        assert anchor in {reason.value.lower() for reason in Reason}


def test_the_dashboard_is_one(kubectl: Kubectl) -> None:
    """Unique identifiers, panels that do not overlap, one data source by variable, and a ConfigMap for the sidecar."""
    identifiers = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(identifiers)) == len(identifiers)
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells
        if panel["type"] != "row":
            assert panel["description"]
            assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
    done = kubectl.run("kustomize", "manifests/monitoring").stdout
    bodies = [body for body in yaml.safe_load_all(done) if body["kind"] == "ConfigMap"]
    assert json.loads(bodies[0]["data"]["sms-operator.dashboard.json"]) == DASHBOARD
    assert bodies[0]["metadata"]["labels"]["grafana_dashboard"] == "1"


def test_a_scrape_keeps_the_gateways_namespace() -> None:
    """The pod's own labels do not hide those of the metrics, and the ports are the containers'."""
    monitor = yaml.safe_load((MONITORING / "sms-operator.podmonitor.yaml").read_text())
    base = yaml.safe_load((ROOT / "manifests" / "base" / "statefulset.yaml").read_text())
    template = base["spec"]["template"]
    assert monitor["spec"]["selector"]["matchLabels"].items() <= template["metadata"]["labels"].items()
    ports = {port["name"] for each in template["spec"]["containers"] for port in each["ports"]}
    endpoints = cast("Iterable[dict[str, Any]]", monitor["spec"]["podMetricsEndpoints"])
    assert {each["port"] for each in endpoints} == ports
    assert all(each["honorLabels"] is True for each in endpoints)


def _groups(directory: Path, *, without_annotations: bool = False) -> Path:
    groups = yaml.safe_load(yaml.safe_dump(RULES["spec"]["groups"]))
    if without_annotations:
        for group in groups:
            for rule in group["rules"]:
                rule.pop("annotations")
    path = directory / "rules.yaml"
    path.write_text(yaml.safe_dump({"groups": groups}))
    return path
