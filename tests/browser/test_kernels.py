"""No kernel outlives its viewer, none but as many as may be run, and somebody collects as long as the server runs."""

import json
import os
import re
import signal
import subprocess
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from websockets.sync.client import connect

from tests.support.browser import tab, viewer
from tests.support.kernels import (
    SOON,
    V1,
    channels,
    environment_of,
    fine,
    id_of,
    only_one,
    opened,
    pid_of,
    read,
    waiting,
)
from tests.support.page_server import Wire, exchange, kernels, page_of_a_day, rows_of, settings, voila, wait_for
from tracker.dashboard.browser import bundle
from tracker.dashboard.server.idle import IdleTimer

pytestmark = pytest.mark.service

PATIENCE = 30.0  # s
ALMOST_AT_ONCE = ("--WatchedKernels.grace=0.2", "--WatchedKernels.check_interval=0.1")
NONE_PREHEATED = "--VoilaConfiguration.default_pool_size=0"  # each page starts a kernel of its own
WAIT_IN_THE_FIRST_KERNEL = """
import time
from contextlib import suppress
from pathlib import Path

with suppress(FileExistsError):
    Path({first!r}).touch(exist_ok=False)
    while not Path({go!r}).exists():
        time.sleep(0.05)
"""
STRIPS = "document.getElementById('bt-snapshot')?.picture?.querySelectorAll('.bt-chart').length"


@pytest.fixture
def log(tmp_path):
    return tmp_path / "log"


@given(st.lists(st.sets(st.sampled_from("abc")), min_size=1), st.integers(0, 5))
def test_only_who_is_alone_at_every_look_for_longer_than_the_grace_is_told(looks, grace):
    time = [0.0]
    alone = IdleTimer(lambda: time[0])
    for at, each in enumerate(looks):
        time[0] = at
        found = set(alone.longer_than(grace, each))
        long = [name for name in "abc" if at > grace and all(name in past for past in looks[at - grace - 1 : at + 1])]
        assert found == set(long)


def test_a_page_that_goes_takes_its_kernel_with_it_by_itself(browser, tmp_path, log):
    """By its own word: nobody looks after it within this hour."""
    with page_of_a_day(tmp_path, "--WatchedKernels.grace=3600") as url:
        only_one(log)
        with viewer(browser, url) as seen:
            opened(seen)
            first = id_of(seen.page.content())
            assert first in kernels(log)
            seen.page.reload()
            opened(seen)
            seen.wait(lambda: first not in kernels(log) and len(kernels(log)) == 2, "a reload leaves none")
            seen.page.goto("about:blank")
            seen.wait(lambda: len(kernels(log)) == 1, "nor does going elsewhere")
            seen.page.go_back()
            opened(seen)
            seen.wait(lambda: len(kernels(log)) == 2, "coming back starts one")
            before = seen.price("USD")
            seen.wait(lambda: seen.price("USD") != before, "and the page is live")
        only_one(log)
        fine(log)


def test_a_variable_of_another_program_is_warned_of_in_the_servers_log_and_reaches_no_page(tmp_path, log):
    with voila(log, TRACKER_DEBUG="1", **settings(tmp_path / "data", "http://127.0.0.1:9")):
        assert b"TRACKER_DEBUG" not in environment_of(pid_of(only_one(log)))
        assert log.read_text().count("TRACKER_DEBUG is not a setting of the price tracker") == 1


def test_who_goes_without_a_word_is_found_out(browser, tmp_path, log):
    with page_of_a_day(tmp_path, *SOON) as url:
        only_one(log)
        taken = id_of(requests.get(url, timeout=60).text)
        only_one(log, {taken})
        with viewer(browser, url) as seen:
            opened(seen)
            seen.page.route("**/voila/api/shutdown/*", lambda route: route.abort())
            wait_for(lambda: len(kernels(log)) == 2, "another one waits")
            theirs = kernels(log)
            seen.page.wait_for_timeout(5_000)
            assert kernels(log) == theirs  # who looks stays, and so does the one that waits
        wait_for(lambda: len(kernels(log)) == 1, "its browser crashed")
        fine(log)


