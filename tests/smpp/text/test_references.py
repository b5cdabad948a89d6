"""Reference numbers: each destination counts for itself, and few are remembered."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sms_operator.smpp.text.references import References


@given(st.integers(0, 1 << 70), st.lists(st.sampled_from("abc"), min_size=1, max_size=700))
def test_each_destination_counts_up(start: int, destinations: list[str]) -> None:
    """Whatever was sent to others, the next number of a destination is its last one's successor."""
    references = References(start)
    last: dict[str, int] = {}
    for destination in destinations:
        reference = references.next(destination)
        assert 0 <= reference <= 0xFFFF
        if destination in last:
            assert reference == (last[destination] + 1) & 0xFFFF
        last[destination] = reference


def test_all_numbers_before_one_comes_again() -> None:
    """A destination gets 65,536 different numbers, and of any 256 in a row the low octets differ."""
    references = References(12)
    numbers = [references.next("491701234567") for _ in range(65_536)]
    assert len(set(numbers)) == 65_536
    assert len({number & 0xFF for number in numbers[1000:1256]}) == 256


def test_memory_is_bounded() -> None:
    """Beyond the limit the destination longest unused is forgotten, and begins elsewhere when it comes back."""
    references = References(0, most=3)
    first = {destination: references.next(destination) for destination in "abc"}
    again = references.next("a")
    assert again == first["a"] + 1
    references.next("d")
    assert len(references) == 3
    assert references.next("a") == again + 1
    returned = references.next("b")
    assert returned != first["b"]
    assert returned != first["b"] + 1
    assert len(references) == 3


def test_neighbours_differ() -> None:
    """Two destinations of one process, or of two that started differently, do not walk in step."""
    references = References(0)
    assert len({references.next(str(number)) & 0xFF for number in range(256)}) == 256
