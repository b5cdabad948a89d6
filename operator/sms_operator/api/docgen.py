"""Writes `docs/reference/`: `python -m sms_operator.api.docgen [--check] [directory]`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from .crd import crd
from .kinds import API_VERSION, KINDS, KindInfo
from .rules import VALIDATIONS

HEADER: Final = "<!-- Generated from operator/sms_operator/api: do not edit. python -m sms_operator.api.docgen -->\n\n"
_CONDITIONS: Final = "Standard conditions: [conditions and reasons](../conditions.md)."
_BOUNDS: Final = (
    ("minimum", "maximum", ""),
    ("minLength", "maxLength", " characters"),
    ("minItems", "maxItems", " entries"),
    ("minProperties", "maxProperties", " entries"),
)


def documents() -> dict[str, str]:
    """File name and content of every page."""
    pages = {f"{info.singular}.md": HEADER + "\n".join(_page(info)) for info in KINDS}
    pages["README.md"] = HEADER + "\n".join(_index())
    return pages


def stale(directory: Path) -> list[str]:
    """The files of `directory` that are not what the models say: missing, different, or of no kind."""
    wanted = documents()
    found = {path.name: path.read_text(encoding="utf-8") for path in directory.glob("*.md")}
    return sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))


def _index() -> Iterator[str]:
    yield "# Reference: the kinds"
    yield ""
    yield f"`apiVersion: {API_VERSION}`; all are namespaced, and `kubectl get sms` lists them together."
    yield ""
    yield "| Kind | Short name | What it is |"
    yield "|---|---|---|"
    for info in KINDS:
        yield f"| [{info.kind}]({info.singular}.md) | `{info.short_name}` | {_cell(_schema(info)['description'])} |"
    yield ""


def _page(info: KindInfo) -> Iterator[str]:
    schema = _schema(info)
    yield f"# {info.kind}"
    yield ""
    yield schema["description"]
    yield ""
    yield f"`kubectl get {info.plural}`, short `{info.short_name}`. `kubectl explain {info.singular}` says the same."
    yield ""
    parts = schema["properties"]
    yield from _section("spec", parts["spec"])
    yield from _section("status", parts["status"])


def _section(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    yield f"## {name}"
    yield ""
    yield "| Field | Type | Default | What it is |"
    yield "|---|---|---|---|"
    for path, field, required in _fields(schema, ""):
        default = "required" if required else _default(field)
        yield f"| `{path}` | {_type(field)} | {default} | {_cell(field.get('description', ''))} |"
    yield ""
    rules = list(dict.fromkeys(_rules(schema, name)))
    if rules:
        yield "### Rules"
        yield ""
        yield "The API server refuses what breaks one of these, with this message:"
        yield ""
        yield from (f"- `{path}`: {message}" for path, message in rules)
        yield ""


def _fields(schema: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Mapping[str, Any], bool]]:
    required = set(schema.get("required", ()))
    for name, field in schema.get("properties", {}).items():
        path = prefix + name
        if path == "conditions" or prefix.startswith("conditions"):
            yield path, {**field, "description": _CONDITIONS}, False
            continue
        yield path, field, name in required and "default" not in field
        yield from _fields(field, f"{path}.")
        yield from _fields(field.get("items", {}), f"{path}[].")


def _type(field: Mapping[str, Any]) -> str:
    kind = field.get("type", "integer or string" if field.get("x-kubernetes-int-or-string") else "any")
    if "enum" in field:
        return " \\| ".join(f"`{value}`" for value in field["enum"])
    if kind == "array":
        kind = f"list of {field['items'].get('type', 'any')}"
    elif kind == "object" and "additionalProperties" in field:
        kind = "map"
    elif "format" in field:
        kind = f"{kind} ({field['format']})"
    limits = [_between(field.get(low), field[high], unit) for low, high, unit in _BOUNDS if high in field]
    return _cell(", ".join((kind, *limits)))


def _between(low: int | None, high: int, unit: str) -> str:
    return f"up to {high:,}{unit}" if low is None else f"{low:,} to {high:,}{unit}"


def _default(field: Mapping[str, Any]) -> str:
    if "default" not in field or isinstance(field["default"], (dict, list)):
        return ""
    return f"`{json.dumps(field['default'], ensure_ascii=False)}`"


def _rules(schema: Mapping[str, Any], path: str) -> Iterator[tuple[str, str]]:
    for rule in schema.get(VALIDATIONS, ()):
        yield path + rule.get("fieldPath", ""), rule["message"]
    for name, field in schema.get("properties", {}).items():
        yield from _rules(field, f"{path}.{name}")
    if "items" in schema:
        yield from _rules(schema["items"], f"{path}[]")


def _schema(info: KindInfo) -> Mapping[str, Any]:
    schema: Mapping[str, Any] = crd(info)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return schema


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the pages, or with `--check` say which are stale and return 1."""
    parser = argparse.ArgumentParser(prog="docgen", description="Write the reference of the kinds.")
    parser.add_argument("directory", nargs="?", type=Path, default=Path("docs/reference"))
    parser.add_argument("--check", action="store_true", help="only compare; exit 1 when a page is stale")
    options = parser.parse_args(arguments)
    if options.check:
        names = stale(options.directory)
        for name in names:
            print(f"{options.directory / name}: stale; run: python -m sms_operator.api.docgen", file=sys.stderr)
        return 1 if names else 0
    options.directory.mkdir(parents=True, exist_ok=True)
    for name, text in documents().items():
        (options.directory / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
