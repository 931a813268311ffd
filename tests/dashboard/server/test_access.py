"""Who can open the page: where it listens, which token it asks for, and the link that is printed."""

import socket

import pytest
from typer.testing import CliRunner

from tests.support.command import tracker
from tests.support.page_server import free_port
from tracker.commands.cli import app
from tracker.core.errors import ConfigError
from tracker.dashboard.server import launcher
from tracker.dashboard.server.access import Access, choose_access, page_address


@pytest.mark.parametrize(
    ("host", "public", "address"),
    [
        (None, False, "127.0.0.1"),
        (None, True, "0.0.0.0"),
        ("localhost", False, "localhost"),
        ("127.0.0.2", False, "127.0.0.2"),
        ("::1", True, "::1"),
        ("192.0.2.7", True, "192.0.2.7"),
    ],
)
def test_the_page_is_public_only_when_asked_for(host, public, address):
    assert choose_access(host, public=public).host == address


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("0.0.0.0", "http://btc-server:8866/"),
        ("::", "http://btc-server:8866/"),
        ("127.0.0.1", "http://127.0.0.1:8866/"),
        ("::1", "http://[::1]:8866/"),
    ],
)
def test_a_page_on_every_interface_is_announced_by_the_name_of_its_machine(monkeypatch, host, address):
    monkeypatch.setattr(socket, "gethostname", lambda: "btc-server")
    assert page_address(host, 8866) == address


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "tracker.example"])
def test_the_page_is_not_exposed_without_login(host):
    with pytest.raises(
        ConfigError, match=f"--host {host}: would expose the page without login; add --public to require a token"
    ):
        choose_access(host)


TOO_SHORT = r"expected at least 16 characters, .* this one has 15\. To make one: python -c .*token_urlsafe"


@pytest.fixture(autouse=True)
def _no_token_of_ones_own(monkeypatch):
    monkeypatch.delenv("JUPYTER_TOKEN", raising=False)
    monkeypatch.delenv("JUPYTER_TOKEN_FILE", raising=False)


def test_a_public_page_has_a_new_token_at_each_start():
    tokens = {choose_access(public=True).token for _ in range(3)}
    assert (len(tokens), {len(token) for token in tokens}) == (3, {32})


def test_a_page_for_this_machine_only_has_no_token_whatever_the_environment_says(monkeypatch):
    monkeypatch.setenv("JUPYTER_TOKEN", "a")
    assert choose_access() == Access("127.0.0.1", None, False)


def test_a_chosen_token_has_16_characters_or_is_refused_with_a_command_that_makes_one(monkeypatch):
    monkeypatch.setenv("JUPYTER_TOKEN", " 0123456789abcde ")
    with pytest.raises(ConfigError, match=f"^JUPYTER_TOKEN: {TOO_SHORT}"):
        choose_access(public=True)
    monkeypatch.setenv("JUPYTER_TOKEN", "0123456789abcdef")
    assert choose_access(public=True).token == "0123456789abcdef"


def test_a_token_is_read_from_a_file_without_the_newline_at_its_end(tmp_path, monkeypatch):
    file = tmp_path / "token"
    monkeypatch.setenv("JUPYTER_TOKEN_FILE", str(file))
    with pytest.raises(ConfigError, match=r"^JUPYTER_TOKEN_FILE=.*/token: No such file"):
        choose_access(public=True)
    for text, error in (
        ("0123456789abcde\n", TOO_SHORT),
        ("\n", r"expected .* has 0\."),
        ("\xe4" * 20, "expected text"),
    ):
        file.write_text(text, encoding="latin1")
        with pytest.raises(ConfigError, match=f"^JUPYTER_TOKEN_FILE=.*/token: {error}"):
            choose_access(public=True)
    file.write_text("0123456789abcdef\n")
    assert choose_access(public=True).token == "0123456789abcdef"


