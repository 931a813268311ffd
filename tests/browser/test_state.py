"""What a page remembers, and what it says when it is cut off, in a real Chromium: address, theme, zone, connection."""

import os
import re
import signal
import subprocess
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.support.browser import viewer
from tests.support.page_server import Wire, exchange, now, seed_day, settings, voila

pytestmark = pytest.mark.service


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    seed_day(folder, now(), {})
    with exchange() as address:
        yield {**settings(folder, address), "TRACKER_SPAN": "1h"}


@pytest.fixture(scope="module")
def url(environment, tmp_path_factory):
    with voila(tmp_path_factory.mktemp("voila") / "log", **environment) as address:
        yield address


def drawn(seen):
    seen.wait(lambda: len(seen.drawn("USD")) > 1000, "the charts are drawn")


def ticked(seen):
    return [text.strip() for text in seen.page.locator(".bt-currency:has(input:checked)").all_inner_texts()]


def pressed(seen, row):
    return seen.page.locator(f"{row} .mod-active").all_inner_texts()


def press(seen, name):
    seen.page.get_by_role("button", name=name, exact=True).click()


def query(seen):
    return seen.page.url.partition("?")[2]


def test_choices_are_in_the_address_and_a_reload_or_another_browser_opens_the_same(browser, url):
    with viewer(browser, f"{url}?other=mine&token=secret") as seen:
        drawn(seen)
        seen.wait(lambda: query(seen) == "other=mine", "what is another's stays, but no token is shared", 10)
        seen.page.locator(".bt-currency", has_text="GBP").locator("input").uncheck()
        press(seen, "6 h")
        press(seen, "Log")
        press(seen, "Dark")
        seen.page.locator(".bt-rank-by select").select_option(label="drawdown")
        seen.page.get_by_role("button", name="Last price").click()
        wanted = "other=mine&show=USD,EUR&span=21600s&mode=log&rank_by=drawdown&sort=last_price&theme=dark"
        seen.wait(lambda: query(seen) == wanted, "the address follows")
        address = seen.page.url
        seen.page.reload()
        as_chosen(seen)
        assert seen.page.url == address
    with viewer(browser, address) as other:
        as_chosen(other)
        other.page.goto("about:blank")
        other.page.go_back()
        as_chosen(other)


def as_chosen(seen):
    seen.wait(lambda: ticked(seen) == ["USD", "EUR"], "the chosen currencies")
    drawn(seen)
    seen.wait(lambda: pressed(seen, ".bt-spans") == ["6 h"], "the span")
    seen.wait(lambda: pressed(seen, ".bt-modes") == ["Log"], "the scale")
    seen.wait(lambda: pressed(seen, ".bt-theme") == ["Dark"], "the theme's button")
    rank = seen.page.locator(".bt-rank-by select")
    seen.wait(lambda: rank.evaluate("each => each.selectedOptions[0].label") == "drawdown", "the measure")
    sorted_by = seen.page.locator(".bt-table th[aria-sort]")
    seen.wait(lambda: sorted_by.all_inner_texts() == ["Last price\nper bitcoin"], "the order")
    seen.wait(lambda: background(seen) == "rgb(12, 15, 20)", "the theme")


def background(seen):
    return seen.page.locator(".bt-page").first.evaluate("each => getComputedStyle(each).backgroundColor")


def test_a_script_that_names_no_protocol_speaks_that_of_kernels_all_the_same(browser, url):
    """JupyterLab's scripts name none when they try again after a first connection that failed."""
    with viewer(browser, url) as seen:
        agreed = seen.page.evaluate(
            """() => new Promise((done) => {
              const { kernelId } = JSON.parse(document.getElementById("jupyter-config-data").textContent);
              const socket = new WebSocket(`ws://${location.host}/api/kernels/${kernelId}/channels?session_id=again`);
              socket.onopen = () => done(socket.protocol);
              socket.onerror = () => done("refused");
            })"""
        )
        assert agreed == "v1.kernel.websocket.jupyter.org"


def test_an_address_that_asks_for_what_is_not_here_is_told_and_the_rest_followed_by_the_title_too(browser, url):
    with viewer(browser, f"{url}?show=FOO,EUR&span=soon&mode=log") as seen:
        seen.wait(lambda: ticked(seen) == ["EUR"], "what is here is chosen")
        card = seen.page.locator(".bt-card", has_text="asks for something that is not here")
        seen.wait(card.is_visible, "the rest is told")
        assert "FOO is not among USD, EUR, GBP" in card.inner_text()
        assert "'soon' is not a duration" in card.inner_text()
        seen.wait(lambda: query(seen) == "show=EUR&mode=log", "the address is mended")
        seen.wait(
            lambda: seen.page.title() == f"{seen.price('EUR')} EUR (simulated) · BTC price tracker",
            "the title has the price",
        )
        before = seen.page.title()
        seen.wait(lambda: seen.page.title() != before, "and follows it")


