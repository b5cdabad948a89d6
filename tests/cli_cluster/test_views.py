"""get, describe, tree and events, of real broken gateways beside a good one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import Result

from sms_operator.dev.control_plane import Client, ControlPlane
from sms_operator.dev.smsc import Account, Simulator
from sms_operator.dev.smsc.background import in_background
from support.ground import Ground
from support.tenant import Tenant

Smsctl = Callable[..., Result]
PASSWORD = "gu3ssed!"
"""Wrong, and still nobody's business."""


@pytest.fixture(scope="module")
def night(ground: Ground) -> Iterator[Ground]:
    """Beside `good`: a refused password (with a channel), a dead port, a missing Secret, one disconnected by hand."""
    tenant = ground.tenant
    with in_background(lambda: Simulator([Account("north", "secret"), Account("off", "secret")])) as smsc:
        port = smsc.get(lambda simulator: simulator.port)
        tenant.apply("OrganizationUnit", "koeln", {"displayName": "Köln 東京"})
        tenant.gateway("wrong", port, system_id="north", password=PASSWORD, organizationUnitRef={"name": "koeln"})
        tenant.gateway("dead", 1, system_id="dead")
        tenant.gateway("keyless", 2, login={"systemId": "keyless", "passwordSecretRef": {"name": "no-login"}})
        tenant.gateway("off", port, system_id="off")
        tenant.annotate("SmppGateway", "off", disconnect="ines: cable work")
        tenant.channel("support", "wrong")
        tenant.channel("alerts", "good")
        tenant.patch("SmppGateway", "dead", {"metadata": {"labels": {"team": "alerts"}}})
        for name, reason in (("wrong", "InvalidPassword"), ("dead", "Unreachable"), ("keyless", "SecretNotFound")):
            tenant.until("SmppGateway", name, reason)
        tenant.until("SmppGateway", "off", "Disconnected")
        tenant.until("SmsChannel", "support", "GatewayNotConnected")
        tenant.until("SmsChannel", "alerts", "ConnectionSucceeded")
        tenant.until("OrganizationUnit", "koeln", "Valid")
        yield ground


@pytest.fixture
def here(night: Ground, smsctl: Smsctl) -> Smsctl:
    """smsctl in the namespace of that night, on a terminal of 100 columns."""

    def run(*arguments: str, **environment: str) -> Result:
        done = smsctl(*arguments, "-n", night.tenant.namespace, COLUMNS="100", **environment)
        assert PASSWORD not in done.output
        assert done.exception is None or isinstance(done.exception, SystemExit), done.output
        return done

    return run


def rows(done: Result) -> dict[str, list[str]]:
    """Of a table, by the first cell; cells are at least three spaces apart."""
    lines = [[cell.strip() for cell in line.split("   ") if cell.strip()] for line in done.stdout.splitlines()]
    return {line[0]: line[1:] for line in lines if line}


@pytest.mark.parametrize("output", ["text", "table", "wide", "json", "yaml", "name"])
def test_codes_of_get(here: Smsctl, output: str) -> None:
    """2 when something shown is not well, 0 when all is, 1 for a name that there is not; whatever the format."""
    assert here("get", "gateway", "-o", output).exit_code == 2
    assert here("get", "gateway", "good", "off", "-o", output).exit_code == 0
    assert here("get", "gw/wrong", "-o", output).exit_code == 2
    missing = here("get", "gateway", "good", "nobody", "-o", output)
    assert missing.exit_code == 1
    assert missing.stderr.startswith('Error: there is no SmppGateway "nobody" in namespace "')
    assert "good" in missing.stdout


