"""The other side of `control.py`: asks a running simulator, for the commands of `smsctl dev smsc`."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any


class ControlError(Exception):
    """The simulator did not do what was asked; the text says why."""


def ask(url: str, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """The JSON answer of the control interface at `url`.

    Raises:
        ControlError: nobody answers there, or the request was refused.
    """
    request = urllib.request.Request(
        url.rstrip("/") + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"} if body is not None else {},
    )
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(request, timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            raise ControlError(_reason(error.read(), error.code)) from None
    except (OSError, ValueError) as error:
        raise ControlError(
            f"no simulator answers at {url} ({getattr(error, 'reason', error)}): "
            "start one with `smsctl dev smsc`, or name its address with --control"
        ) from None


def _reason(body: bytes, status: int) -> str:
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return f"the answer was HTTP {status}: is this the control address of a simulator?"
