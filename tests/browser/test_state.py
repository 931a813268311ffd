"""What a page remembers of a viewer's choices, in a real Chromium: its address, theme, zone, and a hidden tab."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.support.axe import violations_in_light_and_dark
from tests.support.browser import tab, viewer
from tests.support.page_server import ONE_VIEWER, page_of_a_day, rows_of

pytestmark = pytest.mark.service


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("page")


@pytest.fixture(scope="module")
def url(folder):
    with page_of_a_day(folder, *ONE_VIEWER, TRACKER_SPAN="1h") as address:
        yield address


@pytest.fixture(scope="module")
def frames():
    """What the server has sent to the tab of ``seen``."""
    return []


@pytest.fixture(scope="module")
def _tab(browser, url, frames):
    with tab(browser, "about:blank", scheme="dark", timezone_id="Asia/Kolkata") as opened:
        opened.page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(str(frame))))
        opened.page.goto(url)
        yield opened


@pytest.fixture
def seen(_tab):
    """The page in a dark browser in India, open in one tab for all tests; each leaves the choices as they were."""
    wait_for_charts(_tab)
    return _tab


def wait_for_charts(seen):
    seen.wait(lambda: len(seen.drawn("USD")) > 1000, "the charts are drawn")


def press(seen, name):
    seen.page.get_by_role("button", name=name, exact=True).click()


def query(seen):
    return seen.page.url.partition("?")[2]


def test_choices_are_in_the_address_and_a_reload_or_another_browser_opens_the_same(browser, url):
    with viewer(browser, f"{url}?other=mine&token=secret") as seen:
        wait_for_charts(seen)
        seen.wait(lambda: query(seen) == "other=mine", "other parameters stay, but a token is not shared", 10)
        seen.page.locator(".bt-currency", has_text="GBP").locator("input").uncheck()
        press(seen, "6 h")
        press(seen, "Log")
        press(seen, "Dark")
        seen.page.locator(".bt-rank-by select").select_option(label="drawdown")
        seen.page.get_by_role("button", name="Last price").click()
        expected = "other=mine&show=USD,EUR&span=21600s&mode=log&rank_by=drawdown&sort=last_price&theme=dark"
        seen.wait(lambda: query(seen) == expected, "the address follows")
        address = seen.page.url
        seen.page.reload()
        wait_for_choices(seen)
        assert seen.page.url == address
    with viewer(browser, address) as second:
        wait_for_choices(second)
        second.page.goto("about:blank")
        second.page.go_back()
        wait_for_choices(second)


def wait_for_choices(seen):
    seen.wait(lambda: seen.ticked() == ["USD", "EUR"], "the chosen currencies")
    wait_for_charts(seen)
    seen.wait(lambda: seen.pressed(".bt-spans") == ["6 h"], "the span")
    seen.wait(lambda: seen.pressed(".bt-modes") == ["Log"], "the scale")
    seen.wait(lambda: seen.pressed(".bt-theme") == ["Dark"], "the theme's button")
    rank = seen.page.locator(".bt-rank-by select")
    seen.wait(lambda: rank.evaluate("each => each.selectedOptions[0].label") == "drawdown", "the measure")
    sorted_by = seen.page.locator(".bt-table th[aria-sort]")
    seen.wait(lambda: sorted_by.all_inner_texts() == ["Last price\nper bitcoin"], "the order")
    seen.wait(lambda: background(seen) == "rgb(12, 15, 20)", "the theme")


def background(seen):
    return seen.page.locator(".bt-page").first.evaluate("each => getComputedStyle(each).backgroundColor")


def test_a_script_that_names_no_subprotocol_uses_that_of_kernels(seen):
    """JupyterLab's scripts name none when they try again after a first connection that failed."""
    protocol = seen.page.evaluate(
        """() => new Promise((done) => {
          const { kernelId } = JSON.parse(document.getElementById("jupyter-config-data").textContent);
          const socket = new WebSocket(`ws://${location.host}/api/kernels/${kernelId}/channels?session_id=again`);
          socket.onopen = () => { done(socket.protocol); socket.close(); };
          socket.onerror = () => done("refused");
        })"""
    )
    assert protocol == "v1.kernel.websocket.jupyter.org"


