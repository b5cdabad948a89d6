"""Open receipts: which message a receipt is matched with, what is learnt, and what is given up."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import pytest

from sms_operator.smpp.receipts.ids import IdForm
from sms_operator.smpp.receipts.parsing import Receipt
from sms_operator.smpp.receipts.states import MessageState
from sms_operator.smpp.receipts.store import REMEMBERED, OpenReceipts

ANNA, BERT, CARL = "491701111111", "491702222222", "491703333333"


class Sent(NamedTuple):
    """A message with a name."""

    destination: str
    name: str = ""


def final(identity: str) -> Receipt:
    """It was delivered."""
    return Receipt(identity, MessageState.DELIVERED, False)


def notification(identity: str) -> Receipt:
    """It is under way."""
    return Receipt(identity, MessageState.ENROUTE, True)


def waiting(*messages: tuple[str, str], form: IdForm = IdForm.AUTO) -> OpenReceipts[Sent]:
    """A store with these ids and phones."""
    store: OpenReceipts[Sent] = OpenReceipts(form)
    for identity, phone in messages:
        store.opened(identity, Sent(phone, identity), 0.0)
    return store


@pytest.mark.parametrize(
    ("response", "receipt"),
    [
        ("4711", "4711"),
        ("4711", "0000004711"),
        ("00B8BE19", "b8be19"),
        ("b8be19", " 00B8BE19\0"),
        ("1D305B4C", "0489708364"),
        ("98765432101", "16fee0e525"),
        ("74e02ee1-4e2f-4a6e-a78b-4b247d756a22", "74E02EE1-4E2F-4A6E-A78B-4B247D756A22"),
    ],
)
@pytest.mark.parametrize("source", [ANNA, "+" + ANNA, "00" + ANNA, "01701111111", "4400", ""])
def test_auto(response: str, receipt: str, source: str) -> None:
    """Whatever form the id has, and whatever the SMSC gives as source, while nothing is ambiguous."""
    store = waiting((response, ANNA), ("another", BERT))
    assert store.received(final(receipt), source) == Sent(ANNA, response)
    assert len(store) == 1


@pytest.mark.parametrize(
    ("form", "receipt", "name"),
    [
        (IdForm.SAME, "10", "10"),
        (IdForm.SUBMIT_HEX, "10", "a"),
        (IdForm.SUBMIT_DECIMAL, "10", "16"),
        (IdForm.SAME, "1f", None),
        (IdForm.SUBMIT_HEX, "1f", None),
        (IdForm.SUBMIT_DECIMAL, "zz", None),
    ],
)
@pytest.mark.parametrize("source", [ANNA, BERT, ""])
def test_override(form: IdForm, receipt: str, name: str | None, source: str) -> None:
    """A form that was set is the only one, whoever's number the receipt has."""
    store = waiting(("10", ANNA), ("a", ANNA), ("16", ANNA), form=form)
    found = store.received(final(receipt), source)
    assert (found and found.name) == name


@pytest.mark.parametrize("source", ["{}", "+{}", "00{}", "0{}"])
def test_the_phone_decides(source: str) -> None:
    """The same digits are one message in hexadecimal, one in decimal, and one as they are."""
    for phone, name in ((ANNA, "10"), (BERT, "a"), (CARL, "16")):
        store = waiting(("10", ANNA), ("a", BERT), ("16", CARL))
        written = source.format(phone[2:] if source == "0{}" else phone)
        assert store.received(final("10"), written) == Sent(phone, name)


def test_nothing_is_guessed() -> None:
    """Two messages, neither of the receipt's phone nor under its very id: neither is taken."""
    store = waiting(("a", ANNA), ("16", BERT))
    assert store.received(final("10"), CARL) is None
    assert len(store) == 2


def test_the_very_id_goes_first() -> None:
    """Where nothing was learnt and the phone does not decide."""
    store = waiting(("a", ANNA), ("10", BERT), ("16", ANNA))
    assert store.received(final("10"), "4400") == Sent(BERT, "10")


