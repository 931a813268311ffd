"""No kernel outlives its viewer, none but as many as may be run, and somebody collects as long as the server runs."""

import json
import os
import random
import re
import signal
import subprocess
from contextlib import ExitStack, suppress
from pathlib import Path
from uuid import uuid4

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from served import Wire, exchange, kernels, now, page_of_a_day, rows_of, settings, voila, wait_for
from viewing import tab, viewer
from websockets.sync.client import connect

from tracker.serving.alone import Alone

SOON = ("--WatchedKernels.grace=4", "--WatchedKernels.look=0.5")  # as in an hour, without waiting for it
PATIENCE = 30.0  # s
STRIPS = "document.getElementById('bt-first')?.picture?.querySelectorAll('.bt-strip').length"
SLOT = 5_000  # ms; an exchange that allows a request a second costs a new collector more than one
V1 = "v1.kernel.websocket.jupyter.org"


def opened(seen):
    """Wait until it is live."""
    seen.wait(lambda: seen.drawn("USD") and seen.page.locator("#bt-first").count() == 0, "the page is live")


def only_one(log, before=()):
    """Wait until no kernel is left but the one that waits; which it is."""
    wait_for(lambda: len(found := kernels(log)) == 1 and not found & set(before), f"one kernel is left, see {log}")
    (found,) = kernels(log)
    return found


def id_of(html):
    return json.loads(re.search(r'id="jupyter-config-data"[^>]*>(.*?)</script>', html, re.DOTALL)[1])["kernelId"]


def channels(url, kernel):
    """The address of the websocket to *kernel*."""
    return f"{url.replace('http', 'ws')}api/kernels/{kernel}/channels?session_id={uuid4().hex}"


def fine(log):
    """No error of the tracker's own, and no answer that is one; what Jupyter says of who left is its own affair."""
    found = log.read_text()
    assert not re.search(r'File ".*/tracker/serving/', found), found
    assert not re.search(r"\b500 \w+ /", found), found


@pytest.fixture
def log(tmp_path):
    return tmp_path / "log"


@given(st.lists(st.sets(st.sampled_from("abc")), min_size=1), st.integers(0, 5))
def test_only_who_is_alone_at_every_look_for_longer_than_the_grace_is_told(looks, grace):
    time = [0.0]
    alone = Alone(lambda: time[0])
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
                seen.wait(lambda: seen.drawn("EUR") and not seen.page.locator(".bt-lost").count(), "and is live")
                assert seen.page.locator(".bt-strip:visible").count() == 1
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
    with page_of_a_day(tmp_path, *SOON, "--WatchedKernels.most=2") as url, ExitStack() as others:
        seen = [others.enter_context(viewer(browser, url)) for _ in range(2)]
        for each in seen:
            opened(each)
        answer = requests.get(url, timeout=60)
        assert answer.status_code == 503
        with tab(browser, url) as late:
            late.page.get_by_text("The live page follows").wait_for()
            late.wait(lambda: late.page.evaluate(STRIPS) == 3, "with a picture of the page", 20)
            late.shoot("busy")
            assert len(kernels(log)) <= 3  # theirs, and one that waits
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


def test_beside_all_viewers_that_may_be_one_kernel_waits(tmp_path, log):
    """So that somebody collects when they leave at once."""
    with page_of_a_day(tmp_path, *SOON, "--WatchedKernels.most=1", TRACKER_SPAN="1h") as url:
        only_one(log)
        theirs = id_of(requests.get(url, timeout=60).text)
        with connect(channels(url, theirs), subprotocols=[V1], open_timeout=60, close_timeout=0.5, max_size=None):
            wait_for(lambda: len(kernels(log)) == 2, "one waits")
            assert requests.get(url, timeout=60).status_code == 503
            assert theirs in kernels(log)
        only_one(log, {theirs})


