"""Which cluster a command speaks to and as whom, and its refusals as one line: options that many commands share."""

from __future__ import annotations

import functools
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

import click

from sms_operator.views.texts import one_line

from .candidates import NAMESPACES, Contexts
from .law import CannotAnswer

if TYPE_CHECKING:
    from sms_operator.kube.access import Access
    from sms_operator.kube.client import Client
    from sms_operator.kube.errors import KubeError

AGENT: Final = "smsctl"
"""Who `managedFields` and the audit log say it was."""
PATIENCE: Final = 30.0
"""Seconds for one request, unless `--request-timeout` says otherwise."""

_UNITS: Final = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|)")
_FORBIDDEN: Final = re.compile(r'cannot (?P<verb>\S+) resource "(?P<plural>[^"]+)" in API group "(?P<group>[^"]*)"')
_NAMESPACED: Final = re.compile(r'in the namespace "(?P<namespace>[^"]+)"')


class Seconds(click.ParamType[float]):
    """A duration as kubectl takes it: 30, 30s, 500ms, 5m, 1h. 0 is no limit, where the option says so."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Seconds."""
        if isinstance(value, int | float):
            return float(value)
        found = _DURATION.fullmatch(str(value).strip())
        if found is None:
            self.fail(f'"{value}" is no duration; write for instance 30s, 500ms or 5m', param, ctx)
        return float(found[1]) * _UNITS[found[2]]


@dataclass(frozen=True)
class Cluster:
    """The cluster that the options name. Nothing is read before it is asked for."""

    kubeconfig: str | None = None
    context_name: str | None = None
    chosen_namespace: str | None = None
    all_namespaces: bool = False
    as_user: str | None = None
    as_groups: tuple[str, ...] = ()
    request_timeout: float | None = None
    """Seconds; None: the default, 0: no limit."""
    _access: list[Access] = field(default_factory=list["Access"], repr=False, compare=False)

    @property
    def access(self) -> Access:
        """Where the API server is and who we are there. Raises CannotAnswer."""
        if not self._access:
            self._access.append(self._discover())
        return self._access[0]

    @property
    def context(self) -> str:
        """The name of the context."""
        return self.access.context

    @property
    def namespace(self) -> str:
        """Of `-n`, else the context's."""
        return self.chosen_namespace or self.access.namespace

    @property
    def scope(self) -> str | None:
        """The namespace to list; None: all."""
        return None if self.all_namespaces else self.namespace

    @asynccontextmanager
    async def client(self) -> AsyncGenerator[Client]:
        """A client. What the API server refuses inside ends the command with one line.

        Raises:
            CannotAnswer: no access, no answer, not logged in, or a right is missing.
        """
        from sms_operator.kube.access import AccessError
        from sms_operator.kube.client import Client
        from sms_operator.kube.errors import KubeError

        limit = PATIENCE if self.request_timeout is None else self.request_timeout
        try:
            # To a person an hour is no limit.
            client = Client(self.access, timeout=limit or 3600.0, agent=AGENT)
            try:
                yield client
            finally:
                await client.close()
        except KubeError as error:
            raise CannotAnswer(explain(error, self.access)) from None
        except AccessError as error:
            raise CannotAnswer(str(error)) from None

    def _discover(self) -> Access:
        from dataclasses import replace

        from sms_operator.kube.access import AccessError, Impersonation, discover
        from sms_operator.kube.exec_login import PATIENCE as LOGIN

        if self.as_groups and not self.as_user:
            raise CannotAnswer("--as-group needs --as")
        try:
            found = discover(self.kubeconfig, self.context_name, helpers=True, patience=self.request_timeout or LOGIN)
        except (AccessError, OSError) as error:
            raise CannotAnswer(str(error)) from None
        return replace(found, impersonate=Impersonation(self.as_user, self.as_groups)) if self.as_user else found


def explain(error: KubeError, access: Access) -> str:
    """One line that says what the API server did not do, and what helps."""
    from sms_operator.kube.errors import Forbidden, NotFound, Unavailable

    said = one_line(str(error))
    match error:
        case Forbidden() if error.status == 401 and access.login is not None and access.login.command in said:
            return said.partition(": ")[2]
        case Forbidden() if error.status == 401:
            return f"{access.server} does not know you (401): the login of {_who(access)} is wrong or has expired"
        case Forbidden() if access.impersonate is not None and "cannot impersonate" in said:
            return f'you may not impersonate "{access.impersonate.user}" (context "{access.context}")'
        case Forbidden() if (missing := missing_right(said)) is not None:
            return f"you may not {missing}, as {_who(access)}; ask whoever grants roles in this cluster"
        case Unavailable() if error.status == 0:
            return f"no answer from {access.server} ({_who(access)}): {said.partition(': ')[2] or said}"
        case NotFound() if "could not find the requested resource" in said or said.endswith("page not found"):
            return f"{access.server} does not serve this kind: are the CRDs installed? (smsctl check --pre says)"
        case _:
            return said


def missing_right(said: str) -> str | None:
    """Verb and resource out of the API server's refusal: `patch smppgateways.sms-operator.dev in namespace "a"`."""
    found = _FORBIDDEN.search(said)
    if found is None:
        return None
    resource = f"{found['plural']}.{found['group']}" if found["group"] else found["plural"]
    within = _NAMESPACED.search(said)
    return f"{found['verb']} {resource} " + (
        f'in namespace "{within["namespace"]}"' if within else "in all namespaces (-n names one)"
    )


def _who(access: Access) -> str:
    as_user = f' as "{access.impersonate.user}"' if access.impersonate else ""
    return f'context "{access.context}"{as_user}'


def _plain(_: click.Context, parameter: click.Parameter, value: Any) -> Any:
    """Names that go into headers and paths hold nothing that does not print."""
    texts = cast("tuple[str | None, ...]", value) if isinstance(value, tuple) else (value,)
    for text in texts:
        if text is not None and (not text or not text.isprintable() or (parameter.name == "namespace" and "/" in text)):
            raise click.BadParameter(f"{text!r} is no name", param=parameter)
    return cast("Any", value)


def cluster_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds -n, -A, --context, --kubeconfig, --as, --as-group and --request-timeout; the function gets `cluster`."""

    @click.option("-n", "--namespace", type=NAMESPACES, callback=_plain, help="Default: that of the context.")
    @click.option("-A", "--all-namespaces", is_flag=True, help="All namespaces.")
    @click.option("--context", "context_name", type=Contexts(), callback=_plain, help="Context of the kubeconfig.")
    @click.option(
        "--kubeconfig", type=click.Path(dir_okay=False), help="Default: $KUBECONFIG, ~/.kube/config, the pod's."
    )
    @click.option("--as", "as_user", callback=_plain, help="User to act as.")
    @click.option("--as-group", "as_groups", multiple=True, callback=_plain, help="Group to act as; repeatable.")
    @click.option(
        "--request-timeout", type=Seconds(), help="For one request, for instance 10s; 0 is none. Default: 30s."
    )
    @functools.wraps(function)
    def wrapped(
        *args: Any,
        namespace: str | None,
        all_namespaces: bool,
        context_name: str | None,
        kubeconfig: str | None,
        as_user: str | None,
        as_groups: tuple[str, ...],
        request_timeout: float | None,
        **kwargs: Any,
    ) -> Any:
        cluster = Cluster(
            kubeconfig or None, context_name, namespace, all_namespaces, as_user, as_groups, request_timeout
        )
        return function(*args, cluster=cluster, **kwargs)

    return wrapped
