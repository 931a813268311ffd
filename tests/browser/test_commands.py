"""The commands that serve a page, in a real browser: a public page, the demo, the replay of a recording."""

import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager

import pytest
import requests

from tests.support.browser import viewer
from tests.support.page_server import answers, free_port, wait_for

pytestmark = pytest.mark.service


@contextmanager
def public_page(folder, **environment):
    """Serve a public page; yield its address on loopback, the token that was printed, and the log."""
    environment |= {"TRACKER_STORE": f"csv:{folder / 'data'}"}
    environment["TRACKER_EXCHANGES__KRAKEN__URL"] = f"http://127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "tracker", "dashboard", "--public", f"--port={free_port()}"]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=log, text=True
        )
    try:
        link = rf"http://{re.escape(socket.gethostname())}:(\d+)/\?token=(\S+)"
        port, token = re.search(link, server.stdout.readline()).groups()
        wait_for(lambda: answers(f"http://127.0.0.1:{port}/login"), "the page is served")
        yield f"http://127.0.0.1:{port}/", token, folder / "log"
    finally:
        server.terminate()
        server.communicate(timeout=30)


def check_that_the_token_is_required(url, token):
    """Fail if a request without the token is answered, or the token can be replaced by another one."""
    for path in ("", "?token=wrong", "tracker/snapshot"):
        answer = requests.get(f"{url}{path}", timeout=60, allow_redirects=False)
        assert (answer.status_code, "/login" in answer.headers.get("Location", "")) == (302, True)
    with requests.Session() as session:
        assert "new_password" not in session.get(f"{url}login", timeout=60).text
        form = {"password": token, "new_password": "mine", "_xsrf": session.cookies["_xsrf"]}
        session.post(f"{url}login", data=form, timeout=60)
    assert requests.get(f"{url}tracker/room?token=mine", timeout=60, allow_redirects=False).status_code == 302
    assert requests.get(f"{url}tracker/room?token={token}", timeout=60).status_code == 204
    assert requests.head(f"{url}?token={token}", timeout=60).status_code == 405
    nobody = "00000000-0000-0000-0000-000000000000"
    assert requests.get(f"{url}api/kernels/{nobody}", timeout=60).status_code == 403


def check_that_the_token_is_secret(token, log):
    """Fail if the token is in the log, or in the arguments of a process."""
    processes = subprocess.run(["ps", "-eww", "-o", "args="], capture_output=True, text=True, check=True).stdout
    assert token not in processes
    assert token not in log.read_text()


def test_a_public_page_requires_a_token_that_is_generated_and_printed_once(tmp_path):
    with public_page(tmp_path) as (url, token, log):
        assert len(token) >= 24
        check_that_the_token_is_required(url, token)
        check_that_the_token_is_secret(token, log)


def test_a_chosen_token_opens_the_public_page_and_leaves_the_address(browser, tmp_path):
    with public_page(tmp_path, JUPYTER_TOKEN="a-token-of-ones-own") as (url, token, log):
        assert token == "a-token-of-ones-own"
        check_that_the_token_is_required(url, token)
        with viewer(browser, f"{url}?token={token}") as seen:
            seen.wait(lambda: "refuses the connection" in seen.page.locator(".bt-page").inner_text(), "it is live")
            wait_for(
                lambda: re.search(r" WARNING kraken:.* no price: .* refuses the connection", log.read_text()),
                "the log says so too",
            )
            seen.wait(lambda: "token" not in seen.page.url, "the token leaves the address")
            seen.page.reload()
            seen.page.locator("#rendered_cells .bt-page").first.wait_for(timeout=60_000)
            check_that_a_log_out_in_another_tab_shows_the_login(seen.page, url)
            check_that_the_login_takes_the_token_only(seen.page, token)
        check_that_the_token_is_secret(token, log)


def check_that_a_log_out_in_another_tab_shows_the_login(page, url):
    """Fail if the page stays, or sends many requests to a server that refuses them."""
    requested = []
    page.on("request", lambda request: requested.append(request.url))
    other = page.context.new_page()
    other.goto(f"{url}logout")
    assert "Logged out" in other.inner_text("body")
    page.get_by_label("Token").wait_for(timeout=30_000)
    assert len(requested) < 8, requested


