"""ban_end and readable_ban: the time until which an exchange wants no request, from its words."""

import pytest

from tracker.core.ban_words import ban_end, readable_ban


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("Way too many requests; IP(…) banned until 1763901900000. Please use", 1_763_901_900_000),
        ("IP banned until 1763901900", 1_763_901_900_000),
        ("EService:Throttled: 1763900060", 1_763_900_060_000),
        ("banned until 2025-11-23T12:45:00Z", 1_763_901_900_000),
        ("banned until 2025-11-23 13:45:00+01:00.", 1_763_901_900_000),
        ("try again after 2025-11-23 12:45", 1_763_901_900_000),
        ("throttled until 1763900060, then until 1763901900", 1_763_901_900_000),
        ("banned until: 1763901900000", 1_763_901_900_000),
        ('{"code":-1003,"bannedUntil":1763901900000}', 1_763_901_900_000),
        ('{"retry_after": "2025-11-23T12:45:00Z"}', 1_763_901_900_000),
        ("Too many requests; current limit is 6000 request weight per 1 MINUTE.", None),
        ("until 5 minutes have passed", None),
        ("until 12345678901234567890", None),
        ("until 2025-99-99T00:00", None),
        ("order 1763901900000 rejected", None),
    ],
)
def test_the_end_of_a_ban_is_read_from_its_words(text, end):
    assert ban_end(text) == end


def test_the_end_of_a_ban_is_shown_as_a_time():
    assert (
        readable_ban("IP(…) banned until 1763901900000. Please")
        == "IP(…) banned until 23 Nov 2025 12:45:00 UTC. Please"
    )
    assert readable_ban("order 1763901900000") == "order 1763901900000"
