"""States, by their words and by their numbers (section 5.2.28 and appendix B)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_operator.smpp.receipts.states import MessageState, state_of_number, state_of_word

STANDARD = [
    (0, b"SCHEDLD", MessageState.SCHEDULED, False),
    (1, b"ENROUTE", MessageState.ENROUTE, False),
    (2, b"DELIVRD", MessageState.DELIVERED, True),
    (3, b"EXPIRED", MessageState.EXPIRED, True),
    (4, b"DELETED", MessageState.DELETED, True),
    (5, b"UNDELIV", MessageState.UNDELIVERABLE, True),
    (6, b"ACCEPTD", MessageState.ACCEPTED, False),
    (7, b"UNKNOWN", MessageState.UNKNOWN, True),
    (8, b"REJECTD", MessageState.REJECTED, True),
    (9, b"SKIPPED", MessageState.SKIPPED, True),
]


@pytest.mark.parametrize(("number", "word", "state", "final"), STANDARD, ids=[str(row[1]) for row in STANDARD])
def test_standard(number: int, word: bytes, state: MessageState, final: bool) -> None:
    """The standard's number, word and name mean one state, in any case, and it is known which ones are final."""
    assert (int(state), state.final) == (number, final)
    assert state_of_number(number) is state
    for written in (word, word.lower(), word.capitalize(), state.name.encode(), state.name.lower().encode()):
        assert state_of_word(written) is state


def test_all_are_there() -> None:
    """No state is without a row above."""
    assert [row[2] for row in STANDARD] == list(MessageState)


@pytest.mark.parametrize(
    ("word", "state"),
    [
        (b"BUFFRED", MessageState.ENROUTE),
        (b"BUFFERD", MessageState.ENROUTE),
        (b"ACKED", MessageState.ACCEPTED),
        (b"FAILED", MessageState.UNDELIVERABLE),
    ],
)
def test_of_vendors(word: bytes, state: MessageState) -> None:
    """Of Mblox (jsmpp issue 9), in Kannel's smsc_smpp, and in vumi's pull request 897."""
    assert state_of_word(word) is state


@given(st.binary(max_size=20))
def test_any_word(word: bytes) -> None:
    """Nothing is guessed from a word's beginning, and its case never matters."""
    assert state_of_word(word) is state_of_word(word.upper()) is state_of_word(word.lower())
    assert state_of_word(b"X" + word + b"X") is None


@given(st.integers(min_value=10))
def test_no_number_of_the_standard(number: int) -> None:
    """What a wide message_state may hold beyond those is none."""
    assert state_of_number(number) is None
    assert state_of_number(-number) is None
