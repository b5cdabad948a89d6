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
ESME_RINVPRTFLG: Final = 0x06
ESME_RINVREGDLVFLG: Final = 0x07
ESME_RSYSERR: Final = 0x08
ESME_RINVSRCADR: Final = 0x0A
ESME_RINVDSTADR: Final = 0x0B
ESME_RINVMSGID: Final = 0x0C
ESME_RBINDFAIL: Final = 0x0D
ESME_RINVPASWD: Final = 0x0E
ESME_RINVSYSID: Final = 0x0F
ESME_RCANCELFAIL: Final = 0x11
ESME_RREPLACEFAIL: Final = 0x13
ESME_RMSGQFUL: Final = 0x14
ESME_RINVSERTYP: Final = 0x15
ESME_RINVNUMDESTS: Final = 0x33
ESME_RINVDLNAME: Final = 0x34
ESME_RINVDESTFLAG: Final = 0x40
ESME_RINVSUBREP: Final = 0x42
ESME_RINVESMCLASS: Final = 0x43
ESME_RCNTSUBDL: Final = 0x44
ESME_RSUBMITFAIL: Final = 0x45
ESME_RINVSRCTON: Final = 0x48
ESME_RINVSRCNPI: Final = 0x49
ESME_RINVDSTTON: Final = 0x50
ESME_RINVDSTNPI: Final = 0x51
ESME_RINVSYSTYP: Final = 0x53
ESME_RINVREPFLAG: Final = 0x54
ESME_RINVNUMMSGS: Final = 0x55
ESME_RTHROTTLED: Final = 0x58
ESME_RINVSCHED: Final = 0x61
ESME_RINVEXPIRY: Final = 0x62
ESME_RINVDFTMSGID: Final = 0x63
ESME_RX_T_APPN: Final = 0x64
ESME_RX_P_APPN: Final = 0x65
ESME_RX_R_APPN: Final = 0x66
ESME_RQUERYFAIL: Final = 0x67
ESME_RINVOPTPARSTREAM: Final = 0xC0
ESME_ROPTPARNOTALLWD: Final = 0xC1
ESME_RINVPARLEN: Final = 0xC2
ESME_RMISSINGOPTPARAM: Final = 0xC3
ESME_RINVOPTPARAMVAL: Final = 0xC4
ESME_RDELIVERYFAILURE: Final = 0xFE
ESME_RUNKNOWNERR: Final = 0xFF


@dataclass(frozen=True, slots=True)
class StatusInfo:
    """One value: its name in the specification and a sentence's worth of meaning."""

    name: str
    meaning: str