@pytest.mark.parametrize("output", ["text", "json", "yaml"])
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["describe", "gateway", "wrong"], 2),
        (["describe", "channel", "support"], 2),
        (["describe", "gateway", "good"], 0),
        (["describe", "gateway", "off"], 0),
        (["describe", "gateway", "nobody"], 1),
        (["tree"], 2),
        (["tree", "channel", "alerts"], 0),
        (["tree", "gateway", "nobody"], 1),
        (["events"], 2),
        (["events", "gateway", "good"], 0),
        (["events", "channel", "nobody"], 1),
    ],
)
def test_codes_of_the_others(here: Smsctl, arguments: list[str], code: int, output: str) -> None:
    """The same whatever the format, and what cannot be answered leaves stdout empty."""
    done = here(*arguments, "-o", output)
    assert done.exit_code == code, done.output
    if code == 1:
        assert (done.stdout, done.stderr.count("\n")) == ("", 1)
    elif output != "text":
        assert yaml.safe_load(done.stdout)["apiVersion"] == "smsctl.sms-operator.dev/v1"


def test_a_table(here: Smsctl) -> None:
    """Where, how, since when, why."""
    shown = rows(here("get", "gateways"))
    assert shown["wrong"][-5] == "▲ False"
    assert shown["wrong"][-2] == "InvalidPassword"
    assert "ESME_RINVPASWD" in shown["wrong"][-1]
    assert shown["dead"][0] == "127.0.0.1:1"
    assert shown["good"][-5] == "● True"
    assert (shown["off"][-5], shown["off"][-1]) == ("■ True", "Disconnected: ines: cable work")


def test_everything_has_a_table_each(here: Smsctl) -> None:
    """With the kind in the name; columns line up though a name is wide."""
    done = here("get")
    assert {"smppgateway/good", "smschannel/support", "organizationunit/koeln"} <= rows(done).keys()
    heading, unit = (next(line for line in done.stdout.splitlines() if word in line) for word in ("PARENT", "東京"))
    assert heading.index("PARENT") == unit.index("-") + 2  # two of its characters are two columns wide


def test_objects_as_they_are(here: Smsctl, night: Ground) -> None:
    """A List of what the API server has, without managedFields; one object by name is itself."""
    shown = json.loads(here("get", "gw,channel", "-o", "json").stdout)
    assert (shown["apiVersion"], shown["kind"]) == ("v1", "List")
    assert [item["metadata"]["name"] for item in shown["items"]] == [
        *("dead", "good", "keyless", "off", "wrong"),
        *("alerts", "support"),
    ]
    stored = night.tenant.get("SmppGateway", "good")
    assert stored is not None
    del stored["metadata"]["managedFields"]
    assert yaml.safe_load(here("get", "gateway", "good", "-o", "yaml").stdout) == stored


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["gw", "--where", "ready=false"], ["dead", "keyless", "wrong"]),
        (["gw", "--where", "reason=invalidpassword"], ["wrong"]),
        (["gw", "--where", "ready!=true,stalled=true"], ["wrong"]),
        (["gw", "-l", "team=alerts"], ["dead"]),
        (["gw", "-l", "team=none"], []),
    ],
)
def test_choices(here: Smsctl, arguments: list[str], names: list[str]) -> None:
    """By condition, by reason, by label; nothing chosen is nothing to see."""
    done = here("get", *arguments, "-o", "name")
    assert done.stdout.split() == [f"smppgateway.sms-operator.dev/{name}" for name in names]
    assert done.exit_code == (2 if names else 0)
    assert bool(names) is (done.stderr == "")


