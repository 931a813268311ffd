"""Which rules the clock evaluates."""

import pytest

from tests.support.rule_rows import price_rule
from tracker.alerts.rules.clock_rules import follows_clock


@pytest.mark.parametrize(
    ("when", "by_clock"),
    [
        ("age > 60s", True),
        ("price > 100 or not coverage(1h) > 90%", True),
        ("price > 100", False),
        ("rank(24h) == 1 and implied(EUR/USD) > 1.2", False),
    ],
)
def test_the_clock_evaluates_what_names_age_or_coverage(when, by_clock):
    assert follows_clock(price_rule(when)) is by_clock
