"""The commands that serve a page, in a real browser: a public page, the demo, the replay of a recording."""

import os
import re
import signal
import subprocess
import sys

import pytest
import requests

from tests.support.browser import viewer
from tests.support.page_server import free_port, wait_for

pytestmark = pytest.mark.service


@pytest.mark.parametrize("chosen", ["", "a-token-of-ones-own"])
def test_a_public_page_asks_for_a_token_which_is_told_once(browser, tmp_path, chosen):
    port, environment = free_port(), {**os.environ, "TRACKER_STORE": f"csv:{tmp_path / 'data'}"}
    environment["TRACKER_EXCHANGES__KRAKEN__URL"] = f"http://127.0.0.1:{free_port()}"
    if chosen:
        environment["JUPYTER_TOKEN"] = chosen
    command = [sys.executable, "-m", "tracker", "dashboard", "--public", f"--port={port}"]
    with (tmp_path / "log").open("w") as log:
        started = subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=log, text=True
        )
    try:
        line = started.stdout.readline()
        address, token = re.search(r"(http://0\.0\.0\.0:\d+/)\?token=(\S+)", line).groups()
        assert token == chosen if chosen else len(token) >= 24
        here = address.replace("0.0.0.0", "127.0.0.1")
        wait_for(lambda: "running at" in (tmp_path / "log").read_text(), "the page is served")
        asked = requests.get(here, timeout=60, allow_redirects=False)
        assert (asked.status_code, "/login" in asked.headers.get("Location", "")) == (302, True)
        assert requests.get(f"{here}?token=wrong", timeout=60, allow_redirects=False).status_code == 302
        asked = requests.get(f"{here}tracker/snapshot", timeout=60, allow_redirects=False)
        assert (asked.status_code, "/login" in asked.headers.get("Location", "")) == (302, True)
        with requests.Session() as visit:
            assert "new_password" not in visit.get(f"{here}login", timeout=60).text
            said = {"password": token, "new_password": "mine", "_xsrf": visit.cookies["_xsrf"]}
            visit.post(f"{here}login", data=said, timeout=60)
        assert requests.get(f"{here}tracker/room?token=mine", timeout=60, allow_redirects=False).status_code == 302
        assert requests.get(f"{here}tracker/room?token={token}", timeout=60).status_code == 204
        assert requests.head(f"{here}?token={token}", timeout=60).status_code == 405
        assert token not in (tmp_path / "log").read_text()
        nobody = "00000000-0000-0000-0000-000000000000"
        assert requests.get(f"{here}api/kernels/{nobody}", timeout=60).status_code == 403
        with viewer(browser, f"{here}?token={token}") as seen:
            seen.wait(lambda: "refuses the connection" in seen.page.locator(".bt-page").inner_text(), "it is live")
            seen.wait(lambda: "token" not in seen.page.url, "the token leaves the address")
            seen.page.reload()
            seen.page.locator(".bt-page").first.wait_for(timeout=60_000)
        shown = subprocess.run(["ps", "-eww", "-o", "args="], capture_output=True, text=True, check=True).stdout
        assert token not in shown
        assert token not in (tmp_path / "log").read_text()
    finally:
        started.terminate()
        started.communicate(timeout=30)


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_demo_shows_a_simulated_page_and_leaves_nothing_behind(browser, tmp_path, end):
    port, temporary = free_port(), tmp_path / "tmp"
    temporary.mkdir()
    command = [sys.executable, "-m", "tracker", "demo", "--port", str(port), "--seed", "3"]
    with (tmp_path / "log").open("w") as log:
        # A group of its own: Ctrl-C in a terminal reaches the page's process too.
        demo = subprocess.Popen(
            command,
            cwd=tmp_path,
            env={**os.environ, "TMPDIR": str(temporary)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    url = f"http://127.0.0.1:{port}/"
    try:
        wait_for(lambda: "running at" in (tmp_path / "log").read_text(), "the page is served")
        with viewer(browser, url) as seen:
            seen.wait(lambda: seen.pill().startswith("SIMULATED"), "the page says simulated")
            # What a busy machine misses at the first look comes with the second, 65 s later.
            seen.wait(lambda: len(seen.drawn("JPY")) > 5000, "a day of all currencies is there", patience=120)
            assert list(temporary.glob("tracker-*/simulated/kraken/btcjpy/*.csv"))
        if end == signal.SIGINT:
            os.killpg(demo.pid, end)
        else:
            demo.send_signal(end)
        demo.wait(40)
    finally:
        demo.kill()
        demo.wait()
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=5)
    assert list(temporary.glob("tracker-*")) == []
    assert not (tmp_path / "data").exists()
    assert f"The page: {url}" in (tmp_path / "log").read_text()
    assert "DeprecationWarning" not in (tmp_path / "log").read_text(), "the way in which Voila is started will end"


def test_replay_plays_the_markets_of_the_folder(browser, tmp_path):
    (tmp_path / "day").mkdir()
    rows = "\n".join(f"{1_522_800_000 + 60 * minute},{7000 + minute % 91}" for minute in range(2880))
    (tmp_path / "day" / "btceur.csv").write_text(rows + "\n")
    port = free_port()
    command = [sys.executable, "-m", "tracker", "replay", "day", "--port", str(port), "--speed", "30"]
    with (tmp_path / "log").open("w") as log:
        replay = subprocess.Popen(command, cwd=tmp_path, stdout=log, stderr=log)
    try:
        wait_for(lambda: "running at" in (tmp_path / "log").read_text(), "the page is served")
        with viewer(browser, f"http://127.0.0.1:{port}/") as seen:
            seen.wait(lambda: seen.pill().startswith("REPLAY"), "the page says replay")
            assert re.search(r"[45] Apr 2018", seen.pill())  # it begins at midnight
            boxes = seen.page.locator(".bt-currency").all_inner_texts()
            assert [text.strip() for text in boxes] == ["EUR"]
    finally:
        replay.terminate()
        replay.wait(40)
    assert not (tmp_path / "data").exists()
