"""The cadence of a file, and where its prices are stored."""

import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.imports import OLD
from tracker.core.durations import DAY, HOUR, MINUTE, SECOND
from tracker.core.ticks import Ticks
from tracker.history.importer.cadence import first_of_slots, median_step, slot_starts

FULL = OLD // 60 * 60 * SECOND  # a full minute


def stored(every, *times):
    return (slot_starts(np.array(times) + FULL, every) - FULL).tolist()


@pytest.mark.parametrize(
    ("steps", "cadence"),
    [
        ([10, 10, 11, 10, 12], 10 * SECOND),
        ([60, 60, 3600], MINUTE),
        ([61, 59, 60], MINUTE),
        ([0, 0, 0, 300, 0], 5 * MINUTE),
        ([3600, 3601, 3599], HOUR),
        ([86_400] * 3, DAY),
        ([7], 7 * SECOND),
        ([45, 46], 45 * SECOND),
        ([10_800, 3600], HOUR),
        ([0.25, 0.25, 0.26], 250),
        ([0.001], 100),
    ],
)
def test_the_cadence_is_the_median_step_rounded_to_a_usual_one_that_is_near(steps, cadence):
    times = FULL + np.rint(1000 * np.cumsum([0, *steps])).astype(np.int64)
    assert median_step(np.random.default_rng(1).permutation(times)) == cadence


@pytest.mark.parametrize("times", [[], [FULL], [FULL, FULL]])
def test_fewer_than_two_times_have_no_step(times):
    assert median_step(np.array(times, dtype=np.int64)) is None


@given(st.lists(st.integers(0, 10**9), min_size=2, max_size=20, unique=True))
def test_the_cadence_is_near_the_median_step_and_not_below_100_ms(times):
    step = statistics.median_low(np.diff(np.sort(times)).tolist())
    assert max(100, 0.85 * step - 500) <= median_step(np.array(times)) <= max(100, 1.15 * step + 500)


@pytest.mark.parametrize("every", [10 * SECOND, MINUTE, HOUR])
def test_a_price_is_stored_at_the_start_of_its_slot_or_of_its_minute(every):
    minute = [0, 0, 10_000] if every < MINUTE else [0, 0, 0]
    assert stored(every, 0, 9_998, 10_000) == minute


@pytest.mark.parametrize("every", [10 * SECOND, MINUTE, HOUR, DAY])
def test_a_close_stamped_in_the_last_millisecond_belongs_to_the_end_of_its_slot(every):
    """22:31:59.999 is the close of a candle that ends at 22:32, and no price of 22:31."""
    assert stored(every, 59_999, 119_999) == [MINUTE, 2 * MINUTE]


def test_closes_stamped_in_the_last_second_count_at_its_end():
    assert stored(MINUTE, 59_000, 119_000, 179_500) == [MINUTE, 2 * MINUTE, 3 * MINUTE]
    assert stored(HOUR, 3_599_000) == [HOUR]


def test_polls_that_are_in_the_last_second_now_and_then_are_no_closes():
    assert stored(MINUTE, 30_000, 119_000) == [0, MINUTE]
    assert stored(10 * SECOND, 59_000, 119_000) == [50_000, 110_000]


def test_the_first_price_of_a_slot_is_taken_and_of_several_at_one_time_the_first_read():
    ticks = Ticks.of([FULL + 5_000, FULL + 3_000, FULL + 3_000, FULL + 10_000], [1.0, 2.0, 3.0, 4.0], 1)
    assert first_of_slots(ticks, 10 * SECOND).price.tolist() == [2.0, 4.0]


def test_a_close_in_the_last_millisecond_does_not_compete_with_the_prices_of_its_slot():
    ticks = Ticks.of([FULL, FULL + 59_999], [1.0, 2.0], 1)
    assert first_of_slots(ticks, MINUTE).price.tolist() == [1.0, 2.0]


@given(
    st.lists(st.integers(0, 600_000).map(lambda at: FULL + at), min_size=1, max_size=40),
    st.sampled_from([SECOND, 10 * SECOND, MINUTE]),
)
def test_reducing_parts_first_changes_nothing(times, every):
    """So memory need not hold every line of a file."""
    ticks = Ticks.of(times, np.arange(1.0, len(times) + 1), 1)
    half = len(times) // 2
    parts = Ticks.concat([first_of_slots(ticks[:half], every), first_of_slots(ticks[half:], every)])
    assert first_of_slots(parts, every).price.tolist() == first_of_slots(ticks, every).price.tolist()
