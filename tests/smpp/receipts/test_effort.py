"""What one message costs does not depend on how many others wait; counted, not timed."""

from __future__ import annotations

import gc
import sys
from collections import Counter
from collections.abc import Callable
from types import FrameType
from typing import Any, ClassVar

import pytest

from sms_operator.smpp.receipts.early import EarlyReceipts
from sms_operator.smpp.receipts.ids import IdForm
from sms_operator.smpp.receipts.parsing import Receipt
from sms_operator.smpp.receipts.states import MessageState
from sms_operator.smpp.receipts.store import OpenReceipts

MANY = 100_000
ANNA, BERT = "491701111111", "491702222222"


class Counted(str):
    """An id whose hashes and comparisons are counted, as a measure of look-ups."""

    __slots__ = ()
    seen: ClassVar[Counter[str]] = Counter()

    def strip(self, chars: str | None = None, /) -> Counted:
        """Keeps the kind."""
        return Counted(super().strip(chars))

    def lower(self) -> Counted:
        """Keeps the kind."""
        return Counted(super().lower())

    def __hash__(self) -> int:
        self.seen["hash"] += 1
        return super().__hash__()

    def __eq__(self, other: object) -> bool:
        self.seen["compare"] += 1
        return super().__eq__(other)


class Sent:
    """A message that counts how often somebody looks at it."""

    looks: ClassVar[int] = 0

    def __init__(self, phone: str) -> None:
        self._phone = phone

    @property
    def destination(self) -> str:
        """The digits."""
        Sent.looks += 1
        return self._phone


def effort(work: Callable[[], None]) -> Counter[str]:
    """Calls, lines and returns of Python code, hashes and comparisons of ids, and messages looked at."""
    seen: Counter[str] = Counter()

    def trace(_frame: FrameType, event: str, _argument: Any) -> Any:
        seen[event] += 1
        return trace

    Counted.seen.clear()
    Sent.looks = 0
    # What the garbage collector ends meanwhile is somebody else's.
    gc.collect()
    gc.disable()
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
        gc.enable()
    seen["look"] = Sent.looks
    return seen + Counted.seen


def final(identity: str) -> Receipt:
    """It was delivered."""
    return Receipt(identity, MessageState.DELIVERED, False)


def store_with(others: int, *, full: bool, form: IdForm = IdForm.AUTO) -> OpenReceipts[Sent]:
    """A store in which so many wait already, with or without room for more."""
    store: OpenReceipts[Sent] = OpenReceipts(form, capacity=others if full else MANY + 10)
    for number in range(others):
        store.opened(f"{number}-x", Sent(BERT), 0.0)
    return store


@pytest.mark.parametrize("full", [False, True], ids=["room", "full"])
def test_open_receipts(full: bool) -> None:
    """Everything that happens to a message: with two others and with a hundred thousand."""

    def cost(others: int) -> Counter[str]:
        store = store_with(others, full=full)
        message = Sent(ANNA)

        def life() -> None:
            store.opened(Counted("00a7-message"), message, 1.0)
            assert store.awaits(final(Counted("A7-message")))
            assert store.received(Receipt(Counted("a7-message"), MessageState.ENROUTE, True), ANNA) is message
            assert store.received(final(Counted("a7-message")), ANNA) is message
            store.reopened(final(Counted("a7-message")), message, 2.0)
            assert store.received(final(Counted("a7-message")), "4400") is message
            assert store.received(final(Counted("a7-message")), ANNA) is None
            assert store.is_repeat(final(Counted("a7-message")))
            assert store.received(final(Counted("unknown")), ANNA) is None
            store.opened(Counted("1f"), message, 3.0)
            assert store.received(final(Counted("31")), ANNA) is message

        return effort(life)

    few, many = cost(2), cost(MANY)
    assert few["hash"] > 0
    assert few["line"] > 0
    assert few["look"] > 0
    assert many == few


def test_many_old_ones() -> None:
    """A message that is opened when a hundred thousand are too old pays for a portion of them only."""

    def cost(others: int) -> Counter[str]:
        store = store_with(others, full=False)
        return effort(lambda: store.opened(Counted("message"), Sent(ANNA), 1e9))

    assert cost(MANY) == cost(MANY // 10)


def test_early_receipts() -> None:
    """Likewise for those that wait for their response."""

    def cost(others: int) -> Counter[str]:
        early: EarlyReceipts[int] = EarlyReceipts()
        for number in range(others):
            early.keep((f"{number}-x", f"{number}-y"), number, 0.0)

        def life() -> None:
            assert early.keep((Counted("message"), Counted("another")), -1, 1.0) is None
            assert early.take(Counted("unknown")) is None
            assert early.take(Counted("another")) == -1
            assert early.expire(-1.0) == []

        return effort(life)

    few, many = cost(2), cost(9_000)
    assert few["hash"] > 0
    assert many == few
