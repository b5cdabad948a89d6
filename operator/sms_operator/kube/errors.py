"""What can go wrong with a request to the API server.

KubeError
├── NotFound       404: the object, or its kind, does not exist
├── Conflict       409: changed meanwhile, or a name is taken
├── Forbidden      401 or 403: names the missing right
├── Rejected       any other 4xx, and the 500 for a status field the stored CRD does not know: repeating cannot help
└── Unavailable    429, 5xx, or no answer at all: repeating will help, `retry_after` says when
"""

from __future__ import annotations


class KubeError(Exception):
    """A request to the API server did not succeed; the text says which and why."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class NotFound(KubeError):
    """404."""


class Conflict(KubeError):
    """409."""


class Forbidden(KubeError):
    """401 or 403."""


class Rejected(KubeError):
    """The server understood and refused."""


class Unavailable(KubeError):
    """No answer, or one that says to come again."""

    def __init__(self, message: str, status: int = 0, retry_after: float | None = None) -> None:
        super().__init__(message, status)
        self.retry_after = retry_after


def from_answer(request: str, status: int, text: str, retry_after: str | None) -> KubeError:
    """The error for an answer of 400 or above."""
    message = f"{request}: {status} {text}"
    match status:
        case 404:
            return NotFound(message, status)
        case 409:
            return Conflict(message, status)
        case 401 | 403:
            return Forbidden(message, status)
        case 429:
            return Unavailable(message, status, _seconds(retry_after))
        case 500 if "not declared in schema" in text:
            return Rejected(f"{message} (are the CRDs of this version installed?)", status)
        case _ if status >= 500:
            return Unavailable(message, status, _seconds(retry_after))
        case _:
            return Rejected(message, status)


def _seconds(header: str | None) -> float | None:
    return float(header) if header is not None and header.isdigit() else None
