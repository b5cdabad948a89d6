"""Structured logs on stderr: JSON lines for machines, or one readable line each for people."""

from __future__ import annotations

import logging
import sys
from typing import Final

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
    ]
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
        if form == "console"
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared))
    logging.basicConfig(level=max(number, logging.INFO), handlers=[handler], force=True)
    for name, floor in QUIET.items():
        logging.getLogger(name).setLevel(max(floor, number))
