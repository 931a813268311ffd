"""Which token and password the login accepts, and what it remembers."""

import asyncio
from types import SimpleNamespace

import pytest
from jupyter_server.auth import passwd
from tornado.web import Finish
from traitlets import Bool, Integer, Unicode
from traitlets.config import Config, Configurable

from tracker.dashboard.server.identity import TrackerIdentityProvider

TOKEN = "the-token-of-this-test"


class Voila(Configurable):
    """What the provider reads of the application."""

    token = Unicode(None, allow_none=True, config=True)
    auto_token = Bool(False, config=True)
    connection_dir = "/nonexistent"
    port = Integer(8866)
    base_url = Unicode("/")
    ip = Unicode("127.0.0.1")
    cookie_secret = b""


def provider(more=None, *, application=None, **voila):
    """Make one as Voila does."""
    application = application or Voila(config=Config({"TrackerIdentityProvider": more or {}}), **voila)
    arguments = {} if application.auto_token and application.token is None else {"token": application.token or ""}
    return TrackerIdentityProvider(parent=application, **arguments)


def form(typed, address="192.0.2.7"):
    """A request with the login's form."""
    answer = SimpleNamespace(status=None, headers={})
    template = SimpleNamespace(render=lambda **values: f"wait {values['seconds']} s")
    return SimpleNamespace(
        request=SimpleNamespace(remote_ip=address),
        current_user=None,
        get_argument=lambda name, default: typed,
        log=SimpleNamespace(debug=lambda *_: None),
        base_url="/",
        settings={"voila_jinja2_env": SimpleNamespace(get_template=lambda name: template)},
        set_status=lambda status: setattr(answer, "status", status),
        set_header=answer.headers.__setitem__,
        finish=lambda text: None,
        clear_cookie=lambda *_, **__: None,
        answer=answer,
    )


def test_a_token_is_taken_from_the_option_that_has_one(monkeypatch):
    monkeypatch.setenv("JUPYTER_TOKEN", "the-token-of-the-environment")
    assert provider(token=TOKEN).token == TOKEN
    assert provider({"token": TOKEN}).token == TOKEN
    assert provider(auto_token=True).token == "the-token-of-the-environment"
    assert provider().token == "", "Jupyter's variable alone is meant for other servers"
    monkeypatch.delenv("JUPYTER_TOKEN")
    generated = provider(auto_token=True)
    assert (len(generated.token), generated.token_generated) == (32, True)


def test_a_password_that_is_set_takes_the_place_of_a_generated_token(monkeypatch):
    monkeypatch.delenv("JUPYTER_TOKEN", raising=False)
    login = provider({"hashed_password": passwd("a good password")}, auto_token=True)
    assert (login.token, login.auth_enabled) == ("", True)
    assert login.process_login_form(form("a good password"))
    for typed in ("", "another password"):
        assert login.process_login_form(form(typed)) is None


def test_the_form_accepts_the_token_only():
    login = provider(token=TOKEN)
    assert login.process_login_form(form(TOKEN))
    for typed in ("", TOKEN[:-1], f"{TOKEN} ", "\u1e9e" * 22):
        assert login.process_login_form(form(typed)) is None


def test_the_configuration_sets_how_many_logins_may_fail():
    login = provider({"free_failures": 2, "first_delay": 7.0}, token=TOKEN)
    for _ in range(2):
        assert login.process_login_form(form("a guess")) is None
    refused = form(TOKEN)
    with pytest.raises(Finish):
        login.process_login_form(refused)
    assert (refused.answer.status, refused.answer.headers) == (429, {"Retry-After": "7"})
    assert login.process_login_form(form(TOKEN, "192.0.2.8"))


def test_the_sessions_that_ended_first_are_forgotten_first():
    login = provider({"max_ended_sessions": 2}, token=TOKEN)
    users = [login.process_login_form(form(TOKEN)) for _ in range(3)]
    for user in users:
        request = form("")
        request.current_user, request.request.host = user, "localhost"
        asyncio.run(login.end_session(request))
    assert [login.has_ended(user) for user in users] == [False, True, True]


def test_the_login_cookie_has_a_name_that_no_other_server_of_this_host_has():
    def name(base_url, **more):
        request = SimpleNamespace(request=SimpleNamespace(host="e.org:88"), base_url=base_url)
        return provider(more, token=TOKEN).get_cookie_name(request)

    others = "username-e-org-88"  # Jupyter's
    names = {name("/"), name("/btc/"), name("/btc/eur/")}
    assert names == {f"{others}-tracker", f"{others}-tracker-btc", f"{others}-tracker-btc-eur"}
    assert name("/btc/", cookie_name="mine") == "mine"


def secret(more=None, **voila):
    """Return the cookie secret with which a server starts; empty: a new one at each start."""
    application = Voila(config=Config({"TrackerIdentityProvider": more or {}}), **voila)
    provider(application=application)
    return application.cookie_secret


def test_cookies_outlast_a_restart_with_the_same_login_address_and_path_only(monkeypatch):
    monkeypatch.delenv("JUPYTER_TOKEN", raising=False)
    own = {"token": TOKEN}
    assert secret(**own) == secret(**own) != b""
    passwords = [{"hashed_password": hashed} for hashed in (passwd("one"), passwd("two"))]
    secrets = [secret(**own), secret(token=TOKEN[1:]), secret(**own, port=8867), secret(**own, base_url="/btc/")]
    secrets += [secret(password) for password in passwords]
    secrets.append(secret(**own, ip="::1"))
    assert len(set(secrets)) == 7
    assert secret(auto_token=True) == b"", "a generated token is another one at the next start"
