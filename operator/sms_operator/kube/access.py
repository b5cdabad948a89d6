"""Where the API server is and who we are: in the cluster, else by kubeconfig."""

from __future__ import annotations

import base64
import os
import ssl
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

SERVICE_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")


class AccessError(Exception):
    """No usable access to an API server was found; the text says where it was looked for."""


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach and trust an API server, and the credentials to show it."""

    server: str
    """Base URL without a trailing slash."""
    namespace: str = "default"
    ca_pem: str | None = None
    token: str | None = field(default=None, repr=False)
    token_file: Path | None = None
    """Read again for every minute's requests: projected tokens are replaced while we run."""
    client_certificate_pem: str | None = field(default=None, repr=False)
    client_key_pem: str | None = field(default=None, repr=False)
    verify: bool = True

    def ssl_context(self) -> ssl.SSLContext | None:
        """TLS for `server`; None for plain HTTP (a local proxy)."""
        if not self.server.startswith("https://"):
            return None
        context = ssl.create_default_context(cadata=self.ca_pem)
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self.client_certificate_pem and self.client_key_pem:
            with tempfile.NamedTemporaryFile("w", suffix=".pem") as both:
                both.write(self.client_certificate_pem + "\n" + self.client_key_pem)
                both.flush()
                context.load_cert_chain(both.name)
        return context

    def current_token(self) -> str | None:
        """The bearer token to send now."""
        return self.token if self.token_file is None else self.token_file.read_text().strip()


def discover(kubeconfig: str | None = None, context: str | None = None) -> Access:
    """Find the API server: the given kubeconfig, the pod's service account, `$KUBECONFIG`, `~/.kube/config`.

    Raises:
        AccessError: none of them is there, or the one that is cannot be used.
    """
    if (
        kubeconfig is None
        and context is None
        and "KUBERNETES_SERVICE_HOST" in os.environ
        and (SERVICE_ACCOUNT / "token").exists()
    ):
        return _in_cluster()
    named = kubeconfig or os.environ.get("KUBECONFIG", "").split(os.pathsep)[0]
    path = Path(named or Path.home() / ".kube" / "config")
    try:
        document = yaml.safe_load(path.read_text())
    except OSError as error:
        raise AccessError(f"no access to a Kubernetes API: not in a pod, and {path}: {error.strerror}") from None
    except yaml.YAMLError:
        raise AccessError(f"kubeconfig {path} is not YAML") from None
    try:
        return _from_kubeconfig(document, context, path.parent)
    except (KeyError, TypeError, StopIteration):
        raise AccessError(f"kubeconfig {path} has no usable context {context or '(current)'}") from None


def _in_cluster() -> Access:
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    host = f"[{host}]" if ":" in host else host
    return Access(
        server=f"https://{host}:{port}",
        namespace=(SERVICE_ACCOUNT / "namespace").read_text().strip(),
        ca_pem=(SERVICE_ACCOUNT / "ca.crt").read_text(),
        token_file=SERVICE_ACCOUNT / "token",
    )


def _from_kubeconfig(document: Mapping[str, Any], context: str | None, base: Path) -> Access:
    chosen = _named(document["contexts"], context or document["current-context"])["context"]
    cluster = _named(document["clusters"], chosen["cluster"])["cluster"]
    user: Mapping[str, Any] = _named(document.get("users") or (), chosen["user"]).get("user") or {}
    if "exec" in user or "auth-provider" in user:
        raise AccessError("this kubeconfig logs in by a helper program; run in a pod, or use a token or a certificate")
    token_file = user.get("tokenFile")
    return Access(
        server=cluster["server"].rstrip("/"),
        namespace=chosen.get("namespace", "default"),
        ca_pem=_pem(cluster, "certificate-authority", base),
        token=user.get("token"),
        token_file=base / token_file if token_file else None,
        client_certificate_pem=_pem(user, "client-certificate", base),
        client_key_pem=_pem(user, "client-key", base),
        verify=not cluster.get("insecure-skip-tls-verify", False),
    )


def _named(items: Any, name: str) -> Mapping[str, Any]:
    return next(item for item in items if item["name"] == name)


def _pem(section: Mapping[str, Any], name: str, base: Path) -> str | None:
    if f"{name}-data" in section:
        return base64.b64decode(section[f"{name}-data"]).decode()
    return (base / section[name]).read_text() if name in section else None
