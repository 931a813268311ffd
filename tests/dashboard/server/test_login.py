"""Login and log-out on the real server: guesses are slowed, sessions end for good, cookies stay on the site."""

import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
import requests
from requests.adapters import HTTPAdapter
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.sync.client import connect

from tests.support.hostile_login import UPGRADE, give_token, guess, ways
from tests.support.kernels import V1, StartGate, channels, fine, id_of, small_notebook
from tests.support.page_server import LIGHT_START, ONE_VIEWER, ROOT, free_port, kernels, settings, voila

pytestmark = pytest.mark.service

TOKEN = "the-token-of-this-test"
DELAY = 50  # s after ten failures; by default 1 s, within which no test on a busy machine could look


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    return tmp_path_factory.mktemp("page")


@pytest.fixture(scope="module")
def gate(scratch):
    return StartGate(scratch)


@pytest.fixture(scope="module")
def url(scratch, gate):
    options = (*ONE_VIEWER, f"--Voila.token={TOKEN}", f"--TrackerIdentityProvider.first_delay={DELAY}")
    environment = settings(scratch / "data", "http://127.0.0.1:9") | gate.environment
    with voila(scratch / "log", *options, notebook=small_notebook(scratch), **environment) as address:
        yield address
    fine(scratch / "log")
    assert not re.search(rf"Traceback|{TOKEN}", (scratch / "log").read_text())


class _From(HTTPAdapter):
    """Connects from a loopback address of its own, as each address has its own count of failures."""

    def __init__(self, address):
        self._address = address
        super().__init__()

    def init_poolmanager(self, *arguments, **more):
        super().init_poolmanager(*arguments, source_address=(self._address, 0), **more)


def session(address="127.0.0.1"):
    """A browser's cookies, at *address*."""
    new = requests.Session()
    new.mount("http://", _From(address))
    return new


def log_in(url, viewer, token=TOKEN, path="login", **more):
    """Send the login's form."""
    viewer.get(f"{url}login", timeout=60)
    form = {"password": token, "_xsrf": viewer.cookies["_xsrf"]}
    return viewer.post(f"{url}{path}", data=form, allow_redirects=False, timeout=60, **more)


@pytest.fixture
def viewer(url):
    with session() as new:
        assert log_in(url, new).status_code == 302
        yield new


def is_logged_in(url, viewer):
    return viewer.get(f"{url}tracker/room", timeout=60, allow_redirects=False).status_code == 204


def session_of(viewer):
    """Another tab of the same browser."""
    tab = requests.Session()
    tab.cookies.update(viewer.cookies)
    return tab


def login_cookie(viewer):
    (cookie,) = [cookie for cookie in viewer.cookies if cookie.name.startswith("username-")]
    return f"{cookie.name}={cookie.value}"


def test_after_ten_guesses_no_more_are_looked_at_in_whichever_way_they_come(url):
    guesses = guess(url, 2)
    assert set(guesses.statuses) <= {200, 302, 401, 403, 429}, guesses.statuses
    assert guesses.looked_at == 10, guesses.statuses
    assert guesses.refused > 100
    assert DELAY - 20 <= min(guesses.retry_after) <= max(guesses.retry_after) == DELAY


def test_guesses_at_the_same_time_are_all_counted(url):
    guesses = [ways(f"guess-number-{number}")[number % 9] for number in range(60)]
    with ThreadPoolExecutor(30) as pool:
        statuses = list(pool.map(lambda way: give_token(url, way, "127.0.0.67").status, guesses))
    assert len([status for status in statuses if status != 429]) == 10


def test_too_many_guesses_delay_the_right_token_too_but_no_viewer_who_is_logged_in(url):
    with session("127.0.0.68") as viewer, session("127.0.0.68") as newcomer:
        assert log_in(url, viewer).status_code == 302
        for number in range(10):
            newcomer.get(f"{url}?token=guess-{number}", timeout=60)
        delayed = newcomer.get(f"{url}?token={TOKEN}", timeout=60)
        assert (delayed.status_code, 0 < int(delayed.headers["Retry-After"]) <= DELAY) == (429, True)
        assert "Too many failed logins" in delayed.text
        assert log_in(url, newcomer).status_code == 429
        for token in ("an-old-token", TOKEN):
            assert viewer.get(f"{url}tracker/room?token={token}", timeout=60, allow_redirects=False).status_code == 204
        assert log_in(url, viewer, "an-old-token").status_code == 302  # to the page, as who is logged in is
        assert requests.get(f"{url}tracker/room?token={TOKEN}", timeout=60).status_code == 204, "from elsewhere"


def test_a_request_without_a_token_is_no_guess(url):
    with session("127.0.0.69") as visitor:
        for _ in range(20):
            assert visitor.get(f"{url}tracker/room", timeout=60, allow_redirects=False).status_code == 302
            assert visitor.get(f"{url}login", timeout=60).status_code == 200
        assert log_in(url, visitor).status_code == 302


