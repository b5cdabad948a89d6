"""`smsctl gateway test` and `smsctl fetch-certificate`: one connection from here, and what it shows."""

from __future__ import annotations

import os
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from sms_operator.views.texts import one_line

from .candidates import Names
from .cluster import Cluster, Seconds, cluster_options
from .law import SOMETHING, CannotAnswer
from .output import Paint, colour, colour_option, echo, output_option, print_json

if TYPE_CHECKING:
    from sms_operator.probe.fetch import Fetched
    from sms_operator.probe.manifests import Advice
    from sms_operator.probe.steps import Report, Step
    from sms_operator.protocol.messages import BindType, WantedLink

PASSWORD: Final = "SMSCTL_PASSWORD"
"""Environment variable with the login password; an argument would be in everybody's list of processes."""
IN_THE_CLUSTER: Final = (
    "This is what this machine sees; the operator dials from its pod, where DNS, routes and allow-lists may differ:\n"
    "  kubectl exec -n sms-operator sms-operator-0 -c controller -- smsctl gateway test {name} -n {namespace} --yes"
)
_HOST_PORT: Final = re.compile(r"(?:\[(?P<address>[0-9A-Fa-f:.]+)\]|(?P<name>[^\s:\[\]]+)):(?P<port>[0-9]{1,5})")
_TLS_OPTIONS: Final = ("tls", "server_name", "ca_file", "cert_file", "key_file")


@click.command("test")
@click.argument("name", required=False, type=Names("smppgateways"))
@click.option("--file", "files", multiple=True, metavar="PATH", help="Manifests instead of the cluster; repeatable.")
@click.option("--host", help="No gateway at all: an address to try.")
@click.option("--port", type=click.IntRange(1, 65535), default=2775, show_default=True, help="With --host.")
@click.option("--system-id", default="", help="With --host: the login.")
@click.option("--tls", is_flag=True, help="With --host: TLS, as the options below say.")
@click.option("--server-name", help="With --host: the name that the certificate must carry.")
@click.option("--ca-file", type=click.Path(dir_okay=False), help="With --host: what to trust (PEM).")
@click.option("--cert-file", type=click.Path(dir_okay=False), help="With --host: our certificate (PEM).")
@click.option("--key-file", type=click.Path(dir_okay=False), help="With --host: its key (PEM).")
@click.option(
    "--password-file", type=click.Path(dir_okay=False, allow_dash=True), help=f"Else ${PASSWORD}, else the Secret."
)
@click.option(
    "--bind",
    type=click.Choice(("transceiver", "receiver", "transmitter")),
    help="Default: the first that the gateway wants.",
)
@click.option("--connect-timeout", type=Seconds(), default=10.0, help="For each step before the bind. Default: 10s.")
@click.option("--yes", is_flag=True, help="Also when the gateway is connected: an SMSC may drop a bind for this one.")
@output_option("json")
@colour_option
@cluster_options
@click.pass_context
def test(
    context: click.Context,
    cluster: Cluster,
    *,
    name: str | None,
    files: tuple[str, ...],
    host: str | None,
    port: int,
    system_id: str,
    password_file: str | None,
    bind: str | None,
    connect_timeout: float,
    yes: bool,
    output: str,
    color: str,
    **tls: str | bool | None,
) -> None:
    """One bind from here, step by step with times: name, TCP, TLS with its chain, bind, enquire_link, unbind.

    The gateway NAME is read from the cluster with your rights, Secrets included; or from --file; or say --host.

    0: it binds; 2: it does not, and why; 1: there is nothing to test.
    """
    import asyncio

    from sms_operator.probe.attempt import Terms
    from sms_operator.probe.run import try_link
    from sms_operator.probe.wanted import CannotTest
    from sms_operator.protocol.messages import BindType

    from .probing import Source, from_address, from_cluster, from_files

    if (name is None) == (host is None):
        raise click.UsageError("say which gateway: NAME, or --host", context)
    if cluster.all_namespaces:
        raise click.UsageError("one gateway of one namespace is tested: say -n, not -A", context)
    if host is None and (system_id or any(tls.values())):
        raise click.UsageError("--system-id and the options of TLS go with --host; a gateway says them itself", context)
    if host is not None and any(tls[each] for each in _TLS_OPTIONS[1:]) and not tls["tls"]:
        raise click.UsageError("the options of TLS need --tls", context)
    if host is not None and not system_id:
        raise click.UsageError("--host needs --system-id", context)
    if password_file == "-" and "-" in files:
        raise click.UsageError("standard input is the manifest of --file, or the password of --password-file", context)
    password = _password(password_file, ask=host is not None)
    try:
        if host is not None:
            source: Source = from_address(host, port, system_id, password or "", tls)
        elif files:
            source = from_files(files, name or "", cluster.chosen_namespace or "default", password)
        else:
            source = asyncio.run(from_cluster(cluster, name or "", password))
    except CannotTest as error:
        raise CannotAnswer(str(error)) from None
    if source.connected and not yes:
        _confirm(source.subject)
    link = source.link
    kind = BindType(bind.capitalize()) if bind else link.binds[0]
    paint = Paint(colour(color))
    text = output == "text"
    if text:
        _head(source.subject, link, kind, paint)
    terms = Terms(connect_timeout, on_step=(lambda step: _say(step, paint)) if text else (lambda _: None))
    report = asyncio.run(try_link(source.subject, link, kind, terms))
    _show(report, text=text, paint=paint)
    if source.in_cluster is not None:
        echo(
            paint.faint(IN_THE_CLUSTER.format(name=source.in_cluster.name, namespace=source.in_cluster.namespace)),
            err=True,
        )
    if report.connected is None:
        context.exit(SOMETHING)


