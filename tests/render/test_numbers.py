"""Numbers as text."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.render.format import numbers


@pytest.mark.parametrize(
    ("value", "text", "direction"),
    [
        (1.07, "+1.07\u202f%", "up"),
        (-0.5, "−0.50\u202f%", "down"),
        (-0.004, "0.00\u202f%", "flat"),
        (0.004, "0.00\u202f%", "flat"),
        (1234.5, "+1,234.50\u202f%", "up"),
        (math.nan, "–", "flat"),
    ],
)
def test_a_change_is_signed_unless_it_rounds_to_zero(value, text, direction):
    assert (numbers.signed_percent(value), numbers.direction(value)) == (text, direction)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        *((12.345, "12.35 %"), (1.4, "1.40 %"), (0.9999, "1.00 %"), (0.7449, "0.745 %"), (0.05123, "0.0512 %")),
        *((0.00512, "0.0051 %"), (0.0, "0.00 %"), (math.nan, "–")),
    ],
)
def test_a_percentage_below_1_has_three_digits_and_at_most_four_decimals(value, text):
    assert numbers.fine_percent(value).replace("\N{NARROW NO-BREAK SPACE}", " ") == text


@pytest.mark.parametrize(
    ("value", "text"), [(123.84, "123.8"), (2712.3, "2,712"), (99_876.0, "99,880"), (0.0123449, "0.01234"), (0.0, "0")]
)
def test_a_deviation_has_four_significant_digits_and_no_exponent(value, text):
    assert numbers.significant(value) == text


def test_an_aligned_number_has_its_fraction_in_a_box():
    assert numbers.aligned_html("17,768.50") == '<span class="bt-decimal">17,768<i>.50</i></span>'
    assert [numbers.fraction_width(text) for text in ("338,541", "10.352")] == [0, 4]


@given(st.floats(1e-12, 1e15), st.floats(1e-6, 1.0), st.integers(2, 5))
def test_ticks_are_round_few_and_inside(low, share, limit):
    high = low * (1 + share)
    ticks = numbers.round_ticks(low, high, limit)
    assert 2 <= len(ticks) <= max(limit, 3)
    assert all(low * (1 - 1e-9) <= tick <= high * (1 + 1e-9) for tick in ticks)
    step = ticks[1] - ticks[0]
    digits = step / 10 ** math.floor(math.log10(step) + 1e-6)
    assert any(math.isclose(digits, factor, rel_tol=1e-3) for factor in (1, 2, 2.5, 5))


@given(st.floats(1e-12, 1e15), st.floats(1e-6, 1.0), st.integers(2, 5))
def test_labels_of_ticks_differ_and_are_true(low, share, limit):
    ticks = numbers.round_ticks(low, low * (1 + share), limit)
    step = ticks[1] - ticks[0]
    labels = [numbers.tick_text(tick, step) for tick in ticks]
    assert len(set(labels)) == len(ticks)
    for tick, label in zip(ticks, labels, strict=True):
        assert float(label.replace(",", "")) == pytest.approx(tick, abs=1e-3 * step)


def test_the_width_of_a_number_counts_separators_as_half_a_digit():
    assert numbers.text_width("92,349.90") == pytest.approx(8 * numbers.text_width("9"))
    assert numbers.aligned_width("338,541", 4) == pytest.approx(numbers.text_width("338,541.000"))
    assert numbers.aligned_width("1.2346", 4) == numbers.text_width("1.2346")


def test_an_empty_range_has_no_ticks():
    assert numbers.round_ticks(5.0, 5.0, 2) == []


@pytest.mark.parametrize(
    ("value", "step", "text"),
    [
        (18_000.0, 500.0, "18,000"),
        (10.25, 0.25, "10.25"),
        (10.4, 0.1, "10.4"),
        (10.5, 10.5 - 10.4, "10.5"),
        (1.175e-10, 2.5e-13, "0.00000000011750"),
        (1.1e-10, 1.1e-10 - 1e-10, "0.00000000011"),
    ],
)
def test_a_tick_has_the_decimals_of_its_step(value, step, text):
    assert numbers.tick_text(value, step) == text


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [(1, 1, "100 %"), (999, 1000, "99 %"), (1, 1000, "<1 %"), (0, 5, "0 %"), (1, 2, "50 %")],
)
def test_a_share_is_0_or_100_percent_only_if_exact(part, whole, text):
    assert numbers.share(part, whole).replace("\N{NARROW NO-BREAK SPACE}", " ") == text
