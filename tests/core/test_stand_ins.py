"""Stand-ins: when another exchange's prices were used, of rows and of bars."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.support.bar_rows import FIRST_DAY, ROWS
from tests.support.bar_windows import both_windows
from tracker.core.bars import COARSE, FINE, MEDIUM
from tracker.core.durations import DAY, HOUR, MINUTE
from tracker.core.stand_ins import stand_ins
from tracker.core.ticks import Ticks
from tracker.core.window import Window


def minutes(names: list[str]) -> Ticks:
    return Ticks.of(FIRST_DAY + MINUTE * np.arange(1, len(names) + 1), np.ones(len(names)), MINUTE, exchange=names)


def test_a_period_begins_with_the_interval_of_its_first_price_and_ends_with_its_last():
    window = Window.of(minutes(["", "kraken", "kraken", "", "bitstamp", "kraken"]))
    assert {
        name: (count, [((start - FIRST_DAY) // MINUTE, (end - FIRST_DAY) // MINUTE) for start, end in periods])
        for name, (count, periods) in stand_ins(window).items()
    } == {
        "bitstamp": (1, [(4, 5)]),
        "kraken": (3, [(1, 3), (5, 6)]),
    }


def test_a_period_does_not_begin_before_the_window():
    rows = Ticks.of([FIRST_DAY + HOUR], [1.0], DAY, exchange="kraken")
    assert stand_ins(Window.of(rows, 2 * HOUR, FIRST_DAY + HOUR))["kraken"].periods[0][0] == FIRST_DAY - HOUR


def test_prices_of_the_own_exchange_have_no_stand_in():
    assert stand_ins(Window.of(minutes(["", ""]))) == stand_ins(Window.of(Ticks.none())) == {}


@given(ROWS, st.integers(0, 12).map(lambda hours: hours * HOUR), st.sampled_from([(FINE,), (MEDIUM,), (FINE, COARSE)]))
def test_bars_state_what_their_rows_do(rows, start, steps):
    window, bars = both_windows(rows, FIRST_DAY - start, FIRST_DAY + DAY, steps)
    assert stand_ins(bars) == stand_ins(window)


def test_bars_of_one_exchange_each_are_not_read():
    names = [""] * 60 + ["kraken"] * 120 + ["bitstamp"] * 60 + [""] * 60
    window, bars = both_windows(minutes(names), FIRST_DAY, FIRST_DAY + DAY, (MEDIUM,))
    unread = type(bars)(bars.head, bars.bars, bars.tail, bars.joinable, bars.start, bars.end, lambda *_: Ticks.none())
    assert stand_ins(unread) == stand_ins(window)
    assert len(stand_ins(unread)) == 2
