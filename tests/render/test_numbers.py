"""Numbers as text."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.render.format import numbers


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
    ("value", "text", "direction"),
    [
        (1.07, "+1.07\u2009%", "up"),
        (-0.5, "−0.50\u2009%", "down"),
        (-0.004, "0.00\u2009%", "flat"),
        (0.004, "0.00\u2009%", "flat"),
        (1234.5, "+1,234.50\u2009%", "up"),
        (math.nan, "–", "flat"),
    ],
)
def test_a_change_is_signed_unless_it_rounds_to_zero(value, text, direction):
    assert (numbers.signed_percent(value), numbers.direction(value)) == (text, direction)


@pytest.mark.parametrize(
    ("value", "text"), [(123.84, "123.8"), (2712.3, "2,712"), (99_876.0, "99,880"), (0.0123449, "0.01234"), (0.0, "0")]
)
def test_a_deviation_has_four_significant_digits_and_no_exponent(value, text):
    assert numbers.significant(value) == text


def test_an_aligned_number_has_its_fraction_in_a_box():
    assert numbers.aligned_html("17,768.50") == '<span class="bt-decimal">17,768<i>.50</i></span>'
    assert [numbers.fraction_width(text) for text in ("338,541", "10.352")] == [0, 4]


@given(st.floats(1e-6, 1e9), st.floats(1e-6, 1.0), st.integers(2, 5))
def test_ticks_are_round_few_and_inside(low, share, limit):
    high = low * (1 + share)
    ticks = numbers.round_ticks(low, high, limit)
    assert 2 <= len(ticks) <= max(limit, 3)
    assert all(low * (1 - 1e-9) <= tick <= high * (1 + 1e-9) for tick in ticks)
    step = ticks[1] - ticks[0]
    digits = step / 10 ** math.floor(math.log10(step) + 1e-6)
    assert any(math.isclose(digits, factor, rel_tol=1e-3) for factor in (1, 2, 2.5, 5))


def test_an_empty_range_has_no_ticks():
    assert numbers.round_ticks(5.0, 5.0, 2) == []


@pytest.mark.parametrize(
    ("value", "step", "text"), [(18_000.0, 500.0, "18,000"), (10.25, 0.25, "10.25"), (10.4, 0.1, "10.4")]
)
def test_a_tick_has_the_decimals_of_its_step(value, step, text):
    assert numbers.tick_text(value, step) == text


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [(1, 1, "100 %"), (999, 1000, "99 %"), (1, 1000, "<1 %"), (0, 5, "0 %"), (1, 2, "50 %")],
)
def test_a_share_is_0_or_100_percent_only_if_exact(part, whole, text):
    assert numbers.share(part, whole).replace("\N{THIN SPACE}", " ") == text
