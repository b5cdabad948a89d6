"""What is known of the files of ChannelExports, and what can be asked of whoever writes them."""

from __future__ import annotations

from dataclasses import dataclass

from sms_operator.api.conditions import Reason


@dataclass(frozen=True, slots=True)
class FileFact:
    """One file."""

    name: str
    records: int
    sha256: str
    """Of its octets, hexadecimal."""


@dataclass(frozen=True, slots=True)
class AtWork:
    """The files are being written, or looked for."""


@dataclass(frozen=True, slots=True)
class Complete:
    """The files are there, all of them."""

    records: int
    files: tuple[FileFact, ...]
    remark: str = ""
    """What a person should know of it, such as names that were not found."""


@dataclass(frozen=True, slots=True)
class Failed:
    """There are no files, and why."""

    reason: Reason
    message: str
    since: float
    """Monotonic time."""
    lasting: bool = False
    """Whether trying again would give the same."""


@dataclass(frozen=True, slots=True)
class Absent:
    """There are no files any more."""


ExportState = AtWork | Complete | Failed | Absent


@dataclass(frozen=True, slots=True)
class ExportFact:
    """Of one object."""

    uid: str
    state: ExportState


@dataclass(frozen=True, slots=True)
class WriteFiles:
    """Write the files, unless they are complete already."""


@dataclass(frozen=True, slots=True)
class FindFiles:
    """Say whether the files are still there."""


@dataclass(frozen=True, slots=True)
class RemoveFiles:
    """Remove the files, which may not be there."""


ExportAction = WriteFiles | FindFiles | RemoveFiles


def counted(channels: int) -> str:
    """`1 channel`, `2,000 channels`."""
    return "1 channel" if channels == 1 else f"{channels:,} channels"
