"""A whole test: endpoint after endpoint, as a link takes them."""

from __future__ import annotations

from dataclasses import replace

from sms_operator.links.dial import name_of
from sms_operator.protocol.messages import BindType, WantedLink

from .attempt import Terms, attempt
from .certificates import Shown, read, read_pem
from .steps import Attempt, Report


async def try_link(subject: str, link: WantedLink, kind: BindType, terms: Terms) -> Report:
    """One bind at the first endpoint that takes it. A refusal that another endpoint would repeat ends the test.

    Args:
        subject: what is tested, as people call it.
        link: what to dial, with password and certificates.
        kind: the bind to open.
        terms: its `trust` is filled in from the link.
    """
    tls = link.tls
    if tls is not None:
        trust = read_pem(tls.trust_pem) if tls.trust_pem is not None else system_trust()
        terms = replace(terms, trust=trust, pinned=tls.trust_pem is not None)
    attempts: list[Attempt] = []
    rest = list(link.endpoints)
    while rest:
        done = await attempt(rest.pop(0), link, kind, terms)
        attempts.append(done)
        if done.failure is None or not done.failure.of_network:
            break
    return Report(subject, link.system_id, kind, tuple(attempts), tuple(name_of(one) for one in rest))


def system_trust() -> list[Shown]:
    """The authorities that the system trusts, as far as they can be read here."""
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    found = (read(der) for der in context.get_ca_certs(binary_form=True))
    return [one for one in found if one is not None]
