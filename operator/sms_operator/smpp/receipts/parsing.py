"""From a deliver_sm or data_sm to the receipt in it: in optional parameters, and in the text of appendix B.

The text is a custom rather than a standard ("vendor specific"), so its fields are looked for wherever they stand, in
any case, with or without blanks. Where text and parameters differ the parameters win: they have a defined form.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final, NamedTuple

from sms_operator.smpp.tlv import Tag, Tlvs, c_octets, number

from .states import MessageState, state_of_number, state_of_word

RECEIPT: Final = 0x04
NOTIFICATION: Final = 0x20
_TYPE: Final = 0x3C
"""The bits of esm_class that say what a message is (section 5.2.12)."""
_KINDS: Final = frozenset({0, RECEIPT, NOTIFICATION, RECEIPT | NOTIFICATION})
"""A message, which may be a receipt of an SMSC that does not say so, and what says that it is one."""
UCS2: Final = 8
LONGEST: Final = 2_000
"""Octets of text that are looked into."""

_USUAL: Final = re.compile(
    rb"id:([^\s\0]+) sub:\d{1,3} dlvrd:\d{1,3} submit date:(\d{10,14}) done date:(\d{10,14}) "
    rb"stat:([A-Za-z]{1,15}) err:([^\s,;\0]{1,32})(?: [Tt]ext:(.*)|[\s\0]*\Z)",
    re.DOTALL,
)
# A field that nobody filled in ends where the next one begins.
_EMPTY: Final = rb"(?!(?:id|sub|dlvrd|(?:submit|done)[\s_]*date|stat(?:us|e)?|err(?:or)?|text)\s*[:=])"
_FIELD: Final = {
    "id": re.compile(
        rb"(?:^|[\s,;^])(?:id|msgid|msg_id|message_?id)\s*[:=]\s*" + _EMPTY + rb"([^\s,;\0]+)", re.IGNORECASE
    ),
    "stat": re.compile(rb"(?:^|[\s,;])stat(?:us|e)?\s*[:=]\s*([A-Za-z]{1,15})", re.IGNORECASE),
    "err": re.compile(rb"(?:^|[\s,;])err(?:or)?\s*[:=]\s*" + _EMPTY + rb"([^\s,;\0]{1,32})", re.IGNORECASE),
    "submitted": re.compile(rb"submit[\s_]*date\s*[:=]\s*(\d{10,15}[+-]?)(?![\w+-])", re.IGNORECASE),
    "done": re.compile(rb"done[\s_]*date\s*[:=]\s*(\d{10,15}[+-]?)(?![\w+-])", re.IGNORECASE),
    "text": re.compile(rb"(?:^|[\s,;])text\s*:(.*)", re.IGNORECASE | re.DOTALL),
}
_DATES: Final = {10: "%y%m%d%H%M", 12: "%y%m%d%H%M%S", 14: "%Y%m%d%H%M%S"}
_WITH_CENTURY: Final = "%Y%m%d%H%M"
_ABSOLUTE: Final = 16
"""Characters of an absolute time."""


class Receipt(NamedTuple):
    """What an SMSC tells about a message."""

    message_id: str
    """As this receipt writes it, which need not be as the response wrote it; empty: the receipt has none."""
    state: MessageState
    intermediate: bool
    """Whether the message is still under way: then a final receipt follows."""
    error: str = ""
    """The text's error code, as the SMSC has it; not always a number."""
    network: int | None = None
    """First octet of network_error_code (section 5.3.2.31): 1 ANSI-136, 2 IS-95, 3 GSM, others the SMSC's own.

    None: there is none, or it was sent as three digits that say no network.
    """
    network_error: int | None = None
    submitted: bytes = b""
    """The text's dates, as they are written; see `moment`."""
    done: bytes = b""
    text: bytes = b""
    """The beginning of the message, where the receipt repeats it."""

    def __repr__(self) -> str:
        return f"Receipt({self.message_id!r}, {self.state.name}, error {self.error!r})"


def parse_receipt(esm_class: int, content: bytes, tlvs: Tlvs, data_coding: int = 0) -> Receipt | None:
    """The receipt in a message; None: it is none. Never raises.

    `content` is short_message or message_payload. A message that does not say it is a receipt (esm_class) is one only
    when its text has both an id and a state, or when both are among its parameters. An acknowledgement by a person or
    by the phone's user (esm_class 0x08, 0x10) is a message and no receipt.
    """
    kind = esm_class & _TYPE
    if kind not in _KINDS:
        return None
    identity, state, network, network_error = _parameters(tlvs) if tlvs else _NO_PARAMETERS
    sure = kind != 0 or bool(identity and state is not None)
    if not sure and b":" not in content:
        return None
    text = _one_octet_each(content[:LONGEST], data_coding)
    if not sure and b"stat" not in text.lower():
        return None
    own_id, own_state, error, submitted, done, quoted = _text(text) if text else _NO_TEXT
    if not sure and not (own_id and own_state is not None):
        return None
    state = own_state if state is None else state
    if state is None:
        state = MessageState.UNKNOWN
    intermediate = kind == NOTIFICATION or not state.final
    return Receipt(identity or own_id, state, intermediate, error, network, network_error, submitted, done, quoted)


