"""The fields that are shown on demand: how a rule is stated by them, and what of it is said while they are hidden."""

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.core.durations import parse_moment
from tracker.dashboard.alerts.more import More, more_of
from tracker.runtime.rule_settings import RuleSettings

ZONES = [UTC, *map(ZoneInfo, ("Europe/Berlin", "Asia/Kolkata", "America/St_Johns", "Australia/Lord_Howe"))]


def rule(**more):
    return RuleSettings(name="low", market="kraken:BTC/EUR", when="price < 1", **more)


TIMES = st.integers(0, 4_102_444_800_000) | st.integers(0, 2_000_000).map(lambda number: number * 1_800_000)


@settings(max_examples=50)
@given(TIMES, st.sampled_from(ZONES))
def test_when_a_rule_ends_is_typed_so_that_it_is_the_same_time_when_it_is_read(time, zone):
    more = more_of(rule().model_copy(update={"expires": time}), zone, "")
    assert parse_moment(more.settings(zone)["expires"], "expires") == time


@pytest.mark.parametrize(
    ("expires", "typed"),
    [
        ("2026-12-31T17:00Z", "2026-12-31 18:00"),
        ("2026-12-31T17:00:05Z", "2026-12-31 18:00:05"),
        ("2026-10-25T00:30Z", "2026-10-25 02:30"),
        ("2026-10-25T01:30Z", "2026-10-25 02:30+0100"),
    ],
)
def test_a_time_is_that_of_the_page_and_in_an_hour_that_comes_twice_has_its_offset(expires, typed):
    assert more_of(rule(expires=expires), ZoneInfo("Europe/Berlin"), "").expires == typed


@pytest.mark.parametrize(
    ("more", "summary"),
    [
        (More(), ""),
        (More(zone="Europe/Berlin", severity="warning", cooldown=" "), ""),
        (More(quiet="22:00-07:00"), "quiet 22:00-07:00"),
        (
            More("22:00-07:00", "Europe/Berlin", "1h", "critical", "2026-12-31 18:00", "15400"),
            "quiet 22:00-07:00 Europe/Berlin, cooldown 1h, critical, ends 2026-12-31 18:00, re-arms at 15400",
        ),
    ],
)
def test_what_is_set_is_said_in_one_line(more, summary):
    assert more.summary == summary
