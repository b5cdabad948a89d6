"""What cannot be put into a short message."""

from __future__ import annotations


class Unencodable(ValueError):
    """A text that does not fit: into its alphabet, into the number of parts a message may have, or into one payload.

    The message names one character at most, never more of the text.
    """


def foreign(text: str, position: int, alphabet: str) -> Unencodable:
    """The error about the character at `position` (from 0), which `alphabet` does not have."""
    return Unencodable(f"the character U+{ord(text[position]):04X} at position {position} is not in {alphabet}")
