"""Who may ask this server for what. Pure: facts of a request in, a refusal or nothing out.

A loopback address keeps other machines out, and nothing else: any page in the user's browser can send requests here,
and a name that resolves to 127.0.0.1 makes such a page same-origin (DNS rebinding). So the Host has to be ours, a
cookie shows that the browser was opened from the terminal, and what changes something has to come from our own page.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

SAFE: Final = frozenset({"GET", "HEAD"})
TOKEN_HEADER: Final = "X-Monitor-Token"
"""Carries the page's token with everything that changes something."""
BODY_LIMIT: Final = 256 * 1024
"""Octets of a request's body: enough for a batch of 1,000 gateways."""

HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
    "Server": "smsctl",
}
"""Sent with every answer."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not served."""

    status: int
    words: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What of a request decides whether it is served."""

    method: str
    host: str
    cookie: str | None = None
    entering: bool = False
    """Whether it brings the one-time token for the cookie."""
    fetch_site: str | None = None
    """Sec-Fetch-Site."""
    fetch_mode: str | None = None
    """Sec-Fetch-Mode."""
    origin: str | None = None
    token: str | None = None
    content_type: str = ""


@dataclass(frozen=True)
class Keys:
    """The secrets of one run of the server."""

    cookie: str = field(default_factory=secrets.token_urlsafe, repr=False)
    """Shows that the browser was opened from our terminal."""
    page: str = field(default_factory=secrets.token_urlsafe, repr=False)
    """Stands in the page; a foreign page cannot read it."""


def hosts(port: int) -> frozenset[str]:
    """The Host headers that mean us; anything else is another name for this address."""
    return frozenset({f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}"})


def refuse(asked: Asked, allowed: frozenset[str], keys: Keys) -> Refusal | None:
    """The first rule that the request breaks; None: serve it."""
    if asked.host.lower() not in allowed:
        return Refusal(421, "This server answers to 127.0.0.1 and localhost only, with its port.")
    if asked.method not in {*SAFE, "POST"}:
        return Refusal(405, "GET shows, POST acts; there is nothing else here.")
    if asked.fetch_site in {"cross-site", "same-site"} and (asked.method not in SAFE or asked.fetch_mode != "navigate"):
        return Refusal(403, "Another site asked for this.")
    if not asked.entering and not _equal(asked.cookie, keys.cookie):
        return Refusal(403, "Open the address that smsctl monitor printed in its terminal: it lets this browser in.")
    return None if asked.method in SAFE else _refuse_change(asked, keys)


def _refuse_change(asked: Asked, keys: Keys) -> Refusal | None:
    if asked.fetch_site != "same-origin":
        return Refusal(403, "Only this server's own page may change something (Sec-Fetch-Site: same-origin).")
    if asked.origin != f"http://{asked.host}":
        return Refusal(403, "Only this server's own page may change something (Origin).")
    if not _equal(asked.token, keys.page):
        return Refusal(403, f"The page's token ({TOKEN_HEADER}) is missing or of another run: load the page again.")
    if asked.content_type != "application/json":
        return Refusal(415, "The body has to be application/json.")
    return None


class Door:
    """One-time tokens: each lets one browser in, and the next one is told as soon as it is used."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        """`tell` gets each new token."""
        self._tell = tell
        self._token = secrets.token_urlsafe()

    def open(self) -> None:
        """Tell the token."""
        self._tell(self._token)

    def enter(self, token: str) -> bool:
        """Whether the token is right; it is then used up."""
        if not _equal(token, self._token):
            return False
        self._token = secrets.token_urlsafe()
        self._tell(self._token)
        return True


def _equal(shown: str | None, wanted: str) -> bool:
    return shown is not None and hmac.compare_digest(shown.encode(), wanted.encode())
