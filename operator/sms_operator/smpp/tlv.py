"""Optional parameters: tag, length, value (SMPP 3.4, sections 3.2.4 and 5.3; 5.0, section 4.8).

They are kept as they come: in order, with duplicates, and with tags that nobody knows.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from enum import IntEnum
from typing import Final

from .codec import EncodingError
from .command_status import ESME_RINVOPTPARSTREAM
from .errors import Malformed

_HEAD: Final = struct.Struct(">HH")
MAX_VALUE: Final = 0xFFFF
MAX_COUNT: Final = 1000
"""Optional parameters that a PDU may have; the standard knows some 60, and empty ones cost far more than they carry."""
Tlvs = tuple[tuple[int, bytes], ...]


class Tag(IntEnum):
    """Tags of the standard (3.4, section 5.3.2), and those of 5.0 that come or go with messages (its section 4.8.1)."""

    DEST_ADDR_SUBUNIT = 0x0005
    DEST_NETWORK_TYPE = 0x0006
    DEST_BEARER_TYPE = 0x0007
    DEST_TELEMATICS_ID = 0x0008
    SOURCE_ADDR_SUBUNIT = 0x000D
    SOURCE_NETWORK_TYPE = 0x000E
    SOURCE_BEARER_TYPE = 0x000F
    SOURCE_TELEMATICS_ID = 0x0010
    QOS_TIME_TO_LIVE = 0x0017
    PAYLOAD_TYPE = 0x0019
    ADDITIONAL_STATUS_INFO_TEXT = 0x001D
    RECEIPTED_MESSAGE_ID = 0x001E
    MS_MSG_WAIT_FACILITIES = 0x0030
    PRIVACY_INDICATOR = 0x0201
    SOURCE_SUBADDRESS = 0x0202
    DEST_SUBADDRESS = 0x0203
    USER_MESSAGE_REFERENCE = 0x0204
    USER_RESPONSE_CODE = 0x0205
    SOURCE_PORT = 0x020A
    DESTINATION_PORT = 0x020B
    SAR_MSG_REF_NUM = 0x020C
    LANGUAGE_INDICATOR = 0x020D
    SAR_TOTAL_SEGMENTS = 0x020E
    SAR_SEGMENT_SEQNUM = 0x020F
    SC_INTERFACE_VERSION = 0x0210
    CALLBACK_NUM_PRES_IND = 0x0302
    CALLBACK_NUM_ATAG = 0x0303
    NUMBER_OF_MESSAGES = 0x0304
    CALLBACK_NUM = 0x0381
    DPF_RESULT = 0x0420
    SET_DPF = 0x0421
    MS_AVAILABILITY_STATUS = 0x0422
    NETWORK_ERROR_CODE = 0x0423
    MESSAGE_PAYLOAD = 0x0424
    DELIVERY_FAILURE_REASON = 0x0425
    MORE_MESSAGES_TO_SEND = 0x0426
    MESSAGE_STATE = 0x0427
    USSD_SERVICE_OP = 0x0501
    DISPLAY_TIME = 0x1201
    SMS_SIGNAL = 0x1203
    MS_VALIDITY = 0x1204
    ALERT_ON_MESSAGE_DELIVERY = 0x130C
    ITS_REPLY_TYPE = 0x1380
    ITS_SESSION_INFO = 0x1383

    CONGESTION_STATE = 0x0428
    BILLING_IDENTIFICATION = 0x060B
    SOURCE_NETWORK_ID = 0x060D
    DEST_NETWORK_ID = 0x060E
    SOURCE_NODE_ID = 0x060F
    DEST_NODE_ID = 0x0610
    DEST_ADDR_NP_RESOLUTION = 0x0611
    DEST_ADDR_NP_INFORMATION = 0x0612
    DEST_ADDR_NP_COUNTRY = 0x0613


def encode_tlvs(tlvs: Iterable[tuple[int, bytes]]) -> bytes:
    """Octets on the wire. Raises EncodingError for a tag or a length that two octets cannot hold."""
    pieces: list[bytes] = []
    for tag, value in tlvs:
        if not 0 <= tag <= 0xFFFF:
            raise EncodingError("optional parameter", f"has the tag {tag}, which is not in 0..65535")
        if len(value) > MAX_VALUE:
            raise EncodingError("optional parameter", f"0x{tag:04x} has {len(value)} octets, more than {MAX_VALUE}")
        pieces += (_HEAD.pack(tag, len(value)), value)
    return b"".join(pieces)


def decode_tlvs(body: bytes, at: int) -> Tlvs:
    """All that stand from this place to the end.

    Up to three NULs at the very end are passed over: some SMSCs end short_message as if it were a C string.

    Raises:
        Malformed: the last one is not whole, or there are more than MAX_COUNT.
    """
    size = len(body)
    if at == size:
        return ()
    found: list[tuple[int, bytes]] = []
    while at < size:
        if size - at < 4:
            if not any(body[at:]):
                break
            raise Malformed(ESME_RINVOPTPARSTREAM, f"{size - at} octets at the end are no optional parameter")
        tag, length = _HEAD.unpack_from(body, at)
        at += 4 + length
        if at > size:
            raise Malformed(ESME_RINVOPTPARSTREAM, f"optional parameter 0x{tag:04x} is longer than the PDU")
        found.append((tag, body[at - length : at]))
        if len(found) > MAX_COUNT:
            raise Malformed(ESME_RINVOPTPARSTREAM, f"there are more than {MAX_COUNT} optional parameters")
    return tuple(found)


def first(tlvs: Tlvs, tag: int) -> bytes | None:
    """The value of the first one with this tag; None: there is none."""
    for known, value in tlvs:
        if known == tag:
            return value
    return None


def number(value: bytes) -> int:
    """An integer of whatever length the peer has chosen, most significant octet first; none: 0."""
    return int.from_bytes(value, "big")


def c_octets(value: bytes) -> str:
    """A C-octet string that ends with its first NUL, or without one at its end."""
    return value.partition(b"\0")[0].decode("latin-1")
