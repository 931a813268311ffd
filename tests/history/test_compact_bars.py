"""Bars in less memory are the same bars, and share what is equal."""

from dataclasses import fields

import numpy as np
import pytest

from tests.support.bar_rows import assert_same_bars
from tracker.core.bar_making import make_bars
from tracker.core.bars import MEDIUM, Bars
from tracker.core.durations import HOUR, MINUTE
from tracker.core.ticks import Origin, Ticks
from tracker.history.compact_bars import CompactBars

FIRST = 1_668_006_000_000 // HOUR * HOUR
HOURS = 3_000


def hourly(price: float, *, irregular: bool) -> Bars:
    """Bars of four prices an hour, or once of three."""
    time = FIRST + 15 * MINUTE * np.arange(1, 4 * HOURS + 1)
    ticks = Ticks.of(time, price * (1 + np.random.default_rng(7).random(time.size)), 15 * MINUTE)
    ticks.origin[:8] = Origin.BACKFILL if irregular else Origin.LIVE
    return make_bars(ticks[np.arange(time.size) != 6] if irregular else ticks, MEDIUM)


def columns_of(*bars: Bars) -> set[int]:
    """The addresses of all columns that take memory."""
    arrays = [getattr(each, field.name) for each in bars for field in fields(Bars)]
    return {a.__array_interface__["data"][0] for a in arrays if isinstance(a, np.ndarray) and any(a.strides)}


@pytest.mark.parametrize("irregular", [False, True])
def test_the_same_bars_take_less_memory(irregular):
    bars, compact = hourly(100.0, irregular=irregular), CompactBars()
    first, other = compact(bars), compact(hourly(50.0, irregular=irregular))
    assert_same_bars(first, bars)
    assert first.origin_weight.sum() == bars.origin_weight.sum()
    assert len(columns_of(first)) < 0.6 * len(columns_of(bars))
    shared = columns_of(first) & columns_of(other)
    assert first.first_time.__array_interface__["data"][0] in shared
    assert first.first_price.__array_interface__["data"][0] not in shared


def test_what_is_taken_of_longer_bars_does_not_keep_them_in_memory():
    bars = hourly(100.0, irregular=True)
    short = CompactBars()(bars[:5])
    assert not any(
        np.may_share_memory(getattr(short, field.name), getattr(bars, field.name))
        for field in fields(Bars)
        if isinstance(getattr(short, field.name), np.ndarray)
    )


def test_no_bars_stay_none():
    assert len(CompactBars()(Bars.none(MEDIUM))) == 0
