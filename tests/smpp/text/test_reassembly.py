"""Parts into messages: any order, repeats, losses, many senders, and a store that stays small."""

from __future__ import annotations

import math
import random
from collections import Counter
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from sms_operator.smpp.errors import Malformed
from sms_operator.smpp.text.reassembly import Cause, Incomplete, Reassembler, Repeated, Whole
from sms_operator.smpp.text.segments import Segment


class Item(NamedTuple):
    """A part with a number of its own, so that two with the same content are told apart."""

    content: str
    serial: int = 0


def content(item: Item) -> str:
    """What makes two items the same part."""
    return item.content


def reassembler(seconds: float = 100.0, *, remembered: float = 60.0, most_messages: int = 10) -> Reassembler[Item]:
    """A small one."""
    return Reassembler(content, seconds, remembered=remembered, most_messages=most_messages, most_items=300)


def part(number: int, total: int = 3, reference: int = 7, width: int = 8) -> Segment:
    """A part of the message with reference 7."""
    return Segment(reference, total, number, width)


@given(st.permutations(range(1, 7)), st.data())
def test_any_order_with_repeats(numbers: list[int], data: st.DataObject) -> None:
    """However parts come, the message is whole with the last missing one and in order; repeats are told."""
    store = reassembler()
    seen: dict[int, Item] = {}
    repeats = data.draw(st.lists(st.sampled_from(numbers), max_size=6))
    arrivals = data.draw(st.permutations([*numbers, *repeats]))
    for serial, number in enumerate(arrivals):
        item = Item(f"text {number}", serial)
        result = store.add("key", part(number, 6), item, float(serial))
        if number in seen:
            assert result == Repeated("key", seen[number])
        seen[number] = item
        if len(seen) == 6:
            assert result == Whole("key", tuple(seen[number] for number in range(1, 7)), float(serial))
            break
        assert number in seen
    assert (len(store), store.held, store.deadline) == (0, 0, None)


def test_a_message_of_one_part() -> None:
    """A part that is its own whole message waits for nothing."""
    store = reassembler()
    assert store.add("key", part(1, 1), Item("a"), 5.0) == Whole("key", (Item("a"),), 0.0)


@pytest.mark.parametrize(
    ("key", "segment"),
    [("other", part(2)), ("key", part(2, 4)), ("key", part(2, reference=8)), ("key", part(2, width=16))],
    ids=["sender", "total", "reference", "width"],
)
def test_messages_are_told_apart(key: str, segment: Segment) -> None:
    """A part with another sender, total, reference or width belongs to another message."""
    store = reassembler()
    assert store.add("key", part(1, 2), Item("a"), 0.0) is None
    assert store.add(key, Segment(segment.reference, segment.total, 2, segment.width), Item("b"), 0.0) is None
    assert len(store) == 2


@pytest.mark.parametrize("segment", [part(0), part(4), part(-1), part(1, 0), part(0, 0), part(1, 256), part(300, 300)])
def test_nonsense(segment: Segment) -> None:
    """A part that counts itself wrongly is refused and leaves nothing behind."""
    store = reassembler()
    with pytest.raises(Malformed, match=f"part {segment.number} of {segment.total}"):
        store.add("key", segment, Item("a"), 0.0)
    assert (len(store), store.deadline, store.expire(1e9)) == (0, None, [])


def test_time_limit() -> None:
    """Time runs from the first part, whatever comes after it, and ends all messages whose time it is."""
    store = reassembler(100.0)
    store.add("a", part(1), Item("a1"), 10.0)
    store.add("b", part(2), Item("b2"), 20.0)
    store.add("a", part(3), Item("a3"), 105.0)
    assert store.deadline == 110.0
    assert store.expire(109.9) == []
    assert store.expire(110.0) == [Incomplete("a", 3, {1: Item("a1"), 3: Item("a3")}, Cause.EXPIRED)]
    assert store.deadline == 120.0
    assert store.expire(1000.0) == [Incomplete("b", 3, {2: Item("b2")}, Cause.EXPIRED)]
    assert (store.deadline, store.held) == (None, 0)


def test_time_is_over_before_anyone_looks() -> None:
    """A part that comes too late is of a new message, even if nobody has asked for what has expired."""
    store = reassembler(100.0)
    store.add("key", part(1, 2), Item("1"), 0.0)
    assert store.add("key", part(2, 2), Item("2"), 100.0) is None
    assert store.expire(100.0) == [Incomplete("key", 2, {1: Item("1")}, Cause.EXPIRED)]
    assert store.add("key", part(1, 2), Item("1", 1), 199.9) is not None


