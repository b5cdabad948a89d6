"""From a message to the bodies of its submit_sm PDUs, by templates that are made once."""

from __future__ import annotations

from typing import Final, NamedTuple

from sms_operator.protocol.messages import MessageOptions
from sms_operator.smpp.address import Address
from sms_operator.smpp.pdus import MAX_SHORT_MESSAGE, ShortMessage
from sms_operator.smpp.template import SubmitTemplate
from sms_operator.smpp.text.encoding import Encoding
from sms_operator.smpp.text.references import References
from sms_operator.smpp.text.splitting import LongMessages, Part, encode_text
from sms_operator.smpp.tlv import Tag, encode_tlvs

from .outgoing import BinaryMessage, SendOptions, TextMessage

ESM_UDHI: Final = 0x40
"""Section 5.2.12: the content begins with a user data header."""
ASKS: Final = 0x1F
"""Bits of registered_delivery that ask for something (section 5.2.17)."""
MAX_FORMS: Final = 256
"""Forms kept; with more kinds of messages than that they are made anew now and then."""
NO_OPTIONS: Final = SendOptions()


class _Form(NamedTuple):
    """All messages of one kind."""

    options: SendOptions | None
    """Kept with the form, so that no other options get the id under which it is found."""
    template: SubmitTemplate
    tlvs: bytes
    receipt: bool


class Composer:
    """Knows the gateway's defaults; forgets its templates when they change."""

    __slots__ = ("_defaults", "_encoding", "_forms", "_long", "_packed", "_references")

    def __init__(self, defaults: MessageOptions, first_reference: int) -> None:
        """`first_reference`: of long messages; best another one at every start of the process."""
        self._references = References(first_reference)
        self._forms: dict[tuple[int, int, int, int, bool], _Form] = {}
        self.adopt(defaults)

    def adopt(self, defaults: MessageOptions) -> None:
        """Other defaults, for the next message on."""
        self._defaults = defaults
        self._encoding = Encoding(defaults.encoding)
        self._long = LongMessages(defaults.long_messages)
        self._packed = defaults.packed
        self._forms.clear()

    def compose(self, message: TextMessage | BinaryMessage) -> tuple[list[bytes], bool]:
        """A body for each segment, and whether the SMSC is asked what becomes of it.

        Raises:
            Unencodable: the text does not fit the gateway's alphabet, or into 255 segments.
            EncodingError: an address or option that SMPP cannot carry.
        """
        destination, options = message.destination, message.options
        if isinstance(message, TextMessage):
            coding, parts = self._split(message.text, destination)
        else:
            coding, parts = message.data_coding, (_part_of(message),)
        digits, ton, npi = destination
        kind = (id(options), ton, npi, coding, parts[0].udhi)
        form = self._forms.get(kind)
        if form is None:
            form = self._new_form(options, destination, coding, parts[0].udhi)
            if len(self._forms) >= MAX_FORMS:
                self._forms.clear()
            self._forms[kind] = form
        _, template, tlvs, receipt = form
        if len(parts) == 1:
            short_message, _, own = parts[0]
            return [template.body(digits, short_message, encode_tlvs(own) + tlvs if own else tlvs)], receipt
        return [template.body(digits, part.short_message, encode_tlvs(part.tlvs) + tlvs) for part in parts], receipt

    def _split(self, text: str, destination: Address) -> tuple[int, tuple[Part, ...]]:
        coding, parts = encode_text(text, self._encoding, self._long, 0, packed=self._packed)
        if len(parts) > 1:
            # Only now it is known to need a reference of its own; long texts are rare and pay for both.
            reference = self._references.next(destination.digits)
            coding, parts = encode_text(text, self._encoding, self._long, reference, packed=self._packed)
        return coding, parts

    def _new_form(self, options: SendOptions | None, destination: Address, data_coding: int, udhi: bool) -> _Form:
        own, usual = options or NO_OPTIONS, self._defaults
        usual_source = Address(usual.source_address, usual.source_ton, usual.source_npi)
        registered_delivery = usual.registered_delivery if own.registered_delivery is None else own.registered_delivery
        template = SubmitTemplate(
            ShortMessage(
                source=usual_source if own.source is None else own.source,
                destination=Address("", destination.ton, destination.npi),
                service_type=usual.service_type if own.service_type is None else own.service_type,
                esm_class=ESM_UDHI if udhi else 0,
                protocol_id=own.protocol_id,
                priority_flag=own.priority_flag,
                schedule_delivery_time=own.schedule_delivery_time,
                validity_period=usual.validity_period if own.validity_period is None else own.validity_period,
                registered_delivery=registered_delivery,
                replace_if_present_flag=int(own.replace_if_present),
                data_coding=data_coding,
            )
        )
        return _Form(options, template, encode_tlvs(own.tlvs), bool(registered_delivery & ASKS))


def _part_of(message: BinaryMessage) -> Part:
    content = message.content
    if len(content) <= MAX_SHORT_MESSAGE:
        return Part(content, message.udhi, ())
    return Part(b"", message.udhi, ((int(Tag.MESSAGE_PAYLOAD), content),))
