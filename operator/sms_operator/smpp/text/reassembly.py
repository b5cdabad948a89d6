"""Parts into whole messages: in any order, repeated, never finished, or mixed with those of others."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Hashable
from enum import StrEnum
from typing import Final, Generic, NamedTuple, TypeVar

from sms_operator.smpp.command_status import ESME_RINVMSGLEN
from sms_operator.smpp.errors import Malformed

from .segments import Segment

T = TypeVar("T")

MAX_TOTAL: Final = 255
"""Parts that one message can have."""


class Cause(StrEnum):
    """Why a message was given up."""

    EXPIRED = "not all parts came in time"
    OVERFLOW = "too many messages were incomplete"
    REUSED = "its sender began another message with the same reference"
    DRAINED = "nobody waits any longer"


class Whole(NamedTuple, Generic[T]):
    """All parts of a message, in order."""

    key: Hashable
    items: tuple[T, ...]
    seconds: float
    """From the first that came to the last."""


class Repeated(NamedTuple, Generic[T]):
    """A part that had come before, with the same content."""

    key: Hashable
    replaced: T | None
    """What had come; the new one is held in its place. None: the message is whole already, and the new one not held."""


class Incomplete(NamedTuple, Generic[T]):
    """A message that was given up."""

    key: Hashable
    total: int
    items: dict[int, T]
    """What came, by number, in the order in which it came."""
    cause: Cause


class _Open(Generic[T]):
    __slots__ = ("contents", "items", "key", "since", "total")

    def __init__(self, key: Hashable, total: int, since: float) -> None:
        self.key = key
        self.total = total
        self.since = since
        self.items: dict[int, T] = {}
        self.contents: dict[int, int] = {}


_Name = tuple[Hashable, int, int, int]


class Reassembler(Generic[T]):
    """Holds parts until their message is whole. Every call costs the same, however many are held.

    Messages are told apart by the caller's key (source and destination), the reference, its width and the total. A
    part that comes again with the same content replaces its twin: it is what an SMSC sends again whose response was
    lost. One that comes again with another content is of a new message whose sender has used up its references: the
    old message can no longer be told from it and is given up. For some time a whole message is remembered, so that a
    part of it that is sent again begins no message that never ends.

    What is given up comes out of `expire`, which is to be called whenever `deadline` has passed.
    """

    def __init__(
        self,
        content: Callable[[T], Hashable],
        seconds: float,
        *,
        remembered: float = 60.0,
        most_messages: int = 10_000,
        most_items: int = 50_000,
    ) -> None:
        """`content` is what makes two items with the same number the same part; a hash of it is kept.

        `seconds`: how long a message may take, from its first part. `remembered`: seconds for which a whole message
        is remembered; 0: not at all. Beyond `most_messages` or `most_items` what is oldest is given up. Raises
        ValueError when they have no room for one message.
        """
        if most_messages < 1 or most_items < MAX_TOTAL:
            raise ValueError(f"a message may have {MAX_TOTAL} parts: most_items is less, or most_messages is")
        self._content = content
        self._seconds = seconds
        self._remembered = remembered
        self._most_messages = most_messages
        self._most_items = most_items
        self._items = 0
        # A plain dict that keeps losing its first entries takes longer and longer to find the first that is left.
        self._open: OrderedDict[_Name, _Open[T]] = OrderedDict()
        self._whole: OrderedDict[_Name, tuple[float, tuple[int, ...]]] = OrderedDict()
        self._given_up: list[Incomplete[T]] = []

    def __len__(self) -> int:
        """Messages that are not whole."""
        return len(self._open)

    @property
    def held(self) -> int:
        """Items that are held."""
        return self._items

    @property
    def deadline(self) -> float | None:
        """When `expire` is to be called (monotonic seconds; minus infinity: at once). None: nothing is held."""
        if self._given_up:
            return -math.inf
        return next(iter(self._open.values())).since + self._seconds if self._open else None

    def add(self, key: Hashable, segment: Segment, item: T, now: float) -> Whole[T] | Repeated[T] | None:
        """A part came. None: others are missing. `now`: monotonic seconds.

        Raises Malformed when its number is not in 1..total or the total not in 1..255; `segment_of` returns no such
        part.
        """
        if not 1 <= segment.number <= segment.total <= MAX_TOTAL:
            raise Malformed(ESME_RINVMSGLEN, f"part {segment.number} of {segment.total}")
        content = hash(self._content(item))
        name = (key, segment.reference, segment.total, segment.width)
        message = self._open.get(name)
        if message is not None and message.since + self._seconds <= now:
            self._give_up(name, Cause.EXPIRED)
            message = None
        if message is None:
            if self._is_repeat(name, segment.number, content, now):
                return Repeated(key, None)
        elif segment.number in message.items:
            if message.contents[segment.number] == content:
                replaced = message.items[segment.number]
                message.items[segment.number] = item
                return Repeated(key, replaced)
            self._give_up(name, Cause.REUSED)
            message = None
        if message is None:
            message = self._open[name] = _Open(key, segment.total, now)
        message.items[segment.number] = item
        message.contents[segment.number] = content
        self._items += 1
        if len(message.items) == segment.total:
            return self._finish(name, message, now)
        self._make_room(name)
        return None

    def forget(self, key: Hashable, segment: Segment) -> None:
        """A message that was whole was not taken: a part of it that is sent again begins it anew."""
        self._whole.pop((key, segment.reference, segment.total, segment.width), None)

    def expire(self, now: float) -> list[Incomplete[T]]:
        """The messages given up since the last call, and those whose time is over, oldest first."""
        while self._open:
            name, message = next(iter(self._open.items()))
            if message.since + self._seconds > now:
                break
            self._give_up(name, Cause.EXPIRED)
        self._forget(now)
        given_up, self._given_up = self._given_up, []
        return given_up

    def drain(self) -> list[Incomplete[T]]:
        """All that is held, oldest first. Nothing is remembered any more."""
        while self._open:
            self._give_up(next(iter(self._open)), Cause.DRAINED)
        self._whole.clear()
        given_up, self._given_up = self._given_up, []
        return given_up

    def _finish(self, name: _Name, message: _Open[T], now: float) -> Whole[T]:
        del self._open[name]
        self._items -= message.total
        numbers = range(1, message.total + 1)
        if self._remembered > 0:
            self._forget(now)
            if len(self._whole) >= self._most_messages:
                self._whole.popitem(last=False)
            self._whole[name] = (now, tuple([message.contents[number] for number in numbers]))
        return Whole(message.key, tuple([message.items[number] for number in numbers]), now - message.since)

    def _is_repeat(self, name: _Name, number: int, content: int, now: float) -> bool:
        remembered = self._whole.get(name)
        if remembered is None:
            return False
        since, contents = remembered
        if now < since + self._remembered and contents[number - 1] == content:
            return True
        del self._whole[name]
        return False

    def _forget(self, now: float) -> None:
        while self._whole:
            name, (since, _) = next(iter(self._whole.items()))
            if now < since + self._remembered:
                break
            del self._whole[name]

    def _make_room(self, newest: _Name) -> None:
        while len(self._open) > self._most_messages or self._items > self._most_items:
            # Not the one that was just added to, though it may have begun first.
            self._give_up(next(name for name in self._open if name != newest), Cause.OVERFLOW)

    def _give_up(self, name: _Name, cause: Cause) -> None:
        message = self._open.pop(name)
        self._items -= len(message.items)
        self._given_up.append(Incomplete(message.key, message.total, message.items, cause))
