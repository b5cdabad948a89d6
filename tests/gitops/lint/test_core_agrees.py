"""What is found in files is what the operator would say of the objects, no more and no less."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final, cast

import pytest
import yaml
from hypothesis import event, given, settings
from hypothesis import strategies as st

from sms_operator.api.conditions import Reason
from sms_operator.api.kinds import API_VERSION, KIND_BY_NAME
from sms_operator.core.keys import NOTIFICATION_ROUTE, Key
from sms_operator.core.references import references_of
from sms_operator.gitops.lint.check import check
from sms_operator.gitops.lint.conditions import SAID_ELSEWHERE, stated
from sms_operator.gitops.lint.live import Live
from sms_operator.gitops.lint.pointers import pointers
from sms_operator.gitops.lint.subject import Subject
from sms_operator.gitops.lint.world import moment, world_of
from sms_operator.gitops.manifests import Manifest, Reading, read
from sms_operator.gitops.manifests.document import Document

from .conftest import NOW

OBJECTS: Final = Path(__file__).resolve().parents[2] / "api" / "objects"
NAMES: Final = st.sampled_from(["a", "b", "c"])
FOUND_BY: Final = {
    Reason.NAME_CONFLICT: "SMS302",
    Reason.NUMBER_CONFLICT: "SMS303",
    Reason.ACCOUNT_CONFLICT: "SMS304",
    Reason.CALLED_ROUTE_NOT_FOUND: "SMS201",
    Reason.CERTIFICATE_NOT_FOUND: "SMS201",
    Reason.CHANNEL_NOT_FOUND: "SMS201",
    Reason.CHATBOT_NOT_FOUND: "SMS201",
    Reason.GATEWAY_NOT_FOUND: "SMS201",
    Reason.ORGANIZATION_UNIT_NOT_FOUND: "SMS201",
    Reason.PARENT_NOT_FOUND: "SMS201",
    Reason.SERVICE_TIME_NOT_FOUND: "SMS201",
}
SECRET: Final[dict[str, Any]] = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "s"},
    "stringData": {"password": "pw"},
}
RELATIONS: Final = ("SMS2", "SMS3")


def ref(names: st.SearchStrategy[str] = NAMES) -> st.SearchStrategy[dict[str, Any]]:
    """A reference to one of few objects, so that it often meets one."""
    return st.fixed_dictionaries({"name": names})


def listed(values: list[str]) -> st.SearchStrategy[list[str]]:
    """Some of few values."""
    return st.lists(st.sampled_from(values), unique=True, max_size=2)


SPECS: Final[dict[str, st.SearchStrategy[dict[str, Any]]]] = {
    "SmppGateway": st.fixed_dictionaries(
        {
            "endpoints": st.lists(
                st.fixed_dictionaries({"host": st.sampled_from(["x", "X", "y"]), "port": st.just(1)}),
                min_size=1,
                max_size=2,
            ),
            "login": st.fixed_dictionaries(
                {"systemId": st.sampled_from(["me", "you"]), "passwordSecretRef": st.just({"name": "s"})}
            ),
        },
        optional={
            "mode": st.sampled_from(["SendAndReceive", "Receive", "Send"]),
            "organizationUnitRef": ref(),
            "tls": st.fixed_dictionaries({"trustCertificateRef": ref()}, optional={"enabled": st.booleans()}),
        },
    ),
    "SmsChannel": st.fixed_dictionaries(
        {"channelName": NAMES, "gatewayRef": ref(), "calledRouteRef": ref()},
        optional={
            "numbers": listed(["1", "+1", "2"]),
            "organizationUnitRef": ref(),
            "serviceTimeRef": ref(),
            "transferKeywords": st.just(["x"]),
            "sessionEnd": st.just({"noCustomerReply": "10m"}),
        },
    ),
    "CalledRoute": st.fixed_dictionaries(
        {"accessCode": st.just("1"), "extensionCode": st.just("1"), "skillQueue": st.just({"name": "q"})},
        optional={"media": st.sampled_from(["Multimedia", "Voice"])},
    ),
    "OrganizationUnit": st.fixed_dictionaries(
        {"displayName": st.just("A"), "code": st.just("A")}, optional={"parentRef": ref()}
    ),
    "ServiceTime": st.fixed_dictionaries({}, optional={"timeZone": st.sampled_from(["UTC", "No/Where"])}),
    "Certificate": st.fixed_dictionaries(
        {"configMapKeyRef": st.just({"name": "m"})}, optional={"usage": st.just("Trust")}
    ),
    "NotificationRoute": st.fixed_dictionaries(
        {"gatewayRef": ref(), "channelRef": ref()}, optional={"numbers": listed(["1", "2"])}
    ),
}


@st.composite
def tenants(draw: st.DrawFn) -> list[dict[str, Any]]:
    """A few objects of every kind."""
    kinds = draw(st.lists(st.tuples(st.sampled_from(sorted(SPECS)), NAMES), unique=True, min_size=1, max_size=10))
    return [
        SECRET,
        *(
            {"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": name}, "spec": draw(SPECS[kind])}
            for kind, name in kinds
        ),
    ]


def written(bodies: list[dict[str, Any]], directory: Path) -> Reading:
    """The objects in a file."""
    file = directory / "all.json"
    file.write_text("\n".join(json.dumps(body) for body in bodies), encoding="utf-8")
    return read([str(file)])


@settings(max_examples=150, deadline=None, derandomize=True)
@given(bodies=tenants())
def test_findings_are_the_operators_conditions(
    bodies: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """An object has findings on its relations exactly when the operator would set one of its conditions to False."""
    reading = written(bodies, tmp_path_factory.getbasetemp())
    found: dict[str, set[str]] = {}
    for finding in check(reading, now=NOW).findings:
        if finding.code.startswith(RELATIONS):
            found.setdefault(finding.object, set()).add(finding.code)
    subjects = [Live({}, "").placed(manifest) for manifest in reading.objects]
    ours = [subject for subject in subjects if subject.key.kind in KIND_BY_NAME]
    world = world_of(ours, subjects, NOW)
    for subject in ours:
        against = {
            Reason(condition["reason"])
            for condition in stated(subject, world, moment(NOW))
            if condition["status"] == "False" and condition["type"] != "Connected"
        }
        caused = against - {Reason.NOT_ACCEPTED, Reason.GATEWAY_NOT_CONNECTED, Reason.CERTIFICATE_NOT_READY}
        codes = found.get(subject.label, set())
        event("against" if caused else "for")
        # A certificate from a ConfigMap that no file has is unknown, and hides the gateway's other references.
        hidden = Reason.CERTIFICATE_NOT_READY in against and codes == {"SMS201"}
        assert bool(caused) == bool(codes) or hidden, (subject.label, caused, codes)
        assert {FOUND_BY[reason] for reason in caused if reason in SAID_ELSEWHERE} <= codes


def bodies_of(kind: str) -> list[dict[str, Any]]:
    """Every good spec of the table of objects."""
    found: list[dict[str, Any]] = []
    for file in OBJECTS.glob("*.yaml"):
        content: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
        for table in cast("list[dict[str, Any]]", content if isinstance(content, list) else [content]):
            if table["kind"] == kind:
                found += [table["base"], *(table["base"] | row.get("spec", {}) for row in table["rows"])]
    return found


@pytest.mark.parametrize("kind", KIND_BY_NAME)
def test_pointers_are_the_references_of_the_operator(kind: str) -> None:
    """The same targets, for every spec that the models take."""
    compared = 0
    for spec in bodies_of(kind):
        try:
            model = KIND_BY_NAME[kind].spec_model.validate_strict(spec)
        except ValueError:
            continue
        subject = Subject(Manifest({"kind": kind, "spec": spec}, Document("x", {})), Key(kind, "", "x"))
        refs = {item for item in references_of(subject.key, model) if isinstance(item, Key)}
        refs.discard(Key(NOTIFICATION_ROUTE, "", "x"))
        ours = {pointer.target for pointer in pointers(subject)}
        assert {pointer.target for pointer in pointers(subject) if pointer.active} <= refs or not refs, spec
        assert refs <= ours | {Key("SmsChannel", "", "x")}, spec
        compared += 1
    assert compared
