"""The page in a real Chromium, on the real Voila, with an exchange on loopback: what a viewer sees."""

import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from itertools import pairwise

import pytest

from tests.support.browser import viewer
from tests.support.page_server import PATIENCE, free_port, now, settings, voila, wait_for
from tracker.core.market import Market
from tracker.render.format import numbers
from tracker.runtime.clock import ReplayClock
from tracker.sandbox import Recording, Sandbox, Simulated
from tracker.stores.csv import open_store

pytestmark = pytest.mark.service

USD = Market("kraken", "BTC", "USD")


@pytest.fixture(scope="module")
def exchange():
    with Sandbox(Simulated(7), now) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def url(exchange, folder, tmp_path_factory):
    log = tmp_path_factory.mktemp("voila") / "log"
    with voila(log, **settings(folder, f"{exchange.url}/kraken")) as address:
        yield address


@pytest.fixture(autouse=True)
def _well(exchange):
    exchange.faults.set("none")
    exchange.start()


@pytest.fixture
def wide(browser, url):
    with viewer(browser, url) as seen:
        seen.wait(lambda: len(seen.drawn("USD")) > 5000, "a day of prices is drawn")
        yield seen
        assert seen.elsewhere == []
        assert seen.errors == []


def ranks(seen):
    return seen.page.locator(".bt-table td.col-rank").all_inner_texts()


def live_rows(folder):
    """(market, slot) of every row that was polled, read from the files as anyone would."""
    return [
        (path.parent.name, line.split(",")[0])
        for path in folder.glob("kraken/*/*.csv")
        for line in path.read_text().splitlines()[1:]
        if line.split(",")[2] == "2"
    ]


def test_the_first_picture_has_every_currency_its_chart_its_rank_and_says_simulated(wide):
    wide.wait(lambda: ranks(wide) == ["1", "2", "3"], "all three are ranked once the day is backfilled")
    title = "{} USD (simulated) · BTC price tracker"
    wide.wait(lambda: wide.page.title() == title.format(wide.price("USD")), "the title has the price", 5)
    for quote in ("USD", "EUR", "GBP"):
        assert re.fullmatch(r"[\d,]+(\.\d+)?", wide.price(quote))
        assert len(wide.drawn(quote)) > 5000
    assert wide.pill().startswith("SIMULATED")
    assert wide.page.locator(".bt-currency input:checked").count() == 3
    wide.shoot("wide-light", whole=True)


def test_a_new_row_is_on_the_page_within_about_a_second(wide, folder):
    store = open_store(str(folder), base=folder, known=())

    def newest():
        return float(store.read(USD, now() - 60_000, now() + 1).price[-1])

    delays = []
    for _ in range(3):
        before = newest()
        wait_for(lambda before=before: newest() != before, "a new row is stored")
        stored, price = time.monotonic(), newest()
        shown = numbers.price(price)
        wide.wait(lambda shown=shown: wide.price("USD") == shown, "the new row's price is shown", 5)
        delays.append(time.monotonic() - stored)
    # About 0.5 s on an idle machine. Without live updates it would never come.
    assert min(delays) < 2.0


def test_the_line_moves_on_with_new_rows(wide):
    before = wide.drawn("USD")
    wide.wait(lambda: wide.drawn("USD") != before, "the line is drawn anew")


def test_unticking_a_currency_takes_its_chart_away_and_ticking_brings_it_back(wide):
    box = wide.page.locator(".bt-currency", has_text="EUR").locator("input")
    box.uncheck()
    wide.wait(lambda: wide.strip("EUR").count() == 0, "the chart of EUR goes")
    assert wide.strip("USD").count() == 1
    box.check()
    wide.wait(lambda: len(wide.drawn("EUR")) > 5000, "the chart of EUR is back")
    wide.page.get_by_text("None", exact=True).click()
    hint = wide.page.locator(".bt-hint", has_text="Tick at least one currency")
    wide.wait(hint.is_visible, "an empty choice is explained")
    wide.page.get_by_text("All", exact=True).click()
    wide.wait(lambda: all(len(wide.drawn(quote)) > 5000 for quote in ("USD", "EUR", "GBP")), "all charts are back")


