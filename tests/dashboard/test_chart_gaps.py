"""Where a chart has no prices: the break of its line, and the hatching."""

import numpy as np
import pytest

from tests.support.page_states import EUR, NOW, Page, prices
from tests.support.price_charts import draw_charts, live_and_backfilled


def test_a_gap_breaks_the_line_and_is_hatched():
    ticks = prices(17_768.5)
    in_gap = (ticks.time > NOW - 900_000) & (ticks.time <= NOW - 480_000)
    charts = draw_charts(Page({EUR: ticks[~in_gap]}))
    live = live_and_backfilled(charts, EUR)[0]
    assert np.isnan(live.y).sum() == 1
    over = charts.price_charts[EUR].over.value
    assert 'data-why="No prices 9 Nov, 14:55–15:02"' in over
    assert over.count("bt-gap") == 1


@pytest.mark.parametrize(("seconds", "is_hatched"), [(100, False), (200, True)])
def test_a_short_gap_is_hatched_unless_its_break_could_not_be_seen(seconds, is_hatched):
    """In a day, 0.15 % of the plot's width are 130 s."""
    ticks = prices(17_768.5, count=8640)
    in_gap = (ticks.time > NOW - 900_000) & (ticks.time <= NOW - 900_000 + 1000 * seconds)
    charts = draw_charts(Page({EUR: ticks[~in_gap]}, span=86_400))
    assert ('data-why="No prices 9 Nov, 14:55' in charts.price_charts[EUR].over.value) == is_hatched


def test_a_missing_start_names_the_time_of_the_first_price():
    over = draw_charts(Page({EUR: prices(17_768.5, count=90)})).price_charts[EUR].over.value
    assert "Nothing recorded before 14:55." in over
