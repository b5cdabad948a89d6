"""Times of the day and the segments made of them."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, ClassVar, Final

from pydantic import Field

from .base import ApiModel
from .rules import Rule, pattern
from .values import ATOMIC, Text

TimeOfDay = Annotated[
    Text,
    Field(max_length=5),
    pattern(
        "(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00",
        "must be a time from 00:00 to 24:00, written HH:MM and quoted in YAML",
    ),
]


class Segment(ApiModel):
    """A part of a day."""

    start: TimeOfDay
    """First minute, HH:MM."""
    end: TimeOfDay
    """The minute after the last, HH:MM, up to 24:00; later than start."""

    RULES: ClassVar = (
        Rule(
            "self.start < self.end",
            lambda segment: segment.start < segment.end,
            "end {self.end} must be later than start {self.start}; split a segment that passes midnight",
            ".end",
        ),
    )


def _disjoint(segments: tuple[Segment, ...]) -> bool:
    ordered = sorted(segments, key=lambda segment: segment.start)
    return all(before.end <= after.start for before, after in pairwise(ordered))


Segments = Annotated[
    tuple[Segment, ...],
    Field(max_length=4),
    ATOMIC,
    Rule(
        "self.all(one, self.filter(other, one.start < other.end && other.start < one.end).size() <= 1)",
        _disjoint,
        "segments must not overlap",
    ),
]


WHOLE_DAY: Final = (Segment(start="00:00", end="24:00"),)