def test_the_login_form_is_the_pages_own_and_says_why_it_is_shown_again(url):
    with session("127.0.0.70") as visitor:
        asked = visitor.get(f"{url}?show=EUR", timeout=60)
        assert (asked.status_code, asked.url) == (200, f"{url}login?next=%2F%3Fshow%3DEUR")
        wrong = log_in(url, visitor, "wrong", "login?next=%2F%3Fshow%3DEUR")
        assert (wrong.status_code, "This is not the page's token" in wrong.text) == (401, True)
        expired = visitor.post(f"{url}login", data={"password": TOKEN}, timeout=60)
        assert (expired.status_code, "the browser keeps no cookies" in expired.text) == (403, True)
        for form in (asked.text, wrong.text, expired.text):
            assert not re.search(r"https?://|<script|src=|jupyter", form, re.IGNORECASE)
            assert 'name="password"' in form
        assert 'action="/login?next=%2F%3Fshow%3DEUR"' in wrong.text
        assert 'action="/login?next="' in expired.text
        for address, led_to in (("%2F%3Fshow%3DEUR", "/?show=EUR"), ("", "/"), ("//[", "/"), ("%2F%0D%0AX:+1", "/")):
            assert log_in(url, visitor, path=f"login?next={address}").headers["Location"] == led_to


@pytest.mark.parametrize("proxy", [{}, {"X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.1"}])
def test_cookies_stay_on_this_site_and_on_https_where_a_proxy_adds_it(url, proxy):
    with session() as visitor:
        answer = log_in(url, visitor, headers=proxy)
        (cookie,) = [line for line in answer.raw.headers.getlist("Set-Cookie") if line.startswith("username-")]
        attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert {"httponly", "samesite=lax", "path=/"} <= attributes
        assert ("secure" in attributes) == bool(proxy)
        form = requests.get(f"{url}login", timeout=60)
        assert re.search(r"^_xsrf=.*SameSite=Lax", form.headers["Set-Cookie"])


def test_a_log_out_ends_the_session_its_copies_and_its_websockets_but_no_other_session(url, viewer):
    copy = {"Cookie": login_cookie(viewer)}
    with session() as other:
        assert log_in(url, other).status_code == 302
        theirs, own = ({"Cookie": login_cookie(each)} for each in (other, viewer))
        kernel = id_of(viewer.get(url, timeout=60).text)

        def opened(cookie):
            return connect(channels(url, kernel), subprotocols=[V1], additional_headers=cookie, open_timeout=60)

        with opened(own) as ended, opened(theirs) as goes_on:
            answer = viewer.get(f"{url}logout", timeout=60)
            assert (answer.status_code, "Logged out" in answer.text) == (200, True)
            with suppress(ConnectionClosedError):
                for _ in ended:  # until it is closed
                    pass
            assert (ended.close_code, ended.close_reason) == (4401, "logged out")
            goes_on.ping().wait(30)
        assert login_cookie_is_cleared(answer)
        assert requests.get(f"{url}tracker/room", headers=copy, timeout=60, allow_redirects=False).status_code == 302
        with pytest.raises(InvalidStatus) as refused:
            opened(own)
        assert refused.value.response.status_code == 403
        assert is_logged_in(url, other)
    assert log_in(url, viewer).status_code == 302
    assert is_logged_in(url, viewer)


def test_a_websocket_that_waits_for_its_kernel_at_the_log_out_does_not_open(url, scratch, gate, viewer):
    before = kernels(scratch / "log")
    gate.hold_next()
    with ThreadPoolExecutor() as pool, closing(HTTPConnection(urlsplit(url).netloc, timeout=60)) as websocket:
        page = pool.submit(viewer.get, url, timeout=60)
        try:
            gate.wait_until_held()
            (kernel,) = kernels(scratch / "log") - before
            headers = {**UPGRADE, "Cookie": login_cookie(viewer)}
            websocket.request("GET", channels("/", kernel), headers=headers)
            assert session_of(viewer).get(f"{url}logout", timeout=60).status_code == 200
        finally:
            gate.release_held()
        assert websocket.getresponse().status == 403
        page.result(60)


def login_cookie_is_cleared(answer):
    return bool(re.search(r'username-\S*=""; expires', answer.headers["Set-Cookie"]))


def test_a_log_out_is_repeated_and_asked_for_in_any_way_without_an_error(url, viewer):
    def status(method, **more):
        return viewer.request(method, f"{url}logout", timeout=60, allow_redirects=False, **more).status_code

    assert status("HEAD") == 405
    assert status("PUT") in (403, 405)
    assert status("POST") == 403, "without the cookie's value in the form"
    assert is_logged_in(url, viewer)
    assert status("POST", data={"_xsrf": viewer.cookies["_xsrf"]}) == 200
    assert not is_logged_in(url, viewer)
    assert [status("GET"), status("GET"), status("HEAD")] == [200, 200, 302]


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Purpose": "prefetch;prerender"}],
)
def test_another_site_cannot_log_viewers_out_by_a_link_or_an_image(url, viewer, headers):
    answer = viewer.get(f"{url}logout", headers=headers, timeout=60)
    assert (answer.status_code, "you are still logged in" in answer.text) == (403, True)
    assert is_logged_in(url, viewer)


@pytest.mark.parametrize(
    ("option", "variable"),
    [("--Voila.token=a", {}), ("--IdentityProvider.token=a", {}), ("--Voila.auto_token=True", {"JUPYTER_TOKEN": "a"})],
)
def test_a_server_does_not_start_with_a_token_that_is_too_short(tmp_path, option, variable):
    command = [*LIGHT_START, "voila", "notebooks/dashboard.ipynb", "--no-browser", f"--port={free_port()}", option]
    environment = {**os.environ, "TMPDIR": str(tmp_path), **variable}
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    *before, error = result.stderr.splitlines()
    assert result.returncode == 1
    assert [line for line in before if not re.match(r"\S+ \S+ INFO (Using|Storing|Serving) ", line)] == []
    assert re.search(r"expected at least 16 characters, .* this one has 1\. To make one: python", error)
    assert list(tmp_path.iterdir()) == []
