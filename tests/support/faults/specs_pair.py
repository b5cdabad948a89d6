"""Two lanes with the same object: in one it has a past, in the other it has none. Both must end alike.

This is the differential oracle of Acto. Conflicts, which depend on age, cannot come in between: the object is the
youngest of its lane in both.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from sms_operator.dev.control_plane.client import Answer

from .snapshot import differences
from .specs_lanes import NAME, PATIENCE, Lane, Lanes
from .specs_meaning import Spec

LOOK_AGAIN: Final = 0.1
QUIET: Final = 1.0
"""Seconds without a write after which a state counts as the end."""
DISCONNECT: Final = "sms-operator.dev/disconnect"


class Found(AssertionError):
    """A property that does not hold."""


class Pair:
    """What can be done to the two, and what must hold of them."""

    def __init__(self, lanes: Lanes, lived: Lane, fresh: Lane) -> None:
        self.lived: Final = lived
        self.fresh: Final = fresh
        self._lanes = lanes

    @property
    def both(self) -> tuple[Lane, Lane]:
        """The one with a past first."""
        return (self.lived, self.fresh)

    def put(self, kind: str, spec: Spec) -> None:
        """Write the same spec in both."""
        for lane in self.both:
            accepted(lane.put(kind, spec), "a spec")

    def clear(self, *kinds: str) -> list[str]:
        """Delete the objects of these kinds in both; what is left of them after a while."""
        return [item for lane in self.both for item in lane.clear(*kinds)]

    def until_told(self, kind: str) -> None:
        """Wait for statuses that speak of the present specs."""
        wait(lambda: untold(kind, self.lived) or untold(kind, self.fresh), "it is not told")

    def alike(self, kind: str, when: str, *, quiet: float = QUIET, patience: float = PATIENCE) -> float:
        """Wait until both are in one state, told, and no more is written; seconds until that began.

        A link of a former spec is given up on the way: it is kept by design until the present one stands, and where
        the present one cannot stand, nothing but its end shows whether all else is alike.

        Raises:
            Found: it does not come to that.
        """
        started = time.monotonic()
        renewed = False
        while True:
            since, began = (self._lanes.audit.now() if quiet else 0), time.monotonic()
            wrong = self._differs(kind)
            if not wrong and quiet:
                time.sleep(quiet)
                writes = self._lanes.writes(since, *self.both)
                wrong = self._differs(kind) or (f"writes do not end: {writes}" if writes else "")
            if not wrong:
                return began - started
            if kind == "SmppGateway" and not renewed and self._keeps_former():
                self._renew()
                renewed = True
            if time.monotonic() - started > patience:
                raise Found(f"{when}: {wrong}")
            time.sleep(LOOK_AGAIN)

    def linger(self, kind: str) -> None:
        """Delete the one with a past while somebody else's finalizer holds it: it has no binds then. Then let it go."""
        tenant = self.lived.tenant
        tenant.patch(kind, NAME, {"metadata": {"finalizers": ["example.org/slow"]}})
        tenant.delete(kind, NAME)
        wait(lambda: str(self.lived.binds() or ""), "in deletion, and still bound")
        tenant.patch(kind, NAME, {"metadata": {"finalizers": None}})
        tenant.until_gone(kind, NAME)

    def _differs(self, kind: str) -> str:
        lived, fresh = self.lived.state(kind), self.fresh.state(kind)
        return differences(lived, fresh) or untold(kind, self.lived) or untold(kind, self.fresh)

    def _keeps_former(self) -> bool:
        if self.fresh.binds():
            return False
        fresh = self.fresh.tenant.condition("SmppGateway", NAME, "Connected")
        return bool(self.lived.binds()) or fresh[1] == "Pending"

    def _renew(self) -> None:
        tenant = self.lived.tenant

        def linked() -> str:
            connected, accepted = (tenant.condition("SmppGateway", NAME, of) for of in ("Connected", "Accepted"))
            gone = connected[1] == "Disconnected" or accepted[0] == "False"
            return "" if gone and not self.lived.binds() else f"{connected}, {self.lived.binds()}"

        tenant.patch("SmppGateway", NAME, {"metadata": {"annotations": {DISCONNECT: "the former link"}}})
        wait(linked, "disconnected, and still linked")
        tenant.patch("SmppGateway", NAME, {"metadata": {"annotations": {DISCONNECT: None}}})


def on_pairs(lanes: Lanes, works: Mapping[str, Callable[[Pair], None]], *kinds: str) -> list[str]:
    """Do these works, as many at a time as there are pairs, and delete objects of these kinds after each.

    Returns:
        What is wrong, each with the name of its work.
    """
    free: queue.Queue[Pair] = queue.Queue()
    for pair in lanes.pairs:
        free.put(Pair(lanes, *pair))

    def one(name: str) -> str:
        pair, wrong = free.get(), ""
        try:
            works[name](pair)
        except AssertionError as error:
            wrong = str(error)
        left = pair.clear(*kinds)
        free.put(pair)
        return f"{name}: {wrong} left behind: {left}" if wrong or left else ""

    with ThreadPoolExecutor(free.qsize()) as pool:
        return list(filter(None, pool.map(one, works)))


def accepted(answer: Answer, what: str) -> None:
    """The API server took it."""
    if answer.code not in (200, 201):
        raise Found(f"{what} was refused: {answer.text[:2000]}")


def untold(kind: str, lane: Lane) -> str:
    """What is still to come: a status of the present generation, the end of a first attempt to connect."""
    body = lane.tenant.get(kind, NAME)
    if body is None:  # a route that says of itself that it is derived, and is not, goes at once
        return "" if kind == "NotificationRoute" else "it does not exist"
    if kind == "NotificationRoute" and body["spec"]["origin"] == "Derived":
        return "a derived route without a channel stays"
    status = body.get("status", {})
    if status.get("observedGeneration") != body["metadata"]["generation"]:
        return f"observedGeneration {status.get('observedGeneration')} of {body['metadata']['generation']}"
    waiting = [item for item in status["conditions"] if item["reason"] == "Connecting"]
    return f"still connecting: {waiting}" if waiting else ""


def wait(look: Callable[[], str], what: str) -> None:
    """Until nothing is wrong any more.

    Raises:
        Found: it stays wrong.
    """
    deadline = time.monotonic() + PATIENCE
    while wrong := look():
        if time.monotonic() > deadline:
            raise Found(f"{what}: {wrong}")
        time.sleep(LOOK_AGAIN)
