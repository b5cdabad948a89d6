"""The generators themselves: what they call valid is, and what they break is one rule, each rule at least once."""

from __future__ import annotations

import pytest

from sms_operator.api.kinds import API_VERSION
from sms_operator.api.validation import validate_object
from support.faults.specs import SHARES, Case, drawn
from support.faults.specs_broken import BREACHES, crossing_rules
from support.faults.specs_meaning import STANDING, WRONGS
from support.faults.specs_schema import spec_schemas

IMMUTABLE = "an export's spec cannot be changed"


def problems(kind: str, spec: object) -> list[str]:
    """What the models say against a spec; `test_agreement` proves that the API server says the same."""
    body = {"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": "row"}, "spec": spec}
    return [str(problem) for problem in validate_object(body)]


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    """Many."""
    return drawn(81, 7)


def test_valid_ones_are(cases: list[Case]) -> None:
    """Every spec that shall be taken is."""
    specs = [(case.kind, spec) for case in cases for spec in (case.first, case.wrong, case.second) if spec is not None]
    assert [found for kind, spec in specs if (found := problems(kind, spec))] == []


def test_broken_ones_break_one_rule(cases: list[Case]) -> None:
    """Exactly one, so that a refusal proves that rule."""
    refused = [(case.kind, one) for case in cases for one in case.refused]
    assert {(kind, one.what): len(problems(kind, one.spec)) for kind, one in refused} == {
        (kind, one.what): 1 for kind, one in refused
    }


@pytest.mark.parametrize("kind", SHARES)
def test_every_rule_over_several_fields_is_broken(kind: str) -> None:
    """A rule that is added to a schema needs a breach here."""
    known = [breach.message for breach in BREACHES.get(kind, ())] + [IMMUTABLE]
    rules = crossing_rules(kind)
    assert [rule for rule in rules if not rule.startswith(tuple(known))] == []
    assert [message for message in known[:-1] if not any(rule.startswith(message) for rule in rules)] == []


def test_every_kind_is_fuzzed(cases: list[Case]) -> None:
    """By its share, and with everything that can be done to it."""
    assert set(SHARES) == set(spec_schemas())
    assert {case.kind for case in cases} == set(SHARES)
    assert set(WRONGS) == set(SHARES) - {"ChannelExport"}
    assert all(case.refused for case in cases)
    assert {case.kind for case in cases if case.second is None} == {"ChannelExport"}


def test_references_hit_and_miss(cases: list[Case]) -> None:
    """Of the channels' gateways some stand and some do not."""
    names = {case.first["gatewayRef"]["name"] for case in cases if case.kind == "SmsChannel"}
    assert names & set(STANDING["SmppGateway"])
    assert names - set(STANDING["SmppGateway"])


def test_a_seed_is_a_run(cases: list[Case]) -> None:
    """The same number gives the same cases, another number others."""
    assert drawn(6, 7) == cases[:6]
    assert drawn(6, 8) != cases[:6]


def test_a_case_survives_its_file(cases: list[Case], tmp_path_factory: pytest.TempPathFactory) -> None:
    """With unicode, control characters and all."""
    path = tmp_path_factory.mktemp("case") / "case.yaml"
    for case in cases[:40]:
        path.write_text(case.to_yaml(seed=1, complaint="what\nfailed"))
        assert Case.load(path) == case
