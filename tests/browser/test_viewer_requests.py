"""What a viewer can request of the collector, in a real Chromium."""

import re

import pytest

from tests.support.browser import viewer
from tests.support.page_server import ONE_VIEWER, now, seed_day, settings, voila
from tracker.sandbox import Sandbox, Simulated

pytestmark = pytest.mark.service
QUOTES = ("USD", "EUR")
LONG = 12  # seconds to the next try, within which a request of the viewer takes effect


def seconds_left(seen):
    """The seconds to the next try by itself, as the card says; 0 without any."""
    found = re.search(r"Next try in (\d+) s", seen.page.locator(".bt-cards").inner_text())
    return int(found[1]) if found else 0


def test_an_exchange_is_asked_at_once_and_then_for_the_seven_days_that_are_missing(browser, tmp_path):
    seed_day(tmp_path / "data", now() - 60_000, {}, QUOTES)
    with Sandbox(Simulated(7), now) as sandbox:
        sandbox.faults.set("status", status=503)
        environment = settings(tmp_path / "data", f"{sandbox.url}/kraken", QUOTES)
        with (
            voila(tmp_path / "log", *ONE_VIEWER, **environment) as url,
            viewer(browser, f"{url}?span=7d") as seen,
        ):
            try_now, fetch = (seen.page.get_by_role("button", name=name) for name in ("Try now", "Fetch 7 days"))
            seen.wait(lambda: seconds_left(seen) >= LONG, "waits are long by now")
            seen.shoot("unreachable")
            assert fetch.count() == 0, "nothing can be fetched"
            sandbox.faults.set("none")
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