def test_a_span_button_changes_charts_and_table(wide):
    day = wide.drawn("USD")
    wide.page.get_by_role("button", name="1 h", exact=True).click()
    wide.wait(lambda: "over 1 h" in wide.page.locator(".bt-table").inner_text(), "the table is about 1 h")
    wide.wait(lambda: wide.drawn("USD") and len(wide.drawn("USD")) < len(day) / 2, "the chart is about 1 h")
    wide.page.get_by_role("button", name="7 d", exact=True).click()
    wide.wait(lambda: ranks(wide) == ["–"] * 3, "a day covers too little of a week to be ranked")
    wide.shoot("wide-7d")


def test_an_exchange_that_goes_down_is_told_and_collecting_resumes_by_itself(wide, exchange, folder):
    exchange.stop()
    wide.wait(lambda: wide.pill().startswith("UNREACHABLE"), "the pill says so")
    card = wide.page.locator(".bt-card", has_text="No prices from kraken")
    wide.wait(lambda: card.count() == 1, "a card tells")
    assert "refuses the connection" in card.inner_text()
    assert re.search(r"next try|trying now", card.inner_text())
    wide.shoot("exchange-down")
    before = len(live_rows(folder))
    exchange.start()
    wide.wait(lambda: wide.pill().startswith("SIMULATED"), "the pill is well again", 90)
    wide.wait(lambda: len(live_rows(folder)) > before, "rows are collected again")
    wide.wait(lambda: card.count() == 0, "the card goes")


def test_an_exchange_that_answers_nonsense_is_told_with_its_words(wide, exchange):
    exchange.faults.set("refused", words="EGeneral:Temporary lockout")
    wide.wait(lambda: "EGeneral:Temporary lockout" in wide.page.locator(".bt-page").inner_text(), "its words are shown")


def test_two_viewers_and_a_collector_beside_them_write_no_slot_twice(browser, url, exchange, folder, wide):
    environment = {**os.environ, **settings(folder, f"{exchange.url}/kraken")}
    beside = subprocess.Popen([sys.executable, "-m", "tracker", "collect"], env=environment, stderr=subprocess.PIPE)
    try:
        with viewer(browser, url) as second:
            second.wait(lambda: len(second.drawn("USD")) > 5000, "the second viewer sees the day")
            before = second.price("USD")
            second.wait(lambda: second.price("USD") != before, "and follows it live")
            # Prices come every 2 s: within a few looks both show the same one.
            second.wait(lambda: second.price("USD") == wide.price("USD"), "both show the same")
    finally:
        beside.send_signal(signal.SIGTERM)
        beside.communicate(timeout=30)
    assert beside.returncode == 0
    doubled = {slot: count for slot, count in Counter(live_rows(folder)).items() if count > 1}
    assert doubled == {}


@pytest.mark.parametrize(("name", "width", "scheme"), [("phone-light", 390, "light"), ("phone-dark", 390, "dark")])
def test_a_phone_needs_no_sideways_scrolling(browser, url, name, width, scheme):
    with viewer(browser, url, width=width, height=844, scheme=scheme) as phone:
        phone.wait(lambda: len(phone.drawn("USD")) > 3000, "the charts are drawn")
        overflow = phone.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0
        assert phone.strip("USD").locator("svg").first.bounding_box()["width"] <= width
        fonts = phone.page.locator(".bt-time-axis span").evaluate_all(
            "all => all.map(each => getComputedStyle(each).fontFamily)"
        )
        assert len(set(fonts)) == 1
        labels = [
            each.bounding_box() for each in phone.page.locator(".bt-time-axis span:visible").all() if each.inner_text()
        ]
        assert len(labels) >= 3
        assert all(one["x"] + one["width"] + 6 < other["x"] for one, other in pairwise(labels)), labels
        phone.shoot(name, whole=True)


