"""An encrypted archive as a stream: WinZip's AES-256 (AE-2). 7-Zip and WinRAR open it; Windows Explorer cannot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from stream_zip import ZIP_64, stream_zip

MODE: Final = 0o600

Member = tuple[str, Iterable[bytes]]


def encrypted(members: Iterable[Member], password: str, modified: datetime) -> Iterator[bytes]:
    """A ZIP file of `members`, written in order as its octets come. The key is made of the password's UTF-8."""
    # The library encodes a text as Latin-1, which not every password is.
    octets = password.encode().decode("latin-1")
    files = ((name, modified, MODE, ZIP_64, content) for name, content in members)
    yield from stream_zip(files, password=octets)
