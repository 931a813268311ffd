"""What the open row of a rule says beside its condition."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tests.support.rule_rows import price_rule
from tracker.alerts.rules.quiet_hours import QuietHours
from tracker.dashboard.alerts.terms import terms_text

MINUTE, HOUR = 60_000, 3_600_000
NOW = int(datetime(2026, 11, 30, 12, tzinfo=UTC).timestamp() * 1000)
BERLIN = ZoneInfo("Europe/Berlin")
RULE = price_rule("price > 70000")


def terms(**options):
    return terms_text(replace(RULE, **options), NOW, BERLIN).replace("\N{NARROW NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({}, "sent to ops"),
        ({"hold": 10 * MINUTE, "channels": ("ops", "family")}, "for 10 min · sent to ops, else family"),
        ({"channels": ()}, "only shown here"),
        ({"once": True}, "once · sent to ops"),
        ({"cooldown": HOUR}, "cooldown 1 h · sent to ops"),
        ({"quiet": QuietHours.parse("22:00-07:00", "Asia/Tokyo")}, "quiet 22:00-07:00 Asia/Tokyo · sent to ops"),
        ({"expires": NOW + 5 * HOUR}, "until 18:00 · sent to ops"),
        ({"expires": NOW + 77 * HOUR}, "until 3 Dec 18:00 · sent to ops"),
        ({"severity": "critical"}, "critical · sent to ops"),
        ({"severity": "info"}, "info · sent to ops"),
        ({"rearm": price_rule("price > 70000", "69000").rearm}, "re-arms at price <= 69000 · sent to ops"),
    ],
)
def test_it_says_each_setting_that_is_not_the_usual_one(options, text):
    assert terms(**options) == text


def test_all_of_them_stand_in_one_order():
    quiet = QuietHours.parse("22:00-07:00", "Europe/Berlin")
    options = {"hold": MINUTE, "once": True, "cooldown": HOUR, "quiet": quiet, "expires": NOW, "severity": "critical"}
    assert terms(**options) == (
        "for 1 min · once · cooldown 1 h · quiet 22:00-07:00 Europe/Berlin · until 13:00 · critical · sent to ops"
    )
