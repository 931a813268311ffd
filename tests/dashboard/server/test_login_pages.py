"""Where the login leads to."""

from types import SimpleNamespace

import pytest

from tracker.dashboard.server.login_pages import LoginPage


def led_to(address, base_url="/"):
    """Return where a viewer who asked for *address* gets after the login to the page at *base_url*."""
    addresses = []
    LoginPage._redirect_safe(SimpleNamespace(base_url=base_url, redirect=addresses.append), address)
    (seen,) = addresses
    return seen


@pytest.mark.parametrize("address", ["/", "/?show=EUR", "/?since=10:00", "/?note=\u00e9&100%", "/tracker/snapshot"])
def test_the_login_leads_to_the_address_that_was_asked_for(address):
    assert led_to(address) == address


@pytest.mark.parametrize(
    "address",
    [
        "//e.org",
        "///e.org",
        r"/\e.org",
        "/\t/e.org",
        "https://e.org/",
        "https:e.org",
        "e.org",
        "",
        "javascript:alert(1)",
    ],
)
def test_the_login_leads_to_no_other_server(address):
    assert led_to(address) == "/"


@pytest.mark.parametrize("address", ["/\r\nX: 1", "/\0", "/\u2028", "//["])
def test_the_login_leads_to_no_address_that_a_header_cannot_contain_or_that_cannot_be_parsed(address):
    assert led_to(address) == "/"


@pytest.mark.parametrize("address", ["/", "/eth/", "/btc/../eth/", "/btc/%2e%2E/eth/", "/btc/..", "/btc/.%2e\\eth"])
def test_the_login_leads_to_nothing_beside_the_page(address):
    assert led_to("/btc/?show=EUR&note=../..", "/btc/") == "/btc/?show=EUR&note=../.."
    assert led_to(address, "/btc/") == "/btc/"