def test_without_headings_and_in_all_namespaces(here: Smsctl, smsctl: Smsctl, night: Ground) -> None:
    """For scripts, and for whoever looks after many."""
    assert here("get", "gw", "good", "--no-headers").stdout.startswith("good ")
    everywhere = smsctl("get", "gw", "-A")
    assert everywhere.stdout.startswith("NAMESPACE   ")
    assert [line for line in everywhere.stdout.splitlines() if line.startswith(f"{night.tenant.namespace}   wrong ")]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        (
            "wrong",
            [
                "  Cause         The SMSC refused the password.\n",
                "  Next          Correct the Secret; the operator tries again at once when it changes.\n",
                "  Type          smsctl gateway test wrong -n ",
                "  Read          docs/troubleshooting.md#invalidpassword\n",
                "  Unit          Köln 東京\n",
                "  Last error    InvalidPassword (ESME_RINVPASWD), first ",
                "  Channels      0 of 1 ready\n",
                "  ✗ Connected     False  ",
                "  ● OrganizationUnit/koeln: Valid\n",
                "  ▲ SmsChannel/support: GatewayNotConnected: ",
                "SmppGateway/wrong InvalidPassword",
            ],
        ),
        (
            "dead",
            [
                "  Unreachable: 127.0.0.1:1: connection refused\n",
                "  Cause         The network or the host refused the TCP connection.\n",
                "  Endpoint      127.0.0.1:1\n",
                "  Binds         0/1\n",
            ],
        ),
        (
            "keyless",
            [
                "  Cause         A Secret does not exist.\n",
                "  Type          kubectl describe secret no-login -n ",
                "  ▲ Secret/no-login: SecretNotFound: ",
                "  ? Connected     Unknown  ",
            ],
        ),
    ],
)
def test_what_is_wrong_and_since_when(here: Smsctl, name: str, says: list[str]) -> None:
    """One screen: the sentence on top, then why and what to do, then the rest."""
    done = here("describe", "gateway", name)
    first = done.stdout.splitlines()[0]
    assert first.startswith(f"▲ SmppGateway {name} in test-")
    assert " is not ready, for " in first
    assert [text for text in says if text not in done.stdout] == [], done.stdout
    assert len(done.stdout.splitlines()) < 50


def test_a_channel_leads_to_its_gateway(here: Smsctl) -> None:
    """Where it begins, what to do there, and that gateway's events beside its own."""
    text = here("describe", "channel/support").stdout
    assert "  Begins at     SmppGateway/wrong, InvalidPassword: " in text
    assert "  Type          smsctl gateway test wrong -n " in text
    told = json.loads(here("events", "channel", "support", "-o", "json").stdout)["items"]
    assert ("SmppGateway", "wrong", "InvalidPassword") in {
        (item["kind"], item["name"], item["reason"]) for item in told
    }


def test_the_tree(here: Smsctl) -> None:
    """Down and up from a gateway; a channel's route below it."""
    lines = here("tree", "gateway", "wrong").stdout.splitlines()
    assert lines[0].startswith("▲ SmppGateway/wrong  InvalidPassword: ")
    assert lines[1:4] == [
        "├── needs",
        "│   ├── ● OrganizationUnit/koeln  Valid",
        "│   └── · Secret/wrong-login  its content is never read here",
    ]
    assert lines[4] == "└── needed by"
    assert lines[5].startswith("    └── ▲ SmsChannel/support  GatewayNotConnected: ")
    assert lines[6] == "        └── ● NotificationRoute/support  Derived; its channel says how it is"


def test_events(here: Smsctl) -> None:
    """Warnings by a mark and a word; only those on request; none of long ago."""
    lines = here("events", "--warnings").stdout.splitlines()
    assert lines[0].split() == ["LAST", "TYPE", "COUNT", "OBJECT", "REASON", "MESSAGE"]
    assert all("! Warning" in line for line in lines[1:])
    old = here("events", "--since", "1ms")
    assert (old.exit_code, old.stdout, old.stderr) == (0, "", "No events.\n")


@pytest.mark.parametrize("arguments", [["get", "gw"], ["describe", "gw", "wrong"], ["tree"], ["events"]])
def test_colour(here: Smsctl, arguments: list[str]) -> None:
    """Not into a pipe; when forced; never against NO_COLOR."""
    assert "\x1b[" not in here(*arguments).stdout
    assert "\x1b[" in here(*arguments, FORCE_COLOR="1").stdout
    assert "\x1b[" not in here(*arguments, FORCE_COLOR="1", NO_COLOR="1").stdout


