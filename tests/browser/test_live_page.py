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
from tests.support.page_server import ONE_VIEWER, free_port, now, settings, voila
from tracker.core.market import Market
from tracker.render.format import numbers
from tracker.sandbox import Sandbox, Simulated
from tracker.stores.csv import open_store

pytestmark = pytest.mark.service

USD = Market("kraken", "BTC", "USD")
QUOTES = ("USD", "EUR", "GBP")


@pytest.fixture(scope="module")
def exchange():
    with Sandbox(Simulated(7), now, free_port()) as sandbox:  # it is stopped, and started again on its port
        yield sandbox


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def url(exchange, folder, tmp_path_factory):
    log = tmp_path_factory.mktemp("voila") / "log"
    with voila(log, *ONE_VIEWER, **settings(folder, f"{exchange.url}/kraken")) as address:
        yield address


@pytest.fixture(autouse=True)
def _working_exchange(exchange):
    exchange.faults.set("none")
    exchange.start()


@pytest.fixture(scope="module")
def _wide(browser, url):
    with viewer(browser, url) as seen:
        yield seen


@pytest.fixture
def wide(_wide):
    """The page in a wide light window, open in one tab for all tests; each finds all of a live day drawn."""
    yield day_of_all(_wide)
    assert _wide.elsewhere == []
    assert _wide.errors == []


@pytest.fixture(scope="module")
def _phone(browser, url):
    with viewer(browser, url, width=390, height=844, scheme="dark") as seen:
        yield seen


@pytest.fixture
def phone(_phone):
    """The same on a phone, which prefers dark."""
    _phone.wait(lambda: len(_phone.drawn("USD")) > 3000, "the charts are drawn")
    yield _phone
    _phone.page.emulate_media(color_scheme="dark")
    assert _phone.elsewhere == []
    assert _phone.errors == []


def day_of_all(seen):
    seen.page.get_by_text("All", exact=True).first.click()
    seen.page.get_by_role("button", name="24 h", exact=True).click()
    seen.wait(lambda: all(len(seen.drawn(quote)) > 5000 for quote in QUOTES), "a day of prices is drawn")
    return seen


def ranks(seen):
    return seen.page.locator(".bt-table td.col-rank").all_inner_texts()


def live_rows(folder):
    """(market, slot) of every row that was polled, read from the files as anyone would."""
    return [
        (path.parent.name, line.split(",")[0])
        for path in folder.glob("kraken/*/????-??-??-??.csv")
        for line in path.read_text().splitlines()[1:]
        if line.split(",")[2] == "2"
    ]


def test_the_page_opens_with_a_chart_and_a_rank_for_each_currency_and_says_simulated(wide):
    wide.wait(lambda: ranks(wide) == ["1", "2", "3"], "all three are ranked once the day is backfilled")
    title = "{} USD (simulated) · BTC price tracker"
    wide.wait(lambda: wide.page.title() == title.format(wide.price("USD")), "the title has the price", 5)
    for quote in QUOTES:
        assert re.fullmatch(r"[\d,]+(\.\d+)?", wide.price(quote))
    assert wide.pill().startswith("SIMULATED")
    assert wide.page.locator(".bt-currency input:checked").count() == 3
    wide.shoot("wide-light", whole=True)


def test_a_new_row_is_on_the_page_within_about_a_second_and_moves_the_line(wide, folder):
    store = open_store(str(folder), base=folder, known=())
    first_line = wide.drawn("USD")
    delays = []
    for _ in range(3):
        before, start = wide.price("USD"), now()
        found = {}  # each new price, as shown -> when it was first found in the store

        def shows_a_new_price(before=before, start=start, found=found):
            for price in store.read(USD, start, now() + 1).price.tolist():
                found.setdefault(numbers.price(price), time.monotonic())
            shown = wide.price("USD")
            if is_new := shown in found.keys() - {before}:
                delays.append(time.monotonic() - found[shown])
            return is_new

        wide.wait(shows_a_new_price, "a new row's price is shown")
    # About 0.5 s on an idle machine. Without live updates it would never come.
    assert min(delays) < 2.0
    wide.wait(lambda: wide.drawn("USD") != first_line, "the line has the new rows")


def test_unticking_a_currency_removes_its_chart_and_ticking_brings_it_back(wide):
    box = wide.page.locator(".bt-currency", has_text="EUR").locator("input")
    box.uncheck()
    wide.wait(lambda: wide.strip("EUR").count() == 0, "the chart of EUR goes")
    assert wide.strip("USD").count() == 1
    box.check()
    wide.wait(lambda: len(wide.drawn("EUR")) > 5000, "the chart of EUR is back")
    wide.page.get_by_text("None", exact=True).click()
    note = wide.page.locator(".bt-note", has_text="Tick at least one currency")
    wide.wait(note.is_visible, "an empty choice is explained")
    wide.page.get_by_text("All", exact=True).first.click()
    wide.wait(lambda: all(len(wide.drawn(quote)) > 5000 for quote in QUOTES), "all charts are back")