def test_an_unknown_value_in_the_address_is_reported_and_the_others_are_followed(browser, url):
    with viewer(browser, f"{url}?show=FOO,EUR&span=soon&mode=log") as seen:
        seen.wait(lambda: seen.ticked() == ["EUR"], "the known currency is chosen")
        card = seen.page.locator(".bt-card", has_text="Part of the page's address cannot be used")
        seen.wait(card.is_visible, "the rest is reported")
        assert "FOO is not among USD, EUR, GBP" in card.inner_text()
        assert "'soon' is not a duration" in card.inner_text()
        assert violations_in_light_and_dark(seen) == [], "anybody can read it"
        seen.wait(lambda: query(seen) == "show=EUR&mode=log", "the address has only what is shown")
        seen.wait(
            lambda: seen.page.title() == f"{seen.price('EUR')} EUR (simulated) · BTC price tracker",
            "the title has the price",
        )
        before = seen.page.title()
        seen.wait(lambda: seen.page.title() != before, "and follows it")


def test_zone_and_theme_are_those_of_the_browser_and_another_is_one_click_away(seen):
    clock = seen.page.locator(".bt-clock")
    axis = seen.page.locator(".bt-time-axis")
    seen.wait(lambda: clock.inner_text().endswith("UTC+05:30"), "the clock is local")
    local = datetime.now(ZoneInfo("Asia/Kolkata"))
    hour, minute = map(int, re.search(r"(\d\d):(\d\d):", clock.inner_text()).groups())
    minutes = 60 * (hour - local.hour) + minute - local.minute
    assert minutes % 1_440 in (1_439, 0, 1)  # midnight may lie between them
    assert "Time in UTC+05:30" in axis.inner_text()
    press(seen, "Show UTC")
    seen.wait(lambda: clock.inner_text().endswith(" UTC"), "the clock is UTC")
    seen.wait(lambda: "Time in UTC" in axis.inner_text(), "the charts, too")
    seen.wait(lambda: query(seen) == "zone=UTC", "the address says so")
    press(seen, "Show UTC+05:30")
    seen.wait(lambda: query(seen) == "", "and no longer")
    light, dark = "rgb(245, 246, 248)", "rgb(12, 15, 20)"
    for theme, colour in (("Light", light), ("Dark", dark), ("System", dark)):
        press(seen, theme)
        seen.wait(lambda colour=colour: background(seen) == colour, f"{theme} is shown", 5)


def test_a_hidden_tab_is_sent_only_an_occasional_title_and_is_up_to_date_on_return(seen, frames, folder):
    def set_hidden(hidden):
        seen.page.evaluate(
            """hidden => {
              Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
              document.dispatchEvent(new Event("visibilitychange"));
            }""",
            hidden,
        )

    def updates():
        return [frame for frame in frames if "comm_msg" in frame and "heading" not in frame]

    def has_been_quiet():
        frames.clear()
        seen.page.wait_for_timeout(1_000)
        return not updates()

    frames.clear()
    set_hidden(True)
    seen.wait(lambda: any('"idle"' in frame for frame in frames), "the kernel has heard of it")
    seen.wait(has_been_quiet, "what was on its way has come", 20)
    before, stored = seen.price("USD"), len(rows_of(folder / "data", "USD"))
    seen.wait(lambda: len(rows_of(folder / "data", "USD")) >= stored + 3, "three prices are stored")
    assert updates() == []
    assert seen.price("USD") == before
    set_hidden(False)
    seen.wait(lambda: seen.price("USD") != before, "the price is current")
    assert seen.page.locator(".bt-disconnected").count() == 0
