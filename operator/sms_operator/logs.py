"""Structured logs on stderr: JSON lines for machines, or one readable line each for people.

Part of what is logged was chosen by others: an SMSC, whoever sends a message, whoever may declare objects. None of it
may pass for another entry, or steer the terminal that shows it.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import MutableMapping
from typing import Any, Final

import structlog

QUIET: Final = {"kopf": logging.ERROR, "aiohttp": logging.WARNING, "asyncio": logging.WARNING, "smpplib": logging.ERROR}
"""Other people's loggers: kopf logs whole objects at DEBUG, smpplib the octets of binds, passwords included."""


def configure_logging(level: str, form: str) -> None:
    """Set up logging of the whole process.

    Args:
        level: DEBUG, INFO, WARNING or ERROR; anything else counts as INFO.
        form: `json`, or `console` for people.
    """
    number = logging.getLevelNamesMapping().get(level, logging.INFO)
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        *([_without_controls] if form == "console" else []),
    ]
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()) if form == "console" else _json_line
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_in_one_line)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared))
    logging.basicConfig(level=max(number, logging.INFO), handlers=[handler], force=True)
    for name, floor in QUIET.items():
        logging.getLogger(name).setLevel(max(floor, number))


def printable(text: str) -> str:
    """The text with everything that is no visible character or space escaped as in Python's literals."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def _without_controls(_: Any, __: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """For people. What is no string is shown by its repr, which has no controls."""
    for name, value in entry.items():
        if isinstance(value, str):
            # The lines of a traceback stay lines, each set in, so that none looks like an entry.
            lines = value.split("\n") if name == "exception" else [value]
            entry[name] = "\n  ".join(map(printable, lines))
    return entry


def _json_line(_: Any, __: str, entry: MutableMapping[str, Any]) -> str:
    """JSON has to escape only some controls: not those of C1, nor the line ends and directions of Unicode."""
    line = json.dumps(entry, ensure_ascii=False, default=repr)
    if line.isprintable():
        return line
    return "".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in line)


def _in_one_line(record: logging.LogRecord) -> bool:
    """kopf ends by exceptions that are no bugs: we begin it anew and say so, and nobody needs its stack."""
    if record.name.startswith("kopf"):
        record.exc_info = record.exc_text = None
    return True
