"""Each rule, by the smallest manifest that breaks it: code and place."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from sms_operator.gitops.lint.check import Verdict, check
from sms_operator.gitops.lint.finding import Severity
from sms_operator.gitops.lint.rules import RULES
from sms_operator.gitops.manifests import read

from .conftest import NOW, Lint

ROOT: Final = Path(__file__).resolve().parents[3]
GOOD: Final = """\
apiVersion: sms-operator.dev/v1alpha1
kind: SmppGateway
metadata:
  name: first
spec:
  endpoints:
    - host: smsc.example.com
      port: 2775
  login:
    systemId: demo
    passwordSecretRef:
      name: login
---
apiVersion: sms-operator.dev/v1alpha1
kind: CalledRoute
metadata: {name: queue}
spec:
  accessCode: "1"
  extensionCode: "1"
  skillQueue: {name: Queue, maxWaitingTime: 10m}
---
apiVersion: sms-operator.dev/v1alpha1
kind: SmsChannel
metadata:
  name: hotline
spec:
  channelName: hotline
  gatewayRef:
    name: first
  calledRouteRef: {name: queue}
"""
HEAD: Final = "---\napiVersion: sms-operator.dev/v1alpha1\n"
SECOND_CHANNEL: Final = (
    HEAD + "kind: SmsChannel\nmetadata: {name: second}\nspec:\n  channelName: second\n"
    "  gatewayRef: {name: first}\n  calledRouteRef: {name: queue}\n"
)
UNIT: Final = (
    HEAD + "kind: OrganizationUnit\nmetadata: {name: %s}\nspec: {displayName: A, code: A, parentRef: {name: %s}}\n"
)
ROBOT: Final = (
    HEAD + "kind: Chatbot\nmetadata: {name: bot}\nspec: {accessCode: '1', dialogType: IvrFlow, flowName: a}\n"
)

ROUTE: Final = (
    HEAD + "kind: NotificationRoute\nmetadata: {name: %s}\n"
    "spec: {gatewayRef: {name: first}, channelRef: {name: hotline}, %s}\n"
)
SECRET: Final = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {%s: geheim}\n"
TRUST: Final = HEAD + "kind: Certificate\nmetadata: {name: ca}\nspec: {configMapKeyRef: {name: ca}}\n"
CALENDAR: Final = HEAD + "kind: ServiceTime\nmetadata: {name: default}\nspec: {timeZone: Europe/Berlyn}\n"
WITH_ROBOT: Final = "  channelName: hotline\n  transferKeywords: [a]\n  robot: {chatbotRef: {name: bot}}"
WITH_TIMES: Final = "  channelName: hotline\n  agentWorkTime: {workdays: [{start: '08:00', end: 12:30}]}"
SAME_NAME: Final = SECOND_CHANNEL.replace("channelName: second", "channelName: hotline\n  numbers: ['1']")

CASES: Final[list[tuple[str, str, str, str, str]]] = [
    # code, what is replaced in GOOD, by what, what is appended, the text at the place
    ("SMS002", "kind: SmppGateway", "kind: [", "", ""),
    ("SMS006", "", "", "---\n- 1\n", "-"),
    ("SMS006", "", "", "---\na: 1\n", "a"),
    ("SMS009", "", "", "...\nkind: Secret\n", "k"),
    ("SMS101", "port: 2775", "port: 70000", "", "70000"),
    ("SMS101", "host: smsc.example.com", "host: http://a", "", "http://a"),
    ("SMS101", "name: hotline\nspec", "name: Hotline\nspec", "", "Hotline"),
    ("SMS101", "  name: first\nspec", "  name: first\n  labels: {a: -b-}\nspec", "", "-b-"),
    ("SMS101", "  name: first\nspec", "  name: first\n  namespace: Tenant\nspec", "", "Tenant"),
    ("SMS102", "    systemId: demo", "    systemId: demo\n    password: geheim", "", "password"),
    ("SMS102", "      port: 2775", "      port: 2775\n      prot: 1", "", "prot"),
    ("SMS102", "metadata: {name: queue}", "metadata: {name: queue, lables: {}}", "", "lables"),
    ("SMS103", "  channelName: hotline\n", "", "", "spec"),
    ("SMS103", "kind: SmppGateway\n", "", "", "a"),
    ("SMS104", "v1alpha1\nkind: SmppGateway", "v1\nkind: SmppGateway", "", "sms-operator.dev/v1"),
    ("SMS104", "sms-operator.dev", "smsoperator.dev", "", "smsoperator.dev/v1alpha1"),
    ("SMS105", "kind: SmppGateway", "kind: SmppGatway", "", "SmppGatway"),
    ("SMS201", "gatewayRef:\n    name: first", "gatewayRef:\n    name: frist", "", "frist"),
    ("SMS201", "  channelName: hotline", "  channelName: hotline\n  serviceTimeRef: {name: none}", "", "none"),
    ("SMS202", "  login:", "  mode: Send\n  login:", "", "first"),
    ("SMS202", '  extensionCode: "1"', '  extensionCode: "1"\n  media: Voice', "", "queue"),
    ("SMS202", "  channelName: hotline", WITH_ROBOT, ROBOT, "bot"),
    ("SMS202", "  login:", "  tls: {identityCertificateRef: {name: ca}}\n  login:", TRUST, "ca"),
    ("SMS203", "", "", SECRET % "pass", "passwordSecretRef"),
    ("SMS204", "", "", UNIT % ("a", "b") + UNIT % ("b", "a"), "b"),
    ("SMS205", "", "", HEAD + "kind: Certificate\nmetadata: {name: ca}\nspec:\n  inline: {pem: none}\n", "inline"),
    ("SMS206", "", "", CALENDAR, "Europe/Berlyn"),
    ("SMS207", "  channelName: hotline", "  channelName: hotline\n  sessionEnd: {noCustomerReply: 10m}", "", "10m"),
    ("SMS301", "", "", SECOND_CHANNEL.replace("name: second}", "name: hotline}"), "hotline"),
    ("SMS302", "", "", SAME_NAME, "hotline"),
    ("SMS303", "", "", SECOND_CHANNEL, "gatewayRef"),
    (
        "SMS303",
        "  channelName: hotline",
        "  channelName: hotline\n  numbers: ['+491']",
        SECOND_CHANNEL + "  numbers: ['490', '491']\n",
        "'491'",
    ),
    ("SMS304", "", "", "---\n" + GOOD.split("---")[0].replace("name: first", "name: other"), "demo"),
    ("SMS305", "", "", ROUTE % ("hotline", "numbers: ['9']"), "hotline"),
    ("SMS306", "", "", ROUTE % ("mine", "origin: Manual"), "spec"),
    ("SMS401", "  channelName: hotline", "  channelName: hotline\n  channelName: hotline", "", "channelName"),
    ("SMS402", "  channelName: hotline", WITH_TIMES, "", "12:30"),
    ("SMS403", "  login:", "  tls:\n  login:", "", "tls"),
    ("SMS404", "  login:", "  mode:\n  login:", "", "mode"),
    ("SMS405", "", "", SECRET % "password", "stringData"),
    (
        "SMS406",
        "",
        "",
        HEAD + "kind: OrganizationUnit\nmetadata: {name: lone}\nspec: {displayName: A, code: A}\n",
        "lone",
    ),
    ("SMS407", "channelName: hotline", "channelName: !vault hotline", "", "!vault hotline"),
    ("SMS408", "  name: first\nspec", "  name: first\n  uid: abc\nspec", "", "abc"),
    ("SMS409", "", "", ROUTE % ("hotline", "origin: Derived"), "Derived"),
    ("SMS410", "", "", HEAD + "kind: ChannelExport\nmetadata: {generateName: all-}\nspec: {}\n", "all-"),
]


def codes(verdict: Verdict) -> list[str]:
    """The codes that were found."""
    return [finding.code for finding in verdict.findings]


def test_what_is_good_has_no_finding(lint: Lint) -> None:
    """The manifests that all cases begin with."""
    verdict = lint(GOOD)
    assert verdict.findings == ()
    assert (verdict.objects, verdict.files) == (3, 1)


@pytest.mark.parametrize(("code", "old", "new", "more", "at"), CASES)
def test_rule(lint: Lint, code: str, old: str, new: str, more: str, at: str) -> None:
    """Found once, with the severity of its rule, where the cause stands."""
    assert old in GOOD
    text = GOOD.replace(old, new, 1) + more if old else GOOD + more
    found = [finding for finding in lint(text).findings if finding.code == code]
    assert found, codes(lint(text))
    assert all(finding.severity is RULES[code].severity and finding.fix for finding in found)
    places = [text.split("\n")[item.span.line - 1][item.span.column - 1 : item.span.end_column - 1] for item in found]
    assert not at or at in places, places
    assert all("\n" not in finding.message and "geheim" not in finding.message for finding in found)


def test_every_rule_has_a_case() -> None:
    """Beside those on files, suppressions and kustomizations, which have tests of their own."""
    elsewhere = {
        "SMS001",
        "SMS003",
        "SMS004",
        "SMS005",
        "SMS007",
        "SMS008",
        "SMS208",
        "SMS209",
        "SMS501",
        "SMS502",
        "SMS503",
    }
    assert {case[0] for case in CASES} == set(RULES) - elsewhere


@pytest.mark.parametrize(
    ("old", "new", "suggestion"),
    [
        ("systemId: demo", "systemID: demo", "systemId"),
        ("  login:", "  serverName: a\n  login:", "spec.tls.serverName"),
        ("kind: SmppGateway", "kind: smppgateway", "SmppGateway"),
        ("gatewayRef:\n    name: first", "gatewayRef:\n    name: frist", '"first"'),
        ("gatewayRef:\n    name: first", "gatewayRef:\n    name: firsts", '"first"'),
        ("  name: hotline\nspec", "  name: hotline\n  namespace: team\nspec", "no namespace"),
    ],
)
def test_did_you_mean(lint: Lint, old: str, new: str, suggestion: str) -> None:
    """The fix names what was probably meant."""
    verdict = lint(GOOD.replace(old, new, 1))
    assert any(suggestion in finding.fix for finding in verdict.findings), verdict.findings


def test_others_of_the_same_kind_are_left_alone(lint: Lint) -> None:
    """cert-manager's Certificate is not ours, nor is anything of Kubernetes itself."""
    text = GOOD + (
        "---\napiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: a}\nspec: {anything: yes}\n"
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {}\n"
    )
    assert lint(text).findings == ()


