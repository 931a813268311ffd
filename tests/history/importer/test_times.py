"""Times in price files: by unit or in ISO 8601, and never guessed."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.imports import NOW, OLD
from tracker.core.errors import ConfigError
from tracker.history.importer.times import UNITS, IsoTimes, NumberTimes, UnclearTimeError, parse_zone

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "units", "time"),
    [
        (b"1635630270", (1,), OLD * 1000),
        (b"1635630270.25", (1,), OLD * 1000 + 250),
        (b"1635630270250", (10**3,), OLD * 1000 + 250),
        (b"1735689600010866", (10**3, 10**6), 1_735_689_600_011),
        (b"1608872400000", (10**3, 10**6), 1_608_872_400_000),
        (b"1635630270250000000", (10**9,), OLD * 1000 + 250),
    ],
)
def test_a_number_is_a_time_in_the_unit_of_its_file(text, units, time):
    assert NumberTimes(units).read(text, NOW) == time


@pytest.mark.parametrize("text", [b"1601510399999", b"1601510399999999"])
def test_the_last_instant_of_a_candle_is_its_close(text):
    assert NumberTimes((10**3, 10**6), offset=1).read(text, NOW) == 1_601_510_400_000


@pytest.mark.parametrize(
    "text", [b"1.63561E+09", b"1e9", b" 1635630270", b"1_635630270", b"soon", b"", b"1635630270000", b"5", b"nan"]
)
def test_another_text_or_an_impossible_time_is_rejected(text):
    with pytest.raises((ValueError, OverflowError)):
        NumberTimes((1,)).read(text, NOW)


@given(st.integers(1_300_000_000_000, NOW), st.sampled_from(UNITS))
def test_a_time_has_one_meaning_among_all_units(time, unit):
    assert NumberTimes(UNITS).read(str(time * unit // 1000).encode(), NOW) == pytest.approx(time, abs=999)


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("2021-10-30T21:44:30Z", None),
        ("2021-10-30 21:44:30+00:00", None),
        ("2021-10-30 21:44:30 UTC", None),
        ("2021-10-30t23:44:30.000+0200", None),
        ("2021-10-30T17:44:30-04", BERLIN),
        ("2021-10-30T23:44:30", BERLIN),
        ("2021-10-30 21:44:30.000000", UTC),
    ],
)
def test_a_time_in_iso_8601_has_its_own_zone_or_the_typed_one(text, zone):
    assert IsoTimes(zone).read(text.encode(), NOW) == OLD * 1000


@pytest.mark.parametrize(
    "text",
    [
        *("2021-10-30T21:44:30", "2021-10-30", "30.10.2021 21:44", "2021-13-30T00:00Z", "soon", ""),
        *("2021-10-30Z", "2021-10-30+02:00", "2009-01-01T00:00Z", "2021-10-30T21:44+99", "2021-10-30T21:44:30+02:00Z"),
    ],
)
def test_a_time_without_a_zone_or_of_another_form_is_rejected(text):
    with pytest.raises((ValueError, OverflowError)):
        IsoTimes().read(text.encode(), NOW)


def test_a_date_alone_is_its_midnight():
    assert IsoTimes(UTC).read(b"2021-10-30", NOW) == 1_635_552_000_000


@pytest.mark.parametrize(
    "text", ["2021-10-31T02:30:00", "2021-10-31T02:00:00", "2022-03-27 02:00", "2022-03-27 02:59:59"]
)
def test_a_local_time_that_comes_twice_or_never_is_not_guessed(text):
    with pytest.raises(UnclearTimeError, match="comes twice or never"):
        IsoTimes(BERLIN).read(text.encode(), NOW)


@given(st.datetimes(datetime(2012, 1, 1), datetime(2026, 1, 1)))
def test_every_other_local_time_is_the_one_moment_that_clocks_showed_it(local):
    local = local.replace(microsecond=0)
    moments = [
        local.replace(tzinfo=UTC) - timedelta(hours=hours)
        for hours in (1, 2)
        if (local.replace(tzinfo=UTC) - timedelta(hours=hours)).astimezone(BERLIN).replace(tzinfo=None) == local
    ]
    try:
        assert [IsoTimes(BERLIN).read(str(local).encode(), NOW)] == [
            round(moment.timestamp() * 1000) for moment in moments
        ]
    except UnclearTimeError:
        assert len(moments) != 1


@pytest.mark.parametrize(("text", "zone"), [("utc", UTC), ("Z", UTC), ("Europe/Berlin", BERLIN)])
def test_a_zone_is_typed_by_its_name(text, zone):
    assert parse_zone(text) == zone


@pytest.mark.parametrize("text", ["Berlin", "../../etc/passwd", "", "+02:00", "\0"])
def test_an_unknown_zone_is_an_error_with_an_example(text):
    with pytest.raises(ConfigError, match=r"no such time zone; expected e\.g\. Europe/Berlin, or UTC"):
        parse_zone(text)


@given(st.text("0123456789-+:.TZ UC", max_size=30) | st.from_regex(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d)?[Z+-]?[\d:]*"))
def test_any_text_is_a_time_or_a_value_error(text):
    for zone in (None, BERLIN):
        with suppress(ValueError, OverflowError):
            assert 0 < IsoTimes(zone).read(text.encode(), NOW) <= NOW
