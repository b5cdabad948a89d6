"""ServiceTime: the tenant's calendar of working and non-working days."""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from .base import ApiModel, Column
from .conditions import CommonStatus
from .meta import Resource
from .rules import Rule, pattern
from .values import SET, Text

_DATE = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Weekday(StrEnum):
    """A day of the week."""

    MONDAY = "Monday"
    TUESDAY = "Tuesday"
    WEDNESDAY = "Wednesday"
    THURSDAY = "Thursday"
    FRIDAY = "Friday"
    SATURDAY = "Saturday"
    SUNDAY = "Sunday"


def _day(value: Any) -> date:
    if type(value) is date:
        return value
    try:
        if isinstance(value, str) and _DATE.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise PydanticCustomError("date", "must be of type date, such as 2026-12-24")


Day = Annotated[
    date,
    BeforeValidator(_day),
    Rule(
        "self >= timestamp('2000-01-01T00:00:00Z') && self < timestamp('2200-01-01T00:00:00Z')",
        lambda day: 2000 <= day.year < 2200,
        "must be a date from 2000 to 2199",
    ),
]


class ServiceTimeSpec(ApiModel):
    """Which days are workdays. A date in workDates is one, whatever else says."""

    time_zone: Annotated[
        Text,
        Field(max_length=64),
        pattern("[A-Za-z0-9_+/-]+", "must be an IANA name such as UTC or Europe/Berlin"),
    ] = "UTC"
    """IANA time zone in which days begin and agents' times are meant, such as Europe/Berlin."""
    non_working_days: Annotated[tuple[Weekday, ...], Field(max_length=7), SET] = (Weekday.SATURDAY, Weekday.SUNDAY)
    """Days of the week without work; [] means none. (AICC: Non-working days)"""
    rest_dates: Annotated[tuple[Day, ...], Field(max_length=1000), SET] = ()
    """Dates without work, such as "2026-12-24". (AICC: Rest Dates)"""
    work_dates: Annotated[tuple[Day, ...], Field(max_length=1000), SET] = ()
    """Dates with work; they win over everything else. (AICC: Work Dates)"""


class ServiceTimeStatus(CommonStatus):
    """Whether the calendar is usable."""


class ServiceTime(Resource):
    """The tenant's calendar of working and non-working days; the one named "default" is for every channel."""

    COLUMNS = (Column("Time Zone", ".spec.timeZone"), Column("Non-working", ".spec.nonWorkingDays"))

    spec: ServiceTimeSpec
    """The calendar as declared."""
    status: ServiceTimeStatus = Field(default_factory=ServiceTimeStatus)
    """The calendar as it is."""
