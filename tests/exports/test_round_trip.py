"""Objects become files and files become the same objects, whatever the API server would take."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sms_operator.api.kinds import API_VERSION
from sms_operator.api.sms_channel import SmsChannelSpec
from sms_operator.api.validation import validate_object
from sms_operator.exports.columns import COLUMNS, HEADINGS
from sms_operator.exports.formats import Format, render
from sms_operator.exports.reading import Import
from sms_operator.exports.records import KIND, Record, record_of
from sms_operator.gitops.manifests import read
from support.faults.specs_meaning import valid_specs

from .conftest import SPEC, channel

LABELS = st.dictionaries(
    st.from_regex(r"[a-z]([a-z0-9-]{0,6}[a-z0-9])?", fullmatch=True),
    st.from_regex(r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,6}[A-Za-z0-9])?)?", fullmatch=True),
    max_size=3,
)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30) | st.text(
    "_x0D A'=|\\\r\n\t\"-;,é\u2028\ufeff\x01", min_size=1, max_size=12
)


@st.composite
def records(draw: st.DrawFn) -> list[Record]:
    """A few valid channels whose names differ, with texts that are hard on every format."""
    found: list[Record] = []
    for number in range(draw(st.integers(1, 3))):
        spec = draw(valid_specs(KIND))
        spec["channelName"] = f"{draw(st.sampled_from(['C', '_']))}{number}"
        if draw(st.booleans()):
            spec["autoReply"] = {"text": draw(TEXT)}
        if draw(st.booleans()):
            spec["transferKeywords"] = draw(st.lists(TEXT, min_size=1, max_size=4, unique=True))
        metadata = {"name": f"c{number}", "namespace": "team", "labels": draw(LABELS)}
        body = {"apiVersion": API_VERSION, "kind": KIND, "metadata": metadata, "spec": spec}
        if not validate_object(body):
            found.append(record_of(body))
    return found


def imported(found: list[Record], form: Format) -> list[Record]:
    """Written to a file and read from it."""
    with TemporaryDirectory() as directory:
        path = Path(directory) / f"channels.{form}"
        path.write_bytes(b"".join(render(found, form)))
        return list(Import([path]).records())


def applied(found: list[Record]) -> list[Record]:
    """Written as YAML and read as kubectl reads it."""
    with TemporaryDirectory() as directory:
        path = Path(directory) / "channels.yaml"
        path.write_bytes(b"".join(render(found, Format.YAML)))
        reading = read([str(path)])
    assert not reading.complaints
    return [record_of(item.body) for item in reading.objects]


HARD = [
    channel(f"hard-{place}", {"autoReply": {"text": text}, "transferKeywords": [text]})
    for place, text in enumerate(
        ("_x000D_", " ", "\r\n", "'=1", "\ufeff", "none", "a\rb", "\x00\x01", "|", "\\", "true")
    )
]


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(records())
@example(HARD)
def test_csv(found: list[Record]) -> None:
    """Equal, field by field; what held by default holds explicitly."""
    if found:
        assert imported(found, Format.CSV) == found


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(records())
@example(HARD)
def test_xlsx(found: list[Record]) -> None:
    """The same through a workbook."""
    if found:
        assert imported(found, Format.XLSX) == found


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(records())
def test_yaml(found: list[Record]) -> None:
    """Also what was written: a manifest repeats no default that its author did not write."""
    again = applied(found)
    assert again == found
    assert [SmsChannelSpec.model_validate(one.raw) for one in again] == [one.spec for one in found]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(records())
def test_every_reader_of_yaml_reads_the_same(found: list[Record]) -> None:
    """PyYAML takes plain scalars otherwise than kubectl does: nothing that could differ is left plain."""
    text = b"".join(render(found, Format.YAML)).decode()
    bodies = [body for body in yaml.safe_load_all(text) if body is not None]
    assert [record_of(body) for body in bodies] == found


def test_every_field_has_a_column() -> None:
    """A field that is added to the kind and not here would be lost by an export."""

    def leaves(schema: dict[str, Any], root: dict[str, Any], path: str) -> set[str]:
        if "$ref" in schema:
            schema = root["$defs"][schema["$ref"].rsplit("/", 1)[1]]
        for choice in schema.get("anyOf", ()):
            if choice.get("type") != "null":
                return leaves(choice, root, path)
        inner: dict[str, Any] = schema.get("properties", {})
        if not inner:
            return {path}
        return {leaf for name, value in inner.items() for leaf in leaves(value, root, f"{path}.{name}")}

    schema = SmsChannelSpec.model_json_schema(by_alias=True)
    assert leaves(schema, schema, "spec") == {".".join(one.path) for one in COLUMNS if one.path[0] == "spec"}
    assert len(set(HEADINGS)) == len(HEADINGS)


@pytest.mark.parametrize("form", list(Format))
def test_nothing_of_a_cluster_or_a_tool_is_exported(form: Format) -> None:
    """No status, no managed fields, no annotations, no tracking labels: applied elsewhere they would do harm."""
    metadata = {
        "name": "north",
        "namespace": "team",
        "uid": "5c2f",
        "resourceVersion": "7",
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{secret-remark}"},
        "labels": {"team": "north", "argocd.argoproj.io/instance": "tracked", "app.kubernetes.io/instance": "tracked"},
    }
    body = {"metadata": metadata, "spec": {"channelName": "north", **SPEC}, "status": {"gateway": "status-gateway"}}
    found = [record_of(body)]
    again = applied(found) if form is Format.YAML else imported(found, form)
    assert again == [channel("north", labels={"team": "north"})]
    content = b"".join(render(found, Format.YAML)).decode()
    assert not any(word in content for word in ("tracked", "5c2f", "secret-remark", "status-gateway"))
