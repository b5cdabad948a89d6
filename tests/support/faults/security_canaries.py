"""Secrets that can be recognised wherever they turn up, in whatever form."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sms_operator.dev.control_plane import Client
from support.planes import Planes
from support.tenant import Tenant

PIECE: Final = 24
"""Octets of a key's body that count as the key."""


class Vault:
    """Everything that must not be seen, by what it is."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}

    def password(self, what: str, octets: int = 8) -> str:
        """A new one, of characters that the encodings below change."""
        value = (secrets.token_urlsafe(octets).replace("_", "/").replace("-", "+"))[: octets - 1] + "%"
        self.values[what] = value.encode()
        return value

    def text(self, what: str, words: str) -> str:
        """Something to say that nobody else says."""
        word = secrets.token_hex(8)
        self.values[what] = word.encode()
        self.values[f"{what}, in UCS-2"] = word.encode("utf-16-be")
        return f"{words} {word}"

    def key(self, what: str, pem: str) -> str:
        """A private key: what stands between the lines of its PEM, in pieces, and the same as octets."""
        body = "".join(line for line in pem.splitlines() if not line.startswith("-----"))
        octets = base64.b64decode(body)
        # In PKCS#8 of a P-256 key the secret number is octets 36 to 67; the second line of PEM begins within it.
        self.values[f"{what}, text"] = body[64 : 64 + PIECE].encode()
        self.values[f"{what}, octets"] = octets[36 : 36 + PIECE]
        return pem


def encodings(value: bytes) -> dict[str, bytes]:
    """A value as careless code might write it."""
    return {
        "raw": value,
        "base64": base64.b64encode(value).rstrip(b"="),
        "hex": value.hex().encode(),
        "urlencoded": quote(value, safe="").encode(),
        "reversed": value[::-1],
    }


def found_in(texts: Mapping[str, bytes], vault: Vault) -> list[str]:
    """Every place where a value of the vault stands, in any encoding."""
    return [
        f"{what} ({encoding}) in {place}"
        for what, value in vault.values.items()
        for encoding, needle in encodings(value).items()
        for place, text in texts.items()
        if needle in text or (encoding == "hex" and needle in text.lower())
    ]


def everything_written(planes: Planes, tenant: Tenant, directory: Path) -> dict[str, bytes]:
    """Logs, all objects of the namespace but Secrets, metrics, command lines and environments; by where it stands."""
    texts = {f"log {path.name}": path.read_bytes() for path in sorted(directory.glob("*.log"))}
    for plural, path in listable(tenant.client, tenant.namespace):
        texts[f"objects {plural}"] = as_json(tenant.client.call("GET", path))
    for plane in ("controller", "links"):
        texts[f"metrics of {plane}"] = planes.get(plane, "/metrics")[1].encode()
        process = Path("/proc") / str(planes.pid(plane))
        for part in ("cmdline", "environ"):
            texts[f"{part} of {plane}"] = (process / part).read_bytes()
    return texts


def listable(client: Client, namespace: str) -> Iterator[tuple[str, str]]:
    """Plural and path of everything that a namespace can hold, without Secrets."""
    groups = client.call("GET", "/apis")["groups"]
    for prefix in ("/api/v1", *(f"/apis/{group['preferredVersion']['groupVersion']}" for group in groups)):
        for resource in client.call("GET", prefix)["resources"]:
            if resource["namespaced"] and "list" in resource["verbs"] and resource["name"] != "secrets":
                name = resource["name"] if prefix == "/api/v1" else f"{resource['name']} of {prefix}"
                yield name, f"{prefix}/namespaces/{namespace}/{resource['name']}"


def as_json(value: Any) -> bytes:
    """As it is, without escapes of its own."""
    return json.dumps(value, ensure_ascii=False).encode()
