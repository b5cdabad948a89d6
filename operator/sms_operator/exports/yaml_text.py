"""Manifests as YAML that every reader takes alike.

Readers of YAML disagree about plain scalars (`12:30`, `yes`, `0123`): a text is only left unquoted where no reader can
take it for anything else. PyYAML would leave `0123456789` bare, where kubectl reads a number, and takes far longer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, cast

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")
_WORDS: Final = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"})
_ESCAPED = re.compile('["\\\\\x00-\x1f\x7f-\xa0\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]')
_NAMES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def document(body: Mapping[str, Any]) -> str:
    """A mapping of JSON's types as YAML in block style, ending with a line end."""
    lines: list[str] = []
    _block(body, "", lines)
    return "\n".join(lines) + "\n"


def scalar(value: Any) -> str:
    """A text, number, boolean or null."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case _:
            return _text(str(value))


def _text(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return '"' + _ESCAPED.sub(lambda found: _NAMES.get(found[0], f"\\u{ord(found[0]):04x}"), text) + '"'


def _block(body: Mapping[str, Any], indent: str, lines: list[str]) -> None:
    for name, value in body.items():
        key = f"{indent}{_text(name)}:"
        if isinstance(value, Mapping) and value:
            lines.append(key)
            _block(cast("Mapping[str, Any]", value), indent + "  ", lines)
        elif isinstance(value, (list, tuple)) and value:
            lines.append(key)
            _items(cast("list[Any]", value), indent + "  ", lines)
        else:
            lines.append(f"{key} {_empty_or_scalar(value)}")


def _items(items: list[Any], indent: str, lines: list[str]) -> None:
    for item in items:
        if isinstance(item, Mapping) and item:
            start = len(lines)
            _block(cast("Mapping[str, Any]", item), indent + "  ", lines)
            lines[start] = f"{indent}- {lines[start].lstrip()}"
        else:
            lines.append(f"{indent}- {_empty_or_scalar(item)}")


def _empty_or_scalar(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{}"
    return "[]" if isinstance(value, (list, tuple)) else scalar(value)