def test_a_broken_object_does_not_break_those_that_refer_to_it(lint: Lint) -> None:
    """It is there: only what is wrong with it is said."""
    assert codes(lint(GOOD.replace("port: 2775", "port: 0"))) == ["SMS101"]


def test_conflicts_say_that_ages_are_unknown_and_where_the_other_is(lint: Lint) -> None:
    """Both places, and who would win."""
    (finding,) = lint(GOOD + SECOND_CHANNEL).findings
    assert finding.object == "SmsChannel/second"
    assert "files do not show" in finding.message
    ((_, span, text),) = finding.also
    assert (span.line, text) == (28, "SmsChannel/hotline is here")


def test_a_switched_off_block_misses_nothing(lint: Lint) -> None:
    """As the operator sees it, which then does not look for what the block names."""
    robot = "  robot: {enabled: false, chatbotRef: {name: none}}"
    assert lint(GOOD.replace("  channelName: hotline", f"  channelName: hotline\n{robot}")).findings == ()


def test_an_encrypted_secret_is_no_finding(lint: Lint) -> None:
    """SOPS: nothing is in clear text, and what is in it is unknown, not missing."""
    secret = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {x: 'ENC[a]'}\nsops: {mac: a}\n"
    assert lint(GOOD + secret).findings == ()


