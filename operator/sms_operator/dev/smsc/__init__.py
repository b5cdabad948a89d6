"""A simulator SMSC (SMPP 3.4): for the demo, for fault tests, and to play with (`smsctl dev smsc`).

`Simulator` is the whole of it; `Account` and `Behaviour` are what one feeds it. It is a tool and proves nothing about
interoperability: for that there are servers that others wrote, in `tests/peers/`.
"""

from .accounts import Account, BindType
from .behaviour import PRESETS, Behaviour, Fault, Stage
from .session import Session, SessionGone
from .simulator import NobodyBound, Simulator
from .tls import Mutual, TlsSettings, server_context

__all__ = [
    "PRESETS",
    "Account",
    "Behaviour",
    "BindType",
    "Fault",
    "Mutual",
    "NobodyBound",
    "Session",
    "SessionGone",
    "Simulator",
    "Stage",
    "TlsSettings",
    "server_context",
]
