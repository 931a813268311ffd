"""Replays in a real browser: the bar, its day, and that what is stored stays as it is."""

import re

import pytest

from tests.support.browser import viewer
from tests.support.page_server import now, settings, voila
from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks
from tracker.runtime.clock import ReplayClock
from tracker.runtime.store_url import open_store
from tracker.sandbox import Sandbox, Simulated

pytestmark = pytest.mark.service

DAY = 1_522_886_400_000  # 5 Apr 2018, midnight UTC
USD = Market("kraken", "BTC", "USD")


@pytest.fixture
def stored(tmp_path):
    """A folder with a price a minute of one day, and a hole from 10:00 to 11:00."""
    minutes = [minute for minute in range(1440) if not 600 <= minute < 660]
    rows = Ticks.of(
        [DAY + 60_000 * minute for minute in minutes], [6800.0 + m % 97 for m in minutes], 60_000, Origin.REPLAY
    )
    store = open_store(f"csv:{tmp_path / 'data'}", base=tmp_path, known=(USD,))
    store.append({USD: rows})
    store.close()
    return tmp_path / "data"


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*.csv")}


def shown(seen):
    """Seconds of the day that the bar shows."""
    hours, minutes, seconds = re.search(
        r"(\d\d):(\d\d):(\d\d)", seen.page.locator(".bt-replay-time").inner_text()
    ).groups()
    return 3600 * int(hours) + 60 * int(minutes) + int(seconds)


def test_a_replayed_day_is_paused_wound_and_sped_up_and_no_row_changes(browser, stored, tmp_path):
    before = contents(stored)
    there = settings(stored, "http://127.0.0.1:9", quotes=["USD"], every="60s")
    clock = ReplayClock(DAY + 12 * 3_600_000, now(), 60.0)
    with (
        voila(tmp_path / "log", **there, TRACKER_CLOCK=str(clock), TRACKER_PLAYBACK="yes") as url,
        viewer(browser, url) as seen,
    ):
        page = seen.page
        seen.wait(lambda: seen.pill().startswith("REPLAY"), "it says replay")
        assert "replayed at 60×" in seen.pill()
        assert page.get_by_role("button", name="Back to live").count() == 0  # there is nothing live
        seen.wait(lambda: seen.drawn("USD").count("M") >= 2, "the hole is a hole")
        page.get_by_role("button", name="Pause").click()
        seen.wait(lambda: "replay paused" in seen.pill(), "it is paused")
        handle = page.get_by_role("slider", name="Time of the day")
        seen.wait(lambda: int(handle.input_value()) == shown(seen) // 60 * 60, "the handle stands where it was paused")
        held = shown(seen)
        handle.focus()
        page.keyboard.press("ArrowRight")
        seen.wait(lambda: shown(seen) // 60 == held // 60 + 1, "a key winds it by a minute")
        page.keyboard.press("Home")
        seen.wait(lambda: shown(seen) < 60, "to the day's beginning")
        seen.wait(
            lambda: "Nothing recorded before" in page.locator(".bt-charts").inner_text(), "before which is nothing"
        )
        assert handle.get_attribute("aria-valuetext") == "5 Apr, 00:00"
        page.get_by_role("button", name="600×").click()
        seen.wait(lambda: "replay=2018-04-05T00:00:00Z,600x,paused" in page.url, "the address tells where and how")
        page.reload()
        seen.wait(lambda: "replay paused" in seen.pill() and shown(seen) < 60, "a reload stays there")
        assert page.title().endswith("USD (replay) · BTC price tracker") or page.title() == "BTC price tracker"
        page.get_by_role("button", name="Play").click()
        seen.wait(lambda: shown(seen) > 1_800, "half an hour passes in three seconds")
        seen.shoot("replay-bar")
        assert seen.errors == []
    assert contents(stored) == before


def test_a_live_page_replays_what_it_has_stored_and_goes_back_while_it_collects(browser, tmp_path):
    with Sandbox(Simulated(42), now) as sandbox:
        there = settings(tmp_path / "data", f"{sandbox.url}/kraken")
        with voila(tmp_path / "log", **there) as url, viewer(browser, url) as seen:
            page = seen.page
            seen.wait(lambda: len(seen.drawn("USD")) > 5000, "the day is there")
            page.get_by_role("button", name="6 h", exact=True).click()
            page.get_by_role("button", name="Replay stored prices").click()
            seen.wait(lambda: page.locator(".bt-replay.is-on").count() == 1, "the bar comes")
            seen.wait(
                lambda: "replay=" in page.url and "span=21600s" in page.url, "the address tells, and the span stays"
            )
            assert seen.pill().startswith("SIMULATED")  # invented prices stay invented
            before = contents(tmp_path / "data")
            seen.wait(lambda: contents(tmp_path / "data") != before, "collecting goes on")
            page.get_by_role("button", name="Back to live").click()
            seen.wait(lambda: page.locator(".bt-replay.is-on").count() == 0, "the bar goes")
            seen.wait(lambda: "replay=" not in page.url and "span=21600s" in page.url, "and so does its address")
            before = seen.price("USD")
            seen.wait(lambda: seen.price("USD") != before, "live prices move on")
            assert seen.errors == []
