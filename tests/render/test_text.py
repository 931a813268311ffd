"""Numbers and times as the page writes them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.render.format import currencies, numbers, plain_text, time_text

NOW = 1_668_006_600_000  # 9 Nov 2022 15:10:00 UTC


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (10_250_000.4, "10,250,000"),
        (338_541.0, "338,541"),
        (17_768.5, "17,768.50"),
        (10.352, "10.352"),
        (1.2345678, "1.2346"),
        (0.0123456, "0.012346"),
        (math.nan, "–"),
    ],
)
def test_a_price_has_the_decimals_of_its_size(value, text):
    assert numbers.price(value) == text


@pytest.mark.parametrize(
    ("value", "text", "way"),
    [
        (1.07, "+1.07\u2009%", "up"),
        (-0.5, "−0.50\u2009%", "down"),
        (-0.004, "0.00\u2009%", "flat"),
        (0.004, "0.00\u2009%", "flat"),
        (1234.5, "+1,234.50\u2009%", "up"),
        (math.nan, "–", "flat"),
    ],
)
def test_a_change_is_signed_unless_it_rounds_to_zero(value, text, way):
    assert (numbers.signed_percent(value), numbers.direction(value)) == (text, way)


@pytest.mark.parametrize(
    ("value", "text"), [(123.84, "123.8"), (2712.3, "2,712"), (99_876.0, "99,880"), (0.0123449, "0.01234"), (0.0, "0")]
)
def test_a_deviation_has_four_significant_digits_and_no_powers_of_ten(value, text):
    assert numbers.significant(value) == text


def test_the_fraction_of_an_aligned_number_stands_in_its_own_box():
    assert numbers.aligned_html("17,768.50") == '<span class="bt-decimal">17,768<i>.50</i></span>'
    assert [numbers.fraction_width(text) for text in ("338,541", "10.352")] == [0, 4]


@given(st.floats(1e-6, 1e9), st.floats(1e-6, 1.0), st.integers(2, 5))
def test_ticks_are_round_few_and_inside(low, share, most):
    high = low * (1 + share)
    ticks = numbers.round_ticks(low, high, most)
    assert 2 <= len(ticks) <= max(most, 3)
    assert all(low * (1 - 1e-9) <= tick <= high * (1 + 1e-9) for tick in ticks)
    step = ticks[1] - ticks[0]
    digits = step / 10 ** math.floor(math.log10(step) + 1e-6)
    assert any(math.isclose(digits, each, rel_tol=1e-3) for each in (1, 2, 2.5, 5))


def test_no_range_has_no_ticks():
    assert numbers.round_ticks(5.0, 5.0, 2) == []


@pytest.mark.parametrize(
    ("value", "step", "text"), [(18_000.0, 500.0, "18,000"), (10.25, 0.25, "10.25"), (10.4, 0.1, "10.4")]
)
def test_a_tick_has_the_decimals_of_its_step(value, step, text):
    assert numbers.tick_text(value, step) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(10, "10 s"), (60, "1 min"), (600, "10 min"), (3_600, "1 h"), (86_400, "24 h"), (604_800, "7 d"), (90, "90 s")],
)
def test_a_length_has_the_largest_unit_that_fits(seconds, text):
    assert time_text.exact_duration(seconds) == text


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (-5, "0 s"),
        (2_999, "2 s"),
        (192_000, "3 min 12 s"),
        (3_600_000, "1 h"),
        (187_200_000, "2 d 4 h"),
        (60_000, "1 min"),
    ],
)
def test_an_age_has_its_two_largest_units(ms, text):
    assert time_text.rough_duration(ms) == text


def test_a_time_names_its_day_only_when_that_is_another():
    assert time_text.moment(NOW - 360_000, NOW) == "15:04"
    assert time_text.moment(NOW - 86_400_000, NOW) == "8 Nov 15:10"
    assert time_text.time_range(NOW - 21_600_000, NOW) == "9 Nov, 09:10–15:10"
    assert time_text.time_range(NOW - 86_400_000, NOW) == "8 Nov, 15:10 – 9 Nov, 15:10"
    midnight = NOW // 86_400_000 * 86_400_000
    assert time_text.time_range(midnight - 86_400_000, midnight) == "8 Nov, 00:00–24:00"
    assert time_text.time_range(midnight, midnight + 30_000) == "9 Nov, 00:00:00–00:00:30"
    assert time_text.time_range(midnight - 30_000, midnight) == "8 Nov, 23:59:30–24:00"
    assert time_text.time_range(midnight - 9 * 86_400_000, midnight) == "31 Oct, 00:00 – 8 Nov, 24:00"


@pytest.mark.parametrize(
    ("words", "text"), [([], ""), (["EUR"], "EUR"), (["EUR", "GBP"], "EUR and GBP"), (["A", "B", "C"], "A, B and C")]
)
def test_a_listing_reads_like_a_sentence(words, text):
    assert plain_text.join_words(words) == text


def test_an_unknown_currency_keeps_its_code():
    assert (currencies.name("EUR"), currencies.name("XYZ")) == ("euro", "XYZ")
