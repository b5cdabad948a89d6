"""From a message to the bodies of its submit_sm PDUs, by templates that are made once."""

from __future__ import annotations

from typing import Final

from sms_operator.protocol.messages import MessageOptions
from sms_operator.smpp.address import Address
from sms_operator.smpp.pdus import ShortMessage
from sms_operator.smpp.template import SubmitTemplate
from sms_operator.smpp.text.encoding import Encoding
from sms_operator.smpp.text.references import References
from sms_operator.smpp.text.splitting import LongMessages, Part, encode_text
from sms_operator.smpp.tlv import Tag, Tlvs, encode_tlvs

from .outgoing import BinaryMessage, SendOptions, TextMessage

ESM_UDHI: Final = 0x40
"""Section 5.2.12: the content begins with a user data header."""
MAX_TEMPLATES: Final = 256
"""Templates kept; with more kinds of messages than that they are made anew now and then."""
LONGEST_SHORT_MESSAGE: Final = 254
NO_OPTIONS: Final = SendOptions()

_Kind = tuple[SendOptions | None, int, int, int, int]


class Composer:
    """Knows the gateway's defaults; forgets its templates when they change."""

    __slots__ = ("_defaults", "_encoding", "_long", "_packed", "_references", "_templates")

    def __init__(self, defaults: MessageOptions, first_reference: int) -> None:
        """`first_reference`: of long messages; best another one at every start of the process."""
        self._references = References(first_reference)
        self._templates: dict[_Kind, SubmitTemplate] = {}
        self.adopt(defaults)

    def adopt(self, defaults: MessageOptions) -> None:
        """Other defaults, for the next message on."""
        self._defaults = defaults
        self._encoding = Encoding(defaults.encoding)
        self._long = LongMessages(defaults.long_messages)
        self._packed = defaults.packed
        self._templates.clear()

    def text(self, message: TextMessage) -> list[bytes]:
        """A body for each segment.

        Raises:
            Unencodable: the text does not fit the gateway's alphabet, or into 255 segments.
            EncodingError: an address or option that SMPP cannot carry.
        """
        destination, text, options, _ = message
        coding, parts = encode_text(text, self._encoding, self._long, 0, packed=self._packed)
        if len(parts) == 1:
            return [self._body(parts[0], coding, destination, options)]
        # Only now it is known to need a reference of its own; long texts are rare and pay for both.
        reference = self._references.next(destination.digits)
        coding, parts = encode_text(text, self._encoding, self._long, reference, packed=self._packed)
        return [self._body(part, coding, destination, options) for part in parts]

    def binary(self, message: BinaryMessage) -> bytes:
        """The body. Raises EncodingError."""
        content, tlvs = message.content, ()
        if len(content) > LONGEST_SHORT_MESSAGE:
            content, tlvs = b"", ((int(Tag.MESSAGE_PAYLOAD), content),)
        part = Part(content, message.udhi, tlvs)
        return self._body(part, message.data_coding, message.destination, message.options)

    def wants_receipt(self, options: SendOptions | None) -> bool:
        """Whether the SMSC is asked to tell what becomes of the message."""
        asked = self._defaults.registered_delivery
        if options is not None and options.registered_delivery is not None:
            asked = options.registered_delivery
        return bool(asked & 0x1F)

    def short_message(self, options: SendOptions | None, destination: Address, tlvs: Tlvs = ()) -> ShortMessage:
        """A message without content, with everything that the options and the gateway's defaults say."""
        own, usual = options or NO_OPTIONS, self._defaults
        usual_source = Address(usual.source_address, usual.source_ton, usual.source_npi)
        return ShortMessage(
            source=usual_source if own.source is None else own.source,
            destination=destination,
            service_type=usual.service_type if own.service_type is None else own.service_type,
            protocol_id=own.protocol_id,
            priority_flag=own.priority_flag,
            schedule_delivery_time=own.schedule_delivery_time,
            validity_period=usual.validity_period if own.validity_period is None else own.validity_period,
            registered_delivery=(
                usual.registered_delivery if own.registered_delivery is None else own.registered_delivery
            ),
            replace_if_present_flag=int(own.replace_if_present),
            tlvs=tlvs,
        )

    def _body(self, part: Part, data_coding: int, destination: Address, options: SendOptions | None) -> bytes:
        digits, ton, npi = destination
        short_message, udhi, tlvs = part
        kind = (options, ton, npi, data_coding, udhi)
        template = self._templates.get(kind)
        if template is None:
            template = self._template(options, destination, data_coding, udhi)
            if len(self._templates) >= MAX_TEMPLATES:
                self._templates.clear()
            self._templates[kind] = template
        if options is not None:
            tlvs = (*tlvs, *options.tlvs)
        return template.body(digits, short_message, encode_tlvs(tlvs) if tlvs else b"")

    def _template(
        self, options: SendOptions | None, destination: Address, data_coding: int, udhi: bool
    ) -> SubmitTemplate:
        blank = self.short_message(options, destination)
        return SubmitTemplate(
            ShortMessage(
                source=blank.source,
                destination=Address("", destination.ton, destination.npi),
                service_type=blank.service_type,
                esm_class=ESM_UDHI if udhi else 0,
                protocol_id=blank.protocol_id,
                priority_flag=blank.priority_flag,
                schedule_delivery_time=blank.schedule_delivery_time,
                validity_period=blank.validity_period,
                registered_delivery=blank.registered_delivery,
                replace_if_present_flag=blank.replace_if_present_flag,
                data_coding=data_coding,
            )
        )
