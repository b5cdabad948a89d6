"""command_status values (SMPP 3.4, section 5.1.3; 5.0, section 4.7.6): their names and what they mean in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

ESME_ROK: Final = 0x00
ESME_RINVMSGLEN: Final = 0x01
ESME_RINVCMDLEN: Final = 0x02
ESME_RINVCMDID: Final = 0x03
ESME_RINVBNDSTS: Final = 0x04
ESME_RALYBND: Final = 0x05
ESME_RSYSERR: Final = 0x08
ESME_RBINDFAIL: Final = 0x0D
ESME_RINVPASWD: Final = 0x0E
ESME_RINVSYSID: Final = 0x0F
ESME_RMSGQFUL: Final = 0x14
ESME_RINVSYSTYP: Final = 0x53
ESME_RTHROTTLED: Final = 0x58
ESME_RX_T_APPN: Final = 0x64


@dataclass(frozen=True, slots=True)
class StatusInfo:
    """One value: its name in the specification and a sentence's worth of meaning."""

    name: str
    meaning: str


_KNOWN: Final = {
    0x00: StatusInfo("ESME_ROK", "no error"),
    0x01: StatusInfo("ESME_RINVMSGLEN", "message length is invalid"),
    0x02: StatusInfo("ESME_RINVCMDLEN", "command length is invalid"),
    0x03: StatusInfo("ESME_RINVCMDID", "command is not known"),
    0x04: StatusInfo("ESME_RINVBNDSTS", "command is not allowed in this bind state"),
    0x05: StatusInfo("ESME_RALYBND", "already bound"),
    0x06: StatusInfo("ESME_RINVPRTFLG", "priority flag is invalid"),
    0x07: StatusInfo("ESME_RINVREGDLVFLG", "registered delivery flag is invalid"),
    0x08: StatusInfo("ESME_RSYSERR", "system error"),
    0x0A: StatusInfo("ESME_RINVSRCADR", "source address is invalid"),
    0x0B: StatusInfo("ESME_RINVDSTADR", "destination address is invalid"),
    0x0C: StatusInfo("ESME_RINVMSGID", "message id is invalid"),
    0x0D: StatusInfo("ESME_RBINDFAIL", "bind failed"),
    0x0E: StatusInfo("ESME_RINVPASWD", "password is invalid"),
    0x0F: StatusInfo("ESME_RINVSYSID", "system_id is invalid"),
    0x11: StatusInfo("ESME_RCANCELFAIL", "cancel_sm failed"),
    0x13: StatusInfo("ESME_RREPLACEFAIL", "replace_sm failed"),
    0x14: StatusInfo("ESME_RMSGQFUL", "message queue is full"),
    0x15: StatusInfo("ESME_RINVSERTYP", "service type is invalid"),
    0x33: StatusInfo("ESME_RINVNUMDESTS", "number of destinations is invalid"),
    0x34: StatusInfo("ESME_RINVDLNAME", "distribution list name is invalid"),
    0x40: StatusInfo("ESME_RINVDESTFLAG", "destination flag is invalid"),
    0x42: StatusInfo("ESME_RINVSUBREP", "submit with replace is invalid"),
    0x43: StatusInfo("ESME_RINVESMCLASS", "esm_class is invalid"),
    0x44: StatusInfo("ESME_RCNTSUBDL", "cannot submit to a distribution list"),
    0x45: StatusInfo("ESME_RSUBMITFAIL", "submit failed"),
    0x48: StatusInfo("ESME_RINVSRCTON", "source TON is invalid"),
    0x49: StatusInfo("ESME_RINVSRCNPI", "source NPI is invalid"),
    0x50: StatusInfo("ESME_RINVDSTTON", "destination TON is invalid"),
    0x51: StatusInfo("ESME_RINVDSTNPI", "destination NPI is invalid"),
    0x53: StatusInfo("ESME_RINVSYSTYP", "system_type is invalid"),
    0x54: StatusInfo("ESME_RINVREPFLAG", "replace_if_present flag is invalid"),
    0x55: StatusInfo("ESME_RINVNUMMSGS", "number of messages is invalid"),
    0x58: StatusInfo("ESME_RTHROTTLED", "throttled: the limit of messages is exceeded"),
    0x61: StatusInfo("ESME_RINVSCHED", "scheduled delivery time is invalid"),
    0x62: StatusInfo("ESME_RINVEXPIRY", "validity period is invalid"),
    0x63: StatusInfo("ESME_RINVDFTMSGID", "predefined message is invalid"),
    0x64: StatusInfo("ESME_RX_T_APPN", "temporary error of the receiver"),
    0x65: StatusInfo("ESME_RX_P_APPN", "permanent error of the receiver"),
    0x66: StatusInfo("ESME_RX_R_APPN", "rejected by the receiver"),
    0x67: StatusInfo("ESME_RQUERYFAIL", "query_sm failed"),
    0xC0: StatusInfo("ESME_RINVOPTPARSTREAM", "optional parameters cannot be read"),
    0xC1: StatusInfo("ESME_ROPTPARNOTALLWD", "optional parameter is not allowed"),
    0xC2: StatusInfo("ESME_RINVPARLEN", "parameter length is invalid"),
    0xC3: StatusInfo("ESME_RMISSINGOPTPARAM", "optional parameter is missing"),
    0xC4: StatusInfo("ESME_RINVOPTPARAMVAL", "optional parameter value is invalid"),
    0xFE: StatusInfo("ESME_RDELIVERYFAILURE", "delivery failed"),
    0xFF: StatusInfo("ESME_RUNKNOWNERR", "unknown error"),
}


def describe(status: int) -> str:
    """`ESME_RINVPASWD (0x0000000e): password is invalid`; vendors' values by their number."""
    info = _KNOWN.get(status)
    if info is not None:
        return f"{info.name} (0x{status:08x}): {info.meaning}"
    return f"vendor's command_status 0x{status:08x}" if 0x400 <= status <= 0x4FF else f"command_status 0x{status:08x}"
