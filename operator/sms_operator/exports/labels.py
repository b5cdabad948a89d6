"""Label selectors as `kubectl -l` takes them, as far as files can be chosen by them: equality and presence."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

Labels = Mapping[str, str]
Chooses = Callable[[Labels], bool]

_TERM: Final = re.compile(
    r"(?P<not>!?)(?P<key>[A-Za-z0-9][A-Za-z0-9_./-]*)(?:(?P<sign>==?|!=)(?P<value>[A-Za-z0-9_.-]*))?"
)


class BadSelector(ValueError):
    """A selector that is none, or that only an API server understands; the text says what is wanted."""


def chooser(selector: str) -> Chooses:
    """Whether labels fit a selector such as `team=north,region!=south,app,!old`; empty: all do.

    Raises:
        BadSelector: it is something else.
    """
    terms = [_term(text.strip()) for text in selector.split(",")] if selector.strip() else []
    return lambda labels: all(term(labels) for term in terms)


def equalities(selector: str) -> dict[str, str]:
    """A selector of equalities alone, as `matchLabels`.

    Raises:
        BadSelector: it is something else, or asks two values of one label.
    """
    wanted: dict[str, str] = {}
    for text in selector.split(","):
        found = _parsed(text.strip())
        if found["sign"] not in ("=", "==") or found["not"]:
            raise BadSelector(f'"{text.strip()}": only key=value can be asked for here')
        if wanted.setdefault(found["key"], found["value"]) != found["value"]:
            raise BadSelector(f'no channel has two values of "{found["key"]}"')
    return wanted


def _term(text: str) -> Chooses:
    found = _parsed(text)
    key, value = found["key"], found["value"]
    match found["sign"]:
        case None:
            present = not found["not"]
            return lambda labels: (key in labels) is present
        case "!=":
            return lambda labels: labels.get(key) != value
        case _:
            return lambda labels: labels.get(key) == value


def _parsed(text: str) -> re.Match[str]:
    found = _TERM.fullmatch(text)
    if found is None or (found["not"] and found["sign"]):
        raise BadSelector(f'"{text}" is no label: write for instance team=north,region!=south,app,!old')
    return found