def test_a_page_that_was_cut_off_for_long_starts_anew_with_its_choices(browser, tmp_path, log):
    """As a laptop that slept: its kernel was ended meanwhile."""
    with page_of_a_day(tmp_path, *SOON) as url:
        wire = Wire(int(re.search(r":(\d+)/", url)[1]))
        wire.mend()
        try:
            with viewer(browser, f"http://127.0.0.1:{wire.port}/?show=EUR") as seen:
                seen.wait(lambda: seen.drawn("EUR"), "the chart is drawn")
                wire.cut()
                wait_for(lambda: len(kernels(log)) == 1, "its kernel is ended")
                wire.mend()
                seen.wait(lambda: len(kernels(log)) == 2, "it starts anew")
                seen.wait(
                    lambda: seen.drawn("EUR") and not seen.page.locator(".bt-disconnected").count(), "and is live"
                )
                assert seen.page.locator(".bt-chart:visible").count() == 1
        finally:
            wire.cut()


def test_a_peer_that_falls_silent_is_given_up(tmp_path, log):
    """As a network that was cut: no word of it comes, not even that it was."""
    pings = json.dumps({"ws_ping_interval": 500, "ws_ping_timeout": 1_500})
    with page_of_a_day(tmp_path, *SOON, f"--Voila.tornado_settings={pings}") as url:
        wire = Wire(int(re.search(r":(\d+)/", url)[1]))
        wire.mend()
        try:
            only_one(log)
            mine = id_of(requests.get(url, timeout=60).text)
            with connect(
                channels(f"http://127.0.0.1:{wire.port}/", mine),
                subprotocols=[V1],
                open_timeout=60,
                close_timeout=0.5,
                max_size=None,
            ):
                with pytest.raises(AssertionError):
                    wait_for(lambda: mine not in kernels(log), "", 5)  # it answers pings, and is kept
                wire.freeze()
                wait_for(lambda: mine not in kernels(log), "it is ended", PATIENCE)
        finally:
            wire.cut()


def test_there_are_never_more_kernels_than_may_be_and_who_waits_comes_in(browser, tmp_path, log):
    with page_of_a_day(tmp_path, *SOON, "--WatchedKernels.max_viewers=2") as url, ExitStack() as others:
        seen = [others.enter_context(viewer(browser, url)) for _ in range(2)]
        for each in seen:
            opened(each)
        assert requests.get(url, timeout=60).status_code == 503
        assert requests.get(f"{url}tracker/room", timeout=60).status_code == 503
        with tab(browser, url) as late:
            late.page.get_by_text("The live page follows").wait_for()
            late.wait(lambda: late.page.evaluate(STRIPS) == 3, "with a picture of the page", 20)
            late.shoot("busy")
            late.page.evaluate("window.same = true")
            late.page.wait_for_timeout(6_000)  # in which it has asked for room
            assert late.page.evaluate("window.same"), "it was loaded anew in vain"
            assert len(kernels(log)) <= 3  # theirs, and one that waits
            late.page.route("**/tracker/room", lambda route: route.fulfill(status=502))  # as a proxy would
            late.page.wait_for_timeout(6_000)
            assert late.page.evaluate("window.same"), "it has left for a proxy's page, which does not come back"
            late.page.unroute("**/tracker/room")
            seen[0].page.close()
            opened(late)
            assert len(kernels(log)) <= 3
            assert late.elsewhere == []
        before = seen[1].price("USD")
        seen[1].wait(lambda: seen[1].price("USD") != before, "the other one noticed nothing")
        fine(log)


def test_who_comes_right_after_another_sees_the_picture_at_once(browser, tmp_path, log):
    """His kernel has yet to be started."""
    with page_of_a_day(tmp_path, *SOON, TRACKER_SPAN="1h") as url:
        only_one(log)
        wait_for(lambda: (tmp_path / "data" / ".snapshot.html").exists(), "there is a picture")
        requests.get(url, timeout=60)
        with tab(browser, "about:blank") as seen:
            seen.page.goto(url, wait_until="commit")
            seen.wait(lambda: seen.page.evaluate(STRIPS) == 3, "the picture is there")
            assert seen.page.evaluate("performance.now()") < 1_500  # 0.2 to 0.4 s; a kernel takes 2 s to start
            opened(seen)