def test_dark_follows_the_system(browser, url, wide):
    def background(seen):
        return seen.page.evaluate("getComputedStyle(document.body).backgroundColor")

    with viewer(browser, url, scheme="dark") as dark:
        dark.wait(lambda: len(dark.drawn("USD")) > 5000, "the charts are drawn")
        assert background(wide) == "rgb(245, 246, 248)"
        assert background(dark) == "rgb(12, 15, 20)"
        dark.shoot("wide-dark")


def test_without_exchange_or_data_the_page_says_why_and_one_click_simulates(browser, tmp_path):
    nobody = f"http://127.0.0.1:{free_port()}/kraken"
    with (
        voila(tmp_path / "log", **settings(tmp_path / "data", nobody)) as address,
        viewer(browser, address) as seen,
    ):
        seen.wait(lambda: seen.page.get_by_text("No prices yet").is_visible(), "the empty page says so")
        seen.wait(lambda: "refuses the connection" in seen.page.locator(".bt-page").inner_text(), "and why")
        seen.shoot("empty")
        seen.page.get_by_role("button", name="Start simulation").click()
        seen.wait(lambda: seen.pill().startswith("SIMULATED"), "the page is simulated")
        seen.wait(lambda: len(seen.drawn("USD")) > 5000, "with a day of prices")
        seen.shoot("simulated")
        assert not list((tmp_path / "data").glob("kraken/*/*.csv"))
        assert seen.elsewhere == []


def made_up_day(folder):
    """A day with a price a minute and a hole from 10:00 to 11:00, as a recording would have it."""
    folder.mkdir()
    minutes = [minute for minute in range(1440) if not 600 <= minute < 660]
    rows = [f"{1_522_886_400 + 60 * minute},{6800 + minute % 97}" for minute in minutes]
    (folder / "btcusd.csv").write_text("timestamp,price\n" + "\n".join(rows) + "\n")
    return folder


def test_a_replayed_day_shows_its_own_time_and_its_holes_as_holes(browser, tmp_path):
    drawn = watch_replay(browser, made_up_day(tmp_path / "day"), tmp_path, "replay")
    assert drawn.count("M") >= 2, "the hole breaks the line"


def test_recorded_days_named_on_the_command_line_are_replayed_as_well(browser, tmp_path, recordings):
    for number, day in enumerate(recordings):
        (tmp_path / str(number)).mkdir()
        assert watch_replay(browser, day, tmp_path / str(number), f"replay-{day.name}")


def watch_replay(browser, day, folder, name):
    """Follow the replay of *day* in the browser for a while; the line that was drawn at first."""
    recording = Recording(day)
    at = recording.start + min(23 * 3_600_000, (recording.end - recording.start) * 3 // 4)
    clock = ReplayClock(at, now(), 60)
    quotes = [quote for base, quote in sorted(recording.pairs) if base == "BTC"]
    with Sandbox(recording, clock.now) as sandbox:
        there = settings(folder / "data", f"{sandbox.url}/kraken", quotes=quotes, every="60s")
        with (
            voila(folder / "log", **there, TRACKER_CLOCK=str(clock)) as address,
            viewer(browser, address) as seen,
        ):
            seen.wait(lambda: seen.pill().startswith("REPLAY"), "the pill says replay")
            seen.wait(lambda: len(seen.drawn(quotes[0])) > 2000, "the day is drawn")
            assert time.strftime("%Y", time.gmtime(at / 1000)) in seen.page.locator(".bt-clock").inner_text()
            before = seen.drawn(quotes[0])
            seen.wait(lambda: seen.drawn(quotes[0]) != before, "the replay goes on", PATIENCE)
            seen.shoot(name)
            return before