def moment(date: bytes) -> datetime | None:
    """A receipt's date; None: it is no date.

    YYMMDDhhmm, with seconds or a century too, or an absolute time of section 7.1.1 (YYMMDDhhmmsstnnp). Only the last
    says its zone; the others are the SMSC's own time, which is nowhere said, and are taken for UTC.
    """
    text = date.decode("ascii", "replace")
    try:
        if len(text) == _ABSOLUTE and text[-1] in "+-":
            quarters = timedelta(minutes=15 * int(text[13:15]))
            zone = timezone(quarters if text[-1] == "+" else -quarters)
            return datetime.strptime(text[:12], _DATES[12]).replace(tzinfo=zone)
        return datetime.strptime(text, _DATES[len(text)]).replace(tzinfo=UTC)
    except (KeyError, ValueError):
        pass
    # Twelve digits that begin with a century and would otherwise have a thirteenth month.
    if len(text) == 12 and text.startswith("20"):
        try:
            return datetime.strptime(text, _WITH_CENTURY).replace(tzinfo=UTC)
        except ValueError:
            return None
    return None


_Parameters = tuple[str, MessageState | None, int | None, int | None]
_NO_PARAMETERS: Final[_Parameters] = ("", None, None, None)


def _parameters(tlvs: Tlvs) -> _Parameters:
    identity, state, network, network_error = _NO_PARAMETERS
    for tag, value in tlvs:
        if tag == Tag.RECEIPTED_MESSAGE_ID:
            identity = c_octets(value).strip()
        elif tag == Tag.MESSAGE_STATE and value:
            # Some send two octets where the standard has one.
            state = state_of_number(number(value))
        elif tag == Tag.NETWORK_ERROR_CODE and len(value) == 3:
            # Some send the three digits of the text's error code (Kannel tells them apart the same way).
            network, network_error = (None, int(value)) if value.isdigit() else (value[0], number(value[1:]))
    return identity, state, network, network_error


def _one_octet_each(text: bytes, data_coding: int) -> bytes:
    """Receipts in UTF-16 as Latin-1, with a question mark for what that does not have.

    Neither is data_coding to be believed: some say UCS-2 of a receipt in ASCII, and others the reverse.
    """
    if not text.startswith(b"\0") and data_coding != UCS2:
        return text
    if text[:2] == b"\xff\xfe" or text[1:2] == b"\0":
        alphabet = "utf-16-le"
    elif text[:1] == b"\0" or text[:2] == b"\xfe\xff":
        alphabet = "utf-16-be"
    else:
        return text
    return text.decode(alphabet, "replace").lstrip("\ufeff").encode("latin-1", "replace")


_Text = tuple[str, MessageState | None, str, bytes, bytes, bytes]
_NO_TEXT: Final[_Text] = ("", None, "", b"", b"", b"")


def _text(text: bytes) -> _Text:
    usual = _USUAL.match(text)
    if usual is not None:
        identity, submitted, done, word, error, quoted = usual.groups()
        return identity.decode("latin-1"), state_of_word(word), error.decode("latin-1"), submitted, done, quoted or b""
    # The message may be quoted with anything in it, so nothing is looked for behind the word that begins it.
    start = _FIELD["text"].search(text)
    head, quoted = (text, b"") if start is None else (text[: start.start()], start.group(1))
    found = {name: pattern.search(head) for name, pattern in _FIELD.items() if name != "text"}
    if found["stat"] is None:
        # Except for the state, which every receipt has: then it stands behind the quotation, and after all it quotes.
        for behind in _FIELD["stat"].finditer(quoted):
            found["stat"] = behind
        quoted = quoted if found["stat"] is None else quoted[: found["stat"].start()]
    identity, word, error, submitted, done = (
        b"" if (match := found[name]) is None else match.group(1) for name in ("id", "stat", "err", "submitted", "done")
    )
    state = state_of_word(word) if word else None
    return identity.decode("latin-1"), state, error.decode("latin-1"), submitted, done, quoted