@contextmanager
def asking(url):
    """Who asks for the page; its whole answer is what communicate() returns."""
    with subprocess.Popen(["curl", "-sfN", "--max-time", "60", url], stdout=subprocess.PIPE, text=True) as curl:
        yield curl


def started_for_a_page(log, before):
    """Wait for a kernel that was not waiting, beside those *before*; which it is."""
    found = []

    def there():
        found[:] = [k for k in kernels(log) - before if b"VOILA_PREHEAT=False" in environment_of(pid_of(k))]
        return found

    wait_for(there, "a page's kernel is started")
    return found[0]


def test_a_page_that_is_still_being_made_keeps_its_kernel(tmp_path, log):
    """However slow the machine is: here its kernel starts only after another viewer has come and gone."""
    startup = tmp_path / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    go = tmp_path / "go"
    (startup / "wait.py").write_text(WAIT_IN_THE_FIRST_KERNEL.format(first=str(tmp_path / "first"), go=str(go)))
    environment = {"TRACKER_SPAN": "1h", "IPYTHONDIR": str(tmp_path / "ipython")}
    with page_of_a_day(tmp_path, *ALMOST_AT_ONCE, NONE_PREHEATED, **environment) as url, asking(url) as curl:
        slow = started_for_a_page(log, set())
        wait_for((tmp_path / "first").exists, "the first kernel waits")
        left = f"Kernel {id_of(requests.get(url, timeout=60).text)} has no browser any more"
        wait_for(lambda: left in log.read_text() and kernels(log) == {slow}, "the other viewer's kernel is ended")
        assert f"Kernel {slow} has no browser" not in log.read_text()
        go.touch()
        page, _ = curl.communicate()
        assert id_of(page) == slow
        assert "application/vnd.jupyter.widget-view+json" in page
        assert "</html>" in page
        wait_for(lambda: f"Kernel {slow} has no browser" in log.read_text(), "its page is complete")
        wait_for(lambda: not kernels(log), "it is ended")
        fine(log)


def test_a_page_whose_kernel_dies_before_it_begins_ends_and_starts_anew(tmp_path, log):
    with page_of_a_day(tmp_path, *SOON, NONE_PREHEATED, TRACKER_SPAN="1h") as url:
        with asking(url) as curl:
            os.kill(pid_of(started_for_a_page(log, set())), signal.SIGKILL)
            page, _ = curl.communicate()
        assert curl.returncode == 0, "it had no end"
        assert page.rstrip().endswith(f"<script>\n{bundle('kernel_gone')}</script>")
        assert 'id="jupyter-config-data"' not in page  # it had not begun


def test_a_viewer_who_leaves_before_his_page_has_begun_takes_his_kernel_with_him(tmp_path, log):
    """At once: a tab that goes from address to address would else leave one for each."""
    with page_of_a_day(tmp_path, "--WatchedKernels.grace=3600", NONE_PREHEATED, TRACKER_SPAN="1h") as url:
        with asking(url) as curl:
            mine = started_for_a_page(log, set())
            curl.kill()
        wait_for(lambda: mine not in kernels(log), "it is ended")
        assert kernels(log) == set()
        fine(log)


def test_the_kernel_that_collects_stays_until_another_one_can(tmp_path, log):
    with page_of_a_day(tmp_path, *SOON, TRACKER_SPAN="1h") as url:
        kernel = waiting(tmp_path, log)
        assert id_of(requests.get(url, timeout=60).text) == kernel
        told = {"data": {"_xsrf": "word"}, "headers": {"Cookie": "_xsrf=word", "Origin": url.strip("/")}}
        assert requests.post(f"{url}voila/api/shutdown/{kernel}", **told, timeout=60).status_code < 300
        assert kernels(log) - {kernel}, "it was ended before there was another"
        only_one(log, {kernel})


def test_the_pages_own_words_in_its_address_do_not_keep_it_from_a_kernel_that_waits(tmp_path, log):
    """Voila would take ``theme`` for its own, and start a kernel for who once chose dark."""
    with page_of_a_day(tmp_path, *SOON, TRACKER_SPAN="1h") as url:
        kernel = waiting(tmp_path, log)
        assert id_of(requests.get(f"{url}?theme=dark&template=lab", timeout=60).text) == kernel


