"""The columns of a table of channels: one for each field of SmsChannelSpec, in its order, after the object's names.

Headings are the fields' paths, as in a manifest. Reading also knows the labels of the AICC manual ("Configuring the SMS
Channel"), so that a table written by hand from its pages can be imported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from .cells import boolean, join, labels, labels_text, segments, segments_text, split
from .records import Record, effective

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Codec:
    """How a value stands in a cell."""

    write: Callable[[Any], str]
    read: Callable[[str], Any]
    """Raises CellError."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    heading: str
    path: Path
    """Of the value within the object."""
    manual: str
    """The manual's label; empty where the manual has no such field."""
    codec: Codec
    meaning: str
    aliases: tuple[str, ...] = ()
    """Other headings that are understood."""


TEXT: Final = Codec(str, str.strip)
VERBATIM: Final = Codec(str, lambda text: text)
"""White space is part of the value."""
FLAG: Final = Codec(lambda value: "true" if value else "false", boolean)
ITEMS: Final = Codec(join, split)
SEGMENTS: Final = Codec(segments_text, segments)
LABELS: Final = Codec(labels_text, labels)


def _field(dotted: str, manual: str, codec: Codec, meaning: str, *aliases: str) -> Column:
    path = tuple(dotted.split("."))
    heading = dotted.removesuffix(".name") if path[-1] == "name" else dotted
    return Column(heading, ("spec", *path), manual, codec, meaning, aliases)


COLUMNS: Final[tuple[Column, ...]] = (
    Column("namespace", ("metadata", "namespace"), "", TEXT, "Namespace: the tenant."),
    Column("name", ("metadata", "name"), "", TEXT, "Name of the object; may be left out: made from channelName."),
    Column("labels", ("metadata", "labels"), "", LABELS, "Labels of the object: team=north | app=desk."),
    _field("channelName", "Channel Name", TEXT, "Letters, digits and _, unique in the namespace."),
    _field("gatewayRef.name", "SMS Gateway", TEXT, "Name of the SmppGateway."),
    _field("numbers", "", ITEMS, "Numbers of the gateway that belong to the channel; empty: all others'."),
    _field("organizationUnitRef.name", "OU Configuration", TEXT, "Name of the OrganizationUnit."),
    _field("calledRouteRef.name", "Skill Queue", TEXT, "Name of the multimedia CalledRoute."),
    _field(
        "transferKeywords",
        "Keyword for Transfer to Agent",
        ITEMS,
        "Words by which a customer asks for an agent: agent | human.",
        "Keyword(s) for Transfer to Agent",
    ),
    _field(
        "agentWorkTime.workdays",
        "Agent Work Time: Workday",
        SEGMENTS,
        "Up to 4 segments, 08:00-12:00 | 13:00-18:00; none: not at all; empty: the whole day.",
    ),
    _field(
        "agentWorkTime.nonWorkdays", "Agent Work Time: Non-workday", SEGMENTS, "The same for days that are no workdays."
    ),
    _field("serviceTimeRef.name", "Service Time", TEXT, "Name of the ServiceTime; empty: the one named default."),
    _field("lastAgent.enabled", "Last Agent Mode", FLAG, "true or false; empty: not configured."),
    _field("lastAgent.window", "", TEXT, "1m to 720h."),
    _field("sessionEnd.enabled", "Session End Due to No Customer Reply", FLAG, "true or false; empty: not configured."),
    _field("sessionEnd.noCustomerReply", "Customer Reply Timeout Period", TEXT, "1m to 60m."),
    _field("sessionTransfer.enabled", "Session Transfer", FLAG, "true or false; empty: not configured."),
    _field("sessionTransfer.noAgentReply", "Session Transfer Due to No Agent Reply", TEXT, "1m to 60m; empty: never."),
    _field("sessionTransfer.allowed", "", FLAG, "Whether agents may transfer sessions themselves."),
    _field("offlineMessages.enabled", "Offline Messages", FLAG, "true or false; empty: not configured."),
    _field("offlineMessages.routingTimeLimit", "Offline Message Routing Time Limit", TEXT, "1m to 60m."),
    _field(
        "offlineMessages.agentOutboundLimit",
        "Agent Outbound Call Time Limit",
        TEXT,
        "0m to 168h; empty: no limit; 0m: agents may not reply.",
    ),
    _field("offlineMessages.calledCustomerReplyTimeout", "Called Customer Reply Timeout Period", TEXT, "1m to 5m."),
    _field("offlineMessages.routingMode", "Routing Mode", TEXT, "SkillQueue, LastAgent or Chatbot."),
    _field("autoReply.enabled", "Auto Reply", FLAG, "true or false; empty: not configured."),
    _field("autoReply.text", "", VERBATIM, "1 to 1000 characters."),
    _field("nonWorkingDayReply.enabled", "Non-Working Day Reply", FLAG, "true or false; empty: not configured."),
    _field("nonWorkingDayReply.text", "", VERBATIM, "1 to 1000 characters."),
    _field("robot.enabled", "Robot Configuration", FLAG, "true or false; empty: not configured."),
    _field("robot.chatbotRef.name", "Chatbot", TEXT, "Name of the Chatbot."),
)

HEADINGS: Final = tuple(column.heading for column in COLUMNS)
REQUIRED: Final = ("channelName", "gatewayRef", "calledRouteRef")
"""Headings without which no row can be a channel."""


def row_of(record: Record) -> list[str]:
    """A channel as the cells of its row, in the order of COLUMNS; absent values are empty."""
    body: Mapping[str, Any] = {
        "metadata": {"namespace": record.namespace, "name": record.name, "labels": record.labels},
        "spec": effective(record),
    }
    cells: list[str] = []
    for column in COLUMNS:
        value = _at(body, column.path)
        cells.append("" if value is None else column.codec.write(value))
    return cells


def column_named(heading: str) -> Column | None:
    """The column of a heading, however it is capitalized or spaced; None when there is none."""
    return _BY_HEADING.get(_plain(heading))


def put(body: dict[str, Any], column: Column, value: Any) -> None:
    """Set a column's value in an object that is being made."""
    place = body
    for step in column.path[:-1]:
        place = place.setdefault(step, {})
    place[column.path[-1]] = value


def column_at(path: str) -> Column | None:
    """The column that a field's path, as validation writes it, speaks of; None when no column holds it alone."""
    steps = tuple(step.partition("[")[0] for step in path.split("."))
    fitting = [column for column in COLUMNS if steps[: len(column.path)] == column.path]
    if not fitting:
        fitting = [column for column in COLUMNS if column.path[: len(steps)] == steps]
        return fitting[0] if len(fitting) == 1 else None
    return fitting[0]


def _at(body: Any, path: Path) -> Any:
    for step in path:
        if body is None:
            return None
        body = body.get(step)
    return body


def _plain(heading: str) -> str:
    return " ".join(heading.strip().strip("*").split()).casefold()


_BY_HEADING: Final[Mapping[str, Column]] = {
    _plain(name): column
    for column in COLUMNS
    for name in (column.heading, column.manual, *column.aliases, ".".join(column.path))
    if name
}