def test_whoever_may_see_little_sees_that(
    person: Callable[..., Path], api: Client, namespace: str, smsctl: Smsctl
) -> None:
    """What may not be looked at is named; only what was asked for itself ends the command."""
    Tenant(api, namespace).gateway("gw", 1)
    reader = str(person("reader", {"smppgateways": ["get", "list"]}))
    described = smsctl("describe", "gw", "gw", KUBECONFIG=reader, COLUMNS="140")
    assert described.exit_code == 2, described.output
    assert f'SmsChannel: you may not list smschannels.sms-operator.dev in namespace "{namespace}"' in described.stdout
    assert f'Events: you may not list events in namespace "{namespace}"' in described.stdout
    grown = smsctl("tree", KUBECONFIG=reader)
    assert grown.stdout.startswith("○ SmppGateway/gw  Pending: ")
    assert "Not looked at: Chatbot: you may not list chatbots.sms-operator.dev" in grown.stderr
    some = smsctl("get", KUBECONFIG=reader)
    assert some.exit_code == 1
    assert "smppgateway/gw" in some.stdout
    assert "Error: you may not list smschannels.sms-operator.dev" in some.stderr
    for arguments in (["get", "channel"], ["describe", "channel", "a"], ["events"], ["get", "channel", "-w"]):
        refused = smsctl(*arguments, KUBECONFIG=reader)
        assert (refused.exit_code, refused.stdout) == (1, ""), refused.output
        assert refused.stderr.startswith("Error: you may not ")
        assert refused.stderr.count("\n") == 1


@pytest.mark.parametrize("arguments", [["get"], ["get", "gw", "-w"], ["describe", "gw", "a"], ["tree"], ["events"]])
def test_no_cluster_and_no_login(
    control_plane: ControlPlane, smsctl: Smsctl, tmp_path: Path, arguments: list[str]
) -> None:
    """One line each, 1."""
    away = control_plane.write_kubeconfig(tmp_path / "away", url="https://127.0.0.1:1")
    stale = control_plane.write_kubeconfig(tmp_path / "stale", token="expired")
    for kubeconfig, says in ((away, "no answer from https://127.0.0.1:1"), (stale, "does not know you (401)")):
        said = smsctl(*arguments, KUBECONFIG=str(kubeconfig))
        assert (said.exit_code, said.stdout, said.stderr.count("\n")) == (1, "", 1), said.output
        assert says in said.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["get", "pods"], 'there is no kind "pods"; there are gateway, channel,'),
        (["get", "gw,channel", "a"], "names are of one kind"),
        (["get", "gw", "a", "-A"], "names go neither with -l nor with -A"),
        (["get", "gw", "../a"], "is no name of an object"),
        (["get", "--where", "colour=red"], "--where: "),
        (["describe", "gw"], "say which object"),
        (["describe", "gw", "a", "-A"], "say -n instead of -A"),
        (["tree", "gw", "a", "b"], "say which object"),
        (["events", "gw/"], "say which object"),
    ],
)
def test_usage(smsctl: Smsctl, arguments: list[str], says: str) -> None:
    """1, never click's 2."""
    said = smsctl(*arguments)
    assert (said.exit_code, said.stdout) == (1, "")
    assert says in said.stderr


def test_the_json_of_a_description(here: Smsctl) -> None:
    """The same facts by name."""
    said: dict[str, Any] = json.loads(here("describe", "gw", "wrong", "-o", "json").stdout)["description"]
    assert (said["kind"], said["name"], said["health"], said["reason"]) == (
        *("SmppGateway", "wrong", "not ready"),
        "InvalidPassword",
    )
    assert said["cause"]["page"] == "docs/troubleshooting.md#invalidpassword"
    assert dict(said["facts"])["Login"] == "north"
    assert [(item["kind"], item["name"]) for item in said["used_by"]] == [("SmsChannel", "support")]
