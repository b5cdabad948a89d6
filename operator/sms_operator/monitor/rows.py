"""The row of a gateway out of the store."""

from __future__ import annotations

from datetime import datetime

from sms_operator.views.bodies import Name
from sms_operator.views.gateway_rows import Row, certificate_names, gateway_row, unit_name

from .store import CERTIFICATE, CHANNEL, EVENT, GATEWAY, ROUTE, UNIT, Store


def row_of(store: Store, name: Name, now: datetime) -> Row | None:
    """The row of a gateway; None when there is no such gateway."""
    gateway = store.get(GATEWAY, name)
    if gateway is None:
        return None
    used = (store.get(CERTIFICATE, Name(name.namespace, certificate)) for certificate in certificate_names(gateway))
    return gateway_row(
        gateway,
        channels=store.belonging(CHANNEL, name),
        routes=store.belonging(ROUTE, name),
        certificates=[certificate for certificate in used if certificate is not None],
        unit=store.get(UNIT, Name(name.namespace, unit_name(gateway))),
        events=store.belonging(EVENT, name),
        now=now,
    )
