"""Loopback hosts: the same answer for the check, the launcher and the page."""

import os
from types import SimpleNamespace

import pytest

from tracker.core.errors import ConfigError
from tracker.dashboard.server.access import choose_access
from tracker.dashboard.server.server_setup import _restrict_host
from tracker.runtime.loopback import is_loopback, is_loopback_host_header
from tracker.runtime.viewer_edits import EDIT, viewers_may_edit
from tracker.runtime.viewer_requests import OWN_PAGE

LOOPBACK = [
    *("localhost", "LOCALHOST", "localhost.", "tracker.localhost"),
    *("127.0.0.1", "127.0.0.2", "127.1", "0x7f000001", "2130706433"),
    *("::1", "0:0:0:0:0:0:0:1", "0000::0001", "::1%lo", "::ffff:127.0.0.1", "::ffff:7f00:1"),
]
OTHERS = [
    *("", "*", "0.0.0.0", "0", "192.0.2.7", "128.0.0.1", "::", "::2", "::ffff:192.0.2.7", "2001:db8::1"),
    *(
        "localhost.example",
        "mylocalhost",
        "127.0.0.1.example",
        "127.0.0.1 ",
        "127.0.0.1\n",
        "127.0.0.1 192.0.2.7",
        "127.1\tx",
        "127.example",
        "kraken.com",
        "::1]",
        "1::127",
        "é",
        "a\0b",
    ),
]


@pytest.mark.parametrize("host", LOOPBACK)
def test_a_loopback_address_is_recognised_in_any_spelling(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", OTHERS)
def test_no_other_host_counts_as_this_machine(host):
    assert not is_loopback(host)


@pytest.mark.parametrize("port", ["", ":", ":80"])
@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]"])
def test_a_host_header_names_this_machine_with_or_without_a_port(host, port):
    assert is_loopback_host_header(host + port)


@pytest.mark.parametrize(
    "value",
    [
        *("", ":80", "[]", "[]:80", "::1", "[::1", "::1]", "[::1]80", "[[::1]]", "[localhost]x", "localhost:80:80"),
        *("localhost:x", "localhost:-1", "localhost, localhost", "me@localhost", "127.0.0.1\r\n x", "127.0.0.1%00"),
        *("elsewhere.example", "elsewhere.example:80", "127.0.0.1.elsewhere.example", "[::2]:80", "192.0.2.7:80"),
    ],
)
def test_no_other_host_header_names_this_machine(value):
    assert not is_loopback_host_header(value)


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    """The server sets variables for its kernels; that viewers may edit was asked for."""
    monkeypatch.setenv(OWN_PAGE, "")
    monkeypatch.setenv(EDIT, "yes")


def server(host):
    return SimpleNamespace(
        ip=host,
        identity_provider=SimpleNamespace(auth_enabled=False),
        tornado_settings={},
        app=SimpleNamespace(settings={}),
    )


@pytest.mark.parametrize("host", LOOPBACK)
def test_a_page_served_without_login_accepts_loopback_names_only(host):
    assert choose_access(host).host == host
    voila = server(host)
    _restrict_host(voila)
    assert voila.app.settings["allow_remote_access"] is False
    assert "tracker.localhost" in voila.app.settings["local_hostnames"]
    assert "evil.example" not in voila.app.settings["local_hostnames"]
    assert os.environ[OWN_PAGE] == "yes", "its viewer is the one who runs it"
    assert viewers_may_edit()


@pytest.mark.parametrize("host", OTHERS)
def test_a_public_page_needs_the_option_and_accepts_any_name(host):
    with pytest.raises(ConfigError, match="add --public"):
        choose_access(host)
    voila = server(host)
    _restrict_host(voila)
    assert voila.app.settings == {}
    assert os.environ[OWN_PAGE] == "no"
    assert not viewers_may_edit(), "it was asked for, but strangers could, too"


def test_a_page_with_a_login_or_behind_another_name_is_not_its_viewers_own():
    with_login, renamed = server("127.0.0.1"), server("127.0.0.1")
    with_login.identity_provider.auth_enabled = True
    renamed.tornado_settings = {"allow_remote_access": True}
    for voila, may_edit in ((with_login, True), (renamed, False)):
        _restrict_host(voila)
        assert os.environ[OWN_PAGE] == "no"
        assert viewers_may_edit() is may_edit
