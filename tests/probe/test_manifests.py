"""A server's chain as manifests: which certificate is recommended, why, and that the API takes each of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
import yaml

from sms_operator.api.kinds import KIND_BY_NAME
from sms_operator.probe.certificates import Shown, read_pem
from sms_operator.probe.manifests import advise, manifest
from support.pki import Authority, Issued, Pki

NOW = datetime.now(UTC)


def shown(*pems: str) -> list[Shown]:
    """Certificates in this order, each once."""
    return list({one.der: one for pem in pems for one in read_pem(pem)}.values())


def leaf(issued: Issued) -> str:
    """The server's own certificate alone."""
    return issued.pem[: issued.pem.index("-----END CERTIFICATE-----")] + "-----END CERTIFICATE-----\n"


def roles(chain: Sequence[Shown], system: Sequence[Shown] = ()) -> list[tuple[str, bool]]:
    """Name and recommendation of each offer."""
    return [(one.name, one.recommended) for one in advise(chain, "smsc.example", system, NOW).offers]


def test_the_root_is_recommended(pki: Pki) -> None:
    """It outlives everything below it; the order of the chain does not matter."""
    middle = Authority("Middle CA", parent=pki.authority)
    chain = shown(leaf(middle.server()), middle.pem, pki.authority.pem)
    expected = [
        ("smsc-example-root", True),
        ("smsc-example-intermediate", False),
        ("smsc-example-server", False),
    ]
    assert roles(chain) == expected
    assert roles([chain[0], chain[2], chain[1]]) == expected
    assert "outlives renewals" in advise(chain, "smsc.example", (), NOW).reason


def test_without_the_root(pki: Pki) -> None:
    """The highest that is shown; alone, the server's own, with what that costs."""
    middle = Authority("Middle CA", parent=pki.authority)
    assert roles(shown(leaf(middle.server()), middle.pem)) == [
        ("smsc-example-intermediate", True),
        ("smsc-example-server", False),
    ]
    alone = advise(shown(leaf(middle.server())), "smsc.example", (), NOW)
    assert [one.role for one in alone.offers] == ["server"]
    assert "until its next renewal" in alone.reason
    assert any("not complete" in remark for remark in alone.remarks)


def test_what_the_system_trusts_anyway(pki: Pki) -> None:
    """Then no Certificate may be needed."""
    chain = shown(leaf(pki.server))
    assert any("vouch" in one for one in advise(chain, "a", shown(pki.authority.pem), NOW).remarks)
    assert not any("vouch" in one for one in advise(chain, "a", shown(pki.stranger.pem), NOW).remarks)


def test_an_expired_one_is_told(pki: Pki) -> None:
    """Trusting it would not help."""
    found = advise(shown(leaf(pki.expired)), "a", (), NOW)
    assert any("has ended: the operator refuses it" in one for one in found.remarks)
    assert any(
        "is not valid yet" in one for one in advise(shown(pki.authority.pem), "a", (), NOW - timedelta(9999)).remarks
    )


@pytest.mark.parametrize(
    "host", ["smsc.example", "SMSC_1.example.", "2001:db8::1", "192.0.2.1", "a" * 63 + ".b", "東京", "-"]
)
def test_the_api_takes_each(pki: Pki, host: str) -> None:
    """Whatever the host: a name of RFC 1123, and a spec without a fault."""
    middle = Authority("Middle CA", parent=pki.authority)
    lower = Authority("Lower CA", parent=middle)
    chain = shown(leaf(lower.server()), lower.pem, middle.pem, pki.authority.pem)
    offers = advise(chain, host, (), NOW).offers
    assert len({one.name for one in offers}) == len(offers) == 4
    for offer in offers:
        body = yaml.safe_load(manifest(offer, f"{host}:3550"))
        assert body["metadata"]["name"] == offer.name
        assert len(offer.name) <= 63
        KIND_BY_NAME["Certificate"].spec_model.model_validate(body["spec"])
        assert read_pem(body["spec"]["inline"]["pem"]) == [offer.shown]


def test_hostile_names_stay_in_their_comment(pki: Pki) -> None:
    """A subject with line feeds adds nothing to the manifest."""
    evil = Authority("x\nmetadata: {name: evil}\n# ")
    text = manifest(advise(shown(evil.pem), "a", (), NOW).offers[0], "a:1")
    assert yaml.safe_load(text)["metadata"] == {"name": "a-server"}
