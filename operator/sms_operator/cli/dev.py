"""`smsctl dev …`: the bench. Here, the SMSC simulator and the commands that play with a running one."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from sms_operator.dev.smsc import PRESETS, Account, Fault, Mutual, Poison, TlsSettings
from sms_operator.dev.smsc.remote import ControlError, ask
from sms_operator.dev.smsc.serve import ServeSettings, serve
from sms_operator.smpp.command_status import describe
from sms_operator.smpp.text.encoding import Encoding
from sms_operator.smpp.text.splitting import LongMessages

from .bench import control_plane, demo

CONTROL = click.option(
    "--control",
    default="http://127.0.0.1:2776",
    show_default=True,
    envvar="SMSC_CONTROL",
    help="Control address of the simulator.",
)
ACCOUNT = click.option("--account", "system_id", metavar="SYSTEM_ID", help="Only this login; without it, everybody.")
DIRECTORY = click.Path(path_type=Path, file_okay=False)
EXISTING = click.Path(path_type=Path, dir_okay=False, exists=True)


class AccountType(click.ParamType[Account]):
    """`system_id:password`."""

    name = "system_id:password"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Account:
        """Never repeats the value in an error: it may be a password."""
        if isinstance(value, Account):
            return value
        try:
            return Account.parse(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.group()
def dev() -> None:
    """The bench: what one runs beside the operator to try and test it."""


dev.add_command(demo, "demo")
dev.add_command(control_plane, "control-plane")


@dev.group(invoke_without_command=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=2775, show_default=True, type=click.IntRange(0, 65535), help="Plain port; 0: any.")
@click.option("--tls-port", type=click.IntRange(0, 65535), help="TLS port; 0: a free one; without it, no TLS.")
@click.option("--cert", type=EXISTING, help="Certificate chain (PEM); without it, one is made for localhost.")
@click.option("--key", type=EXISTING, help="Private key (PEM); without it, it is in --cert.")
@click.option("--mutual", type=click.Choice([one.value for one in Mutual]), help="Ask for a client certificate. [off]")
@click.option("--client-ca", type=EXISTING, help="Authority of the client certificates; without it, the one made.")
@click.option("--certs-out", type=DIRECTORY, help="Where to write what was made: ca.pem, client.pem, client.key.")
@click.option("--account", "accounts", multiple=True, type=AccountType(), help="A login, repeatable. [demo:secret]")
@click.option("--certified", multiple=True, type=AccountType(), help="A login that needs a client certificate.")
@click.option("--anonymous", is_flag=True, help="Also accept a bind with neither system_id nor password.")
@click.option(
    "--behave",
    "behaviour",
    type=click.Choice(list(PRESETS)),
    default="normal",
    metavar="NAME",
    help="As the command behave, from the start.",
)
@click.option("--control-port", default=2776, show_default=True, type=click.IntRange(0, 65535), help="0: a free one.")
@click.pass_context
def smsc(
    context: click.Context,
    host: str,
    port: int,
    tls_port: int | None,
    cert: Path | None,
    key: Path | None,
    mutual: str | None,
    client_ca: Path | None,
    certs_out: Path | None,
    accounts: tuple[Account, ...],
    certified: tuple[Account, ...],
    anonymous: bool,
    behaviour: str,
    control_port: int,
) -> None:
    """Run an SMSC simulator until Ctrl-C, or play with a running one (see the commands)."""
    if context.invoked_subcommand is not None:
        return
    if tls_port is None and (cert or key or mutual or client_ca or certs_out or certified):
        raise click.UsageError("--cert, --key, --mutual, --client-ca, --certs-out and --certified want --tls-port")
    asked = Mutual(mutual or ("required" if client_ca else "optional" if certified else "off"))
    tls = TlsSettings(tls_port, cert, key, asked, client_ca, certs_out) if tls_port is not None else None
    logins = [*(accounts or (Account("demo", "secret"),)), *([Account("", "")] if anonymous else [])]
    logins += [replace(account, certificate_required=True) for account in certified]
    settings = ServeSettings(logins, host, port, control_port, tls, behaviour)
    try:
        asyncio.run(serve(settings, _say))
    except (OSError, ValueError) as error:
        raise click.ClickException(f"the simulator cannot start: {error}") from None


@smsc.command()
@CONTROL
@ACCOUNT
def sessions(control: str, system_id: str | None) -> None:
    """Who is bound."""
    query = f"?systemId={system_id}" if system_id else ""
    rows = [("SYSTEM ID", "BIND", "SINCE", "FROM", "TLS")]
    for one in _ask(control, "GET", f"/sessions{query}"):
        secure = one["certificate"] or "yes" if one["tls"] else "no"
        rows.append((one["systemId"] or "(anonymous)", one["bindType"], one["since"], one["peer"], secure))
    if len(rows) == 1:
        click.echo("nobody is bound")
        return
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        click.echo("   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


@smsc.command()
@CONTROL
@click.argument("system_id")
@click.password_option("--password", help="Asked for when not given.")
def password(control: str, system_id: str, password: str) -> None:
    """Set the password of a login, or add the login. Live sessions stay."""
    _ask(control, "POST", "/accounts", {"systemId": system_id, "password": password})
    click.echo(f'the password of "{system_id}" counts from the next bind on')


@smsc.command()
@CONTROL
@click.argument("system_id")
@click.option("--from", "source", default="+31600000000", show_default=True, help="Number of the phone.")
@click.option("--to", "destination", default="12345", show_default=True, help="Number it writes to.")
@click.option(
    "--encoding", type=click.Choice([one.value for one in Encoding]), default=Encoding.AUTO.value, show_default=True
)
@click.option(
    "--long",
    "long_messages",
    type=click.Choice([one.value for one in LongMessages]),
    default=LongMessages.PAYLOAD.value,
    show_default=True,
    help="How a long text goes.",
)
@click.option("--part", "parts", multiple=True, type=click.IntRange(1, 255), help="Only these parts, in this order.")
@click.argument("text")
def inject(
    control: str,
    system_id: str,
    source: str,
    destination: str,
    encoding: str,
    long_messages: str,
    parts: tuple[int, ...],
    text: str,
) -> None:
    """Deliver a message from a phone, and say how it was answered."""
    body = {"systemId": system_id, "from": source, "to": destination, "text": text}
    form = {"encoding": encoding, "longMessages": long_messages, "parts": list(parts)}
    status: int = _ask(control, "POST", "/messages", body | form)["commandStatus"]
    click.echo(f"answered with {describe(status)}")


@smsc.command()
@CONTROL
@click.argument("system_id")
@click.argument("how", type=click.Choice([one.value for one in Poison]), default=Poison.OVERLONG.value)
def poison(control: str, system_id: str, how: str) -> None:
    """Deliver a message that cannot be read, and say how it was answered."""
    status: int = _ask(control, "POST", "/poison", {"systemId": system_id, "how": how})["commandStatus"]
    click.echo(f"answered with {describe(status)}")


@smsc.command()
@CONTROL
@click.argument("system_id")
@click.argument("count", type=click.IntRange(1, 1_000_000))
@click.option("--window", default=0, type=click.IntRange(0), help="Messages without an answer at a time; 0: all.")
def flood(control: str, system_id: str, count: int, window: int) -> None:
    """Deliver many messages, and count the answers."""
    answers = _ask(control, "POST", "/floods", {"systemId": system_id, "count": count, "window": window})
    for status, times in answers["commandStatuses"].items():
        click.echo(f"{times} answered with {describe(int(status))}")


@smsc.command()
@CONTROL
@ACCOUNT
@click.option("--last", default=20, show_default=True, type=click.IntRange(1), help="Messages of each direction.")
def ledger(control: str, system_id: str | None, last: int) -> None:
    """What came and went, with its answers; texts are not shown."""
    query = f"?last={last}" + (f"&systemId={system_id}" if system_id else "")
    found = _ask(control, "GET", f"/ledger{query}")
    for one in found["submitted"]:
        status = one["commandStatus"]
        answer = "no answer" if status is None else one["id"] or describe(status)
        click.echo(f"{one['systemId']} -> {one['to']}: {answer}")
    for one in found["delivered"]:
        statuses = [attempt["commandStatus"] for attempt in one["attempts"]]
        answers = ", then ".join("no answer" if status is None else describe(status) for status in statuses)
        click.echo(f"{one['systemId']} <- {one['from']}: {one['kind']}: {answers or 'not sent'}")


@smsc.command()
@CONTROL
@click.option("--down", default=0.0, type=click.FloatRange(0, 60), help="Seconds in which connections are refused.")
def restart(control: str, down: float) -> None:
    """Reset all connections and start anew, as an SMSC does that was restarted. Messages are still known."""
    _ask(control, "POST", "/restart", {"seconds": down})
    click.echo("up again")


class BehaviourType(click.ParamType[Any]):
    """The name of a preset, or a JSON object; what is in it is for the simulator to judge."""

    name = "behaviour"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The name, or the object."""
        text = str(value)
        if not text.startswith("{"):
            return click.Choice(list(PRESETS)).convert(text, param, ctx)
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            self.fail(f"no JSON: {error}", param, ctx)


