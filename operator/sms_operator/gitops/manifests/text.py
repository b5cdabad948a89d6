"""Bytes to text, and text to the pieces that kubectl takes for documents."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from .positions import ManifestError, Span, Trouble

MAX_BYTES: Final = 64 * 1024 * 1024
"""Of one file or of standard input: room for 100,000 channels."""

_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""YAML 1.1, section 4.1.1."""
_SURROGATES: Final = re.compile(r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9A-Fa-f]{2})\\u([dD][c-fC-F][0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a file that holds one document."""

    text: str
    first_line: int
    """The line of the file on which it begins, from 1."""
    first_column: int = 1
    """The column of that line, from 1: not always the first in JSON."""


def decode(content: bytes) -> str:
    """The text of a file, without a byte order mark.

    Raises:
        ManifestError: too large, binary, or not UTF-8, with the place.
    """
    if len(content) > MAX_BYTES:
        raise ManifestError(Trouble.LIMIT, f"is larger than {MAX_BYTES // 2**20} MiB; split it")
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise ManifestError(Trouble.UNREADABLE, "is UTF-16; save it as UTF-8")
    if b"\0" in content:
        raise ManifestError(Trouble.UNREADABLE, "is a binary file; a manifest is text")
    try:
        text = content.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        before = content[: error.start].removeprefix(codecs.BOM_UTF8).decode()
        octet = content[error.start]
        raise ManifestError(
            Trouble.UNREADABLE, f"is not UTF-8: octet 0x{octet:02x}; save it as UTF-8", _behind(before)
        ) from None
    if found := _FORBIDDEN.search(text):
        what = f"the control character U+{ord(found[0]):04X}"
        raise ManifestError(Trouble.SYNTAX, f"YAML allows no {what[4:]}; remove it", _behind(text[: found.start()]))
    return text


def pieces(text: str) -> Iterator[Piece]:
    """The documents of a file, as kubectl separates them.

    kubectl reads a file that begins with `{` as a series of JSON objects if it can. Everything else it cuts at lines
    that begin with `---`, before any YAML is understood; nothing but a comment may follow on such a line.

    Raises:
        ManifestError: something follows `---` on its line.
    """
    if text.lstrip()[:1] == "{" and (found := _json(text)) is not None:
        yield from found
        return
    lines: list[str] = []
    first = 1
    for number, line in enumerate(text.split("\n"), 1):
        if not line.startswith("---"):
            lines.append(line)
            continue
        rest = line[3:].strip()
        if rest and not rest.startswith("#"):
            message = f'nothing may follow "---" on its line, found "{rest[:20]}"; kubectl refuses the file'
            raise ManifestError(Trouble.SYNTAX, message, Span(number, 4, number, len(line) + 1))
        if any(lines):
            yield Piece("\n".join(lines) + "\n", first)
        lines, first = [], number + 1
    if any(lines):
        yield Piece("\n".join(lines), first)


def _json(text: str) -> list[Piece] | None:
    """JSON objects one behind the other; None when it is not that."""
    decoder = json.JSONDecoder()
    found: list[Piece] = []
    at = 0
    try:
        while at < len(text):
            if text[at] in " \t\r\n":
                at += 1
                continue
            _, end = decoder.raw_decode(text, at)
            place = _behind(text[:at])
            found.append(Piece(_SURROGATES.sub(_joined, text[at:end]), place.line, place.column))
            at = end
    except (ValueError, RecursionError):
        return None
    return found


def _joined(pair: re.Match[str]) -> str:
    """JSON writes what is beyond 16 bits as two escapes, which YAML does not know."""
    high, low = int(pair[2], 16), int(pair[3], 16)
    return f"{pair[1]}\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08X}"


def _behind(before: str) -> Span:
    line = before.count("\n") + 1
    column = len(before) - before.rfind("\n")
    return Span(line, column, line, column + 1)
