"""spec.message of a gateway, in the terms of the data plane."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sms_operator.api.message_defaults import Gsm7Packing, MessageDefaults, RegisteredDelivery
from sms_operator.protocol.messages import LongText, MessageOptions, ReceiptIds, TextEncoding

REGISTERED_DELIVERY: Final = {
    RegisteredDelivery.NONE: 0,
    RegisteredDelivery.ALWAYS: 1,
    RegisteredDelivery.ON_FAILURE: 2,
}
"""SMPP 3.4, section 5.2.17."""


def message_options(defaults: MessageDefaults) -> MessageOptions:
    """What the data plane needs to know."""
    source, period = defaults.source, defaults.validity_period
    return MessageOptions(
        source_address=source.address or "",
        source_ton=source.ton,
        source_npi=source.npi,
        registered_delivery=REGISTERED_DELIVERY[defaults.registered_delivery],
        encoding=TextEncoding(defaults.encoding.value),
        long_messages=LongText(defaults.long_messages.value),
        packed=defaults.gsm7_packing is Gsm7Packing.PACKED,
        receipt_ids=ReceiptIds(defaults.receipt_ids.value),
        validity_period="" if period is None else relative_time(period),
        service_type=defaults.service_type,
    )


def relative_time(duration: timedelta) -> str:
    """A relative time of SMPP 3.4, section 7.1.1.2: YYMMDDhhmmss000R, here in days of 24 hours and never in months."""
    minutes, seconds = divmod(int(duration.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    return f"0000{days:02}{hours:02}{minutes:02}{seconds:02}000R"
