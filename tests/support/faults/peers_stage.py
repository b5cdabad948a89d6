"""One operator with a crowd of good gateways that nothing may disturb, while any number of places are harmed."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Coroutine, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import uuid4

from sms_operator.dev.control_plane import ControlPlane
from sms_operator.dev.control_plane.client import NAMESPACES
from sms_operator.dev.smsc import Account, Simulator
from support.ground import OPERATOR_NAMESPACE, grant
from support.planes import ROOT, Planes, service_account_kubeconfig
from support.tenant import Tenant

from .peers_place import PASSWORD, Register
from .sampler import Confirmed, Sampler, Window, false_samples
from .toxiproxy import Toxiproxy, toxiproxy

T = TypeVar("T")
CROWD: Final = 50
START_GRACE: Final = 15.0
"""Seconds after a start in which a status may still be the last one."""

LOOK_AGAIN: Final = 0.1
DESCRIPTORS: Final = 10.0
"""Seconds in which the connections of links that are gone have to be closed."""


class Crowd:
    """The good gateways, each with a login of its own at one SMSC."""

    def __init__(self, smsc: Simulator, tenant: Tenant, sampler: Sampler, size: int) -> None:
        self.smsc = smsc
        self.names = [f"good-{number}" for number in range(size)]
        self._tenant = tenant
        self._sampler = sampler
        self._register = Register(smsc)
        for name in self.names:
            smsc.accounts.put(Account(name, PASSWORD))

    def confirmed(self, name: str) -> Confirmed:
        """What the SMSC knows of one."""
        return self._register.confirmed(name)

    def declare(self) -> None:
        """Create them."""
        for name in self.names:
            session = {"enquireLinkInterval": "2s", "reconnect": {"initial": "1s", "max": "2s"}}
            port = self.smsc.port
            self._tenant.gateway(name, port, password=PASSWORD, system_id=name, session=session)

    async def until_healthy(self, since: float = 0.0, deadline: float = 60.0) -> list[float]:
        """Wait for a healthy sample of each at or after `since`; returns the moments."""
        waits = [
            self._sampler.until(name, lambda sample: sample.healthy, "connected", since=since, deadline=deadline)
            for name in self.names
        ]
        return [sample.at for sample in await asyncio.gather(*waits)]

    @property
    def made(self) -> int:
        """Binds that the SMSC ever accepted, of all."""
        return sum(self.confirmed(name).made for name in self.names)

    @property
    def sessions(self) -> dict[str, list[int]]:
        """Numbers of the bound sessions of each."""
        return {name: [session.number for session in self.smsc.sessions(name)] for name in self.names}

    def disturbances(self, since: float) -> list[str]:
        """Of samples from `since` on: those in which one was not bound, or not said to be."""
        return [
            f"{name} at {sample.at - since:.1f} s: {sample.said} {sample.confirmed}"
            for name in self.names
            for sample in self._sampler.samples[name]
            if sample.at >= since and not sample.healthy
        ]


@dataclass
class PeersStage:
    """What plans need. Its loop runs in a thread of its own; `run` is how tests get in."""

    tenant: Tenant
    planes: Planes
    loop: asyncio.AbstractEventLoop
    _keeper: ThreadPoolExecutor
    excused: list[Window] = field(default_factory=list[Window])
    """Of the crowd: after starts of the data plane."""
    settled_at: float = 0.0
    """Monotonic seconds until which a status may still be that of before the last start."""
    _numbers: int = 0

    def run(self, work: Coroutine[Any, Any, T], deadline: float = 110.0) -> T:
        """Run this in the stage's loop, and return what it returns or raise what it raises."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(deadline)

    def name(self, word: str) -> str:
        """Of a new gateway."""
        self._numbers += 1
        return f"{word}-{self._numbers}"[:15]

    async def open(self, stack: AsyncExitStack, program: Path, directory: Path, crowd: int) -> None:
        """Everything that lives in the loop."""
        self.toxiproxy: Toxiproxy = await stack.enter_async_context(toxiproxy(program, directory))
        self.sampler = await stack.enter_async_context(Sampler(self.tenant.client, self.tenant.namespace))
        smsc = await stack.enter_async_context(Simulator())
        self.crowd = Crowd(smsc, self.tenant, self.sampler, crowd)
        for name in self.crowd.names:
            self.sampler.watch(name, lambda name=name: self.crowd.confirmed(name))
        await asyncio.to_thread(self.crowd.declare)
        await self.crowd.until_healthy()

    async def start(self, *planes: str) -> None:
        """Start planes. They end with the thread that began them, so one thread does it as long as the stage stands."""
        await self.loop.run_in_executor(self._keeper, lambda: self.planes.start(*planes))
        self.settled_at = time.monotonic() + START_GRACE

    async def settled(self) -> None:
        """Wait until no start excuses a status any more."""
        await asyncio.sleep(max(self.settled_at - time.monotonic(), 0.0))

    async def kill_links(self) -> float:
        """SIGKILL to the data plane; returns the moment."""
        moment = time.monotonic()
        await asyncio.to_thread(self.planes.kill, "links")
        return moment

    def descriptors(self) -> int:
        """Files, sockets and the like that the data plane has open."""
        return sum(1 for _ in Path(f"/proc/{self.planes.pid('links')}/fd").iterdir())

    async def descriptors_back_at(self, before: int) -> int:
        """How many more there are than before, once there are no more or they had their time to go."""
        for _ in range(round(DESCRIPTORS / LOOK_AGAIN)):
            if self.descriptors() <= before:
                return 0
            await asyncio.sleep(LOOK_AGAIN)
        return max(self.descriptors() - before, 0)

    def false_in_crowd(self, since: float) -> int:
        """How many samples of the crowd from `since` on are false."""
        return sum(
            len(false_samples((one for one in self.sampler.samples[name] if one.at >= since), self.excused))
            for name in self.crowd.names
        )


@contextmanager
def new_stage(
    control_plane: ControlPlane,
    program: Path,
    directory: Path,
    *,
    crowd: int = CROWD,
    source: Path = ROOT / "operator",
) -> Generator[PeersStage]:
    """A stage in a namespace of its own, its crowd connected.

    `program` is Toxiproxy's; `source` is where the operator's packages are.
    """
    namespace = f"peers-{uuid4().hex[:10]}"
    with ExitStack() as stack:
        api = stack.enter_context(control_plane.client())
        api.create(NAMESPACES, {"metadata": {"name": namespace}})
        stack.callback(api.delete, NAMESPACES, namespace)
        grant(api, namespace, OPERATOR_NAMESPACE)
        token = control_plane.service_account_token(OPERATOR_NAMESPACE, "sms-operator")
        kubeconfig = service_account_kubeconfig(control_plane.url, control_plane.ca_pem, token, directory)
        planes = Planes(kubeconfig, directory, namespace, {"SMS_OPERATOR_CONNECT_TIMEOUT": "1"}, source)
        keeper = stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="keeper"))
        stage = PeersStage(Tenant(api, namespace), planes, stack.enter_context(_loop()), keeper)
        inside = AsyncExitStack()
        stack.callback(lambda: stage.run(inside.aclose()))
        stack.callback(planes.close)
        stage.run(stage.start())
        stage.run(stage.open(inside, program, directory, crowd))
        yield stage


@contextmanager
def _loop() -> Generator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="peers")
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
