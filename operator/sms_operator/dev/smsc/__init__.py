"""A simulator SMSC (SMPP 3.4): for the demo, for fault tests, and to play with (`smsctl dev smsc`).

`Simulator` is the whole of it; `Account` and `Behaviour` are what one feeds it. It is a tool and proves nothing about
interoperability: for that there are servers that others wrote, in `tests/peers/`.
"""

from .accounts import Account, BindType
from .behaviour import Behaviour, Deliveries, Dialect, Limits, Receipts, Responses
from .courier import NobodyBound, SessionGone
from .faults import Fault, Stage
from .identifiers import IdForm
from .ledger import Attempt, Delivered, Kind, Ledger, Submitted
from .mobile import Poison, Text
from .presets import PRESETS
from .session import Session
from .simulator import Simulator
from .states import MessageState
from .tls import Mutual, TlsSettings, server_context

__all__ = [
    "PRESETS",
    "Account",
    "Attempt",
    "Behaviour",
    "BindType",
    "Delivered",
    "Deliveries",
    "Dialect",
    "Fault",
    "IdForm",
    "Kind",
    "Ledger",
    "Limits",
    "MessageState",
    "Mutual",
    "NobodyBound",
    "Poison",
    "Receipts",
    "Responses",
    "Session",
    "SessionGone",
    "Simulator",
    "Stage",
    "Submitted",
    "Text",
    "TlsSettings",
    "server_context",
]
