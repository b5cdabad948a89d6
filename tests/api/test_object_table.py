"""Good and bad objects, judged by the models and by the real API server: both must agree on every row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from sms_operator.api.crd import crd
from sms_operator.api.kinds import API_VERSION, KIND_BY_NAME, KINDS
from sms_operator.api.validation import Problem, validate_object, validate_update

TABLES = Path(__file__).parent / "objects"
QUERY = "fieldValidation=Strict&dryRun=All"


@dataclass(frozen=True)
class Row:
    """An object, or an update of one, and what is to be said of it."""

    kind: str
    rule: str
    body: dict[str, Any]
    path: str
    says: str
    offline: str
    hides: str = ""
    before: dict[str, Any] | None = None

    def __str__(self) -> str:
        return f"{self.kind}: {self.rule}"

    @property
    def good(self) -> bool:
        return not self.path


def filled(value: Any) -> Any:
    """`REPEAT a 3` becomes `aaa`, `LIST 3` a list of three different texts."""
    match value:
        case dict():
            return {name: filled(child) for name, child in cast("dict[str, Any]", value).items()}
        case list():
            return [filled(child) for child in cast("list[Any]", value)]
        case str() if value.startswith("REPEAT "):
            _, text, count = value.split()
            return text * int(count)
        case str() if value.startswith("LIST "):
            return [str(1000 + index) for index in range(int(value.split()[1]))]
        case _:
            return value


def whole(kind: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": "row"}, "spec": spec}


def rows() -> Iterator[Row]:
    for file in sorted(TABLES.glob("*.yaml")):
        content: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
        for table in cast("list[dict[str, Any]]", content if isinstance(content, list) else [content]):
            kind, base = table["kind"], table["base"]
            for raw in table["rows"]:
                spec = {name: value for name, value in base.items() if name not in raw.get("without", ())}
                body = whole(kind, spec | raw.get("spec", {})) | raw.get("body", {})
                body = {name: value for name, value in body.items() if name not in raw.get("bare", ())}
                yield row(kind, raw, filled(body))
            for raw in table.get("updates", ()):
                yield row(kind, raw, whole(kind, base | raw["to"]), whole(kind, base))


def row(kind: str, raw: dict[str, Any], body: dict[str, Any], before: dict[str, Any] | None = None) -> Row:
    says = raw.get("says", "")
    offline = raw.get("offline", says)
    return Row(kind, raw["rule"], body, raw.get("path", ""), says, offline, raw.get("hides", ""), before)


ROWS = list(rows())
every_row = pytest.mark.parametrize("row", ROWS, ids=str)


def judge(row: Row) -> list[Problem]:
    return validate_object(row.body) if row.before is None else validate_update(row.before, row.body)


def test_the_table_is_large_and_each_rule_stands_once() -> None:
    """Every kind has rows, and no two rows of a kind show the same rule."""
    assert len(ROWS) >= 150
    assert {row.kind for row in ROWS} == {info.kind for info in KINDS}
    assert len({(row.kind, row.rule) for row in ROWS}) == len(ROWS)


def test_every_rule_is_shown() -> None:
    """Each CEL rule is broken by some row, and its Python half says the same words."""
    told = [problem.message for row in ROWS for problem in judge(row)]
    for info in KINDS:
        for message in messages(crd(info)):
            shown = max(message.split("…"), key=len)
            assert any(shown in text for text in told), f"{info.kind}: no row breaks: {message}"


def messages(node: Any) -> Iterator[str]:
    """The messages of all rules in a CRD."""
    match node:
        case dict():
            entries = cast("dict[str, Any]", node)
            yield from (rule["message"] for rule in entries.get("x-kubernetes-validations", ()))
            for child in entries.values():
                yield from messages(child)
        case list():
            for child in cast("list[Any]", node):
                yield from messages(child)
        case _:
            return


@every_row
def test_the_models_judge_the_row(row: Row) -> None:
    """The models take good rows; of bad ones they name the field, the rule and the value."""
    found = judge(row)
    if row.good:
        assert found == []
        return
    messages = [problem.message for problem in found if problem.path == row.path]
    assert any(row.offline in message for message in messages), [str(problem) for problem in found]
    assert not row.hides or row.hides not in str(found)


@every_row
def test_the_api_server_judges_the_row(row: Row, send: Callable[..., tuple[int, dict[str, Any]]]) -> None:
    """The API server takes good rows; of bad ones it names the field and the rule."""
    collection = f"/apis/{API_VERSION}/namespaces/default/{KIND_BY_NAME[row.kind].plural}"
    if row.before is None:
        code, answer = send("POST", f"{collection}?{QUERY}", row.body)
    else:
        _, created = send("POST", collection, row.before)
        try:
            code, answer = send("PUT", f"{collection}/row?{QUERY}", {**row.body, "metadata": created["metadata"]})
        finally:
            send("DELETE", f"{collection}/row")
    if row.good:
        assert code in (200, 201), answer.get("message")
        return
    assert code in (400, 422)
    assert row.path in answer["message"]
    assert row.says in answer["message"]
    assert not row.hides or row.hides not in answer["message"]


@pytest.mark.parametrize("row", [row for row in ROWS if row.good and row.before is None], ids=str)
def test_what_the_server_stores_is_read(row: Row, send: Callable[..., tuple[int, dict[str, Any]]]) -> None:
    """With all its defaults filled in, an object means the same as the file it came from."""
    info = KIND_BY_NAME[row.kind]
    _, stored = send("POST", f"/apis/{API_VERSION}/namespaces/default/{info.plural}?{QUERY}", row.body)
    assert info.parse(stored).metadata.name == "row"
    assert info.spec_model.model_validate(stored["spec"]) == info.spec_model.model_validate(row.body["spec"])
    assert info.spec_model.validate_strict(stored["spec"]) == info.spec_model.model_validate(stored["spec"])
