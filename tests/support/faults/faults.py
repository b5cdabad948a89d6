"""What can go wrong between a controller and its API server: plain data, as it stands in the file of a plan."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from .requests import Request


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Which(_Data):
    """Requests or watch events. What is empty fits everything."""

    verb: str = ""
    """As RBAC has it; for watch events their type: ADDED, MODIFIED, DELETED."""
    resource: str = ""
    """Plural, with its subresource."""
    name: str = ""
    """The object's name; for Kubernetes Events, of the object that they are about."""

    def fits(self, request: Request) -> bool:
        """Whether a request is meant; with nothing said, every write is."""
        if not self.verb and not request.writes:
            return False
        name = request.name.partition(".")[0] if request.resource == "events" else request.name
        return self.verb in ("", request.verb) and self.resource in ("", request.resource) and self.name in ("", name)

    def __str__(self) -> str:
        return " ".join(filter(None, (self.verb, self.resource, self.name))) or "any write"


class Moment(StrEnum):
    """On which side of a write."""

    BEFORE = "before"
    """The API server never hears of it."""
    AFTER = "after"
    """It is done, and nobody is told."""


class Crash(_Data):
    """SIGKILL to the controller at a write; or when a watch event is on its way to it, which then is lost."""

    kind: Literal["crash"] = "crash"
    at: Which
    nth: int = 1
    moment: Moment

    def __str__(self) -> str:
        return f"crash {self.moment} {self.at}" + (f" ({self.nth})" if self.nth > 1 else "")


class Answered(_Data):
    """Requests are answered with an HTTP status and never reach the API server."""

    kind: Literal["answered"] = "answered"
    at: Which
    status: int
    times: int = 1
    retry_after: int | None = None
    """Seconds, as the header says."""

    def __str__(self) -> str:
        return f"{self.status} for {self.at}" + (f" × {self.times}" if self.times > 1 else "")


class Lost(_Data):
    """Requests are carried out, and the answer does not arrive."""

    kind: Literal["lost"] = "lost"
    at: Which
    how: Literal["reset", "half", "silence"]
    """The connection is reset, or cut in the middle of the answer's body, or nothing comes for a while and then a
    reset."""
    times: int = 1

    def __str__(self) -> str:
        return f"answer lost ({self.how}) for {self.at}"


class Slow(_Data):
    """Answers take this much longer."""

    kind: Literal["slow"] = "slow"
    at: Which
    seconds: float
    times: int = 1

    def __str__(self) -> str:
        return f"{self.at} slow by {self.seconds:g} s"


class Away(_Data):
    """The API server is away for a while: refused, silent, or each request is answered with this status."""

    kind: Literal["away"] = "away"
    how: Literal["refused", "silent"] | int
    seconds: float

    def __str__(self) -> str:
        return f"API server away: {self.how} for {self.seconds:g} s"


class Event(StrEnum):
    """What happens to a watch event."""

    DROP = "drop"
    DUPLICATE = "duplicate"
    """Sent three times."""
    DELAY = "delay"
    """It and all that follow on its stream come late, in order."""
    SWAP = "swap"
    """It comes after the next event of its stream, or after a moment when there is none."""
    COLLAPSE = "collapse"
    """It and what follows within a moment is held; of each object then only the last event is sent."""
    OLD_VERSION = "old version"
    """After it the first version of the same object (same uid) is sent again, as MODIFIED."""
    OLD_OBJECT = "old object"
    """After it the last version of a dead object of the same name (another uid) is sent, as ADDED."""
    OLD_DELETION = "old deletion"
    """After it the dead object of the same name (another uid) is reported DELETED again."""
    OLD_DELETING = "old object in deletion"
    """After it a dead object of the same name is sent as MODIFIED, with a deletionTimestamp."""
    UNDEAD = "undead"
    """After the deletion of an object its last version is sent again, as MODIFIED."""
    SILENCE = "silence"
    """It and everything after it on its stream is swallowed; the stream stays open."""
    ERROR_410 = "ERROR 410"
    ERROR_500 = "ERROR 500"
    """Instead of it: an ERROR event of this code, and the stream ends."""
    HALF = "half a line"
    """Half of it is sent, and the connection is cut."""
    END = "end"
    """It is swallowed, and the stream ends in order."""
    GARBAGE = "garbage"
    """Before it a line is sent that is no JSON."""


class Watched(_Data):
    """A watch event is lost, late, doubled, out of order, or a lie."""

    kind: Literal["watched"] = "watched"
    at: Which
    event: Event
    nth: int = 1
    seconds: float = 1.0
    """For delays and collapses."""

    def __str__(self) -> str:
        return f"{self.event}: {self.at}" + (f" ({self.nth})" if self.nth > 1 else "")


Fault = Annotated[Crash | Answered | Lost | Slow | Away | Watched, Field(discriminator="kind")]
