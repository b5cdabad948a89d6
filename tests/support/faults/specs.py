"""Cases of the custom resource fuzzer: what is done to one object. A file of YAML replays one.

Specs hold placeholders instead of ports and certificates (`specs_meaning`).
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any, Final

import yaml
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from .specs_broken import Broken, broken
from .specs_meaning import WRONGS, Spec, valid_specs

SHARES: Final = {
    "SmppGateway": 8,
    "SmsChannel": 8,
    "Certificate": 3,
    "NotificationRoute": 3,
    "OrganizationUnit": 1,
    "CalledRoute": 1,
    "ServiceTime": 1,
    "Chatbot": 1,
    "ChannelExport": 1,
}
"""How often each kind is drawn: the more can go wrong, the oftener."""
OURS: Final = "sms-operator.dev"
_ODD_WORDS: Final = (
    "",
    " ",
    "\0",
    "\x1b[31mred",
    "😀",
    "true",
    "null",
    "{",
    "\n",
    "ü" * 500,
    "%s%n",
    "2026-01-01T00:00:00Z",
)
_ANNOTATIONS: Final = (
    f"{OURS}/disconnect",
    f"{OURS}/rebuild",
    f"{OURS}/unheard-of",
    "kopf.zalando.org/last-handled-configuration",
    "kopf.zalando.org/kopf-managed",
    "kubectl.kubernetes.io/last-applied-configuration",
    "argocd.argoproj.io/tracking-id",
)


class Refused(BaseModel):
    """A spec that breaks one rule: the API server says no, with this word."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    what: str
    word: str
    spec: Any


class Case(BaseModel):
    """One object's life: created, refused changes, a wrong change and back, annotations on and off, another spec."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    first: Spec
    refused: tuple[Refused, ...] = ()
    wrong: Spec | None = None
    """Taken by the API server, and makes the object not ready."""
    annotations: dict[str, str] = {}
    second: Spec | None = None
    """None for a kind that cannot be changed."""

    @property
    def specs(self) -> int:
        """How many specs the API server sees, the way back counted."""
        return 1 + len(self.refused) + 2 * (self.wrong is not None) + (self.second is not None)

    def to_yaml(self, *, seed: int, complaint: str) -> str:
        """As a document to keep; what failed stands in front of it."""
        head = "".join(f"# {line}\n" for line in (f"seed {seed}", *complaint.splitlines()))
        return head + yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False, allow_unicode=False)

    @staticmethod
    def load(path: Path) -> Case:
        """From a file.

        Raises:
            ValidationError: it is no case.
        """
        document: Any = yaml.safe_load(path.read_text())
        return Case.model_validate(document)


@st.composite
def cases(draw: st.DrawFn, kind: str) -> Case:
    """A case of this kind."""
    first = draw(valid_specs(kind))
    breaches: dict[str, list[Broken]] = {}
    for one in broken(kind, first):
        breaches.setdefault(one.what.partition(":")[0], []).append(one)
    sorts = draw(st.lists(st.sampled_from(sorted(breaches)), min_size=1, max_size=3, unique=True))
    wrongs = WRONGS.get(kind, ())
    fixed = kind == "ChannelExport"
    return Case(
        kind=kind,
        first=first,
        refused=tuple(
            Refused(what=one.what, word=one.word, spec=one.spec)
            for one in (draw(st.sampled_from(breaches[sort])) for sort in sorts)
        ),
        wrong=draw(st.sampled_from(wrongs))(first) if wrongs else None,
        annotations=draw(
            st.dictionaries(st.sampled_from(_ANNOTATIONS), st.sampled_from(_ODD_WORDS), min_size=1, max_size=3)
        ),
        second=None if fixed else draw(valid_specs(kind)),
    )


def drawn(count: int, number: int) -> list[Case]:
    """So many cases, kinds by their shares; the same ones for the same seed number."""
    shares = [kind for kind, share in SHARES.items() for _ in range(share)]
    random.Random(number).shuffle(shares)
    return [_drawn(shares[index % len(shares)], number * 10**6 + index) for index in range(count)]


def _drawn(kind: str, number: int) -> Case:
    """One draw of its own each: within a run hypothesis likes to repeat itself."""
    found: list[Case] = []

    @seed(number)
    @settings(
        max_examples=2,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )
    @given(cases(kind))
    def gather(case: Case) -> None:
        found.append(case)

    gather()
    return found[-1]
