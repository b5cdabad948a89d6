"""From models to CustomResourceDefinitions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, cast

import pytest
import yaml
from pydantic import Field

from sms_operator.api.base import ApiModel
from sms_operator.api.crd import CrdError, crd, structural
from sms_operator.api.crdgen import main, stale
from sms_operator.api.kinds import CATEGORY, KINDS
from sms_operator.api.values import ATOMIC, Text

CRDS = Path(__file__).parents[2] / "crds"


def test_the_files_are_what_the_models_say() -> None:
    """`crds/` is generated; whoever changes a model regenerates it."""
    assert stale(CRDS) == [], "run: python -m sms_operator.api.crdgen"


def test_a_stale_directory_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--check` names every file that is missing, edited, or of no kind, and fails."""
    assert main([str(tmp_path)]) == 0
    assert main([str(tmp_path), "--check"]) == 0
    (tmp_path / "chatbots.yaml").unlink()
    (tmp_path / "certificates.yaml").write_text("{}")
    (tmp_path / "unknown.yaml").write_text("{}")
    assert main([str(tmp_path), "--check"]) == 1
    assert re.findall(r"(\w+\.yaml): stale", capsys.readouterr().err) == [
        "certificates.yaml",
        "chatbots.yaml",
        "unknown.yaml",
    ]


@pytest.mark.parametrize("info", KINDS, ids=lambda info: info.kind)
def test_every_kind_is_complete(info: Any) -> None:
    """Scope, category, short name, status subresource, and columns that end with Status and Age."""
    spec = crd(info)["spec"]
    version = spec["versions"][0]
    assert spec["scope"] == "Namespaced"
    assert spec["names"]["categories"] == [CATEGORY]
    assert spec["names"]["shortNames"][0].startswith("sm")
    assert version["subresources"] == {"status": {}}
    columns = [column["name"] for column in version["additionalPrinterColumns"] if not column.get("priority")]
    assert columns[-2:] == ["Status", "Age"]


@pytest.mark.parametrize("info", KINDS, ids=lambda info: info.kind)
def test_every_field_is_described(info: Any) -> None:
    """`kubectl explain` has a sentence for each field, and it ends."""
    for path, schema in fields(crd(info)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]):
        if path not in (".apiVersion", ".kind", ".metadata"):
            assert schema.get("description", "").endswith((".", ")")), path


def fields(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for name, child in cast("dict[str, dict[str, Any]]", schema.get("properties", {})).items():
        yield f"{path}.{name}", child
        yield from fields(child, f"{path}.{name}")
    if "items" in schema:
        yield from fields(schema["items"], f"{path}[]")


def rules() -> Iterator[str]:
    def walk(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            entries = cast("dict[str, Any]", node)
            for rule in entries.get("x-kubernetes-validations", ()):
                yield rule["rule"]
            for child in entries.values():
                yield from walk(child)
        elif isinstance(node, list):
            for child in cast("list[Any]", node):
                yield from walk(child)

    for file in sorted(CRDS.glob("*.yaml")):
        yield from walk(yaml.safe_load(file.read_text(encoding="utf-8")))


PORTABLE = {"has", "size", "matches", "duration", "timestamp", "all", "filter", "contains"}
"""Functions and macros that every CEL engine reads alike."""


def test_rules_are_portable() -> None:
    """Rules keep to functions that every CEL engine has, and to patterns that RE2 and Python read alike."""
    found = set(rules())
    assert len(found) >= 30
    for rule in found:
        code = re.sub(r"'(?:[^'\\]|\\.)*'", "''", rule)
        assert set(re.findall(r"([A-Za-z]+)\(", code)) <= PORTABLE, rule
        for expression in re.findall(r"matches\('((?:[^'\\]|\\.)*)'\)", rule):
            assert expression.startswith("^")
            assert expression.endswith("$")
            assert not re.search(r"\\\\[dwsbDWSB]|\(\?[^:]", expression), expression


class Unbounded(ApiModel):
    """A text without an end."""

    text: Text


class DefaultInList(ApiModel):
    """A default in a list."""

    class Item(ApiModel):
        """Its item."""

        size: Annotated[int, Field(ge=0)] = 3

    items: Annotated[tuple[Item, ...], Field(max_length=3), ATOMIC]


class Either(ApiModel):
    """A choice."""

    value: int | Annotated[str, Field(max_length=3)]


class Exclusive(ApiModel):
    """An open bound, which is a boolean in OpenAPI 3.0."""

    value: Annotated[int, Field(gt=0)]


class Free(ApiModel):
    """Anything goes."""

    value: Any


@pytest.mark.parametrize(
    ("model", "complaint"),
    [
        (Unbounded, "Unbounded.text: a string needs maxLength"),
        (DefaultInList, "DefaultInList.items[].size: a default inside a list"),
        (Either, "a choice between 2 types"),
        (Exclusive, "Exclusive.value: exclusiveMinimum cannot be said"),
        (Free, "Free.value: needs one of the types"),
    ],
)
def test_what_a_crd_cannot_say_is_refused(model: type[ApiModel], complaint: str) -> None:
    """The converter drops nothing silently."""
    with pytest.raises(CrdError, match=re.escape(complaint)):
        structural(model)
