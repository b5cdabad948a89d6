"""A channel as it is exported: what a person declared, and nothing that a cluster or a tool added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

from sms_operator.api.kinds import API_VERSION
from sms_operator.api.sms_channel import SmsChannelSpec

KIND: Final = "SmsChannel"

TRACKING: Final = (
    "app.kubernetes.io/instance",
    "argocd.argoproj.io/",
    "applyset.kubernetes.io/",
    "helm.sh/",
    "helm.toolkit.fluxcd.io/",
    "kustomize.toolkit.fluxcd.io/",
)
"""Labels by which deployment tools know what is theirs: with them, what is imported elsewhere would be pruned there."""


@dataclass(frozen=True, slots=True)
class Record:
    """One channel."""

    namespace: str
    """Empty where a file does not say it."""
    name: str
    """metadata.name."""
    spec: SmsChannelSpec
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    raw: Mapping[str, Any] = field(default_factory=dict[str, Any], compare=False, repr=False)
    """The spec as written, for YAML to repeat; what the kind does not know is left out."""


def record_of(body: Mapping[str, Any]) -> Record:
    """An SmsChannel as the API server shows it, or as it stands in a file.

    Raises:
        pydantic.ValidationError: the spec does not fit this version.
    """
    metadata: Mapping[str, Any] = body["metadata"]
    raw: Mapping[str, Any] = body.get("spec") or {}
    labels: Mapping[str, str] = metadata.get("labels") or {}
    return make_record(
        str(metadata.get("namespace") or ""), metadata["name"], SmsChannelSpec.model_validate(raw), labels, raw
    )


def make_record(
    namespace: str, name: str, spec: SmsChannelSpec, labels: Mapping[str, str], raw: Mapping[str, Any]
) -> Record:
    """A record of what is parsed already; labels of deployment tools are left out."""
    kept = {key: value for key, value in labels.items() if not key.startswith(TRACKING)}
    return Record(namespace, name, spec, kept, raw)


def effective(record: Record) -> dict[str, Any]:
    """The spec with everything that holds by default, in JSON's terms; absent blocks and values are left out."""
    return record.spec.to_body()


def manifest(record: Record) -> dict[str, Any]:
    """The object to apply: the spec as it was written, without what the kind does not know."""
    whole = effective(record)
    metadata: dict[str, Any] = {"name": record.name}
    if record.namespace:
        metadata["namespace"] = record.namespace
    if record.labels:
        metadata["labels"] = dict(sorted(record.labels.items()))
    spec = _known(record.raw, whole) if record.raw else whole
    return {"apiVersion": API_VERSION, "kind": KIND, "metadata": metadata, "spec": spec}


def _known(written: Any, whole: Any) -> Any:
    """What was written, as far as it stands in the parsed whole: no unknown field, no null. In the model's order."""
    if isinstance(whole, Mapping) and isinstance(written, Mapping):
        known, values = cast("Mapping[str, Any]", whole), cast("Mapping[str, Any]", written)
        return {name: _known(values[name], value) for name, value in known.items() if values.get(name) is not None}
    if isinstance(whole, list) and isinstance(written, Sequence) and not isinstance(written, str):
        parsed, items = cast("list[Any]", whole), cast("Sequence[Any]", written)
        return [_known(item, value) for item, value in zip(items, parsed, strict=False)]
    return written
