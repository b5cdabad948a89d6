"""Ids of responses and receipts meet, however their SMSC writes them."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sms_operator.smpp.receipts.ids import FORMS, IdForm, as_decimal, as_hexadecimal, same

numbers = st.integers(0, 2**64 - 1)
paddings = st.sampled_from(["", " ", "\0", " \0", "\r\n"])


@given(numbers, st.sampled_from(["{:x}", "{:X}", "{:08x}", "{:08X}", "{:016X}", "{}", "{:010}", "{:020}"]), paddings)
def test_the_same_number(number: int, form: str, padding: str) -> None:
    """Case, leading zeros and what pads a field make no difference."""
    written = form.format(number)
    assert same(padding + written + padding) == same(written.lower().lstrip("0") or "0")


@given(numbers, st.sampled_from(["{:x}", "{:X}", "{:08x}", "{:016X}"]), st.sampled_from(["{}", "{:010}", "{:020}"]))
def test_hexadecimal_meets_decimal(number: int, hexadecimal: str, decimal: str) -> None:
    """In both directions (Kannel's msg-id-type 0x01 and 0x02, Jasmin's dlr_msgid 1 and 2)."""
    assert as_hexadecimal(decimal.format(number)) == same(hexadecimal.format(number))
    assert as_decimal(hexadecimal.format(number)) == same(decimal.format(number))


@given(st.text(max_size=70))
@example("0 0")
@example("00")
def test_any_id(identity: str) -> None:
    """No form raises, none looks at case, `same` is stable, and an id that is one stays one."""
    assert same(same(identity)) == same(identity)
    for forms in FORMS.values():
        assert all(form(identity) == form(identity.upper()) for form in forms if identity.isascii())
    assert bool(same(identity)) is bool(identity.strip(" \0\t\r\n"))


@given(st.uuids())
def test_uuids_are_no_numbers(identity: uuid.UUID) -> None:
    """With or without hyphens they are never converted, and two of them never meet."""
    for written in (str(identity), str(identity).upper(), "x" + identity.hex):
        assert (as_hexadecimal(written), as_decimal(written)) == ("", "")
    assert same(str(identity).upper()) == same(str(identity))
    assert same(str(identity)) != same(str(uuid.uuid5(identity, "another")))


@pytest.mark.parametrize("identity", ["", " ", "-5", "1_0", "0x", "12,5", "٣", "²", "1" * 21, "f" * 21])
def test_no_number(identity: str) -> None:
    """What Python would take for a number, or is too long to be one of 64 bits, is not converted."""
    assert as_hexadecimal(identity) == ""
    assert as_decimal(identity) == ""


def test_seen_in_the_field() -> None:
    """cloudhopper-smpp DeliveryReceiptTest, python-smpplib, smpp.pdu, Jasmin's issues 408 and 1129, and jsmpp's 178."""
    assert as_decimal("38601fa") == same("0059113978")
    assert as_hexadecimal("0489708364") == same("1d305b4c")
    assert as_decimal("16fee0e525") == same("98765432101")
    assert same("023") == same("23")
    assert same("00B8BE19") == same("b8be19")
    assert as_hexadecimal("0221067780") == same("D2D3A04")
    assert as_hexadecimal("1891273321") == same("70BA8A69")


def test_forms() -> None:
    """An override leaves one way only."""
    assert {form: len(forms) for form, forms in FORMS.items()} == {
        IdForm.AUTO: 3,
        IdForm.SAME: 1,
        IdForm.SUBMIT_HEX: 1,
        IdForm.SUBMIT_DECIMAL: 1,
    }
