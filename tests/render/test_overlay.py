"""What is drawn over a chart: the gaps that several charts have in common."""

from hypothesis import given
from hypothesis import strategies as st

from tracker.core.ticks import Ticks
from tracker.core.window import Window
from tracker.render.axes.chart_frame import TimeRange
from tracker.render.html.overlay import common_gaps

END = 200


def window(times):
    return Window.of(Ticks.of(times, [1.0] * len(times), 1), END, END)


WINDOWS = st.lists(st.lists(st.integers(1, END), max_size=20, unique=True).map(window), min_size=1, max_size=3)


@given(WINDOWS)
def test_common_gaps_are_the_time_that_lies_in_a_gap_of_every_window(windows):
    gaps = common_gaps(windows, TimeRange.of(0, END, END))
    common = {x for start, end in gaps for x in range(start, end)}
    assert common == {
        x for x in range(END) if all(any(start <= x < end for start, end in each.gaps) for each in windows)
    }
    assert gaps == sorted(gaps)


def test_without_windows_there_is_no_common_gap():
    assert common_gaps([], TimeRange.of(0, END, END)) == []