def test_learnt() -> None:
    """Once a converted id led to the right phone, that form goes first, also for one phone's messages."""
    store = waiting(("1f", ANNA), ("10", BERT), ("a", BERT))
    assert store.received(final("31"), ANNA) == Sent(ANNA, "1f")
    assert store.received(final("10"), BERT) == Sent(BERT, "a")
    # Whose receipt it is, is not known: it is for a message of others, and not for the one with that very id.
    assert store.received(final("10"), CARL) is None
    assert len(store) == 1


def test_learnt_anew() -> None:
    """An SMSC that writes its ids in another way from now on is followed."""
    store = waiting(("1f", ANNA), ("20", ANNA), ("32", ANNA), ("21", ANNA), ("33", ANNA))
    assert store.received(final("31"), ANNA) == Sent(ANNA, "1f")
    assert store.received(final("21"), ANNA) == Sent(ANNA, "21")
    assert store.received(final("32"), ANNA) == Sent(ANNA, "32")


def test_one_digit_teaches_nothing() -> None:
    """It is the same in every form: a converted id still needs no phone to be found."""
    store = waiting(("7", ANNA), ("1f", BERT))
    assert store.received(final("7"), ANNA) == Sent(ANNA, "7")
    assert store.received(final("31"), "4400") == Sent(BERT, "1f")


def test_adopt_forgets() -> None:
    """Another form holds from the next receipt on, and what was learnt no longer does."""
    store = waiting(("1f", ANNA), ("10", BERT), ("a", BERT))
    assert store.received(final("31"), ANNA) == Sent(ANNA, "1f")
    store.adopt(IdForm.AUTO)
    assert store.received(final("10"), "4400") == Sent(BERT, "10")
    store.adopt(IdForm.SUBMIT_HEX)
    assert store.received(final("10"), "4400") == Sent(BERT, "a")


def test_notifications_leave_it_open() -> None:
    """As many as there are; the final receipt closes it, and comes again as a repeat."""
    store = waiting(("4711", ANNA))
    for _ in range(3):
        assert store.received(notification("4711"), ANNA) == Sent(ANNA, "4711")
    assert not store.is_repeat(final("4711"))
    assert store.received(final("4711"), ANNA) == Sent(ANNA, "4711")
    assert store.received(final("4711"), ANNA) is None
    assert store.is_repeat(final("4711"))
    assert not store.is_repeat(final("4712"))


def test_a_repeat_in_another_form() -> None:
    """Known by its meaning, as its message was."""
    store = waiting(("1f", ANNA))
    store.received(final("31"), ANNA)
    assert store.is_repeat(final("0031"))


def test_repeats_are_forgotten() -> None:
    """Only so many are remembered."""
    store = waiting(*((f"id-{number}", ANNA) for number in range(REMEMBERED + 1)))
    for number in range(REMEMBERED + 1):
        assert store.received(final(f"id-{number}"), ANNA) is not None
    assert not store.is_repeat(final("id-0"))
    assert store.is_repeat(final("id-1"))


@pytest.mark.parametrize("form", [IdForm.AUTO, IdForm.SUBMIT_HEX])
@pytest.mark.parametrize("source", [ANNA, "4400"])
def test_reopened(form: IdForm, source: str) -> None:
    """A receipt that was not taken finds its message when it comes again, though it writes the id in its own form."""
    store = waiting(("a7", ANNA), form=form)
    context = store.received(final("167"), source)
    assert context is not None
    store.reopened(final("167"), context, 1.0)
    assert len(store) == 1
    assert store.received(final("167"), source) == context


def test_reopened_leaves_others_alone() -> None:
    """Another message, which got the id that the receipt writes meanwhile, stays, and the phone tells them apart."""
    store = waiting(("a7", ANNA))
    context = store.received(final("167"), "4400")
    assert context is not None
    store.opened("167", Sent(BERT, "167"), 1.0)
    store.reopened(final("167"), context, 2.0)
    assert (len(store), store.dropped) == (2, 0)
    assert store.received(final("167"), ANNA) == context
    assert store.received(final("167"), BERT) == Sent(BERT, "167")


