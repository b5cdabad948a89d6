"""Reading objects: durations, metadata, conditions, and what is ignored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sms_operator.api.conditions import CommonStatus, ConditionStatus, ConditionType, Reason
from sms_operator.api.duration import format_duration, parse_duration
from sms_operator.api.kinds import KIND_BY_NAME, KIND_BY_PLURAL, KINDS
from sms_operator.api.meta import NOT_CREATED, ObjectMeta
from sms_operator.api.smpp_gateway import SmppGateway, SmppGatewaySpec
from sms_operator.api.validation import problems, validate_object
from sms_operator.protocol.messages import FailureReason

HOST_MESSAGE = "must be an IPv4 or IPv6 address or a DNS name, without scheme, port and brackets"


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(hours=9999)))
def test_a_duration_is_the_same_after_writing_and_reading(duration: timedelta) -> None:
    """Text and timedelta say the same, to the millisecond."""
    duration -= timedelta(microseconds=duration.microseconds % 1000)
    assert parse_duration(format_duration(duration)) == duration


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("1h30m", 5400), ("5ms", 0.005), ("1m5ms", 60.005), ("0s", 0), ("007m", 420)]
)
def test_durations_are_read(text: str, seconds: float) -> None:
    """Hours, minutes, seconds and milliseconds, in this order."""
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "5", "1.5h", "1d", "30s1m", "-1s", "1h ", "1s\n", "٣s"])
def test_other_texts_are_no_durations(text: str) -> None:
    """The error shows the text and an example."""
    with pytest.raises(ValueError, match="is not a duration such as"):
        parse_duration(text)


def test_fields_of_a_newer_version_are_ignored() -> None:
    """An operator reads what a newer CRD lets through."""
    spec: dict[str, Any] = {"endpoints": [{"host": "a", "port": 1, "weight": 2}], "simulator": True, "later": {}}
    assert SmppGatewaySpec.model_validate(spec).endpoints[0].host == "a"


def test_metadata_is_read() -> None:
    """Names, times and owners, without what nobody here reads."""
    meta = ObjectMeta.model_validate(
        {
            "name": "a",
            "namespace": "b",
            "uid": "u",
            "generation": 3,
            "resourceVersion": "7",
            "creationTimestamp": "2026-11-22T12:00:00Z",
            "managedFields": [{"manager": "kubectl"}],
            "finalizers": ["foregroundDeletion"],
            "ownerReferences": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "o", "uid": "x", "controller": True}],
        }
    )
    assert meta.creation_timestamp == datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert meta.deletion_timestamp is None
    assert meta.owner_references[0].controller
    assert not meta.owner_references[0].block_owner_deletion
    assert "managedFields" not in meta.model_dump(by_alias=True)


def test_what_was_not_created_is_youngest() -> None:
    """A file competes with objects as the last comer."""
    assert ObjectMeta.model_validate({"name": "a"}).creation_timestamp == NOT_CREATED > datetime.now(UTC)


def test_conditions_of_another_version_are_read() -> None:
    """Types and reasons that this version does not know are no errors."""
    status = CommonStatus.model_validate(
        {
            "observedGeneration": 2,
            "conditions": [
                {
                    "type": "Polished",
                    "status": "True",
                    "reason": "ByHand",
                    "message": "",
                    "lastTransitionTime": "2026-11-22T12:00:00Z",
                },
                {
                    "type": "Ready",
                    "status": "False",
                    "reason": "DnsFailed",
                    "message": "no address",
                    "lastTransitionTime": "2026-11-22T12:00:00Z",
                    "observedGeneration": 2,
                },
            ],
        }
    )
    ready = status.condition(ConditionType.READY)
    assert ready is not None
    assert (ready.status, ready.reason) == (ConditionStatus.FALSE, Reason.DNS_FAILED)
    assert status.condition(ConditionType.STALLED) is None


def test_every_reason_has_a_meaning_and_every_failure_a_reason() -> None:
    """Reasons read as sentences, and what the data plane may report is among them."""
    assert all(reason.meaning.endswith(".") for reason in Reason)
    assert {failure.value for failure in FailureReason} <= {reason.value for reason in Reason}


def test_kinds_are_found_by_name_and_plural() -> None:
    """Nine kinds, each under its own names."""
    assert len(KINDS) == len(KIND_BY_NAME) == len(KIND_BY_PLURAL) == len({info.short_name for info in KINDS}) == 9
    assert KIND_BY_NAME["SmppGateway"].model is KIND_BY_PLURAL["smppgateways"].model is SmppGateway
    for info in KINDS:
        assert info.model.model_fields["spec"].annotation is info.spec_model
        assert info.model.model_fields["status"].annotation is info.status_model


def test_problems_are_told_all_at_once() -> None:
    """Each with its path and what was found, below the given root."""
    with pytest.raises(ValidationError) as caught:
        SmppGatewaySpec.validate_strict({"endpoints": [{"host": "a:1", "port": 0}], "simulator": "no"})
    assert [str(problem) for problem in problems(caught.value, "spec")] == [
        f'spec.endpoints[0].host: {HOST_MESSAGE}, found "a:1"',
        "spec.endpoints[0].port: must be at least 1, found 0",
        'spec.simulator: must be true or false, found "no"',
    ]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "apiVersion: must be sms-operator.dev/v1alpha1, found nothing"),
        ({"apiVersion": "v1", "kind": "Secret"}, 'apiVersion: must be sms-operator.dev/v1alpha1, found "v1"'),
        (
            {"apiVersion": "sms-operator.dev/v1alpha1", "kind": "Gateway"},
            "kind: must be one of SmppGateway,",
        ),
    ],
)
def test_other_kinds_are_told(body: dict[str, str], message: str) -> None:
    """What is none of ours is said to be so."""
    assert str(validate_object(body)[0]).startswith(message)
