"""Models to CustomResourceDefinitions (apiextensions.k8s.io/v1) with structural schemas.

Everything pydantic may say in a JSON schema is either translated here or refused: nothing is dropped silently.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, cast

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from .base import Column
from .duration import format_duration
from .kinds import CATEGORY, GROUP, VERSION, KindInfo

Schema = dict[str, Any]

AGE: Final = Column("Age", ".metadata.creationTimestamp", "date")

_KEPT: Final = (
    "description",
    "type",
    "format",
    "enum",
    "default",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "required",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-validations",
)
_TRANSLATED: Final = frozenset({"title", "const", "properties", "items", "additionalProperties"})


class CrdError(Exception):
    """A model says something that a CRD cannot, or leaves out something that a CRD needs."""


class _Generator(GenerateJsonSchema):
    def encode_default(self, dft: Any) -> Any:
        """Defaults as they stand in YAML; blocks are written out, because CEL runs on them before nested defaults."""
        if isinstance(dft, timedelta):
            return format_duration(dft)
        if isinstance(dft, BaseModel):
            return _without_empty(dft.model_dump(mode="json", by_alias=True, exclude_none=True))
        if isinstance(dft, tuple):
            items = cast("tuple[Any, ...]", dft)
            return [self.encode_default(item) for item in items]
        return super().encode_default(dft)


def crd(info: KindInfo) -> dict[str, Any]:
    """The CustomResourceDefinition of a kind.

    Raises:
        CrdError: the kind's models cannot be said as a structural schema.
    """
    columns = (*info.model.COLUMNS, *info.model.STATUS_COLUMNS, AGE)
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": info.crd_name},
        "spec": {
            "group": GROUP,
            "names": {
                "kind": info.kind,
                "listKind": f"{info.kind}List",
                "plural": info.plural,
                "singular": info.singular,
                "shortNames": [info.short_name],
                "categories": [CATEGORY],
            },
            "scope": "Namespaced",
            "versions": [
                {
                    "name": VERSION,
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": _object_schema(info)},
                    "subresources": {"status": {}},
                    "additionalPrinterColumns": [_column(column) for column in columns],
                    **_selectable(info.model.SELECTABLE),
                }
            ],
        },
    }


def structural(model: type[BaseModel], *, defaults: bool = True) -> Schema:
    """The structural schema of a model; without `defaults` for what a machine writes.

    Raises:
        CrdError: see `crd`.
    """
    source = model.model_json_schema(by_alias=True, mode="validation", schema_generator=_Generator)
    return _Converter(source.pop("$defs", {}), defaults).convert(source, model.__name__)


class _Converter:
    def __init__(self, definitions: Mapping[str, Schema], defaults: bool):
        self._definitions = definitions
        self._defaults = defaults

    def convert(self, source: Schema, path: str, *, in_list: bool = False) -> Schema:
        source = self._resolved(source)
        unknown = source.keys() - set(_KEPT) - _TRANSLATED
        if unknown:
            raise CrdError(f"{path}: {', '.join(sorted(unknown))} cannot be said in a CRD")
        schema: Schema = {name: source[name] for name in _KEPT if name in source}
        if "const" in source:
            schema["enum"] = [source["const"]]
        if "description" in schema:
            schema["description"] = " ".join(schema["description"].split())
        if "default" in schema:
            if not self._defaults or schema["default"] in ("", []):
                del schema["default"]
            elif in_list:
                raise CrdError(f"{path}: a default inside a list shows as drift in GitOps tools")
        if not isinstance(schema.get("default", {}), dict):
            schema["description"] = f"{schema.get('description', '')} Default: {_in_yaml(schema['default'])}.".strip()
        if "properties" in source:
            schema["properties"] = {
                name: self.convert(child, f"{path}.{name}", in_list=in_list)
                for name, child in source["properties"].items()
            }
        if "items" in source:
            schema["items"] = self.convert(source["items"], f"{path}[]", in_list=True)
        extra = source.get("additionalProperties")
        if isinstance(extra, dict):
            schema["additionalProperties"] = self.convert(cast("Schema", extra), f"{path}{{}}", in_list=True)
        elif extra is True:
            raise CrdError(f"{path}: fields of any name cannot be said in a structural schema")
        _bounded(schema, path)
        return schema

    def _resolved(self, source: Schema) -> Schema:
        while "$ref" in source or "anyOf" in source:
            siblings = {name: value for name, value in source.items() if name not in ("$ref", "anyOf")}
            if "default" in siblings and siblings["default"] is None:
                del siblings["default"]
            if "$ref" in source:
                source = {**self._definitions[source["$ref"].rpartition("/")[2]], **siblings}
                continue
            choices = [choice for choice in source["anyOf"] if choice != {"type": "null"}]
            if len(choices) != 1:
                raise CrdError(f"a choice between {len(choices)} types cannot be said in a CRD: {choices}")
            source = {**choices[0], **siblings}
        return source


def _without_empty(block: Mapping[str, Any]) -> Schema:
    """Empty text and lists mean the same as absent ones, and would only be noise in every stored object."""
    return {
        name: _without_empty(cast("Schema", value)) if isinstance(value, dict) else value
        for name, value in block.items()
        if value not in ("", [])
    }


def _in_yaml(default: Any) -> str:
    """A default as one would type it; `kubectl explain` shows no other trace of it."""
    return json.dumps(default, ensure_ascii=False) if not isinstance(default, str) else default


def _bounded(schema: Schema, path: str) -> None:
    """CEL's cost is estimated from the sizes, so every size has a bound."""
    kind = schema.get("type")
    if kind not in ("object", "array", "string", "integer", "boolean"):
        raise CrdError(f"{path}: needs one of the types that a CRD knows, has {kind}")
    if kind == "string" and not schema.keys() & {"maxLength", "enum", "format"}:
        raise CrdError(f"{path}: a string needs maxLength")
    if kind == "array" and not {"maxItems", "x-kubernetes-list-type"} <= schema.keys():
        raise CrdError(f"{path}: a list needs maxItems and x-kubernetes-list-type")
    if "additionalProperties" in schema and "maxProperties" not in schema:
        raise CrdError(f"{path}: a map needs maxProperties")


def _object_schema(info: KindInfo) -> Schema:
    return {
        "description": " ".join(inspect.cleandoc(info.model.__doc__ or "").split()),
        "type": "object",
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string", "description": f"{GROUP}/{VERSION}"},
            "kind": {"type": "string", "description": info.kind},
            "metadata": {"type": "object"},
            "spec": structural(info.spec_model),
            "status": structural(info.status_model, defaults=False),
        },
    }


def _selectable(paths: tuple[str, ...]) -> dict[str, Any]:
    """An empty list is not stored, and a second tool that applies it would find a difference for ever."""
    return {"selectableFields": [{"jsonPath": path} for path in paths]} if paths else {}


def _column(column: Column) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": column.name, "type": column.type, "jsonPath": column.path}
    if column.description:
        shown["description"] = column.description
    if column.priority:
        shown["priority"] = column.priority
    return shown
