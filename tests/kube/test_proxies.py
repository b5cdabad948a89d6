"""Which way to an API server: the rules of kubectl, and its exceptions."""

from __future__ import annotations

import pytest

from sms_operator.kube.proxies import ProxyError, proxy_for

SERVER = "https://api.example.com:6443"
PROXY = "http://proxy.example:3128"


@pytest.mark.parametrize(
    ("server", "configured", "environ", "expected"),
    [
        (SERVER, "", {}, None),
        (SERVER, "", {"HTTPS_PROXY": PROXY}, PROXY),
        (SERVER, "", {"https_proxy": PROXY}, PROXY),
        (SERVER, "", {"HTTPS_PROXY": "", "https_proxy": PROXY}, PROXY),
        (SERVER, "", {"HTTP_PROXY": PROXY}, None),
        ("http://api.example.com", "", {"HTTP_PROXY": PROXY}, PROXY),
        (SERVER, "", {"HTTPS_PROXY": "proxy.example:3128"}, PROXY),
        (SERVER, "http://other:1", {"HTTPS_PROXY": PROXY, "NO_PROXY": "*"}, "http://other:1"),
        ("https://127.0.0.1:6443", "", {"HTTPS_PROXY": PROXY}, None),
        ("https://127.9.9.9:6443", "", {"HTTPS_PROXY": PROXY}, None),
        ("https://[::1]:6443", "", {"HTTPS_PROXY": PROXY}, None),
        ("https://localhost:6443", "", {"HTTPS_PROXY": PROXY}, None),
        ("https://127.0.0.1:6443", "http://other:1", {}, "http://other:1"),
        ("https://api.example.com:no", "", {"HTTPS_PROXY": PROXY}, None),
        ("https://[api", "", {"HTTPS_PROXY": PROXY}, None),
    ],
)
def test_whose_proxy(server: str, configured: str, environ: dict[str, str], expected: str | None) -> None:
    """The kubeconfig's, then the environment's; none for this machine, and none for what is no URL."""
    assert proxy_for(server, configured, environ) == expected


@pytest.mark.parametrize(
    ("exceptions", "server", "direct"),
    [
        ("*", SERVER, True),
        ("example.com", SERVER, True),
        ("API.Example.com", SERVER, True),
        (" other , api.example.com ", SERVER, True),
        (".example.com", SERVER, True),
        ("*.example.com", SERVER, True),
        (".example.com", "https://example.com", False),
        ("example.com", "https://badexample.com", False),
        ("api.example.com:6443", SERVER, True),
        ("api.example.com:443", SERVER, False),
        ("api.example.com:443", "https://api.example.com", True),
        ("10.0.0.0/8", "https://10.2.3.4:6443", True),
        ("10.0.0.0/8", "https://11.2.3.4:6443", False),
        ("10.2.3.4", "https://10.2.3.4:6443", True),
        ("10.2.3.4:6443", "https://10.2.3.4:6443", True),
        ("10.2.3.4:1", "https://10.2.3.4:6443", False),
        ("2001:db8::/32", "https://[2001:db8::1]:6443", True),
        ("2001:db8::1", "https://[2001:db8::1]:6443", True),
        ("[2001:db8::1]:6443", "https://[2001:db8::1]:6443", True),
        ("[2001:db8::1]:1", "https://[2001:db8::1]:6443", False),
        ("10.0.0.0/99,,:", "https://10.2.3.4:6443", False),
        ("4", "https://10.2.3.4:6443", False),
        ("", SERVER, False),
    ],
)
def test_what_needs_none(exceptions: str, server: str, direct: bool) -> None:
    """Names with what is below them, addresses, networks, ports."""
    found = proxy_for(server, "", {"HTTPS_PROXY": PROXY, "NO_PROXY": exceptions})
    assert found == (None if direct else PROXY)


@pytest.mark.parametrize(
    ("configured", "environ", "said"),
    [
        ("socks5://me:hidden@a:1", {}, "proxy-url socks5://a:1: only http:// proxies are supported"),
        ("", {"HTTPS_PROXY": "https://me:hidden@a"}, "$HTTPS_PROXY https://a: only http:// proxies are supported"),
        ("http://me:hidden@:80", {}, "proxy-url http://:80 names no host"),
        ("http://me:hidden@a:0", {}, "proxy-url http://a:0 names no host"),
        ("http://me:hidden@a:x", {}, "proxy-url is no URL"),
        ("http://me:hidden@[a", {}, "proxy-url is no URL"),
        ("5", {}, "proxy-url is no URL like http://proxy.example:3128"),
    ],
)
def test_what_is_no_proxy(configured: str, environ: dict[str, str], said: str) -> None:
    """It is said in one line, without its password."""
    with pytest.raises(ProxyError) as raised:
        proxy_for(SERVER, configured, environ)
    assert str(raised.value) == said
