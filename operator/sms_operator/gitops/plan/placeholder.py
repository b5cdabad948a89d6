"""Stands for the content of a Secret that is never read: the same reference, the same content."""

from __future__ import annotations

from collections.abc import Iterator, Mapping


class PlaceHolder(Mapping[str, bytes]):
    """Has every key; its values name where they would come from."""

    def __init__(self, source: str) -> None:
        self._source = source

    def __getitem__(self, key: str) -> bytes:
        return f"{self._source}/{key}".encode()

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0
