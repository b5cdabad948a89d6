"""All links of the process: what is wanted of them, and what is to be told of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import structlog

from sms_operator.protocol.messages import LinkFact, WantedLink

from .link import Link
from .surroundings import Surroundings

Report = Callable[[list[LinkFact]], None]


class LinkTable:
    """Converges to what is wanted. `report` gets the facts of changed links, gathered for one turn of the loop."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._around = surroundings
        self._links: dict[str, Link] = {}
        self._leaving: dict[str, asyncio.Task[None]] = {}
        self._pending: dict[str, WantedLink] = {}
        self._dirty: set[str] = set()
        self._report: Report | None = None
        self._log = structlog.get_logger("links")

    def __len__(self) -> int:
        return len(self._links)

    @property
    def heard(self) -> bool:
        """Whether somebody listens."""
        return self._report is not None

    def listen(self, report: Report | None) -> None:
        """Send changes there from now on; None: nowhere."""
        self._report = report

    def link(self, key: str) -> Link | None:
        """The link of this gateway, to send over and to watch; None: there is none, or its predecessor is leaving."""
        return self._links.get(key)

    def want(self, wish: WantedLink) -> None:
        """Open a link or change it. Another uid is another link: the old one is unbound first."""
        link = self._links.get(wish.key)
        if link is not None and link.wish.uid == wish.uid:
            link.change(wish)
            return
        if link is not None:
            self.remove(wish.key)
        leaving = self._leaving.get(wish.key)
        if leaving is None:
            self._open(wish)
        else:
            leaving.add_done_callback(lambda _: self._open_later(wish))
            self._pending[wish.key] = wish

    def remove(self, key: str) -> None:
        """Unbind a link and forget it; a wish that still waits for its predecessor is forgotten too."""
        self._pending.pop(key, None)
        link = self._links.pop(key, None)
        if link is None:
            return
        self._log.info("link removed", key=key)
        task = link.close()
        self._leaving[key] = task
        task.add_done_callback(lambda _: self._leaving.pop(key, None))

    def converge(self, wanted: Mapping[str, WantedLink], kept: Mapping[str, str]) -> None:
        """Carry out a whole snapshot: `kept` maps keys to the uid they must have to stay as they are."""
        present = {**{key: link.wish for key, link in self._links.items()}, **self._pending}
        for key, wish in present.items():
            if key not in wanted and kept.get(key) != wish.uid:
                self.remove(key)
        for wish in wanted.values():
            self.want(wish)

    def facts(self) -> list[LinkFact]:
        """What is to be said of every link now."""
        return [link.fact() for link in self._links.values()]

    async def close(self) -> None:
        """Unbind everything, side by side."""
        self._report = None
        self._pending.clear()
        for key in list(self._links):
            self.remove(key)
        await asyncio.gather(*self._leaving.values(), return_exceptions=True)

    def _open(self, wish: WantedLink) -> None:
        self._log.info("link wanted", key=wish.key, binds=len(wish.binds))
        self._links[wish.key] = Link(wish, self._around, self._changed)
        self._changed(wish.key)

    def _open_later(self, wish: WantedLink) -> None:
        if self._pending.get(wish.key) is wish:
            del self._pending[wish.key]
            self._open(wish)

    def _changed(self, key: str) -> None:
        if not self._dirty:
            asyncio.get_running_loop().call_soon(self._flush)
        self._dirty.add(key)

    def _flush(self) -> None:
        dirty, self._dirty = self._dirty, set()
        if self._report is not None:
            self._report([self._links[key].fact() for key in dirty if key in self._links])