def test_beside_all_viewers_that_may_be_one_kernel_waits(tmp_path, log):
    """So that somebody collects when they leave at once."""
    with page_of_a_day(tmp_path, *SOON, "--WatchedKernels.max_viewers=1", TRACKER_SPAN="1h") as url:
        only_one(log)
        theirs = id_of(requests.get(url, timeout=60).text)
        with connect(channels(url, theirs), subprotocols=[V1], open_timeout=60, close_timeout=0.5, max_size=None):
            wait_for(lambda: len(kernels(log)) == 2, "one waits")
            assert requests.get(url, timeout=60).status_code == 503
            assert theirs in kernels(log)
        only_one(log, {theirs})


def test_many_who_come_at_once_do_not_pass_the_limit(tmp_path, log):
    with page_of_a_day(tmp_path, *SOON, "--WatchedKernels.max_viewers=3") as url, ExitStack() as stack:
        only_one(log)
        curls = [
            stack.enter_context(
                subprocess.Popen(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", url], stdout=-1)
            )
            for _ in range(8)
        ]
        most = [0]

        def done():
            most[0] = max(most[0], len(kernels(log)))
            return all(each.poll() is not None for each in curls)

        wait_for(done, "all are answered")
        codes = [each.stdout.read().decode() for each in curls]
        assert set(codes) == {"200", "503"}
        assert most[0] <= 4  # of viewers three, and one that waits
        wait_for(lambda: requests.get(url, timeout=60).status_code == 200, "there is room again")


def test_a_waiting_kernel_that_dies_is_replaced_and_collecting_goes_on(tmp_path, log):
    with page_of_a_day(tmp_path, *SOON) as url:
        kernel = only_one(log)
        os.kill(pid_of(kernel), signal.SIGKILL)
        only_one(log, {kernel})
        rows = len(rows_of(tmp_path / "data", "USD"))
        wait_for(lambda: len(rows_of(tmp_path / "data", "USD")) > rows + 1, "prices are kept")
        assert requests.get(url, timeout=60).status_code == 200


def test_a_change_of_the_settings_is_seen_by_the_next_viewer_and_a_broken_one_harms_nobody(tmp_path, log):
    (tmp_path / "tracker.toml").write_text('span = "1h"\n')
    with exchange() as address:
        environment = settings(tmp_path / "data", address) | {"TRACKER_CONFIG": str(tmp_path / "tracker.toml")}
        with voila(log, *SOON, **environment) as url:
            first = only_one(log)
            (tmp_path / "tracker.toml").write_text('span = "6h"\n')
            second = only_one(log, {first})
            (tmp_path / "tracker.toml").write_text('spam = "6h"\n')
            wait_for(lambda: "spam" in log.read_text(), "what is wrong is told")
            assert kernels(log) == {second}
            assert id_of(requests.get(url, timeout=60).text) == second  # a viewer takes the last one that can collect
            wait_for(lambda: len(kernels(log)) == 2, "one that cannot waits")
            before = max(rows_of(tmp_path / "data", "USD"))
            wait_for(
                lambda: max(rows_of(tmp_path / "data", "USD")) > before + 12_000, "it collects, long after he left"
            )
            assert second in kernels(log)
            (tmp_path / "tracker.toml").write_text('span = "12h"\n')
            wait_for(lambda: second not in kernels(log) and len(kernels(log)) == 1, "mended, it goes")
            before = max(rows_of(tmp_path / "data", "USD"))
            wait_for(lambda: max(rows_of(tmp_path / "data", "USD")) > before + 4_000, "and another one collects")


def test_a_viewers_address_is_in_no_kernels_environment(tmp_path, log):
    with page_of_a_day(tmp_path, *SOON) as url:
        first = only_one(log)
        for _ in range(2):  # what waits, and what is started for him
            requests.get(f"{url}?token=not-to-be-kept", timeout=60)
        wait_for(lambda: len(kernels(log) - {first}) >= 2, "others were started")
        ours = [each for each in Path("/proc").glob("[0-9]*") if b"ipykernel_launcher" in read(each / "cmdline")]
        assert ours
        assert [each for each in ours if b"not-to-be-kept" in read(each / "environ")] == []