@pytest.mark.parametrize("command", [["dashboard"], ["demo"], ["replay", "."]])
def test_no_command_starts_anything_with_a_token_that_is_too_short(tmp_path, command):
    options = (*command, "--public", f"--port={free_port()}")
    status, out, errors = tracker(*options, folder=tmp_path, JUPYTER_TOKEN="a")
    assert (status, out, errors.count("\n")) == (2, "", 1)
    assert "JUPYTER_TOKEN: expected at least 16 characters" in errors
    assert list(tmp_path.iterdir()) == []


def test_behind_a_proxy_the_page_listens_on_loopback_and_its_cookies_are_for_https():
    access = choose_access(public=True, behind_https=True)
    assert access.host == "127.0.0.1"
    assert choose_access("192.0.2.7", public=True, behind_https=True).host == "192.0.2.7"
    assert "--TrackerIdentityProvider.secure_cookie=True" in access.options
    assert access.link(8866) == f"https://<the proxy's host name>/?token={access.token}"


def test_only_a_page_with_a_login_can_be_behind_https():
    with pytest.raises(ConfigError, match="--behind-https: the page has no login to protect; add --public"):
        choose_access(behind_https=True)


@pytest.mark.parametrize("typed", ["/prices/", "prices", "/prices", "prices/"])
def test_the_page_is_under_its_prefix_however_the_slashes_are_typed(typed):
    access = choose_access(prefix=typed)
    assert access.link(8866) == "http://127.0.0.1:8866/prices/"
    assert "--Voila.base_url=/prices/" in access.options
    public = choose_access(public=True, behind_https=True, prefix=typed)
    assert public.link(8866) == f"https://<the proxy's host name>/prices/?token={public.token}"


def test_a_prefix_may_have_several_parts_and_none_is_the_root():
    assert choose_access(prefix="/a-1/b.c_d/").prefix == "/a-1/b.c_d/"
    assert choose_access(prefix="/").prefix == choose_access(prefix="").prefix == choose_access().prefix == "/"


@pytest.mark.parametrize(
    "typed", ["/my prices/", "a//b", "/../", "/./", "https://e.org/prices/", "/?a", "/%20/", "/é/"]
)
def test_a_prefix_that_is_no_path_is_refused(typed):
    with pytest.raises(ConfigError, match=r"^--prefix .*: expected a path of letters, .* as /prices/"):
        choose_access(prefix=typed)


def test_the_token_is_in_the_link_as_an_address_writes_it_and_not_in_the_command(monkeypatch):
    monkeypatch.setenv("JUPYTER_TOKEN", "sixteen & more #%")
    access = choose_access("127.0.0.1", public=True)
    assert access.link(8866) == "http://127.0.0.1:8866/?token=sixteen%20%26%20more%20%23%25"
    assert "sixteen" not in f"{access.options} {access}"
    assert access.environment == {"JUPYTER_TOKEN": "sixteen & more #%", "TRACKER_EDIT": "no"}


@pytest.mark.parametrize(
    ("options", "edit"),
    [
        ((), "yes"),
        (("--host", "::1"), "yes"),
        (("--no-edit",), "no"),
        (("--public",), "no"),
        (("--public", "--host", "127.0.0.1"), "no"),
        (("--public", "--behind-https"), "no"),
        (("--public", "--edit"), "yes"),
    ],
)
def test_viewers_may_edit_alerts_on_loopback_and_where_it_was_asked_for(monkeypatch, options, edit):
    seen = []
    monkeypatch.setattr(launcher, "serve_page", lambda settings, port, access: seen.append(access.environment) or 0)
    assert CliRunner().invoke(app, ["dashboard", *options]).exit_code == 0
    assert seen[0]["TRACKER_EDIT"] == edit
    assert ("JUPYTER_TOKEN" in seen[0]) is ("--public" in options), (
        "a public page that can be edited asks for its token"
    )


@pytest.mark.parametrize("command", ["demo", "replay"])
def test_a_demo_and_a_replay_cannot_edit(command):
    result = CliRunner().invoke(app, [command, "--edit"])
    assert result.exit_code == 2
