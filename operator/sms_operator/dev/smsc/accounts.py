"""Who may bind: logins with their rules, and the answer of a well-behaved SMSC to a bind."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from sms_operator.protocol.messages import BindType
from sms_operator.smpp.command_status import (
    ESME_RALYBND,
    ESME_RBINDFAIL,
    ESME_RINVCMDID,
    ESME_RINVPASWD,
    ESME_RINVSYSID,
    ESME_RINVSYSTYP,
    ESME_ROK,
)
from sms_operator.smpp.commands import Command

from .bodies import Bind
from .identifiers import IdForm

BIND_TYPE: Final[Mapping[int, BindType]] = {
    Command.BIND_TRANSCEIVER: BindType.TRANSCEIVER,
    Command.BIND_RECEIVER: BindType.RECEIVER,
    Command.BIND_TRANSMITTER: BindType.TRANSMITTER,
}


@dataclass(frozen=True, slots=True)
class Account:
    """One login."""

    system_id: str
    password: str = field(repr=False)
    bind_types: frozenset[BindType] = frozenset(BindType)
    """What it may bind as; anything else is answered with ESME_RINVCMDID."""
    max_binds: int = 0
    """Sessions at a time, 0: no limit; one more is answered with ESME_RALYBND."""
    system_type: str | None = None
    """Required system_type, None: any; another is answered with ESME_RINVSYSTYP."""
    certificate_required: bool = False
    """Whether it binds only where it has shown a certificate; without one it is answered with ESME_RBINDFAIL."""
    message_ids: IdForm = IdForm.HEX
    """Form of the ids in its responses."""
    receipt_ids: IdForm | None = None
    """Form of the ids in its receipts, None: the same."""
    refused_destinations: frozenset[str] = frozenset()
    """Numbers, as it writes them, that it may not send to: ESME_RINVDSTADR."""

    @classmethod
    def parse(cls, text: str) -> Account:
        """The account of `system_id:password`.

        Raises:
            ValueError: a part is missing.
        """
        system_id, colon, password = text.partition(":")
        if not colon or not system_id:
            raise ValueError('an account is written "system_id:password"')
        return cls(system_id, password)


class Accounts:
    """All logins by system_id; changes count from the next bind on, live sessions stay."""

    def __init__(self, accounts: Iterable[Account] = ()) -> None:
        self._accounts = {account.system_id: account for account in accounts}

    def __iter__(self) -> Iterator[Account]:
        return iter(tuple(self._accounts.values()))

    def __contains__(self, system_id: object) -> bool:
        return system_id in self._accounts

    def get(self, system_id: str) -> Account | None:
        """The account of this system_id."""
        return self._accounts.get(system_id)

    def put(self, account: Account) -> None:
        """Adds the account or replaces the one of that system_id."""
        self._accounts[account.system_id] = account

    def remove(self, system_id: str) -> None:
        """Forgets the account; unknown ones are no error."""
        self._accounts.pop(system_id, None)

    def set_password(self, system_id: str, password: str) -> None:
        """Raises KeyError when there is no such account."""
        self._accounts[system_id] = replace(self._accounts[system_id], password=password)

    def verdict(self, bind: Bind, kind: BindType, bound: int, certificate: str | None) -> int:
        """The command_status for a bind of an account that has this many sessions already."""
        account = self._accounts.get(bind.system_id)
        if account is None:
            return ESME_RINVSYSID
        if not hmac.compare_digest(account.password.encode(), bind.password.encode()):
            return ESME_RINVPASWD
        if account.system_type is not None and account.system_type != bind.system_type:
            return ESME_RINVSYSTYP
        if account.certificate_required and certificate is None:
            return ESME_RBINDFAIL
        if kind not in account.bind_types:
            return ESME_RINVCMDID
        if account.max_binds and bound >= account.max_binds:
            return ESME_RALYBND
        return ESME_ROK