@smsc.command(short_help="Misbehave from now on.", epilog=f"Names: {', '.join(PRESETS)}.")
@CONTROL
@ACCOUNT
@click.argument("behaviour", metavar="NAME_OR_JSON", type=BehaviourType())
def behave(control: str, system_id: str | None, behaviour: Any) -> None:
    """Misbehave from now on; `normal` ends it.

    A JSON object has fields of its own choice: '{"limits": {"rate": 20}, "receipts": {"early": true}}'.
    """
    body: dict[str, Any] = {"behaviour": behaviour}
    if system_id is not None:
        body["systemId"] = system_id
    _ask(control, "POST", "/behaviour", body)
    shown = behaviour if isinstance(behaviour, str) else json.dumps(behaviour)
    click.echo(f"{system_id or 'everybody'}: {shown}")


@smsc.command()
@CONTROL
@ACCOUNT
@click.argument("how", type=click.Choice([fault.value for fault in Fault]), default=Fault.UNBIND.value)
def drop(control: str, system_id: str | None, how: str) -> None:
    """End live sessions, by unbind if nothing else is said."""
    body = {"how": how} | ({"systemId": system_id} if system_id is not None else {})
    click.echo(f"{_ask(control, 'DELETE', '/sessions', body)['sessions']} sessions: {how}")


def _say(text: str) -> None:
    click.echo(f"{datetime.now().astimezone():%H:%M:%S} {text}")


def _ask(control: str, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    try:
        return ask(control, method, path, body)
    except ControlError as error:
        raise click.ClickException(str(error)) from None
