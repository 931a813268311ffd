"""Requests that no browser sends are refused by their headers alone; those of browsers are not."""

import pytest
from tornado.httputil import HTTPHeaders, RequestStartLine

from tracker.dashboard.server.request_checks import refusal

LARGEST = 65_536


def status(target="/", method="GET", **headers):
    """Return the status that a request is refused with; None: it is answered. Underscores in names are hyphens."""
    named = HTTPHeaders({name.replace("_", "-"): value for name, value in headers.items()})
    named.setdefault("Host", "prices.example")
    refused = refusal(RequestStartLine(method, target, "HTTP/1.1"), named, LARGEST)
    return refused and refused[0]


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "127.0.0.1:8866",
        "[::1]:8866",
        "[::ffff:127.0.0.1]",
        "prices.example.",
        "my_machine:80",
        "xn--mnchen-3ya.example",
    ],
)
def test_a_name_or_an_address_with_or_without_a_port_is_a_host(host):
    assert status(Host=host) is None


@pytest.mark.parametrize(
    "host",
    [
        "",
        " ",
        "%2Fetc%2Fpasswd",
        "a%00",
        "[fe80::1%25eth0]",
        "a b",
        "a,b",
        "a@b",
        "a/b",
        "[::1",
        "::1",
        "a:",
        "a:x",
        "é",
        "a" * 300,
    ],
)
def test_any_other_host_is_refused(host):
    assert status(Host=host) == 400


@pytest.mark.parametrize(("version", "expected"), [("HTTP/1.0", None), ("HTTP/1.1", 400)])
def test_the_host_may_be_missing_in_http_1_0_only(version, expected):
    refused = refusal(RequestStartLine("GET", "/", version), HTTPHeaders(), LARGEST)
    assert (refused and refused[0]) == expected


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/?pair=BTC%2FUSD&from=2024-01-01T00%3A00&a=//&b=/../",
        "/voila/static/12.a1b2.js?v=1",
        "/base%20url/voila/labextensions/@jupyter-widgets/jupyterlab-manager/static/a.b-c_d~e.js",
        "/caf%C3%A9/",
        "/a..b/.hidden/...",
    ],
)
def test_a_browsers_path_is_answered(target):
    assert status(target) is None


@pytest.mark.parametrize(
    "target",
    [
        "/a%00b",
        "/%0d%0aX",
        "/%1b[31m",
        "/%7f",
        "/%c2%85",
        "//",
        "/a//b",
        "/./a",
        "/a/..",
        "/..%2fa",
        "/%2e%2e/a",
        "/a%5cb",
        "*",
        "a",
        "http://x/",
    ],
)
def test_a_path_with_control_characters_or_written_in_another_way_is_not_there(target):
    assert status(target) == 404


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "get", "X" * 99])
def test_a_method_that_the_page_does_not_use_is_refused(method):
    assert status(method=method) == 405


@pytest.mark.parametrize("name", ["Origin", "Referer", "Sec_Websocket_Origin"])
def test_an_origin_that_cannot_be_parsed_is_refused(name):
    assert status(**{name: "http://[::1"}) == 400
    assert status(**{name: "null"}) is None


@pytest.mark.parametrize(
    ("length", "expected"),
    [("0", None), ("65536", None), ("65537", 413), ("95000001", 413), ("-1", None), ("9" * 5_000, None)],
)
def test_a_body_that_is_too_large_is_refused_and_a_length_that_is_none_is_left_to_tornado(length, expected):
    assert status("/login", "POST", Content_Length=length) == expected
