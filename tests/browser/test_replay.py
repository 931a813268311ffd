"""Replays in a real browser: the bar, the replayed day, and that what is stored stays as it is."""

import re
import time

import pytest

from tests.support.browser import viewer
from tests.support.page_server import ONE_VIEWER, now, settings, voila
from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks
from tracker.runtime.clock import ReplayClock
from tracker.runtime.store_url import open_store
from tracker.sandbox import Recording, Sandbox

pytestmark = pytest.mark.service

DAY = 1_522_886_400_000  # 5 Apr 2018, midnight UTC
USD = Market("kraken", "BTC", "USD")
# A price a minute, and a hole from 10:00 to 11:00.
PRICES = {DAY + 60_000 * minute: 6800.0 + minute % 97 for minute in range(1440) if not 600 <= minute < 660}


def stored_files(folder):
    return {path: path.read_bytes() for path in folder.rglob("*.csv")}


def second_of_day(seen):
    """The time that the bar shows, in seconds since midnight."""
    text = seen.page.locator(".bt-replay-time").inner_text()
    hours, minutes, seconds = map(int, re.search(r"(\d\d):(\d\d):(\d\d)", text).groups())
    return 3600 * hours + 60 * minutes + seconds


def test_a_replayed_day_is_paused_wound_and_sped_up_and_no_row_changes(browser, tmp_path):
    folder = tmp_path / "data"
    store = open_store(f"csv:{folder}", base=tmp_path, known=(USD,))
    store.append({USD: Ticks.of(list(PRICES), list(PRICES.values()), 60_000, Origin.REPLAY)})
    store.close()
    before = stored_files(folder)
    environment = settings(folder, "http://127.0.0.1:9", quotes=["USD"], every="60s")
    clock = ReplayClock(DAY + 12 * 3_600_000, now(), 60.0)
    with (
        voila(tmp_path / "log", *ONE_VIEWER, **environment, TRACKER_CLOCK=str(clock), TRACKER_PLAYBACK="yes") as url,
        viewer(browser, url) as seen,
    ):
        page = seen.page
        seen.wait(lambda: seen.pill().startswith("REPLAY"), "it says replay")
        assert "replayed at 60×" in seen.pill()
        assert page.get_by_role("button", name="Back to live").count() == 0  # there are no live prices
        seen.wait(lambda: seen.drawn("USD").count("M") >= 2, "the hole is a hole")
        page.get_by_role("button", name="Pause").click()
        seen.wait(lambda: "replay paused" in seen.pill(), "it is paused")
        handle = page.get_by_role("slider", name="Time of the day")
        seen.wait(lambda: int(handle.input_value()) == second_of_day(seen) // 60 * 60, "the handle is where it paused")
        paused = second_of_day(seen)
        handle.focus()
        page.keyboard.press("ArrowRight")
        seen.wait(lambda: second_of_day(seen) // 60 == paused // 60 + 1, "a key winds it by a minute")
        page.keyboard.press("Home")
        seen.wait(lambda: second_of_day(seen) < 60, "to the start of the day")
        seen.wait(
            lambda: "Nothing recorded before" in page.locator(".bt-charts").inner_text(), "before which is nothing"
        )
        assert handle.get_attribute("aria-valuetext") == "5 Apr, 00:00"
        page.keyboard.press("g")
        page.keyboard.type("5 Apr 2018 06:30")
        page.keyboard.press("Enter")
        seen.wait(lambda: second_of_day(seen) == 6.5 * 3600, "a typed time winds it there")
        seen.wait(lambda: handle.evaluate("each => each === document.activeElement"), "the focus comes back")
        page.keyboard.press("Home")
        page.get_by_role("button", name="600×").click()
        seen.wait(lambda: "replay=2018-04-05T00:00:00Z,600x,paused" in page.url, "the address says where and how")
        page.reload()
        seen.wait(lambda: "replay paused" in seen.pill() and second_of_day(seen) < 60, "a reload stays there")
        assert re.fullmatch(r"([\d,.]+ USD \(replay\) · )?BTC price tracker", page.title())
        page.get_by_role("button", name="Play").click()
        seen.wait(lambda: second_of_day(seen) > 1_800, "half an hour passes in three seconds")
        seen.shoot("replay-bar")
        assert seen.errors == []
    assert stored_files(folder) == before


def test_a_recorded_day_shows_its_own_time_and_its_holes_as_holes(browser, tmp_path):
    (tmp_path / "day").mkdir()
    lines = [f"{time // 1000},{price:.0f}" for time, price in PRICES.items()]
    (tmp_path / "day" / "btcusd.csv").write_text("\n".join(["timestamp,price", *lines, ""]))
    line = watch_recording(browser, tmp_path / "day", tmp_path, "replay")
    assert line.count("M") >= 2, "the hole breaks the line"


def test_recorded_days_named_on_the_command_line_are_replayed_as_well(browser, tmp_path, recordings):
    for number, day in enumerate(recordings):
        (tmp_path / str(number)).mkdir()
        assert watch_recording(browser, day, tmp_path / str(number), f"replay-{day.name}")


def watch_recording(browser, day, folder, name):
    """Collect from an exchange that repeats the prices of *day*; return the line that the browser drew at first."""
    recording = Recording(day)
    start = recording.start + min(23 * 3_600_000, (recording.end - recording.start) * 3 // 4)
    clock = ReplayClock(start, now(), 60)
    quotes = [quote for base, quote in sorted(recording.pairs) if base == "BTC"]
    with Sandbox(recording, clock.now) as sandbox:
        environment = settings(folder / "data", f"{sandbox.url}/kraken", quotes=quotes, every="60s")
        with (
            voila(folder / "log", *ONE_VIEWER, **environment, TRACKER_CLOCK=str(clock)) as address,
            viewer(browser, address) as seen,
        ):
            seen.wait(lambda: seen.pill().startswith("REPLAY"), "the pill says replay")
            seen.wait(lambda: len(seen.drawn(quotes[0])) > 2000, "the day is drawn")
            assert time.strftime("%Y", time.gmtime(start / 1000)) in seen.page.locator(".bt-clock").inner_text()
            line = seen.drawn(quotes[0])
            seen.wait(lambda: seen.drawn(quotes[0]) != line, "the replay moves on")
            seen.shoot(name)
            return line
