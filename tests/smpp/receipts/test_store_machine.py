"""Open receipts against a model that searches through everything, and early receipts against another."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sms_operator.smpp.receipts.early import MOST, EarlyReceipts
from sms_operator.smpp.receipts.ids import IdForm
from sms_operator.smpp.receipts.parsing import Receipt
from sms_operator.smpp.receipts.states import MessageState
from sms_operator.smpp.receipts.store import OpenReceipts

CAPACITY, TIME_TO_LIVE = 8, 20.0
PHONES = ["491701111111", "491702222222"]


class Sent(NamedTuple):
    """A message with a number of its own."""

    destination: str
    serial: int


class Entry(NamedTuple):
    """What the model holds of an open message."""

    number: int
    context: Sent
    since: float


class Matching(RuleBasedStateMachine):
    """An SMSC that answers in hexadecimal and reports in decimal, told so or to be found out.

    Numbers are such that no two messages can be mistaken for one another in any form, so that whatever was opened,
    was not closed and is not too old is found, and nothing else.
    """

    def __init__(self) -> None:
        super().__init__()
        self.store: OpenReceipts[Sent] = OpenReceipts(capacity=CAPACITY, time_to_live=TIME_TO_LIVE)
        self.model: list[Entry] = []
        self.closed: set[int] = set()
        self.now = 0.0
        self.serial = 0
        self.given_up = 0

    numbers = st.integers(0xA0, 0xAF)
    """Hexadecimal with a letter: none of them is the decimal form of another."""

    @rule(form=st.sampled_from([IdForm.AUTO, IdForm.SUBMIT_HEX]))
    def adopt(self, form: IdForm) -> None:
        """The configuration changes."""
        self.store.adopt(form)

    @rule(seconds=st.sampled_from([0.5, 5.0, 19.0]))
    def wait(self, seconds: float) -> None:
        """Time goes by."""
        self.now += seconds

    @rule(number=numbers, phone=st.sampled_from(PHONES), form=st.sampled_from(["{:x}", "{:08X}", " {:x}\0"]))
    def open(self, number: int, phone: str, form: str) -> None:
        """A response came."""
        self.serial += 1
        context = Sent(phone, self.serial)
        self.store.opened(form.format(number), context, self.now)
        self._opened(Entry(number, context, self.now))

    @rule(number=numbers, confirmed=st.booleans(), form=st.sampled_from(["{}", "{:010}"]), intermediate=st.booleans())
    def receive(self, number: int, confirmed: bool, form: str, intermediate: bool) -> None:
        """A receipt came, for a message that is open or for one that is not."""
        entry = next((entry for entry in self.model if entry.number == number), None)
        source = entry.context.destination if entry is not None and confirmed else "4400"
        receipt = self._receipt(form.format(number), intermediate)
        assert self.store.received(receipt, source) == (None if entry is None else entry.context)
        if entry is None:
            assert self.store.is_repeat(receipt) is (number in self.closed)
        elif not intermediate:
            self.model.remove(entry)
            self.closed.add(number)

    @precondition(lambda self: self.model)
    @rule(data=st.data(), intermediate=st.booleans())
    def refuse(self, data: st.DataObject, intermediate: bool) -> None:
        """A receipt came and was not taken."""
        entry = data.draw(st.sampled_from(self.model))
        receipt = self._receipt(str(entry.number), intermediate)
        assert self.store.received(receipt, entry.context.destination) == entry.context
        self.store.reopened(receipt, entry.context, self.now)
        if not intermediate:
            self.closed.add(entry.number)
            self.model.remove(entry)
            self._opened(entry._replace(since=self.now))

    @invariant()
    def agree(self) -> None:
        """Nothing is lost, kept too long, or uncounted."""
        assert len(self.store) == len(self.model) <= CAPACITY
        assert self.store.dropped == self.given_up

    def _opened(self, entry: Entry) -> None:
        kept = [old for old in self.model if old.number != entry.number]
        kept = [*kept, entry][-CAPACITY:]
        fresh = [old for old in kept if self.now - old.since < TIME_TO_LIVE]
        self.given_up += len(self.model) + 1 - len(fresh)
        self.model = fresh

    @staticmethod
    def _receipt(identity: str, intermediate: bool) -> Receipt:
        state = MessageState.ENROUTE if intermediate else MessageState.DELIVERED
        return Receipt(identity, state, intermediate)


class Early(RuleBasedStateMachine):
    """Receipts that wait under several ids, of which others may have some too."""

    def __init__(self) -> None:
        super().__init__()
        self.early: EarlyReceipts[int] = EarlyReceipts()
        self.model: dict[tuple[str, ...], tuple[float, int]] = {}
        self.owner: dict[str, tuple[str, ...]] = {}
        self.now = 0.0
        self.serial = 0

    ids = st.sampled_from("abcdef")

    @rule(keys=st.lists(ids, min_size=1, max_size=3, unique=True).map(tuple))
    def keep(self, keys: tuple[str, ...]) -> None:
        """One came; one with the same ids makes room for it."""
        self.serial += 1
        before = self.model.pop(keys, None)
        assert self.early.keep(keys, self.serial, self.now) == (None if before is None else before[1])
        self.model[keys] = (self.now, self.serial)
        self.owner = dict.fromkeys(keys, keys) | self.owner | {keys[0]: keys}

    @rule(key=ids)
    def take(self, key: str) -> None:
        """A response came: what has its id as the likeliest is taken, else the first that may mean it."""
        keys = self.owner.get(key)
        assert self.early.take(key) == (None if keys is None else self._remove(keys))

    @rule(seconds=st.sampled_from([0.0, 1.0, 2.5]))
    def expire(self, seconds: float) -> None:
        """Time goes by."""
        self.now += seconds
        old = [keys for keys, (since, _) in self.model.items() if since <= self.now - 2.0]
        assert self.early.expire(self.now - 2.0) == [self._remove(keys) for keys in old]

    @invariant()
    def agree(self) -> None:
        """As many wait as came and were neither taken nor let go."""
        assert len(self.early) == len(self.model)

    def _remove(self, keys: tuple[str, ...]) -> int:
        for key in keys:
            if self.owner.get(key) == keys:
                del self.owner[key]
        return self.model.pop(keys)[1]


def test_too_many_early_receipts() -> None:
    """The oldest is let go for the newest; none is forgotten without a word."""
    early: EarlyReceipts[int] = EarlyReceipts()
    assert [early.keep((str(number),), number, 0.0) for number in range(MOST)] == [None] * MOST
    assert early.keep(("new",), MOST, 0.0) == 0
    assert (len(early), early.take("0"), early.take("1"), early.take("new")) == (MOST, None, 1, MOST)


@pytest.mark.parametrize("second_first", [False, True])
def test_an_exact_id_goes_before_a_converted_one(second_first: bool) -> None:
    """31 is 49 in hexadecimal; whichever came first, each is found by the id that it writes."""
    early: EarlyReceipts[str] = EarlyReceipts()
    items = [(("31", "1f", "49"), "31"), (("49", "31", "73"), "49")]
    for keys, item in reversed(items) if second_first else items:
        assert early.keep(keys, item, 0.0) is None
    assert [early.take("31"), early.take("49"), early.take("31")] == ["31", "49", None]


def test_a_receipt_without_a_meaning() -> None:
    """With an override no response may ever have its id: it waits like the others, and is let go like them."""
    early: EarlyReceipts[str] = EarlyReceipts()
    assert early.keep((), "first", 0.0) is None
    assert early.keep((), "second", 1.0) == "first"
    assert early.take("") is None
    assert (early.expire(1.0), len(early)) == (["second"], 0)


TestMatching = Matching.TestCase
TestMatching.settings = settings(max_examples=150, stateful_step_count=40)
TestEarly = Early.TestCase
TestEarly.settings = settings(max_examples=100, stateful_step_count=30)
