"""A Kubernetes control plane on this machine: etcd, API server, garbage collector."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import yaml

from sms_operator.dev.environment import clean_environment
from sms_operator.dev.processes import GRACE, ProgramFailed, Running

from .client import CONFIG_MAPS, CRDS, SERVICE_ACCOUNTS, ApiError, Body, Client, Resource
from .programs import Programs, find_programs
from .progress import Progress, Silent
from .settings import HOST, Settings, write_kubeconfig

READY_WITHIN: Final = 60.0
"""Seconds for each step of the start; it takes a few on an idle machine."""
LOOK_AGAIN: Final = 0.02
API_SERVER_GRACE: Final = 2.0
"""Seconds until it is killed: it would wait for its watchers, and they for it."""


class Kubectl:
    """kubectl as the administrator; as a path, the program."""

    def __init__(self, program: Path, kubeconfig: Path) -> None:
        self.program = program
        self.kubeconfig = kubeconfig

    def __call__(self, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Runs one command to its end; the caller looks at `returncode`, `stdout` and `stderr`."""
        return subprocess.run(
            [str(self.program), f"--kubeconfig={self.kubeconfig}", *arguments],
            env=clean_environment(self.kubeconfig.parent),
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )

    def __fspath__(self) -> str:
        """Path of the program."""
        return str(self.program)


