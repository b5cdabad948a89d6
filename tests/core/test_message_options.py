"""spec.message, as the data plane is told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sms_operator.api.message_defaults import (
    Encoding,
    Gsm7Packing,
    LongMessages,
    MessageDefaults,
    ReceiptIds,
    RegisteredDelivery,
)
from sms_operator.api.network import Address
from sms_operator.core.message_options import message_options, relative_time
from sms_operator.protocol import messages


def test_nothing_said() -> None:
    """The defaults of both sides are the same."""
    assert message_options(MessageDefaults()) == messages.MessageOptions()


def test_everything_said() -> None:
    """Every field arrives."""
    defaults = MessageDefaults(
        source=Address(address="Brand", ton=5, npi=0),
        registered_delivery=RegisteredDelivery.ON_FAILURE,
        encoding=Encoding.UCS2,
        gsm7_packing=Gsm7Packing.PACKED,
        long_messages=LongMessages.SAR,
        receipt_ids=ReceiptIds.SUBMIT_DECIMAL,
        validity_period=timedelta(hours=25),
        service_type="CMT",
    )
    assert message_options(defaults) == messages.MessageOptions(
        source_address="Brand",
        source_ton=5,
        source_npi=0,
        registered_delivery=2,
        encoding=messages.TextEncoding.UCS2,
        long_messages=messages.LongText.SAR,
        packed=True,
        receipt_ids=messages.ReceiptIds.SUBMIT_DECIMAL,
        validity_period="000001010000000R",
        service_type="CMT",
    )


@pytest.mark.parametrize("ours", [Encoding, LongMessages, ReceiptIds])
def test_every_value_is_one_of_the_data_plane_too(ours: type[Encoding | LongMessages | ReceiptIds]) -> None:
    """A value of the API that the data plane does not know would end the planes' conversation."""
    theirs = {
        Encoding: messages.TextEncoding,
        LongMessages: messages.LongText,
        ReceiptIds: messages.ReceiptIds,
    }[ours]
    assert {one.value for one in ours} == {one.value for one in theirs}


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(minutes=1), "000000000100000R"),
        (timedelta(hours=744), "000031000000000R"),
        (timedelta(days=1, hours=2, minutes=3, seconds=4), "000001020304000R"),
    ],
)
def test_relative_times(duration: timedelta, text: str) -> None:
    """Sixteen characters as section 7.1.1.2 has them."""
    assert relative_time(duration) == text
    assert len(text) == 16
