"""Changes faster than anybody could follow, without waiting for anything: what counts is how it ends."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from sms_operator.dev.control_plane import ApiError
from support.tenant import Tenant

from .outcome import Outcome
from .snapshot import Body, leaks
from .stage import Patience, Stage
from .workloads import Scene

NAMES: Final = tuple(f"ch-{number}" for number in range(6))
BEATS: Final = (0.0, 0.0, 0.0, 0.02, 0.3)
"""Seconds between two changes, drawn."""


@dataclass(frozen=True)
class Churn:
    """Random changes of six channels on two gateways, drawn by a seed; `kills` of the controller on the way."""

    seed: int
    changes: int
    kills: int = 0

    def __str__(self) -> str:
        return f"{self.changes} changes, {self.kills} kills, seed {self.seed}"

    def __call__(self, stage: Stage, scene: Scene) -> Outcome:
        """Change, wait until all is quiet, and judge."""
        drawn = random.Random(self.seed)
        stage.prepare("change", scene)
        kills = set(drawn.sample(range(self.changes), self.kills))
        for number in range(self.changes):
            self._change(drawn, stage.tenant, scene.port)
            if number in kills:
                stage.kill_controller()
            time.sleep(drawn.choice(BEATS))
        ended = time.monotonic()
        complaint, seconds = "", None
        try:
            quiet = stage.settle(Patience(deadline=60.0))
            seconds = max(quiet - ended, 0.0)
        except AssertionError as error:
            complaint = str(error)
        state = stage.state()
        wrong = [*judge(state)]
        left = stage.clear()
        return Outcome(
            family="churn",
            plan=str(self),
            injected=self.changes + self.kills,
            converged=seconds is not None and not wrong,
            seconds=seconds,
            leaks=len(leaks(state["objects"])) + len(left),
            complaint="\n".join(filter(None, [complaint, *wrong, f"left behind: {left}" if left else ""])),
        )

    def _change(self, drawn: random.Random, tenant: Tenant, port: int) -> None:
        name = drawn.choice(NAMES)
        number = str(100 + NAMES.index(name))
        gateway = drawn.choice(("gw", "spare"))
        changes: list[Callable[[], object]] = [
            lambda: tenant.channel(name, gateway, numbers=[number]),
            lambda: tenant.channel(name, gateway, numbers=[number, number + "0"]),
            lambda: tenant.channel(name, gateway, numbers=[number], channelName="same"),
            lambda: tenant.delete("SmsChannel", name, drawn.choice(("Background", "Orphan", "Foreground"))),
            lambda: tenant.delete("NotificationRoute", name),
            lambda: tenant.patch("NotificationRoute", name, {"spec": {"gatewayRef": {"name": "elsewhere"}}}),
            lambda: tenant.patch("NotificationRoute", name, {"metadata": {"ownerReferences": None, "labels": None}}),
            lambda: tenant.gateway("spare", port, system_id="spare", password=drawn.choice(("other", "wrong"))),
        ]
        weights = (5, 3, 1, 4, 1, 1, 1, 1)
        with suppress(ApiError):  # it is not there, or somebody else was faster
            drawn.choices(changes, weights)[0]()


def judge(state: Body) -> list[str]:
    """What must hold in any quiet state: a route for each accepted channel, as it says, and no other."""
    objects: dict[str, Body] = state["objects"]
    channels = {name.partition("/")[2]: item for name, item in objects.items() if name.startswith("SmsChannel/")}
    routes = {name.partition("/")[2]: item for name, item in objects.items() if name.startswith("NotificationRoute/")}
    accepted = {name for name, item in channels.items() if condition(item, "Accepted") == "True"}
    wrong = [f"{name} is accepted and has no route" for name in sorted(accepted - set(routes))]
    wrong += [f"route {name} has no accepted channel" for name in sorted(set(routes) - accepted)]
    for name in sorted(accepted & set(routes)):
        spec, route = channels[name]["spec"], routes[name]["spec"]
        if (spec["gatewayRef"], spec.get("numbers")) != (route["gatewayRef"], route.get("numbers")):
            wrong.append(f"route {name} says {route}, its channel {spec}")
    wrong += [f"{name} leaks" for name in leaks(objects)]
    names = [channels[name]["spec"]["channelName"] for name in accepted]
    if len(names) != len(set(names)):
        wrong.append(f"two accepted channels have one name: {sorted(names)}")
    return wrong


def condition(item: Body, kind: str) -> str:
    """The status of a condition; empty when there is none."""
    return next((one["status"] for one in item["status"]["conditions"] if one["type"] == kind), "")