@click.command("fetch-certificate")
@click.argument("address", metavar="HOST:PORT")
@click.option("--server-name", help="Ask for this name (SNI); default: the host.")
@click.option("--recommended", is_flag=True, help="Only the certificate to trust, not the whole chain.")
@click.option("--output-dir", type=click.Path(file_okay=False), help="A file for each certificate, instead of stdout.")
@click.option("--connect-timeout", type=Seconds(), default=10.0, help="For the whole. Default: 10s.")
def fetch_certificate(
    address: str, server_name: str | None, recommended: bool, output_dir: str | None, connect_timeout: float
) -> None:
    """The chain that a server shows, as Certificate manifests for kubectl apply, and which one of them to trust.

    Nothing is verified and no password is sent. The fingerprints on stderr are for comparing with the provider.
    """
    import asyncio

    from sms_operator.probe.certificates import read
    from sms_operator.probe.fetch import fetch
    from sms_operator.probe.manifests import advise, manifest
    from sms_operator.probe.run import system_trust
    from sms_operator.probe.wanted import CannotTest

    host, port = _address(address)
    try:
        fetched = asyncio.run(fetch(host, port, server_name or host, connect_timeout))
    except CannotTest as error:
        raise CannotAnswer(str(error)) from None
    chain = [one for der in fetched.chain if (one := read(der)) is not None]
    if not chain:
        raise CannotAnswer(f"{address}: its certificates cannot be read; ask the provider for them as of RFC 5280")
    advice = advise(chain, fetched.name, system_trust(), datetime.now(UTC))
    offers = [offer for offer in advice.offers if offer.recommended or not recommended]
    texts = {offer.name: manifest(offer, address) for offer in offers}
    if output_dir is None:
        echo("---\n".join(texts.values()), nl=False)
    else:
        _write(Path(output_dir), texts)
    _advise(fetched, advice)


def _password(file: str | None, *, ask: bool) -> str | None:
    if file is None:
        known = os.environ.get(PASSWORD)
        if known is not None or not ask:
            return known
        if not sys.stdin.isatty():
            raise CannotAnswer(
                f"no password: set ${PASSWORD}, or name a file with --password-file (- is standard input)"
            )
        return str(click.prompt("Password", hide_input=True, err=True))
    try:
        text = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise CannotAnswer(f"cannot read {file}: {error.strerror or error}") from None
    return text.decode("latin-1").removesuffix("\n").removesuffix("\r")


def _confirm(subject: str) -> None:
    said = f"{subject} is connected; an SMSC that allows one bind may drop the operator's for this test"
    if not sys.stdin.isatty():
        raise CannotAnswer(f"{said}: say --yes")
    click.confirm(f"{said}. Go on?", abort=True, err=True)


def _head(subject: str, link: WantedLink, kind: BindType, paint: Paint) -> None:
    how = "TLS" if link.tls is not None else "in clear text"
    echo(paint.strong(f'{subject}: bind as {kind.value.lower()} "{link.system_id}", {how}'))


def _say(step: Step, paint: Paint) -> None:
    from sms_operator.probe.steps import Outcome
    from sms_operator.probe.words import note_lines, step_line

    line = one_line(step_line(step)) if not step.detail.isprintable() else step_line(step)
    tint = {Outcome.FAILED: paint.bad, Outcome.SKIPPED: paint.faint}.get(step.outcome, str)
    echo(tint(line), coloured=paint.enabled)
    for note in note_lines(step):
        echo(paint.warn(note), coloured=paint.enabled)


def _show(report: Report, *, text: bool, paint: Paint) -> None:
    from sms_operator.probe.words import conclusion, document

    if not text:
        print_json(document(report))
        return
    tint = paint.bad if report.connected is None else paint.good
    first, *rest = conclusion(report)
    echo("\n" + tint(first), coloured=paint.enabled)
    for line in rest:
        echo(line)


def _address(text: str) -> tuple[str, int]:
    found = _HOST_PORT.fullmatch(text)
    if found is None or not 1 <= int(found["port"]) <= 65535:
        raise click.UsageError(
            f'"{one_line(text)}" is not HOST:PORT; an IPv6 address stands in brackets: [2001:db8::1]:3550'
        )
    return found["address"] or found["name"], int(found["port"])


def _write(directory: Path, texts: dict[str, str]) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        files = {directory / f"{name}.yaml": text for name, text in texts.items()}
        if there := [str(path) for path in files if path.exists()]:
            raise CannotAnswer(f"{there[0]} is there already; nothing was written")
        for path, text in files.items():
            path.write_text(text, encoding="utf-8")
            echo(str(path))
    except OSError as error:
        raise CannotAnswer(f"cannot write to {directory}: {error.strerror or error}") from None


def _advise(fetched: Fetched, advice: Advice) -> None:
    best = advice.offers[0]
    for offer in advice.offers:
        mark = "►" if offer.recommended else " "
        echo(f"{mark} {offer.role:12} {one_line(offer.shown.subject)}\n  SHA-256      {offer.shown.sha256}", err=True)
    echo(f"Trust {best.name}: {advice.reason}", err=True)
    for remark in advice.remarks:
        echo(one_line(remark), err=True)
    if fetched.asks_for_certificate:
        echo("The server asks for a client certificate: set spec.tls.identityCertificateRef too.", err=True)
    echo(
        "Nothing vouches for these but this connection: compare a fingerprint with the provider over another way.",
        err=True,
    )
