"""Receipts that came before the response to their message: kept for a moment, to be told with it."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, Generic, TypeVar

MOST: Final = 10_000
"""Receipts kept at a time; beyond it the oldest is let go at once."""

T = TypeVar("T")


class EarlyReceipts(Generic[T]):
    """Items under every id that their receipt may mean. Everything costs the same, however many there are.

    The likeliest of an item's ids comes first: an id that two items may mean is of the one that has it there.
    """

    __slots__ = ("_items", "_keys")

    def __init__(self) -> None:
        self._items: OrderedDict[tuple[str, ...], tuple[float, T]] = OrderedDict()
        self._keys: dict[str, tuple[str, ...]] = {}

    def __len__(self) -> int:
        return len(self._items)

    def keep(self, keys: tuple[str, ...], item: T, now: float) -> T | None:
        """Keep an item. Returns one that has to be let go: with the same ids, or the oldest of too many."""
        before = self._items.pop(keys, None)
        if before is None and len(self._items) >= MOST:
            _, before = self._remove(next(iter(self._items)))
        self._items[keys] = (now, item)
        for key in keys[1:]:
            self._keys.setdefault(key, keys)
        if keys:
            self._keys[keys[0]] = keys
        return None if before is None else before[1]

    def take(self, key: str) -> T | None:
        """The item that was kept under this id."""
        keys = self._keys.get(key)
        return None if keys is None else self._remove(keys)[1][1]

    def expire(self, before: float) -> list[T]:
        """Those that were kept at or before this moment, oldest first."""
        found: list[T] = []
        while self._items:
            keys, (since, item) = next(iter(self._items.items()))
            if since > before:
                break
            self._remove(keys)
            found.append(item)
        return found

    def _remove(self, keys: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[float, T]]:
        kept = self._items.pop(keys)
        for key in keys:
            if self._keys.get(key) == keys:
                del self._keys[key]
        return keys, kept
