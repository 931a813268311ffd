"""Numbers as typed: clear ones are read, all others are refused with what to type."""

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tracker.alerts.rules.typed_number import clear_text, read_number


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        *(("70000", "70000"), ("70000.5", "70000.5"), ("0.005", "0.005"), ("0", "0"), ("0.500", "0.5")),
        *(("1.25", "1.25"), ("1.2500", "1.25"), ("1234.567", "1234.567"), ("15.3150", "15.315")),
        *(("-2", "-2"), ("- 2", "-2"), ("+2", "2"), ("−2", "-2"), ("−0.125", "-0.125")),
    ],
)
def test_a_number_with_a_decimal_point_and_nothing_else_is_clear(typed, number):
    assert read_number(typed) == Decimal(number)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("70.000", "70.000 could mean 70 or 70,000; which? type 70 or 70000"),
        ("70,000", "70,000 could mean 70 or 70,000; which? type 70 or 70000"),
        ("15.300", "15.300 could mean 15.3 or 15,300; which? type 15.3 or 15300"),
        ("15.315", "15.315 could mean 15.315 or 15,315; which? type 15.3150 or 15315"),
        ("1.085", "1.085 could mean 1.085 or 1,085; which? type 1.0850 or 1085"),
        ("1,5", "1,5 could mean 1.5 or 15; which? type 1.5 or 15"),
        ("100.000", "100.000 could mean 100 or 100,000; which? type 100 or 100000"),
        ("−2.500", "−2.500 could mean -2.5 or -2,500; which? type -2.5 or -2500"),
    ],
)
def test_a_number_that_could_be_read_two_ways_is_refused_with_the_question(typed, words):
    with pytest.raises(ValueError, match="could mean") as error:
        read_number(typed)
    assert str(error.value) == words


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        *(("70_000", "70000"), ("70 000", "70000"), ("70'000", "70000"), ("70’000", "70000")),
        *(("1.234.567", "1234567"), ("1,234,567", "1234567"), ("1,00,000", "100000"), ("1 234 567", "1234567")),
        *(("1,234.50", "1234.5"), ("1.234,50", "1234.5"), ("1 234,567", "1234.567"), ("1,234.567", "1234.567")),
        *(("0,5", "0.5"), ("0,005", "0.005"), (".5", "0.5"), (",5", "0.5"), ("00.500", "0.5"), ("007", "7")),
        *(("1e5", "100000"), ("2.5E3", "2500"), ("5e-3", "0.005"), ("-.5", "-0.5"), ("−70_000", "-70000")),
    ],
)
def test_another_form_is_refused_with_what_to_type(typed, meant):
    with pytest.raises(ValueError, match="not in the form of numbers here") as error:
        read_number(typed)
    assert str(error.value).endswith(f"; type {meant}")
    assert read_number(meant) == Decimal(meant)


@pytest.mark.parametrize(
    "typed", ["1.5.2", "1 2", "70_00", "1,2,3", "1.2,3.4", "1.234 567,8", "1e99", "", "-", "five", "٥", "1__0", "."]
)
def test_what_is_no_number_is_refused(typed):
    with pytest.raises(ValueError, match=r"is not a number; expected a number such as 70000 or 0\.5"):
        read_number(typed)


@given(st.decimals(-(10**15), 10**15, places=6) | st.integers(-(10**6), 10**6).map(lambda n: Decimal(n) / 1000))
def test_what_is_written_is_read_back(number):
    assert read_number(clear_text(number)) == number
    assert read_number(clear_text(float(number))) == Decimal(repr(float(number)))


def test_nothing_has_no_sign():
    assert clear_text(-0.0) == clear_text(Decimal("-0.00")) == "0"


@given(st.text("0123456789.,_' e+-−k", max_size=12))
@example("70.000")
@example("70_000")
def test_whatever_is_typed_is_one_number_or_refused_and_what_to_type_is_taken(typed):
    try:
        read_number(typed)
    except ValueError as error:
        message = str(error)
        _, _, offer = message.partition("; type " if "not in the form" in message else "which? type ")
        assert offer or "which?" not in message
        for text in filter(None, offer.split(" or ")):
            read_number(text)  # or this fails
