"""Which HTTP proxy leads to an API server: a kubeconfig's, else the environment's, as kubectl takes them."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

import aiohttp


class ProxyError(ValueError):
    """A proxy that is named and cannot be used; the text never has its password."""


async def discreet(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """A middleware: what a proxy refuses is told without its login, which the URL in aiohttp's error has."""
    try:
        return await handler(request)
    except aiohttp.ClientHttpProxyError as error:
        host = request.proxy.authority.rpartition("@")[2] if request.proxy else ""
        raise aiohttp.ClientConnectionError(f"proxy {host} answers {error.status} {error.message}") from None


def proxy_for(server: str, configured: str, environ: Mapping[str, str]) -> str | None:
    """URL of the proxy for `server`, with its login; or None.

    Args:
        server: base URL of the API server.
        configured: `proxy-url` of the kubeconfig, or empty; it comes first, and `$NO_PROXY` does not touch it.
        environ: `HTTPS_PROXY` (for a server without TLS `HTTP_PROXY`) and `NO_PROXY`, or the same in lower case. A
            server on this machine is never reached through them.

    Raises:
        ProxyError: it is no HTTP proxy.
    """
    if configured:
        return _usable(configured, "proxy-url")
    try:
        target = urlsplit(server)
        host, port = (target.hostname or "").lower(), target.port or (443 if target.scheme == "https" else 80)
    except ValueError:  # who connects to it says so
        return None
    name = f"{target.scheme.upper()}_PROXY"
    found = environ.get(name) or environ.get(name.lower())
    if not found or _direct(host, port, environ.get("NO_PROXY") or environ.get("no_proxy") or ""):
        return None
    return _usable(found if "://" in found else f"http://{found}", f"${name}")


def _usable(url: str, where: str) -> str:
    try:
        parts = urlsplit(url)
        named = bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise ProxyError(f"{where} is no URL") from None
    if not parts.scheme or not parts.netloc:
        raise ProxyError(f"{where} is no URL like http://proxy.example:3128")
    shown = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    if parts.scheme != "http":
        raise ProxyError(f"{where} {shown}: only http:// proxies are supported")
    if not named:
        raise ProxyError(f"{where} {shown} names no host")
    return url


def _direct(host: str, port: int, exceptions: str) -> bool:
    address = _address(host)
    if host == "localhost" or (address is not None and address.is_loopback):
        return True
    entries = (entry.strip().lower() for entry in exceptions.split(","))
    return any(_excepted(host, address, port, entry) for entry in entries if entry)


def _excepted(host: str, address: ipaddress.IPv4Address | ipaddress.IPv6Address | None, port: int, entry: str) -> bool:
    """One entry of `NO_PROXY`: `*`, an address, a network, a domain; with `:PORT` for that port alone."""
    if entry == "*":
        return True
    if address is not None and (network := _network(entry)) is not None:
        return address in network
    name, colon, only = entry.rpartition(":")
    if colon and only.isdecimal() and (":" not in name or name.endswith("]")):
        if int(only) != port:
            return False
        entry = name
    if address is not None:
        return _address(entry.strip("[]")) == address
    entry = entry.removeprefix("*")
    return host.endswith(entry) if entry.startswith(".") else host == entry or host.endswith(f".{entry}")


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False) if "/" in text else None
    except ValueError:
        return None
