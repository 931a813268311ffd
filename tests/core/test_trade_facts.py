"""Facts about trading: a time or state that cannot be read is unknown, and nothing raises."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.core.trade_facts import epoch_time, iso_time, state_word


@pytest.mark.parametrize("value", [1763900000.123, "1763900000.123"])
def test_epoch_seconds_are_a_number_or_text(value):
    assert epoch_time(value) == 1763900000123


@pytest.mark.parametrize(
    "value",
    [
        "2025-11-23T12:13:20.123456Z",
        "2025-11-23T12:13:20.123",
        "2025-11-23T13:13:20.123+01:00",
        "2025-11-23 12:13:20.123",
    ],
)
def test_an_iso_time_is_utc_unless_it_states_a_zone(value):
    assert iso_time(value) == 1763900000123


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        [],
        {},
        "",
        "soon",
        " 5 ",
        0,
        -1,
        1763900000123,
        "1763900000123",
        1e300,
        math.nan,
        10**400,
        "0001-01-01",
    ],
)
def test_any_other_value_is_no_time(value):
    assert (epoch_time(value), iso_time(value)) == (None, None)


@given(st.text() | st.integers() | st.floats() | st.none() | st.lists(st.integers()))
def test_nothing_raises(value):
    assert epoch_time(value) is None or epoch_time(value) > 0
    assert iso_time(value) is None or iso_time(value) > 0
    assert isinstance(state_word(value, ()), str)


def test_a_foreign_state_is_one_short_printable_line():
    assert (
        state_word("cancel\nonly\x07 " + "x" * 100, ("online",)) == "cancel only\N{REPLACEMENT CHARACTER} " + "x" * 27
    )
    assert state_word("online", ("online",)) == ""
