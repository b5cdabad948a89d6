"""YAML events to values, with positions when somebody asks for them.

The composer of PyYAML is not used: it crashes the process on deep nesting and reads scalars otherwise than kubectl.
Positions cost as much as everything else together and are needed for few documents, so there are two passes over those
and one over the rest.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, cast

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    ScalarEvent,
    SequenceStartEvent,
)

from .limits import MAX_ALIASED, MAX_DEPTH
from .notes import Note, Remark
from .positions import ManifestError, Path, Span, Trouble
from .scalars import of_kubectl, read
from .text import Piece

_TAG: Final = "tag:yaml.org,2002:"
_MERGE: Final = "<<"
_KNOWN_TAGS: Final = {"str", "int", "float", "bool", "null", "map", "seq", "binary", "timestamp"}


class _Missing:
    """Stands where a mapping waits for its next key."""


_MISSING: Final = _Missing()


@dataclass(slots=True)
class _Anchored:
    value: Any
    size: int
    height: int


@dataclass(slots=True)
class _Frame:
    """A block or list that is being read."""

    value: dict[str, Any] | list[Any]
    path: Path
    anchor: str | None
    key: str | _Missing = _MISSING
    merging: bool = False
    merged: set[str] = field(default_factory=set[str])
    """Keys that came by a merge: stating them again is what merges are for."""
    size: int = 1
    height: int = 1


@dataclass(slots=True)
class Built:
    """One document."""

    value: Any = None
    noteworthy: bool = False
    """Whether reading it with positions would give notes."""
    notes: list[Note] = field(default_factory=list[Note])
    values: dict[Path, Span] = field(default_factory=dict[Path, Span])
    """Where each value stands; empty unless positions were asked for, as is `keys`."""
    keys: dict[Path, Span] = field(default_factory=dict[Path, Span])


def build(piece: Piece, *, positions: bool = False) -> Built | None:
    """The document in a piece; None when there is only a comment.

    Raises:
        ManifestError: it is no YAML, or asks for too much.
    """
    return _Builder(piece, positions).run()


class _Builder:
    def __init__(self, piece: Piece, positions: bool) -> None:
        self._piece = piece
        self._positions = positions
        self._frames: list[_Frame] = []
        self._anchors: dict[str, _Anchored] = {}
        self._aliased = 0
        self._built = Built()

    def run(self) -> Built | None:
        events: Iterator[Event] = yaml.parse(self._piece.text, Loader=yaml.CSafeLoader)
        found = False
        try:
            for event in events:
                if isinstance(event, DocumentEndEvent):
                    break
                found = self._take(event) or found
        except yaml.MarkedYAMLError as error:
            raise self._broken(error) from None
        except yaml.YAMLError as error:
            raise ManifestError(Trouble.SYNTAX, f"is not YAML: {' '.join(str(error).split())}", self._span()) from None
        if found:
            self._rest(events)
        return self._built if found else None

    def _take(self, event: Event) -> bool:
        """Whether the event belongs to a document."""
        match event:
            case ScalarEvent():
                self._attach(self._scalar(event), event, 1, 0)
            case MappingStartEvent():
                self._open(event, {})
            case SequenceStartEvent():
                self._open(event, [])
            case CollectionEndEvent():
                self._close(event)
            case AliasEvent():
                self._alias(event)
            case DocumentStartEvent(version=version):
                if version not in (None, (1, 1)):
                    raise self._error(event, "kubectl reads YAML 1.1 only; remove the %YAML directive")
            case _:
                return False
        return True

    def _rest(self, events: Iterator[Event]) -> None:
        """kubectl reads the first document behind each `---`, and drops without a word what follows after `...`."""
        try:
            ignored = next((event for event in events if isinstance(event, DocumentStartEvent)), None)
        except yaml.MarkedYAMLError as error:
            self._remark(Note(Remark.IGNORED, (), self._mark(error.problem_mark or error.context_mark)))
        else:
            if ignored is not None:
                self._note(Remark.IGNORED, (), ignored)

    def _open(self, event: Any, value: dict[str, Any] | list[Any]) -> None:
        if len(self._frames) >= MAX_DEPTH:
            raise self._error(event, f"is nested more than {MAX_DEPTH} levels deep", Trouble.LIMIT)
        self._ignored_tag(event)
        if event.anchor:
            self._anchors.pop(event.anchor, None)
        self._frames.append(_Frame(value, self._path(event), event.anchor))
        if self._positions:
            self._built.values[self._frames[-1].path] = self._span(event)

    def _close(self, event: Event) -> None:
        frame = self._frames.pop()
        if self._positions:
            began = self._built.values[frame.path]
            ended = self._span(event)
            self._built.values[frame.path] = Span(began.line, began.column, ended.end_line, ended.end_column)
        if frame.anchor:
            self._anchors[frame.anchor] = _Anchored(frame.value, frame.size, frame.height)
        self._attach(frame.value, event, frame.size, frame.height, closed=True)

    def _alias(self, event: Any) -> None:
        anchored = self._anchors.get(event.anchor)
        if anchored is None:
            inside = any(frame.anchor == event.anchor for frame in self._frames)
            what = "contains itself" if inside else "is not known before this place"
            raise self._error(event, f'the anchor "{event.anchor}" {what}')
        self._aliased += anchored.size
        if self._aliased > MAX_ALIASED:
            raise self._error(event, f"its aliases stand for more than {MAX_ALIASED:,} values", Trouble.LIMIT)
        if len(self._frames) + anchored.height > MAX_DEPTH:
            raise self._error(event, f"is nested more than {MAX_DEPTH} levels deep", Trouble.LIMIT)
        self._attach(anchored.value, event, anchored.size, anchored.height)

    def _attach(self, value: Any, event: Event, size: int, height: int, *, closed: bool = False) -> None:
        if not self._frames:
            self._built.value = value
            return
        frame = self._frames[-1]
        frame.size += size
        if height >= frame.height:
            frame.height = height + 1
        inside = frame.value
        if isinstance(inside, list):
            if self._positions and not closed:
                self._built.values[(*frame.path, len(inside))] = self._span(event)
            inside.append(value)
        elif isinstance(frame.key, _Missing):
            self._key(frame, inside, value, event)
        elif frame.merging:
            self._merge(frame, inside, value, event)
        else:
            if self._positions and not closed:
                self._built.values[(*frame.path, frame.key)] = self._span(event)
            if value is None:
                self._note(Remark.NOTHING, (*frame.path, frame.key), event, frame.key)
            inside[frame.key] = value
            frame.key = _MISSING

    def _key(self, frame: _Frame, inside: dict[str, Any], value: Any, event: Event) -> None:
        if isinstance(value, (dict, list)):
            raise self._error(event, "a key must be a text, found a block or a list")
        if value == _MERGE and isinstance(event, ScalarEvent) and event.implicit[0]:
            frame.key, frame.merging = _MERGE, True
            return
        key = self._key_text(value, event)
        path = (*frame.path, key)
        if key in inside and key not in frame.merged:
            self._note(Remark.DUPLICATE, path, event, key, self._built.keys.get(path))
        frame.merged.discard(key)
        if self._positions:
            self._built.keys[path] = self._span(event)
        frame.key = key

    def _key_text(self, value: Any, event: Event) -> str:
        match value:
            case str():
                return value
            case bool():
                return "true" if value else "false"
            case None:
                raise self._error(event, "a key must be a text, found nothing; quote it")
            case int() if value >= 2**63:
                raise self._error(event, f"a key must be a text, found the number {value}; quote it")
            case _:
                return str(value)

    def _merge(self, frame: _Frame, inside: dict[str, Any], value: Any, event: Event) -> None:
        """As kubectl does it: where it stands, so that it wins over keys before it; of a list the first wins."""
        blocks = list(reversed(cast("list[Any]", value))) if isinstance(value, list) else [value]
        for block in blocks:
            if not isinstance(block, dict):
                raise self._error(event, '"<<" needs a block, or a list of blocks')
            for key, inner in cast("dict[str, Any]", block).items():
                path = (*frame.path, key)
                if key in inside and key not in frame.merged:
                    self._note(Remark.DUPLICATE, path, event, key, self._built.keys.get(path))
                inside[key] = inner
                frame.merged.add(key)
        frame.key, frame.merging = _MISSING, False

    def _scalar(self, event: ScalarEvent) -> Any:
        text: str = event.value
        anchor: str | None = event.anchor
        try:
            if event.implicit[0]:
                value, agreed = read(text)
                if not agreed:
                    self._note(Remark.AMBIGUOUS, self._path(event), event, text)
            elif event.implicit[1]:
                value = text
            else:
                value = self._tagged(event, text)
        except ValueError as error:
            raise self._error(event, str(error)) from None
        if anchor:
            self._anchors[anchor] = _Anchored(value, 1, 0)
        return value

    def _tagged(self, event: ScalarEvent, text: str) -> Any:
        name = str(event.tag).removeprefix(_TAG)
        match name:
            case "str" | "timestamp" | "!":
                return text
            case "binary":
                try:
                    return base64.b64decode(text, validate=True).decode()
                except (binascii.Error, UnicodeDecodeError):
                    raise ValueError("!!binary needs a text in base64") from None
            case "int" | "float" | "bool" | "null":
                value = of_kubectl(text)
                wanted = {"int": (int,), "float": (int, float), "bool": (bool,), "null": (type(None),)}[name]
                if not isinstance(value, wanted) or (isinstance(value, bool) and name != "bool"):
                    raise ValueError(f'!!{name} does not fit "{text[:40]}"')
                return value
            case _:
                self._ignored_tag(event)
                return text

    def _ignored_tag(self, event: Any) -> None:
        tag = cast("str | None", event.tag)
        if tag and tag != "!" and tag.removeprefix(_TAG) not in _KNOWN_TAGS:
            self._note(Remark.TAG, self._path(event), event, tag.replace(_TAG, "!!"))

    def _path(self, event: Event) -> Path:
        """Of the value that begins with this event."""
        if not self._frames:
            return ()
        frame = self._frames[-1]
        if isinstance(frame.value, list):
            return (*frame.path, len(frame.value))
        if isinstance(frame.key, _Missing):
            return (*frame.path, str(getattr(event, "value", "")))
        return (*frame.path, frame.key)

    def _note(self, remark: Remark, path: Path, event: Event, text: str = "", first: Span | None = None) -> None:
        self._built.noteworthy = True
        if self._positions:
            self._remark(Note(remark, path, self._span(event), text, first))

    def _remark(self, note: Note) -> None:
        self._built.noteworthy = True
        if self._positions:
            self._built.notes.append(note)

    def _mark(self, mark: Any) -> Span:
        if mark is None:
            return self._span()
        line, column = self._place(mark)
        return Span(line, column, line, column + 1)

    def _span(self, event: Event | None = None) -> Span:
        began = None if event is None else event.start_mark
        ended = None if event is None else event.end_mark
        if began is None or ended is None:
            return Span(self._piece.first_line, 1, self._piece.first_line, 1)
        return Span(*self._place(began), *self._place(ended))

    def _place(self, mark: Any) -> tuple[int, int]:
        column = mark.column + (self._piece.first_column if mark.line == 0 else 1)
        return mark.line + self._piece.first_line, column

    def _error(self, event: Event, message: str, trouble: Trouble = Trouble.SYNTAX) -> ManifestError:
        return ManifestError(trouble, message, self._span(event))

    def _broken(self, error: yaml.MarkedYAMLError) -> ManifestError:
        problem = " ".join(str(error.problem or error.context or "is not YAML").split())
        mark = error.problem_mark or error.context_mark
        if error.context and error.context_mark is not None:
            began, _ = self._place(error.context_mark)
            problem += f" ({' '.join(error.context.split())} that begins on line {began})"
        return ManifestError(Trouble.SYNTAX, f"is not YAML: {problem}", self._mark(mark))
