"""What the servers are told: files in the control plane's directory, and command lines."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from sms_operator.dev.environment import clean_environment
from sms_operator.dev.processes import Program
from sms_operator.dev.smsc.authority import Authority

from .programs import Programs

HOST: Final = "127.0.0.1"
ETCD: Final = "unix://localhost:1"
"""Unix sockets, so that no other user of the machine reads Secrets out of etcd, which asks nobody who they are. etcd
wants `host:port`; Go takes it as a file name relative to where a server runs."""
ETCD_PEER: Final = "unix://localhost:2"
ISSUER: Final = "https://kubernetes.default.svc"
CONTROLLERS: Final = "garbage-collector-controller,namespace-controller,serviceaccount-controller"
MASTERS: Final = "system:masters"
AUDIT_POLICY: Final = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [{"level": "Metadata"}],
}


@dataclass(frozen=True)
class Settings:
    """Everything the servers read, below one directory."""

    directory: Path
    programs: Programs
    port: int
    """Of the API server; reserved by the caller."""
    temporary: bool
    """Whether the directory goes when its owner vanishes."""
    admin_token: str = field(default_factory=secrets.token_urlsafe, repr=False)
    manager_token: str = field(default_factory=secrets.token_urlsafe, repr=False)
    authority: Authority = field(default_factory=lambda: Authority("Local control plane"), repr=False)

    @property
    def url(self) -> str:
        """Where the API server listens."""
        return f"https://{HOST}:{self.port}"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's."""
        return self.directory / "kubeconfig"

    @property
    def audit_log(self) -> Path:
        """One JSON object a line, one line a request (watches: two)."""
        return self.directory / "audit.log"

    def write(self) -> None:
        """Writes certificates, tokens, keys and kubeconfigs, readable by this user only."""
        self.authority.server(("localhost", HOST)).write(self.directory, "api-server")
        self._private("service-accounts.key", _service_account_key())
        tokens = [(self.admin_token, "admin"), (self.manager_token, "controller-manager")]
        self._private("tokens.csv", "".join(f"{token},{user},{user},{MASTERS}\n" for token, user in tokens))
        self._private("audit-policy.yaml", json.dumps(AUDIT_POLICY))
        write_kubeconfig(self.kubeconfig, self.url, self.authority.pem, self.admin_token, "admin")
        manager = self.directory / "controller-manager.kubeconfig"
        write_kubeconfig(manager, self.url, self.authority.pem, self.manager_token, "controller-manager")

    @property
    def etcd(self) -> Program:
        """Does not wait for the disk: what it holds is lost with the machine, and nobody minds."""
        return self._program(
            "etcd",
            "--name=default",
            "--data-dir=etcd",
            f"--listen-client-urls={ETCD}",
            f"--advertise-client-urls={ETCD}",
            f"--listen-peer-urls={ETCD_PEER}",
            f"--initial-advertise-peer-urls={ETCD_PEER}",
            f"--initial-cluster=default={ETCD_PEER}",
            "--unsafe-no-fsync",
            "--log-level=warn",
        )

    @property
    def api_server(self) -> Program:
        """With RBAC, admission and audit as in a real cluster."""
        return self._program(
            "kube-apiserver",
            f"--etcd-servers={ETCD}",
            f"--bind-address={HOST}",
            f"--secure-port={self.port}",
            # The caller holds the port with a bound socket, so that it stays ours while the API server is down.
            "--permit-port-sharing",
            # No endpoints of a Service `kubernetes`: they may not be on loopback, and there may be no other address.
            f"--advertise-address={HOST}",
            "--endpoint-reconciler-type=none",
            "--service-cluster-ip-range=10.0.0.0/24",
            "--tls-cert-file=api-server.pem",
            "--tls-private-key-file=api-server.key",
            "--cert-dir=certificates",
            "--authorization-mode=RBAC",
            "--token-auth-file=tokens.csv",
            f"--service-account-issuer={ISSUER}",
            "--service-account-key-file=service-accounts.key",
            "--service-account-signing-key-file=service-accounts.key",
            "--audit-policy-file=audit-policy.yaml",
            f"--audit-log-path={self.audit_log.name}",
            "--audit-log-mode=blocking",
            "--audit-log-maxsize=4096",
            "--max-requests-inflight=2000",
            "--max-mutating-requests-inflight=1000",
            "--profiling=false",
        )

    @property
    def controller_manager(self) -> Program:
        """Garbage collection, and what makes namespaces usable and lets them go."""
        return self._program(
            "kube-controller-manager",
            "--kubeconfig=controller-manager.kubeconfig",
            f"--controllers={CONTROLLERS}",
            "--leader-elect=false",
            "--secure-port=0",
            # By default 20 requests a second: a thousand deletions would take over a minute.
            "--kube-api-qps=1000",
            "--kube-api-burst=2000",
            "--concurrent-gc-syncs=20",
            "--concurrent-namespace-syncs=20",
        )

    def _program(self, name: str, *arguments: str) -> Program:
        return Program(
            name,
            (str(self.programs.path(name)), *arguments),
            clean_environment(self.directory),
            self.directory,
            self.directory if self.temporary and name == "etcd" else None,
        )

    def _private(self, name: str, content: str) -> None:
        _write_private(self.directory / name, content)


def write_kubeconfig(
    path: Path, url: str, ca_pem: str | None, token: str, user: str, namespace: str = "default"
) -> None:
    """A kubeconfig with one context, mode 0600."""
    cluster: dict[str, Any] = {"server": url}
    if ca_pem is not None:
        authority = path.with_name(f"{path.name}.ca.pem")
        authority.write_text(ca_pem)
        cluster["certificate-authority"] = str(authority)
    context = {"cluster": "local", "user": user, "namespace": namespace}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "local", "cluster": cluster}],
        "users": [{"name": user, "user": {"token": token}}],
        "contexts": [{"name": "local", "context": context}],
        "current-context": "local",
    }
    _write_private(path, yaml.safe_dump(config, sort_keys=False))


def _write_private(path: Path, content: str) -> None:
    path.touch(mode=0o600)
    path.write_text(content)


def _service_account_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