def test_overlays(tmp_path: Path) -> None:
    """Overlays do not compete; what is wrong in the base is said once; kustomize's own work is mentioned."""
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "kustomization.yaml").write_text("resources: [all.yaml]\n", "utf-8")
    (tmp_path / "base" / "all.yaml").write_text(GOOD.replace("port: 2775", "port: 0"), "utf-8")
    for name in ("live", "test"):
        (tmp_path / name).mkdir()
        head = f"namespace: {name}\nresources: [../base, 'https://example.com/x.yaml']\n"
        more = "namePrefix: a-\nsecretGenerator: [{name: s, literals: [password=geheim]}]\n" if name == "live" else ""
        (tmp_path / name / "kustomization.yaml").write_text(head + more, "utf-8")
    verdict = check(read([str(tmp_path)]), now=NOW)
    assert sorted(codes(verdict)) == ["SMS007", "SMS008", "SMS008", "SMS101", "SMS405"]
    assert verdict.objects == 3
    assert all("geheim" not in finding.message for finding in verdict.findings)


def test_two_bundles_may_be_one_tenant(tmp_path: Path) -> None:
    """Channels in one kustomization, their gateway in another, the namespace given by whoever applies them."""
    gateway, queue, channel = GOOD.split("---\n")
    for name, text, head in (("a", gateway + "---\n" + queue, ""), ("b", channel, "namespace: team\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "kustomization.yaml").write_text(f"{head}resources: [all.yaml]\n", "utf-8")
        (tmp_path / name / "all.yaml").write_text(text, "utf-8")
    assert check(read([str(tmp_path)]), now=NOW).findings == ()


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """Never "no findings" when something was not read."""
    (tmp_path / "kustomization.yaml").write_text("resources: [missing.yaml]\n", "utf-8")
    (tmp_path / "empty").mkdir()
    deep = tmp_path / "deep.json"
    deep.write_text("[" * 50_000, "utf-8")
    paths = [str(tmp_path / name) for name in ("", "none.yaml", "empty", "deep.json")]
    assert sorted(codes(check(read(paths), now=NOW))) == ["SMS001", "SMS003", "SMS004", "SMS005"]


def test_the_examples_are_good() -> None:
    """What the project ships has no error."""
    verdict = check(read([str(ROOT / "examples")]))
    assert [finding for finding in verdict.findings if finding.severity is Severity.ERROR] == []
    assert verdict.objects > 10