class ControlPlane:
    """A running control plane; `start` makes one, `stop` or the end of a `with` ends it.

    Whatever ends this process ends the servers too, SIGKILL included.
    """

    def __init__(self, settings: Settings, reservation: socket.socket) -> None:
        self.directory = settings.directory
        """Holds the logs, `<server>.log`."""
        self.url = settings.url
        self.ca_pem = settings.authority.pem
        self.admin_token = settings.admin_token
        """Of the user `admin`, who may do everything."""
        self.kubeconfig = settings.kubeconfig
        self.audit_log = settings.audit_log
        self.kubectl = Kubectl(settings.programs.path("kubectl"), settings.kubeconfig)
        self._settings = settings
        self._client = self.client()
        self._reservation = reservation
        self._etcd: Running | None = None
        self._api_server: Running | None = None
        self._controller_manager: Running | None = None

    @classmethod
    def start(
        cls,
        *,
        crds: Iterable[Path] = (),
        directory: Path | None = None,
        progress: Progress | None = None,
        programs: Programs | None = None,
    ) -> Self:
        """Starts all servers and returns when they really work: a garbage collection was seen.

        `crds` are files with CustomResourceDefinitions, or directories of `*.yaml`. Without `directory` a temporary one
        is used and removed in the end; in a directory that was used before, the objects of that time are there again.

        Raises:
            CannotBuild: the programs are not there and could not be built.
            ProgramFailed: a server ended or did not become ready.
            ApiError: a CRD was refused.
        """
        progress = progress or Silent()
        programs = programs or find_programs(progress)
        reservation = socket.socket()
        # Bound and not listening: nobody else gets the port, and while the API server is down it refuses connections.
        reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        reservation.bind((HOST, 0))
        temporary = directory is None
        home = Path(tempfile.mkdtemp(prefix="sms-operator-")) if directory is None else directory.absolute()
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        plane = cls(Settings(home, programs, reservation.getsockname()[1], temporary), reservation)
        try:
            plane._settings.write()
            plane._bring_up(list(crds), progress)
        except BaseException:
            plane.stop()
            raise
        return plane

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Ends the servers in order, each waited for, and removes the directory if it was temporary. Harmless twice."""
        stops = ((self._controller_manager, GRACE), (self._api_server, API_SERVER_GRACE), (self._etcd, GRACE))
        for server, grace in stops:
            if server is not None:
                server.terminate(grace)
        self._controller_manager = self._api_server = self._etcd = None
        self._client.close()
        self._reservation.close()
        if self._settings.temporary:
            shutil.rmtree(self.directory, ignore_errors=True)

    def client(self, token: str | None = None) -> Client:
        """A client for this token; None: the administrator's."""
        return Client(self.url, self.admin_token if token is None else token, self.ca_pem)

    def service_account_token(self, namespace: str, name: str, *, seconds: int = 3600) -> str:
        """A token of this ServiceAccount, valid so long (at least 600 s), as a pod would be given.

        Raises:
            ApiError: there is no such ServiceAccount.
        """
        wanted = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest"}
        path = SERVICE_ACCOUNTS.path(namespace, name, "token")
        made = self._client.call("POST", path, {**wanted, "spec": {"expirationSeconds": seconds}})
        return made["status"]["token"]

    def write_kubeconfig(
        self, path: Path, *, token: str | None = None, url: str | None = None, namespace: str = "default"
    ) -> Path:
        """A kubeconfig for this token (None: the administrator's), through `url` (a proxy) if given; returns `path`."""
        reached = url or self.url
        ca_pem = self.ca_pem if reached.startswith("https:") else None
        write_kubeconfig(path, reached, ca_pem, token or self.admin_token, "user", namespace)
        return path

    def apply_crds(self, files: Iterable[Path]) -> list[str]:
        """Applies CustomResourceDefinitions and waits until their kinds are served; their names.

        Raises:
            ApiError: one was refused.
            ProgramFailed: one was not served in time.
        """
        crds = [body for path in files for body in _crds(path)]
        for crd in crds:
            self._client.apply(CRDS, crd)
        for crd in crds:
            spec = crd["spec"]
            for version in spec["versions"]:
                served = Resource(spec["group"], version["name"], spec["names"]["plural"]).path()
                self._until(lambda path=served: self._client.send("GET", path).code == 200, f"did not serve {served}")
        return [crd["metadata"]["name"] for crd in crds]

    def stop_api_server(self, *, kill: bool = False) -> None:
        """Ends the API server (`kill`: as a crash would); its port refuses connections until it is started again."""
        server = self._running(self._api_server)
        if kill:
            server.kill()
        else:
            server.terminate(API_SERVER_GRACE)

    def start_api_server(self) -> None:
        """Starts the API server again, on the same port, and waits until it is ready.

        Raises:
            ProgramFailed: it ended or did not become ready.
        """
        assert not self._running(self._api_server).alive, "the API server runs"
        self._api_server = self._settings.api_server.start()
        self._until(self._is_ready, "did not become ready")

    def pause_api_server(self) -> None:
        """Freezes the API server: connections stand, nothing is answered."""
        self._running(self._api_server).pause()

    def resume_api_server(self) -> None:
        """Ends the freeze."""
        self._running(self._api_server).resume()

    def check(self) -> None:
        """Raises ProgramFailed if a server ended by itself."""
        for server in self._servers:
            server.check()

    @property
    def pids(self) -> dict[str, int]:
        """Process ids of the servers by name."""
        return {server.program.name: server.pid for server in self._servers}

    @property
    def _servers(self) -> list[Running]:
        servers = (self._etcd, self._api_server, self._controller_manager)
        return [server for server in servers if server is not None]

    def _bring_up(self, crds: list[Path], progress: Progress) -> None:
        with progress.working("Starting the local control plane"):
            self._etcd = self._settings.etcd.start()
            self._until(lambda: (self.directory / "localhost:1").exists(), "did not open its socket", self._etcd)
            self._api_server = self._settings.api_server.start()
            self._until(self._answers, "did not answer")
            self.apply_crds(crds)
            # After the CRDs: the collector looks for new kinds every 30 s only.
            self._controller_manager = self._settings.controller_manager.start()
            self._until(self._is_ready, "did not become ready")
            self._see_a_collection(self._controller_manager)

    def _answers(self, path: str = CRDS.path()) -> bool:
        try:
            return self._client.send("GET", path).code == 200
        except OSError:
            return False

    def _is_ready(self) -> bool:
        return self._answers("/readyz")

    def _see_a_collection(self, controller_manager: Running) -> None:
        owner = self._created({"metadata": {"generateName": "probe-"}})
        child = self._created({"metadata": {"generateName": "probe-", "ownerReferences": [_reference(owner)]}})
        self._client.delete(CONFIG_MAPS, owner["metadata"]["name"], "default")
        name = child["metadata"]["name"]
        self._until(
            lambda: self._client.find(CONFIG_MAPS, name, "default") is None, "collected no garbage", controller_manager
        )

    def _created(self, body: Body) -> Body:
        created: list[Body] = []

        def create() -> bool:
            try:
                created.append(self._client.create(CONFIG_MAPS, body, "default"))
            except ApiError as error:
                # Admission says so until it knows the namespace.
                if error.code not in (403, 404):
                    raise
            return bool(created)

        self._until(create, "accepted no ConfigMap")
        return created[0]

    def _until(self, condition: Callable[[], bool], complaint: str, server: Running | None = None) -> None:
        responsible = self._running(server or self._api_server)
        deadline = time.monotonic() + READY_WITHIN
        while not condition():
            self.check()
            if time.monotonic() > deadline:
                raise responsible.failed(f"{complaint} within {READY_WITHIN:.0f} s")
            time.sleep(LOOK_AGAIN)

    def _running(self, server: Running | None) -> Running:
        if server is None:
            raise ProgramFailed("the control plane was stopped")
        return server


def _reference(owner: Body) -> Body:
    metadata = owner["metadata"]
    return {"apiVersion": "v1", "kind": "ConfigMap", "name": metadata["name"], "uid": metadata["uid"]}


def _crds(path: Path) -> list[Any]:
    files = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
    return [body for file in files for body in yaml.safe_load_all(file.read_text()) if body]