def test_a_span_button_changes_charts_and_table(wide):
    day = wide.drawn("USD")
    wide.page.get_by_role("button", name="1 h", exact=True).click()
    wide.wait(lambda: "over 1 h" in wide.page.locator(".bt-table").inner_text(), "the table is about 1 h")
    wide.wait(lambda: 0 < len(wide.drawn("USD")) < len(day) / 2, "the chart is about 1 h")
    wide.page.get_by_role("button", name="7 d", exact=True).click()
    wide.wait(lambda: ranks(wide) == ["–"] * 3, "a day covers too little of a week to be ranked")
    wide.shoot("wide-7d")


def test_an_exchange_that_goes_down_is_reported_and_collecting_resumes_by_itself(wide, exchange, folder):
    exchange.stop()
    wide.wait(lambda: wide.pill().startswith("UNREACHABLE"), "the pill says so")
    cards = wide.page.locator(".bt-card", has_text="No prices from kraken")
    wide.wait(lambda: cards.count() == 1, "a card says so")
    # A request that was under way when it went down ends in another way.
    wide.wait(lambda: "refuses the connection" in cards.inner_text(), "the card says why")
    assert re.search(r"Next try in \d+ s\.|Trying now\.", cards.inner_text())
    wide.shoot("exchange-down")
    before = len(live_rows(folder))
    exchange.start()
    wide.wait(lambda: wide.pill().startswith("SIMULATED"), "the pill is back to normal", 90)
    wide.wait(lambda: len(live_rows(folder)) > before, "rows are collected again")
    wide.wait(lambda: cards.count() == 0, "the card goes")


def test_the_words_of_an_exchange_that_refuses_are_on_the_page(wide, exchange):
    exchange.faults.set("refused", words="EGeneral:Temporary lockout")
    wide.wait(lambda: "EGeneral:Temporary lockout" in wide.page.locator(".bt-page").inner_text(), "its words are shown")


def test_two_viewers_and_a_collector_beside_them_write_no_slot_twice(exchange, folder, wide, phone):
    environment = {**os.environ, **settings(folder, f"{exchange.url}/kraken")}
    collector = subprocess.Popen([sys.executable, "-m", "tracker", "collect"], env=environment, stderr=subprocess.PIPE)
    try:
        assert b"dashboard" in collector.stderr.readline(), "it reports that a page collects already"
        before = phone.price("USD")
        phone.wait(lambda: phone.price("USD") != before, "the second viewer sees live prices")
        # Prices come every 2 s: within a few looks both show the same one.
        phone.wait(lambda: phone.price("USD") == wide.price("USD"), "both show the same")
    finally:
        collector.send_signal(signal.SIGTERM)
        collector.communicate(timeout=30)
    assert collector.returncode == 0
    slots = Counter(live_rows(folder))
    assert {slot: count for slot, count in slots.items() if count > 1} == {}


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_a_phone_needs_no_sideways_scrolling_and_its_time_labels_do_not_touch(phone, scheme):
    phone.page.emulate_media(color_scheme=scheme)
    overflow = phone.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0
    assert all(svg["width"] <= 390 for svg in phone.boxes(".bt-chart svg"))
    fonts = phone.page.evaluate(
        "[...document.querySelectorAll('.bt-time-axis span')].map((label) => getComputedStyle(label).fontFamily)"
    )
    assert len(set(fonts)) == 1
    labels = [label for label in phone.boxes(".bt-time-axis span") if label["text"]]
    assert len(labels) >= 3
    assert all(left["x"] + left["width"] + 6 < right["x"] for left, right in pairwise(labels)), labels
    phone.shoot(f"phone-{scheme}", whole=True)


def test_the_colours_are_those_that_the_system_prefers(wide, phone):
    def background(seen):
        return seen.page.evaluate("getComputedStyle(document.body).backgroundColor")

    assert background(wide) == "rgb(245, 246, 248)"
    assert background(phone) == "rgb(12, 15, 20)"
    wide.page.emulate_media(color_scheme="dark")
    wide.wait(lambda: background(wide) == "rgb(12, 15, 20)", "an open page follows", 5)
    wide.shoot("wide-dark")
    wide.page.emulate_media(color_scheme="light")


def stored_files(folder):
    return {path: path.read_bytes() for path in folder.rglob("*.csv")}


def test_a_live_page_replays_its_stored_prices_and_returns_while_it_collects(wide, folder):
    page = wide.page
    page.get_by_role("button", name="6 h", exact=True).click()
    page.get_by_role("button", name="Replay stored prices").click()
    wide.wait(lambda: page.locator(".bt-replay.is-on").count() == 1, "the bar comes")
    wide.wait(lambda: "replay=" in page.url and "span=21600s" in page.url, "the address says so and keeps the span")
    assert wide.pill().startswith("SIMULATED")  # a replay of simulated prices does not look real
    before = stored_files(folder)
    wide.wait(lambda: stored_files(folder) != before, "collecting continues")
    page.get_by_role("button", name="Back to live").click()
    wide.wait(lambda: page.locator(".bt-replay.is-on").count() == 0, "the bar goes")
    wide.wait(lambda: "replay=" not in page.url and "span=21600s" in page.url, "and so does its address")
    price = wide.price("USD")
    wide.wait(lambda: wide.price("USD") != price, "live prices move on")