def test_reopened_after_it_was_forgotten() -> None:
    """That it was closed is remembered for so many others only; it is found all the same."""
    store = waiting(("a7", ANNA), *((f"id-{number}", BERT) for number in range(REMEMBERED)))
    context = store.received(final("167"), ANNA)
    assert context is not None
    for number in range(REMEMBERED):
        assert store.received(final(f"id-{number}"), BERT) is not None
    assert not store.is_repeat(final("167"))
    store.reopened(final("167"), context, 1.0)
    assert store.received(final("167"), ANNA) == context


def test_reopened_under_another_form() -> None:
    """The form was changed to one in which the id means nothing: it is kept, and found when that is taken back."""
    store = waiting(("zz-1", ANNA))
    context = store.received(final("zz-1"), ANNA)
    assert context is not None
    store.adopt(IdForm.SUBMIT_HEX)
    store.reopened(final("zz-1"), context, 1.0)
    assert (len(store), store.received(final("zz-1"), ANNA)) == (1, None)
    store.adopt(IdForm.SAME)
    assert store.received(final("zz-1"), ANNA) == context


def test_a_notification_reopens_nothing() -> None:
    """Its message was not closed."""
    store = waiting(("a7", ANNA))
    context = store.received(notification("167"), ANNA)
    assert context is not None
    store.reopened(notification("167"), context, 1.0)
    assert len(store) == 1


def test_without_an_id() -> None:
    """A receipt that names no message is matched with none."""
    store = waiting(("", ANNA), ("1", ANNA))
    assert store.received(final(""), ANNA) is None
    assert store.meanings(final("")) == ()


def test_meanings() -> None:
    """All that a receipt may speak of, each once, the learnt form first."""
    store = waiting(("1f", ANNA))
    assert store.meanings(final("0031")) == ("31", "1f", "49")
    assert store.meanings(final("7")) == ("7",)
    store.received(final("31"), ANNA)
    assert store.meanings(final("0031")) == ("1f", "31", "49")


def test_awaited() -> None:
    """Open in any form, or told not long ago."""
    store = waiting(("00A7", ANNA))
    assert store.awaits(final("a7"))
    assert store.awaits(final("167"))
    assert not store.awaits(final("8"))
    store.received(final("a7"), ANNA)
    assert store.awaits(final("a7"))


def test_an_id_used_again() -> None:
    """An SMSC that counts from the beginning again: the newer message has it, with its own age."""
    store: OpenReceipts[Sent] = OpenReceipts(time_to_live=10.0)
    store.opened("1", Sent(ANNA, "old"), 0.0)
    store.opened("2", Sent(ANNA, "two"), 1.0)
    store.opened("01", Sent(BERT, "new"), 9.0)
    assert (len(store), store.dropped) == (2, 1)
    store.opened("3", Sent(CARL, "three"), 12.0)
    assert (len(store), store.dropped) == (2, 2)
    assert store.received(final("1"), BERT) == Sent(BERT, "new")


def test_old_ones_go_in_portions() -> None:
    """Many that age together are not all given up in one call, and all are in the end."""
    store: OpenReceipts[Sent] = OpenReceipts(time_to_live=10.0)
    for number in range(1_000):
        store.opened(f"old-{number}", Sent(ANNA), 0.0)
    sizes = [len(store)]
    for number in range(20):
        store.opened(f"new-{number}", Sent(ANNA), 10.0)
        sizes.append(len(store))
    steps = [before - after for before, after in pairwise(sizes)]
    assert max(steps) < 200
    assert (sizes[-1], store.dropped) == (20, 1_000)


@pytest.mark.parametrize(("capacity", "time_to_live"), [(0, 1.0), (1, 0.0), (-1, -1.0)])
def test_no_room(capacity: int, time_to_live: float) -> None:
    """A store that could hold nothing is none."""
    with pytest.raises(ValueError, match="must be positive"):
        OpenReceipts[Sent](capacity=capacity, time_to_live=time_to_live)
