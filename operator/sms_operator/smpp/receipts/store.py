"""Messages that a receipt is waited for. Everything costs the same for one of them and for a hundred thousand."""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import Final, Generic, Protocol, TypeVar

from .ids import FORMS, Form, IdForm, same
from .parsing import Receipt

CAPACITY: Final = 1_000_000
"""Open receipts of one gateway; beyond it the oldest is given up."""
TIME_TO_LIVE: Final = 3 * 86_400.0
"""Seconds for which a receipt is waited for: SMSCs try for a day or two."""
REMEMBERED: Final = 10_000
"""Closed ids that are remembered, to know a receipt that an SMSC sends again from one for a message of others."""
_AT_ONCE: Final = 100
"""Messages that one look at what is too old gives up: many that age together must not hold everything up."""
DIGITS: Final = 8
"""Last digits of two numbers that are compared: SMSCs add and take away country codes."""


class Addressed(Protocol):
    """A context that knows whom its message went to."""

    @property
    def destination(self) -> str:
        """The digits."""
        ...


T = TypeVar("T", bound=Addressed)


class OpenReceipts(Generic[T]):
    """Contexts by message id, until their final receipt comes or nobody expects one any more.

    The forms of ids are tried in turn, a few look-ups at most; `same` is exact but for case, zeros and blanks. With
    IdForm.AUTO, the one under which a message of the right phone is found is tried first from then on: so it is learnt
    that an SMSC mixes hexadecimal and decimal. Where the phone does not decide, because the SMSC gives another number
    or none, only the form that was learnt counts; while nothing is learnt `same` goes before the others, and of these
    one counts only if nothing is found under the other. What stays ambiguous is matched with nothing.
    """

    __slots__ = ("_capacity", "_closed", "_contexts", "_forms", "_learnt", "_oldest", "_time_to_live", "dropped")

    def __init__(
        self, form: IdForm = IdForm.AUTO, *, capacity: int = CAPACITY, time_to_live: float = TIME_TO_LIVE
    ) -> None:
        """`time_to_live`: seconds. Raises ValueError when there is no room or no time for one message."""
        if capacity < 1 or time_to_live <= 0:
            raise ValueError("no message could be waited for: capacity and time_to_live must be positive")
        # Ordered dictionaries, because finding the first of a dict that loses its first ones again and again costs more
        # and more.
        self._contexts: OrderedDict[str, tuple[float, T]] = OrderedDict()
        self._closed: OrderedDict[str, None] = OrderedDict()
        self._forms: tuple[Form, ...] = FORMS[form]
        self._learnt = len(self._forms) == 1
        self._capacity = capacity
        self._time_to_live = time_to_live
        self._oldest = -math.inf
        self.dropped = 0
        """Messages given up: too old, too many, or another one got the same id."""

    def __len__(self) -> int:
        return len(self._contexts)

    def adopt(self, form: IdForm) -> None:
        """Another form, from the next receipt on; what was learnt is forgotten."""
        self._forms = FORMS[form]
        self._learnt = len(self._forms) == 1

    def opened(self, identity: str, context: T, now: float) -> None:
        """The SMSC accepted a message under this id. `now`: monotonic seconds."""
        self._open(same(identity), context, now)

    def reopened(self, receipt: Receipt, context: T, now: float) -> None:
        """A receipt that was matched with this message was not taken, and will come again with the same id."""
        if receipt.intermediate:
            return
        keys = self.meanings(receipt) or (same(receipt.message_id),)
        # Not over another message, which may have the id in another form.
        closed = (key for key in keys if key in self._closed and key not in self._contexts)
        self._open(next(closed, keys[0]), context, now)

    def awaits(self, receipt: Receipt) -> bool:
        """Whether some form of the receipt's id is one that is waited for, or was not long ago."""
        return any(key in self._contexts or key in self._closed for key in self.meanings(receipt))

    def meanings(self, receipt: Receipt) -> tuple[str, ...]:
        """All ids, as `same` writes them, that the receipt's may stand for."""
        return tuple(dict.fromkeys(key for form in self._forms if (key := form(receipt.message_id))))

    def received(self, receipt: Receipt, source: str) -> T | None:
        """The context of the message that a receipt speaks of; None: it is not known, or not any more.

        `source` is the receipt's source address: the phone, unless the SMSC has other habits. A final receipt closes
        the message; an intermediate one leaves it open.
        """
        identity = receipt.message_id
        if not identity:
            return None
        contexts, phone = self._contexts, source[-DIGITS:]
        first, others = "", set[str]()
        for form in self._forms:
            key = form(identity)
            found = contexts.get(key) if key else None
            if found is None:
                continue
            if found[1].destination[-DIGITS:] == phone:
                # One digit is the same in every form and teaches nothing.
                if len(key) > 1 and not (self._learnt and form is self._forms[0]):
                    self._forms = (form, *(other for other in self._forms if other is not form))
                    self._learnt = True
                return self._told(key, receipt)
            if form is self._forms[0]:
                first = key
            else:
                others.add(key)
        if not first and not self._learnt and len(others) == 1:
            first = others.pop()
        return self._told(first, receipt) if first else None

    def is_repeat(self, receipt: Receipt) -> bool:
        """Whether a receipt that `received` does not know closed its message before, as far as that is remembered."""
        return any(key in self._closed for key in self.meanings(receipt))

    def _told(self, key: str, receipt: Receipt) -> T:
        if receipt.intermediate:
            return self._contexts[key][1]
        self._closed[key] = None
        if len(self._closed) > REMEMBERED:
            self._closed.popitem(last=False)
        return self._contexts.pop(key)[1]

    def _open(self, key: str, context: T, now: float) -> None:
        contexts = self._contexts
        if key in contexts:
            # Not in its place, because the order is that of age.
            del contexts[key]
            self.dropped += 1
        contexts[key] = (now, context)
        if len(contexts) > self._capacity:
            contexts.popitem(last=False)
            self.dropped += 1
        if now - self._oldest >= self._time_to_live:
            self._sweep(now)

    def _sweep(self, now: float) -> None:
        for _ in range(_AT_ONCE):
            # There is one, because one was just opened; closing makes the oldest younger, so this is a lower bound.
            key, (since, _context) = next(iter(self._contexts.items()))
            self._oldest = since
            if now - since < self._time_to_live:
                return
            del self._contexts[key]
            self.dropped += 1