def test_a_reference_that_comes_again() -> None:
    """Another content for a number that is there begins a new message; the old one is given up at once."""
    store = reassembler()
    store.add("key", part(1, 2), Item("old 1"), 0.0)
    assert store.add("key", part(1, 2), Item("new 1"), 50.0) is None
    assert store.deadline == -math.inf
    assert store.expire(50.0) == [Incomplete("key", 2, {1: Item("old 1")}, Cause.REUSED)]
    assert store.deadline == 150.0
    assert store.add("key", part(2, 2), Item("new 2"), 51.0) == Whole("key", (Item("new 1"), Item("new 2")), 1.0)


def test_parts_sent_again_after_the_whole() -> None:
    """For a while a part of a whole message is known to be one; then, or with another content, it begins a new one."""
    store = reassembler(remembered=60.0)
    store.add("key", part(1, 2), Item("1"), 0.0)
    store.add("key", part(2, 2), Item("2"), 10.0)
    assert store.add("key", part(2, 2), Item("2", 1), 69.9) == Repeated("key", None)
    assert store.held == 0
    assert store.add("key", part(2, 2), Item("2", 2), 70.0) is None
    assert store.add("key", part(1, 2), Item("1", 2), 71.0) == Whole("key", (Item("1", 2), Item("2", 2)), 1.0)
    assert store.add("key", part(1, 2), Item("another"), 72.0) is None
    assert store.add("key", part(2, 2), Item("2", 3), 72.0) == Whole("key", (Item("another"), Item("2", 3)), 0.0)


def test_nothing_need_be_remembered() -> None:
    """Without a memory every part after the whole begins a new message."""
    store = reassembler(remembered=0.0)
    store.add("key", part(1, 1), Item("1"), 0.0)
    assert store.add("key", part(1, 1), Item("1", 1), 0.0) == Whole("key", (Item("1", 1),), 0.0)


def test_too_many_messages() -> None:
    """Beyond the limit the oldest goes, though not the one that just grew."""
    store = reassembler(most_messages=3)
    for name in "abcd":
        assert store.add(name, part(1), Item(name), 0.0) is None
    assert store.expire(0.0) == [Incomplete("a", 3, {1: Item("a")}, Cause.OVERFLOW)]
    assert len(store) == 3


def test_too_many_items() -> None:
    """Items are limited too; a message that grows is kept and the oldest other one given up."""
    store = reassembler()
    for number in range(1, 200):
        store.add("long", part(number, 255), Item("x"), 0.0)
    for number in range(1, 101):
        store.add("other", part(number, 255), Item("x"), 1.0)
    assert (store.held, store.deadline) == (299, 100.0)
    store.add("long", part(200, 255), Item("x"), 2.0)
    store.add("long", part(201, 255), Item("x"), 2.0)
    (given_up,) = store.expire(2.0)
    assert (given_up.key, len(given_up.items), given_up.cause) == ("other", 100, Cause.OVERFLOW)
    assert store.held == 201


def test_limits_that_leave_no_room() -> None:
    """A store that could not hold one message is refused."""
    with pytest.raises(ValueError, match="255 parts"):
        Reassembler(content, 1.0, most_items=254)
    with pytest.raises(ValueError, match="255 parts"):
        Reassembler(content, 1.0, most_messages=0)


def test_drain() -> None:
    """All that is held comes out, the given up first, and the store is as new."""
    store = reassembler()
    store.add("a", part(1, 1), Item("whole"), 0.0)
    store.add("b", part(1, 2), Item("old"), 0.0)
    store.add("b", part(1, 2), Item("new"), 0.0)
    assert store.drain() == [
        Incomplete("b", 2, {1: Item("old")}, Cause.REUSED),
        Incomplete("b", 2, {1: Item("new")}, Cause.DRAINED),
    ]
    assert (store.drain(), store.deadline, len(store), store.held) == ([], None, 0, 0)
    assert isinstance(store.add("a", part(1, 1), Item("whole"), 0.0), Whole)


