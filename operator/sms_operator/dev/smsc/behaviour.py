"""How the simulator behaves, well or badly, as data: what it does, at which moment, for whom.

A behaviour holds for the whole simulator or for one system_id, and can be exchanged while sessions are live: each step
of a session asks anew. `presets.py` names the common ones.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from sms_operator.smpp.command_status import ESME_ROK, ESME_RTHROTTLED

from . import script
from .faults import Fault, Stage
from .states import MessageState


class Dialect(StrEnum):
    """How the text of a receipt is written; the standard leaves it to the vendor (appendix B)."""

    STANDARD = "standard"
    """`id:… sub:001 dlvrd:001 submit date:YYMMDDhhmm done date:YYMMDDhhmm stat:DELIVRD err:000 text:…`"""
    SECONDS = "seconds"
    """The same with dates of twelve digits, YYMMDDhhmmss."""
    CENTURY = "century"
    """The same with dates of fourteen digits, YYYYMMDDhhmmss."""
    CAPITALS = "capitals"
    """`ID:… SUB:001 …`"""
    JOINED = "joined"
    """`submitdate:` and `donedate:`, without a blank in the name."""
    SPACED = "spaced"
    """A blank after each colon."""
    REORDERED = "reordered"
    """`stat` first, the id in the middle."""
    SHORT = "short"
    """`id:… stat:DELIVRD err:000`"""


@dataclass(frozen=True, slots=True)
class Limits:
    """When messages are refused, and taken again later."""

    status: int = ESME_RTHROTTLED
    """command_status of a refusal."""
    first: int = 0
    """So many messages of an account are refused at the beginning."""
    seconds: float = 0.0
    """So long, from the first message of an account on, all are refused."""
    rate: int = 0
    """Messages of an account taken within any one second, 0: no limit."""


@dataclass(frozen=True, slots=True)
class Responses:
    """How the responses to submit_sm, submit_multi and data_sm go out."""

    delay: float = 0.0
    """Seconds until each; other PDUs do not wait for it."""
    reorder: int = 0
    """So many are kept and then sent last one first; fewer leave after a second."""
    copies: int = 1
    """How often each is sent."""
    stray: bool = False
    """Before each comes one with a sequence_number that nobody used."""
    error_body: bool = False
    """Whether one with an error has a body, an empty message_id; the standard wants none (section 4.4.2)."""
    tlvs: bytes = b""
    """Octets added to the body, meant to be optional parameters."""


@dataclass(frozen=True, slots=True)
class Receipts:
    """What becomes of accepted messages, and what is told about it."""

    outcome: MessageState = MessageState.DELIVERED
    error: int = 0
    """Network's error code of the outcome, 0..255; 0: none."""
    delay: float = 0.0
    """Seconds to the outcome, more than the simulator's own `receipt_delay`."""
    early: bool = False
    """A receipt goes out before the response that gives the message its id."""
    copies: int = 1
    """How often each is sent."""
    dialect: Dialect = Dialect.STANDARD
    text: bool = True
    """Whether the outcome is in the text."""
    tlvs: bool = True
    """Whether the outcome is in receipted_message_id, message_state and network_error_code."""
    esm_class: int = 0x04
    """Of a receipt; 0: as some SMSCs have it, only the text tells."""
    ucs2: bool = False
    """Whether the text is in UCS-2."""
    payload: bool = False
    """Whether the text is in message_payload."""
    id_nul: bool = True
    """Whether receipted_message_id ends with a NUL, as the standard wants."""
    state_octets: int = 1
    """Length of message_state, 1..8, which the standard wants to be 1."""

    def __post_init__(self) -> None:
        """Raises ValueError for what no PDU can hold."""
        for name, least, most in (("error", 0, 255), ("esm_class", 0, 255), ("state_octets", 1, 8)):
            if not least <= getattr(self, name) <= most:
                raise ValueError(f"{name} is {getattr(self, name)}, which is not in {least}..{most}")


@dataclass(frozen=True, slots=True)
class Deliveries:
    """How messages and receipts are delivered to the ESME."""

    as_data_sm: bool = False
    """data_sm in place of deliver_sm."""
    tlvs: bytes = b""
    """Octets added to each body, meant to be optional parameters."""
    redeliver_after: float = 0.0
    """Seconds until a delivery comes again that got a temporary error or no answer; 0: it never does."""
    redeliver_limit: int = 0
    """So many times at most, 0: no limit."""
    stubborn: bool = False
    """Only ESME_ROK, ESME_RX_P_APPN and ESME_RX_R_APPN end it; any other answer brings it again."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Everything that may go wrong; the default is an SMSC without fault."""

    refuse: bool = False
    """TCP connections are refused. Only for the whole simulator; live sessions stay."""
    blackhole: bool = False
    """TCP connections are neither accepted nor refused. Only for the whole simulator; live sessions stay."""
    faults: Mapping[Stage, Fault] = field(
        default_factory=lambda: MappingProxyType({}), metadata=script.mapping(Stage, Fault)
    )
    faults_after: int = 0
    """So many times a session passes a stage well before the fault of that stage comes."""
    silent_from: Stage | None = field(default=None, metadata=script.optional(Stage))
    """From this moment on nothing is answered; live sessions that are past it fall silent at once."""
    cut_octets: int = 8
    """Octets that `Fault.CUT` and `Fault.CUT_RESET` let pass."""
    pause_seconds: float = 0.0
    """How long `Fault.STOP_READING` lasts, 0: for ever."""
    octets: bytes = b""
    """What `Fault.OCTETS` sends."""
    bind_status: int = ESME_ROK
    """command_status of every bind_resp; 0: the account decides."""
    bind_body: bool = True
    """Whether a bind_resp with an error carries a system_id, as the standard wants and many SMSCs do not."""
    bind_copies: int = 1
    """How often the bind_resp is sent."""
    bind_tlvs: bytes = b""
    """Octets added to the body of a bind_resp, meant to be optional parameters."""
    enquire_before_bind: bool = False
    """An enquire_link is sent, and its answer awaited, before the bind_resp."""
    deliver_before_bind: bool = False
    """A deliver_sm goes out before the bind_resp."""
    deliver_with_bind: bool = False
    """A deliver_sm goes out in the same segment as the bind_resp."""
    submit_status: int = ESME_ROK
    """command_status of every submit_sm_resp, submit_multi_resp and data_sm_resp."""
    octet_delay: float = 0.0
    """Seconds between single octets; 0: whole PDUs."""
    answer_delay: float = 0.0
    """Seconds before every answer; what comes meanwhile waits."""
    limits: Limits = field(default_factory=Limits)
    responses: Responses = field(default_factory=Responses)
    receipts: Receipts = field(default_factory=Receipts)
    deliveries: Deliveries = field(default_factory=Deliveries)

    @classmethod
    def parse(cls, value: object) -> Behaviour:
        """The behaviour of a JSON object with fields of this class.

        Raises:
            ValueError: unknown field or value; the text lists what is known.
        """
        return script.parse(cls, value, "behaviour")

    def check_scope(self, account: str | None) -> None:
        """Raises ValueError when this cannot hold for a single account."""
        early = Stage.CONNECT in self.faults or self.silent_from is Stage.CONNECT
        if account is not None and (self.refuse or self.blackhole or early):
            raise ValueError(
                f'behaviour: what happens before the bind cannot be limited to "{account}": leave the account out'
            )

    def __str__(self) -> str:
        return json.dumps(self.as_json())

    def as_json(self) -> dict[str, object]:
        """The fields that differ from a faultless SMSC."""
        return script.as_json(self)