_KNOWN: Final = {
    ESME_ROK: StatusInfo("ESME_ROK", "no error"),
    ESME_RINVMSGLEN: StatusInfo("ESME_RINVMSGLEN", "message length is invalid"),
    ESME_RINVCMDLEN: StatusInfo("ESME_RINVCMDLEN", "command length is invalid"),
    ESME_RINVCMDID: StatusInfo("ESME_RINVCMDID", "command is not known"),
    ESME_RINVBNDSTS: StatusInfo("ESME_RINVBNDSTS", "command is not allowed in this bind state"),
    ESME_RALYBND: StatusInfo("ESME_RALYBND", "already bound"),
    ESME_RINVPRTFLG: StatusInfo("ESME_RINVPRTFLG", "priority flag is invalid"),
    ESME_RINVREGDLVFLG: StatusInfo("ESME_RINVREGDLVFLG", "registered delivery flag is invalid"),
    ESME_RSYSERR: StatusInfo("ESME_RSYSERR", "system error"),
    ESME_RINVSRCADR: StatusInfo("ESME_RINVSRCADR", "source address is invalid"),
    ESME_RINVDSTADR: StatusInfo("ESME_RINVDSTADR", "destination address is invalid"),
    ESME_RINVMSGID: StatusInfo("ESME_RINVMSGID", "message id is invalid"),
    ESME_RBINDFAIL: StatusInfo("ESME_RBINDFAIL", "bind failed"),
    ESME_RINVPASWD: StatusInfo("ESME_RINVPASWD", "password is invalid"),
    ESME_RINVSYSID: StatusInfo("ESME_RINVSYSID", "system_id is invalid"),
    ESME_RCANCELFAIL: StatusInfo("ESME_RCANCELFAIL", "cancel_sm failed"),
    ESME_RREPLACEFAIL: StatusInfo("ESME_RREPLACEFAIL", "replace_sm failed"),
    ESME_RMSGQFUL: StatusInfo("ESME_RMSGQFUL", "message queue is full"),
    ESME_RINVSERTYP: StatusInfo("ESME_RINVSERTYP", "service type is invalid"),
    ESME_RINVNUMDESTS: StatusInfo("ESME_RINVNUMDESTS", "number of destinations is invalid"),
    ESME_RINVDLNAME: StatusInfo("ESME_RINVDLNAME", "distribution list name is invalid"),
    ESME_RINVDESTFLAG: StatusInfo("ESME_RINVDESTFLAG", "destination flag is invalid"),
    ESME_RINVSUBREP: StatusInfo("ESME_RINVSUBREP", "submit with replace is invalid"),
    ESME_RINVESMCLASS: StatusInfo("ESME_RINVESMCLASS", "esm_class is invalid"),
    ESME_RCNTSUBDL: StatusInfo("ESME_RCNTSUBDL", "cannot submit to a distribution list"),
    ESME_RSUBMITFAIL: StatusInfo("ESME_RSUBMITFAIL", "submit failed"),
    ESME_RINVSRCTON: StatusInfo("ESME_RINVSRCTON", "source TON is invalid"),
    ESME_RINVSRCNPI: StatusInfo("ESME_RINVSRCNPI", "source NPI is invalid"),
    ESME_RINVDSTTON: StatusInfo("ESME_RINVDSTTON", "destination TON is invalid"),
    ESME_RINVDSTNPI: StatusInfo("ESME_RINVDSTNPI", "destination NPI is invalid"),
    ESME_RINVSYSTYP: StatusInfo("ESME_RINVSYSTYP", "system_type is invalid"),
    ESME_RINVREPFLAG: StatusInfo("ESME_RINVREPFLAG", "replace_if_present flag is invalid"),
    ESME_RINVNUMMSGS: StatusInfo("ESME_RINVNUMMSGS", "number of messages is invalid"),
    ESME_RTHROTTLED: StatusInfo("ESME_RTHROTTLED", "throttled: the limit of messages is exceeded"),
    ESME_RINVSCHED: StatusInfo("ESME_RINVSCHED", "scheduled delivery time is invalid"),
    ESME_RINVEXPIRY: StatusInfo("ESME_RINVEXPIRY", "validity period is invalid"),
    ESME_RINVDFTMSGID: StatusInfo("ESME_RINVDFTMSGID", "predefined message is invalid"),
    ESME_RX_T_APPN: StatusInfo("ESME_RX_T_APPN", "temporary error of the receiver"),
    ESME_RX_P_APPN: StatusInfo("ESME_RX_P_APPN", "permanent error of the receiver"),
    ESME_RX_R_APPN: StatusInfo("ESME_RX_R_APPN", "rejected by the receiver"),
    ESME_RQUERYFAIL: StatusInfo("ESME_RQUERYFAIL", "query_sm failed"),
    ESME_RINVOPTPARSTREAM: StatusInfo("ESME_RINVOPTPARSTREAM", "optional parameters cannot be read"),
    ESME_ROPTPARNOTALLWD: StatusInfo("ESME_ROPTPARNOTALLWD", "optional parameter is not allowed"),
    ESME_RINVPARLEN: StatusInfo("ESME_RINVPARLEN", "parameter length is invalid"),
    ESME_RMISSINGOPTPARAM: StatusInfo("ESME_RMISSINGOPTPARAM", "optional parameter is missing"),
    ESME_RINVOPTPARAMVAL: StatusInfo("ESME_RINVOPTPARAMVAL", "optional parameter value is invalid"),
    ESME_RDELIVERYFAILURE: StatusInfo("ESME_RDELIVERYFAILURE", "delivery failed"),
    ESME_RUNKNOWNERR: StatusInfo("ESME_RUNKNOWNERR", "unknown error"),
}


def describe(status: int) -> str:
    """`ESME_RINVPASWD (0x0000000e): password is invalid`; vendors' values by their number."""
    info = _KNOWN.get(status)
    if info is not None:
        return f"{info.name} (0x{status:08x}): {info.meaning}"
    return f"vendor's command_status 0x{status:08x}" if 0x400 <= status <= 0x4FF else f"command_status 0x{status:08x}"
