"""A page whose exchange does not answer, and what a viewer can request of the collector, in a real Chromium."""

import re

import pytest

from tests.support.axe import violations_in_light_and_dark
from tests.support.browser import resize, viewer
from tests.support.page_server import ONE_VIEWER, now, seed_day, settings, voila
from tracker.sandbox import Sandbox, Simulated

pytestmark = pytest.mark.service
QUOTES = ("USD", "EUR")
LONG = 12  # seconds to the next try, within which a request of the viewer takes effect


def seconds_left(seen):
    """The seconds to the next try by itself, as the card says; 0 without any."""
    found = re.search(r"Next try in (\d+) s", seen.page.locator(".bt-cards").inner_text())
    return int(found[1]) if found else 0


@pytest.fixture(scope="module")
def exchange():
    with Sandbox(Simulated(7), now) as sandbox:
        sandbox.faults.set("status", status=503)
        yield sandbox


@pytest.fixture(scope="module")
def seen(browser, exchange, tmp_path_factory):
    """A page over a week of which a day is stored; the exchange went away a minute ago."""
    folder = tmp_path_factory.mktemp("page")
    seed_day(folder / "data", now() - 60_000, {}, QUOTES)
    variables = settings(folder / "data", f"{exchange.url}/kraken", QUOTES)
    with voila(folder / "log", *ONE_VIEWER, **variables) as url, viewer(browser, f"{url}?span=7d") as opened:
        opened.wait(
            lambda: opened.page.locator(".bt-card", has_text="No prices from kraken").count() == 1, "a card says so"
        )
        yield opened


def test_a_page_whose_exchange_went_away_violates_no_rule(seen):
    assert violations_in_light_and_dark(seen) == []


def test_on_a_phone_the_words_of_a_page_whose_exchange_went_away_are_in_line_and_old_prices_grey(seen):
    resize(seen.page, 390, 844)
    try:
        lefts, dot, color = seen.page.evaluate(
            """() => {
              const box = (name) => document.querySelector(name).getBoundingClientRect();
              const text = document.querySelector(".bt-state-message > :first-child");
              text.style.display = "block"; // so that what follows begins a line
              const point = document.querySelector(".bt-last-point");
              const grey = getComputedStyle(document.querySelector(".is-old .bt-price")).color;
              return [
                [".bt-card", ".bt-state"].map((name) => box(name).left),
                box(".bt-countdown > i").right - box(".bt-state-message").left,
                getComputedStyle(point).backgroundColor === grey,
              ];
            }"""
        )
    finally:
        resize(seen.page, 1440, 1000)
    assert lefts == [16, 16]
    assert dot == pytest.approx(0, abs=1), "the dot between two lines is cut off"
    assert color, "an old price is grey, also where its line ends"


def test_an_exchange_is_asked_at_once_and_then_for_the_seven_days_that_are_missing(seen, exchange):
    try_now, fetch = (seen.page.get_by_role("button", name=name) for name in ("Try now", "Fetch 7 days"))
    seen.wait(lambda: seconds_left(seen) >= LONG, "waits are long by now")
    seen.shoot("unreachable")
    assert fetch.count() == 0, "nothing can be fetched"
    exchange.faults.set("none")
    patience = seconds_left(seen) - 1.0
    try_now.click()
    seen.wait(lambda: "UNREACHABLE" not in seen.pill(), "prices come before the next try", patience)
    seen.wait(fetch.is_visible, "older prices are offered")
    seen.shoot("fetch")
    hatched, place = (seen.place(part) for part in (seen.strip("USD").locator(".is-long"), fetch))
    assert hatched["x"] <= place["x"]
    assert place["x"] + place["width"] <= hatched["x"] + hatched["width"]
    fetch.click()
    for quote in QUOTES:
        seen.wait(lambda quote=quote: not seen.strip(quote).locator(".is-long").count(), f"{quote} has a week")
    assert fetch.count() == try_now.count() == 0
    assert seen.errors == seen.elsewhere == []