def test_a_flood_leaves_nothing() -> None:
    """First parts without number neither pile up in the store nor in what it remembers."""
    store = reassembler(most_messages=50)
    chance = random.Random(4)
    for serial in range(20_000):
        segment = part(chance.randint(1, 2), chance.choice((2, 200)), reference=chance.randrange(256))
        store.add(chance.randrange(100), segment, Item("x", serial), float(serial))
        store.expire(float(serial))
        assert len(store) <= 50
        assert store.held <= 300
    assert store.expire(1e9)
    assert (len(store), store.held, store.deadline) == (0, 0, None)


class AgainstModel(RuleBasedStateMachine):
    """The store against plain dictionaries that are searched from end to end."""

    def __init__(self) -> None:
        super().__init__()
        self.store = reassembler(20.0, remembered=10.0, most_messages=4)
        self.now = 0.0
        self.serial = 0
        self.open: dict[tuple[str, Segment], dict[int, Item]] = {}
        self.since: dict[tuple[str, Segment], float] = {}
        self.whole: dict[tuple[str, Segment], tuple[float, list[str]]] = {}
        self.due: list[Incomplete[Item]] = []
        self.outcomes: Counter[int] = Counter()

    def give_up(self, name: tuple[str, Segment], cause: Cause) -> None:
        """The model's message is over."""
        self.due.append(Incomplete(name[0], name[1].total, self.open.pop(name), cause))
        del self.since[name]

    @rule(
        key=st.sampled_from("ab"),
        reference=st.integers(0, 1),
        width=st.sampled_from([8, 16]),
        total=st.integers(1, 3),
        number=st.integers(1, 3),
        text=st.sampled_from(["x", "x", "x", "y"]),
    )
    def add(self, key: str, reference: int, width: int, total: int, number: int, text: str) -> None:
        """A part comes."""
        number = min(number, total)
        self.serial += 1
        item = Item(text, self.serial)
        name = (key, Segment(reference, total, 0, width))
        result = self.store.add(key, Segment(reference, total, number, width), item, self.now)
        if name in self.open and self.since[name] + 20 <= self.now:
            self.give_up(name, Cause.EXPIRED)
        remembered = self.whole.get(name)
        held = self.open.get(name, {}).get(number)
        if name not in self.open and remembered and self.now < remembered[0] + 10 and remembered[1][number - 1] == text:
            assert result == Repeated(key, None)
            self.outcomes[item.serial] += 1
            return
        if held is not None and held.content == text:
            assert result == Repeated(key, held)
            self.outcomes[held.serial] += 1
            self.open[name][number] = item
            return
        if held is not None:
            self.give_up(name, Cause.REUSED)
        if name not in self.open:
            self.whole.pop(name, None)
            self.open[name], self.since[name] = {}, self.now
        self.open[name][number] = item
        if len(self.open[name]) == total:
            items = tuple(item for _, item in sorted(self.open.pop(name).items()))
            assert result == Whole(key, items, self.now - self.since.pop(name))
            self.whole = {other: seen for other, seen in self.whole.items() if self.now < seen[0] + 10}
            while len(self.whole) >= 4:
                del self.whole[min(self.whole, key=lambda other: self.whole[other][0])]
            self.whole[name] = (self.now, [item.content for item in items])
            self.outcomes.update(item.serial for item in items)
            return
        assert result is None
        if len(self.open) > 4:
            self.give_up(next(other for other in self.open if other != name), Cause.OVERFLOW)

    @rule(seconds=st.sampled_from([0.5, 3.0, 7.0, 20.0]))
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.now += seconds

    @rule()
    def expire(self) -> None:
        """What is over comes out."""
        for name in [name for name, since in self.since.items() if since + 20 <= self.now]:
            self.give_up(name, Cause.EXPIRED)
        assert self.store.expire(self.now) == self.due
        for incomplete in self.due:
            self.outcomes.update(item.serial for item in incomplete.items.values())
        self.due = []

    @invariant()
    def agrees(self) -> None:
        """Sizes and the next deadline are the model's."""
        assert len(self.store) == len(self.open)
        assert self.store.held == sum(map(len, self.open.values()))
        wanted = min((since + 20 for since in self.since.values()), default=None)
        assert self.store.deadline == (-math.inf if self.due else wanted)

    def teardown(self) -> None:
        """Every part that ever came has had one outcome, and only one."""
        for incomplete in self.store.drain():
            self.outcomes.update(item.serial for item in incomplete.items.values())
        assert self.outcomes == Counter(range(1, self.serial + 1))


AgainstModel.TestCase.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)
TestAgainstModel = AgainstModel.TestCase
