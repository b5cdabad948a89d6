"""Where the API server is and who we are: in the cluster, else by kubeconfig."""

from __future__ import annotations

import os
import ssl
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from .exec_login import PATIENCE, ExecLogin, LoginFailed, decoded
from .kubeconfig import Chosen, KubeconfigError, Section, choose, files
from .proxies import ProxyError, proxy_for

SERVICE_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
IN_CLUSTER: Final = "in-cluster"
"""The name of the context that a pod is in."""


class AccessError(Exception):
    """No usable access to an API server was found; the text says where it was looked for."""


@dataclass(frozen=True, slots=True)
class Impersonation:
    """Whom to act as; the API server asks whether we may."""

    user: str
    groups: tuple[str, ...] = ()
    uid: str = ""

    def headers(self) -> list[tuple[str, str]]:
        """The headers of the API server's documentation, a group each."""
        pairs = [("Impersonate-User", self.user), *(("Impersonate-Group", group) for group in self.groups)]
        return [*pairs, ("Impersonate-Uid", self.uid)] if self.uid else pairs


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
    context: str = ""
    """Of the kubeconfig; only shown."""
    server_name: str | None = None
    """Whom the server's certificate has to name, where that is not the host of `server`."""
    proxy: str | None = field(default=None, repr=False)
    """URL of an HTTP proxy; it may have a login."""
    login: ExecLogin | None = field(default=None, repr=False)
    """A helper program that gives the credentials."""
    impersonate: Impersonation | None = None

    def ssl_context(self, certificate_pem: str | None = None, key_pem: str | None = None) -> ssl.SSLContext | None:
        """TLS for `server`, with our client certificate or the given one; None for plain HTTP (a local proxy).

        Raises:
            AccessError: an authority or a certificate cannot be used.
        """
        if not self.server.startswith("https://"):
            return None
        try:
            context = ssl.create_default_context(cadata=self.ca_pem)
        except (ssl.SSLError, ValueError):
            raise AccessError(f"the certificate authority for {self.server} is not PEM") from None
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        certificate, key = certificate_pem or self.client_certificate_pem, key_pem or self.client_key_pem
        if certificate and key:
            with tempfile.NamedTemporaryFile("w", suffix=".pem") as both:
                both.write(certificate + "\n" + key)
                both.flush()
                try:
                    context.load_cert_chain(both.name)
                except (ssl.SSLError, ValueError):
                    raise AccessError(f"the client certificate for {self.server} and its key do not fit") from None
        return context

    def current_token(self) -> str | None:
        """The bearer token to send now."""
        return self.token if self.token_file is None else self.token_file.read_text().strip()


def discover(
    kubeconfig: str | None = None,
    context: str | None = None,
    *,
    helpers: bool = False,
    patience: float = PATIENCE,
) -> Access:
    """Find the API server: the given kubeconfig, the pod's service account, `$KUBECONFIG`, `~/.kube/config`.

    Args:
        kubeconfig: one file.
        context: of the kubeconfig; default: its current one.
        helpers: for a person's tool: a kubeconfig may log in by a helper program, which is then run, `$KUBECONFIG`
            comes before the pod's service account, and `$HTTPS_PROXY` counts.
        patience: seconds that a helper program may take.

    Raises:
        AccessError: none of them is there, or the one that is cannot be used.
    """
    named = [Path(kubeconfig)] if kubeconfig else files(os.environ)
    asked = kubeconfig is not None or context is not None or (helpers and bool(os.environ.get("KUBECONFIG")))
    if not asked and "KUBERNETES_SERVICE_HOST" in os.environ and (SERVICE_ACCOUNT / "token").exists():
        return _in_cluster()
    try:
        return _from(choose(named, context), named, patience if helpers else None)
    except (KubeconfigError, LoginFailed) as error:
        raise AccessError(f"no access to a Kubernetes API: {error}") from None


def _in_cluster() -> Access:
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    host = f"[{host}]" if ":" in host else host
    return Access(
        server=f"https://{host}:{port}",
        namespace=(SERVICE_ACCOUNT / "namespace").read_text().strip(),
        ca_pem=(SERVICE_ACCOUNT / "ca.crt").read_text(),
        token_file=SERVICE_ACCOUNT / "token",
        context=IN_CLUSTER,
    )


def _from(chosen: Chosen, named: Sequence[Path], patience: float | None) -> Access:
    cluster, user = chosen.cluster, chosen.user
    where = ", ".join(str(path) for path in named)
    helper = user.get("exec")
    if "auth-provider" in user:
        raise AccessError(
            f'{where}: "auth-provider" was removed from Kubernetes in 1.26; use exec, a token or a certificate'
        )
    if helper and patience is None:
        raise AccessError("this kubeconfig logs in by a helper program; run in a pod, or use a token or a certificate")
    server = cluster["server"].rstrip("/")
    try:
        proxy = proxy_for(server, str(cluster.get("proxy-url") or ""), {} if patience is None else os.environ)
    except ProxyError as error:
        raise AccessError(f"{where}: {error}") from None
    if user.get("username"):
        raise AccessError(f"{where}: the user has a user name and a password, which Kubernetes does not take any more")
    ca_pem = _pem(cluster, "certificate-authority", where)
    token_file = user.get("tokenFile")
    return Access(
        server=server,
        namespace=chosen.namespace,
        ca_pem=ca_pem,
        token=user.get("token"),
        token_file=Path(token_file) if token_file else None,
        client_certificate_pem=_pem(user, "client-certificate", where),
        client_key_pem=_pem(user, "client-key", where),
        verify=not cluster.get("insecure-skip-tls-verify", False),
        context=chosen.context,
        server_name=cluster.get("tls-server-name"),
        proxy=proxy,
        login=ExecLogin(helper, _told(cluster), patience or PATIENCE) if helper else None,
        impersonate=_impersonation(user, where),
    )


def _told(cluster: Section) -> Section:
    """The cluster as a helper program is told it."""
    names = ("server", "tls-server-name", "insecure-skip-tls-verify", "certificate-authority-data", "proxy-url")
    return {name: cluster[name] for name in names if name in cluster}


def _impersonation(user: Section, where: str) -> Impersonation | None:
    name, groups = user.get("as"), tuple(str(group) for group in user.get("as-groups") or ())
    if not name:
        if groups or user.get("as-uid"):
            raise AccessError(f"{where}: as-groups and as-uid need as")
        return None
    return Impersonation(str(name), groups, str(user.get("as-uid") or ""))


def _pem(section: Section, name: str, where: str) -> str | None:
    try:
        if section.get(f"{name}-data"):
            return decoded(section[f"{name}-data"])
        return Path(section[name]).read_text() if section.get(name) else None
    except (ValueError, TypeError):
        raise AccessError(f"{where}: {name}-data is not base64 of PEM") from None
    except OSError as error:
        raise AccessError(f"{where}: {name} {section[name]}: {error.strerror}") from None
