"""The time zone of a page is that of its browser: a name, an offset, or else UTC, and the page says so."""

from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.support.open_page import OpenPage
from tracker.dashboard import Header, PriceCharts, Problems


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe"])
def test_times_are_in_the_zone_of_the_viewer(zone):
    opened = OpenPage()
    opened.receive(zone=zone)
    assert opened.state.zone == opened.state.viewer_zone == ZoneInfo(zone)


@pytest.mark.parametrize(
    "zone", ["Mars/Olympus", "", "UTC", "Etc/UTC", "../../etc/passwd", "/etc/passwd", "\0", None, 7, "x" * 999]
)
def test_an_unknown_zone_is_utc_and_the_page_says_so(zone):
    opened = OpenPage()
    opened.receive(zone=zone)
    assert opened.state.zone is opened.state.viewer_zone is UTC
    said = opened.part(Problems).cards.value
    assert ("Times are in UTC" in said) == (zone not in ("", "UTC", "Etc/UTC", None))


@pytest.mark.parametrize(
    ("name", "minutes", "shown"),
    [("+05:30", 330, "UTC+05:30"), ("-03:00", -180, "UTC-03:00"), ("+0545", 345, "UTC+05:45"), ("+00:00", 0, "UTC")],
)
def test_an_offset_of_the_browser_is_its_zone(name, minutes, shown):
    opened = OpenPage()
    opened.receive(zone=name)
    assert opened.state.zone.utcoffset(None) == timedelta(minutes=minutes)
    assert opened.part(Header).clock.value.endswith(f" {shown}")
    assert "Times are in UTC" not in opened.part(Problems).cards.value
    assert opened.part(PriceCharts).bridge.domain["zone"] == ("UTC" if not minutes else f"{name[:3]}:{name[-2:]}")


@pytest.mark.parametrize("zone", ["+24:00", "+5:30", "+05:60", "05:30"])
def test_an_impossible_offset_is_an_unknown_zone(zone):
    opened = OpenPage()
    opened.receive(zone=zone)
    assert opened.state.zone is UTC
    assert f"the time zone of your browser, {zone};" in opened.part(Problems).cards.value


def test_a_zone_that_is_known_again_ends_the_notice():
    opened = OpenPage()
    opened.receive(zone="Mars/Olympus")
    opened.receive(query=None, zone="Asia/Kolkata")
    assert "Times are in UTC" not in opened.part(Problems).cards.value


def test_utc_once_chosen_stays_when_the_browser_says_hello_again():
    opened = OpenPage()
    opened.receive()
    opened.state.zone = UTC
    opened.receive(query=None)
    assert opened.state.zone is UTC
    assert opened.link.query == "zone=UTC"


def test_a_new_zone_of_the_browser_is_followed():
    opened = OpenPage()
    opened.receive()
    opened.receive(query=None, zone="Asia/Tokyo")
    assert opened.state.zone == ZoneInfo("Asia/Tokyo")
