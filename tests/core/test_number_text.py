"""Numbers as text, in the one form that all parts share."""

import math

import pytest

from tracker.core import number_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1_530_000_000.4, "1,530,000,000"),
        (10_250_000.4, "10,250,000"),
        (338_541.0, "338,541"),
        (92_349.9, "92,349.90"),
        (10.352, "10.352"),
        (1.2345678, "1.2346"),
        (0.0123456, "0.012346"),
        (1.17539e-10, "0.00000000011754"),
        (math.nan, "–"),
    ],
)
def test_a_price_has_the_decimals_of_its_size(value, text):
    assert number_text.price(value) == text


def test_a_negative_number_has_a_true_minus_sign_unless_it_rounds_to_zero():
    assert [number_text.number(value, 2) for value in (-1.5, -0.004)] == ["−1.50", "0.00"]