def test_zone_and_theme_are_the_browsers_and_another_is_one_click_away(browser, url):
    with viewer(browser, url, scheme="dark", timezone_id="Asia/Kolkata") as seen:
        clock = seen.page.locator(".bt-clock")
        seen.wait(lambda: clock.inner_text().endswith("IST"), "the clock is local")
        drawn(seen)
        there = datetime.now(ZoneInfo("Asia/Kolkata"))
        hour, minute = map(int, re.search(r"(\d\d):(\d\d):", clock.inner_text()).groups())
        assert abs(60 * (hour - there.hour) + minute - there.minute) <= 1
        assert "Time in IST" in seen.page.locator(".bt-time-axis").inner_text()
        press(seen, "Show UTC")
        seen.wait(lambda: clock.inner_text().endswith("UTC"), "the clock is UTC")
        seen.wait(lambda: "Time in UTC" in seen.page.locator(".bt-time-axis").inner_text(), "the charts, too")
        seen.wait(lambda: query(seen) == "zone=UTC", "the address says so")
        press(seen, "Show IST")
        seen.wait(lambda: query(seen) == "", "and no longer")
        for name, colour in (
            ("Light", "rgb(245, 246, 248)"),
            ("Dark", "rgb(12, 15, 20)"),
            ("System", "rgb(12, 15, 20)"),
        ):
            press(seen, name)
            seen.wait(lambda colour=colour: background(seen) == colour, f"{name} is shown", 5)


def test_a_hidden_tab_is_sent_nothing_but_a_rare_title_and_is_up_to_date_on_return(browser, url):
    with viewer(browser, url) as seen:
        drawn(seen)
        page = seen.page
        frames: list[str] = []
        page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(str(frame))))
        page.reload()
        drawn(seen)
        hide = """hidden => {
          Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
          document.dispatchEvent(new Event("visibilitychange"));
        }"""
        page.evaluate(hide, True)

        def updates(milliseconds):
            frames.clear()
            page.wait_for_timeout(milliseconds)
            return [frame for frame in frames if "comm_msg" in frame and "heading" not in frame]

        seen.wait(lambda: not updates(1_000), "what was on its way has come", 20)
        before = seen.price("USD")
        assert updates(6_000) == []  # in which three prices come
        assert seen.price("USD") == before
        page.evaluate(hide, False)
        seen.wait(lambda: seen.price("USD") != before, "the price is that of now", 3)
        assert page.locator(".bt-disconnected").count() == 0


def process(words):
    """The one process whose command line has *words*."""
    lines = subprocess.run(["ps", "-eww", "-o", "pid=,args="], capture_output=True, text=True, check=True).stdout
    (found,) = (int(line.split()[0]) for line in lines.splitlines() if words in line)
    return found


def lost(seen):
    found = seen.page.locator(".bt-disconnected")
    return "".join(found.all_inner_texts())  # at once: it may go while one looks


def test_a_page_whose_kernel_was_killed_says_so_and_starts_anew_with_its_choices(browser, url):
    with viewer(browser, f"{url}?show=EUR&span=10min") as seen:
        seen.wait(lambda: ticked(seen) == ["EUR"], "the choices are followed")
        seen.wait(lambda: len(seen.drawn("EUR")) > 500, "the chart is drawn")
        kernel = seen.page.evaluate("JSON.parse(document.getElementById('jupyter-config-data').textContent).kernelId")
        os.kill(process(f"kernel-{kernel}.json"), signal.SIGKILL)
        seen.wait(lambda: "Cut off since" in lost(seen), "the page says so", 20)
        assert "is that old" in lost(seen)
        seen.wait(lambda: lost(seen) == "" and len(seen.drawn("EUR")) > 500, "it starts anew", 60)
        seen.wait(lambda: ticked(seen) == ["EUR"] and pressed(seen, ".bt-spans") == ["10 min"], "as it was", 20)
        before = seen.price("EUR")
        seen.wait(lambda: seen.price("EUR") != before, "and is live")


def test_a_connection_that_drops_is_told_and_the_page_goes_on_when_it_is_back(browser, url):
    wire = Wire(int(re.search(r":(\d+)/", url)[1]))
    wire.mend()
    try:
        with viewer(browser, f"http://127.0.0.1:{wire.port}/?show=EUR") as seen:
            seen.wait(lambda: len(seen.drawn("EUR")) > 500, "the chart is drawn")
            seen.page.evaluate("window.same = true")
            wire.cut()
            seen.wait(lambda: "The server does not answer" in lost(seen), "the page says so", 20)
            seen.shoot("cut-off")
            before = seen.price("EUR")
            wire.mend()
            seen.wait(lambda: lost(seen) == "" and seen.price("EUR") != before, "it goes on", 60)
            assert ticked(seen) == ["EUR"]
    finally:
        wire.cut()


def test_a_page_whose_server_was_stopped_says_that_it_does_not_answer(browser, environment, tmp_path):
    with voila(tmp_path / "log", **environment) as address, viewer(browser, address) as seen:
        drawn(seen)
        port = int(re.search(r":(\d+)/", address)[1])
        os.kill(process(f"--port={port}"), signal.SIGTERM)
        seen.wait(lambda: "The server does not answer" in lost(seen), "the page says so", 25)
        assert re.search(r"Cut off since \d\d:\d\d:\d\d", lost(seen))