def check_that_the_login_takes_the_token_only(page, token):
    """Fail if another token opens the page, or the form in a real browser is taken for one of a foreign site."""
    for typed in (f"{token}-", token):
        page.get_by_label("Token").fill(typed)
        page.get_by_role("button", name="Log in").click()
        page.locator("#rendered_cells .bt-page, [role=alert]").first.wait_for(timeout=60_000)
        assert ("not the page's token" in page.inner_text("body")) == (typed != token)


@contextmanager
def demo(folder, end):
    """Run the demo with *folder* / tmp for temporary files, and end it with a signal; yield the page's address."""
    (folder / "tmp").mkdir()
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    command = [sys.executable, "-m", "tracker", "demo", "--port", str(port), "--seed", "3"]
    environment = {**os.environ, "TMPDIR": str(folder / "tmp")}
    with (folder / "log").open("w") as log:
        # A process group of its own: Ctrl-C in a terminal reaches the page's process too.
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        wait_for(lambda: answers(f"{url}favicon.ico"), "the page is served")
        yield url
        if end == signal.SIGINT:
            os.killpg(process.pid, end)
        else:
            process.send_signal(end)
        process.wait(40)
    finally:
        process.kill()
        process.wait()
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=5)


def simulated_files(folder):
    return list((folder / "tmp").glob("tracker-*/simulated/kraken/btcjpy/*.csv"))


def check_that_nothing_is_left_behind(folder):
    assert list((folder / "tmp").glob("tracker-*")) == []
    assert not (folder / "data").exists()


def test_demo_shows_a_simulated_page_and_leaves_nothing_behind_after_ctrl_c(browser, tmp_path):
    with demo(tmp_path, signal.SIGINT) as url, viewer(browser, url) as seen:
        seen.wait(lambda: seen.pill().startswith("SIMULATED"), "the page is simulated")
        # What a busy machine misses at the first look comes with the second, 65 s later.
        seen.wait(lambda: len(seen.drawn("JPY")) > 5000, "a day of all currencies is there", patience=120)
        alerts = seen.page.locator(".bt-alerts")
        seen.wait(lambda: "Simulated prices never send anything" in alerts.inner_text(), "the panel says so")
        assert alerts.locator(".bt-rule").count() == 3, "it has rules of its own"
        assert simulated_files(tmp_path)
    check_that_nothing_is_left_behind(tmp_path)
    check_that_the_log_is_plain((tmp_path / "log").read_text(), url)


def check_that_the_log_is_plain(text, url):
    """Fail if a line has no time, the collector is not heard, or something alarms that nobody can mend."""
    first, *lines = text.splitlines()
    assert first == f"The page: {url}  (Ctrl-C ends it)"
    assert [line for line in lines if not re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (INFO|WARNING) ", line)] == []
    assert "INFO this process collects" in text
    assert "INFO a viewer has opened the page; viewers now: 1\n" in text
    assert re.search(r"INFO kraken:BTC/JPY: \d+ candles of 60 s backfilled from kraken", text)
    assert not re.search(r"DeprecationWarning|not trusted|eavesdropping|[Kk]ernel", text)


def test_demo_leaves_nothing_behind_when_it_is_terminated(tmp_path):
    with demo(tmp_path, signal.SIGTERM):
        wait_for(lambda: simulated_files(tmp_path), "prices are stored")
    check_that_nothing_is_left_behind(tmp_path)


def test_replay_shows_the_markets_of_the_folder(browser, tmp_path):
    (tmp_path / "day").mkdir()
    rows = "\n".join(f"{1_522_800_000 + 60 * minute},{7000 + minute % 91}" for minute in range(2880))
    (tmp_path / "day" / "btceur.csv").write_text(rows + "\n")
    port = free_port()
    command = [sys.executable, "-m", "tracker", "replay", "day", "--port", str(port), "--speed", "30"]
    with (tmp_path / "log").open("w") as log:
        replay = subprocess.Popen(command, cwd=tmp_path, stdout=log, stderr=log)
    try:
        url = f"http://127.0.0.1:{port}/"
        wait_for(lambda: answers(f"{url}favicon.ico"), "the page is served")
        with viewer(browser, url) as seen:
            seen.wait(lambda: seen.pill().startswith("REPLAY"), "the page is a replay")
            assert re.search(r"[45] Apr 2018", seen.pill())  # it begins at midnight
            boxes = seen.page.locator(".bt-currency").all_inner_texts()
            assert [text.strip() for text in boxes] == ["EUR"]
    finally:
        replay.terminate()
        replay.wait(40)
    assert not (tmp_path / "data").exists()