def test_many_who_come_at_once_do_not_pass_the_limit(tmp_path, log):
    with page_of_a_day(tmp_path, *SOON, "--WatchedKernels.most=3") as url, ExitStack() as stack:
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
        waiting = only_one(log)
        lines = subprocess.run(["ps", "-eww", "-o", "pid=,args="], capture_output=True, text=True, check=True).stdout
        (pid,) = (int(line.split()[0]) for line in lines.splitlines() if f"kernel-{waiting}.json" in line)
        os.kill(pid, signal.SIGKILL)
        only_one(log, {waiting})
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


def _leave(choice, browser, url, stack):
    """One viewer who comes and goes in one of many ways."""
    if choice == "curl":
        requests.get(url, timeout=60)
    elif choice == "aborted":
        with suppress(requests.RequestException):
            requests.get(url, timeout=0.05)
    elif choice == "socket":
        mine = id_of(requests.get(url, timeout=60).text)
        with connect(channels(url, mine), subprotocols=[V1], open_timeout=60, max_size=None) as socket:
            socket.recv(timeout=60)
    else:
        with tab(browser, url) as seen:
            if choice != "early":
                opened(seen)
            if choice == "reload":
                seen.page.reload()
                opened(seen)
            elif choice == "navigation":
                seen.page.goto("about:blank")
            elif choice == "crash":
                seen.page.route("**/voila/api/shutdown/*", lambda route: route.abort())


def test_after_many_opens_and_closes_of_all_kinds_one_kernel_is_left_and_every_slot_has_its_row(
    browser, tmp_path, log, request
):
    opens = request.config.getoption("opens")
    kinds = ["curl", "aborted", "socket", "early", "close", "reload", "navigation", "crash"]
    order = random.Random(7).choices(kinds, k=opens)
    markets = settings(tmp_path, "", every=f"{SLOT // 1_000}s")["TRACKER_MARKETS"]
    # On a busy machine a page may take longer to begin than the others' grace.
    patient = ("--WatchedKernels.grace=12", "--WatchedKernels.look=0.5")
    with page_of_a_day(tmp_path, *patient, TRACKER_SPAN="1h", TRACKER_MARKETS=markets) as url:
        only_one(log)
        wait_for(lambda: (tmp_path / "data" / ".status-collect.json").exists(), "somebody collects")
        start = now()
        with ExitStack() as stack:
            for each in order:
                _leave(each, browser, url, stack)
        end = now()
        only_one(log)
        wait_for(lambda: max(rows_of(tmp_path / "data", "USD")) > end + SLOT, "somebody collects still")
    for quote in ("USD", "EUR", "GBP"):
        files = (tmp_path / "data").glob(f"kraken/btc{quote.lower()}/*.csv")
        rows = [line.split(",") for file in files for line in file.read_text().splitlines()]
        live = [
            round(1000 * float(row[0])) for row in rows if row[2] == str(SLOT // 1_000)
        ]  # not the day before, of every 10 s
        slots = [time // SLOT for time in live if start < time < end]
        assert len(slots) == len(set(slots)), "a slot has two rows"
        missing = set(range(start // SLOT + 1, end // SLOT)) - set(slots)
        assert not missing, f"{quote}: {len(missing)} of {len(slots)} slots have no row"
    fine(log)


def test_a_viewers_address_is_in_no_kernels_environment(tmp_path, log):
    with page_of_a_day(tmp_path, *SOON) as url:
        first = only_one(log)
        for _ in range(2):  # what waits, and what is started for him
            requests.get(f"{url}?token=not-to-be-kept", timeout=60)
        wait_for(lambda: len(kernels(log) - {first}) >= 2, "others were started")
        ours = [each for each in Path("/proc").glob("[0-9]*") if b"ipykernel_launcher" in _read(each / "cmdline")]
        assert ours
        assert [each for each in ours if b"not-to-be-kept" in _read(each / "environ")] == []


def _read(path):
    with suppress(OSError):
        return path.read_bytes()
    return b""
