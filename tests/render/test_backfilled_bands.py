"""The bands of the time axis: what they cover, and what they say of which currencies."""

from datetime import UTC

import numpy as np
import pytest

from tests.support.page_states import EUR, GBP, JPY, NOW, STEP, Page, prices, visible_text
from tracker.core.ticks import Origin, Ticks
from tracker.render.axes.backfilled_bands import Band, backfilled_bands
from tracker.render.axes.chart_frame import TimeRange
from tracker.render.axes.chart_layout import make_frame
from tracker.render.html.time_axis import axis_html
from tracker.render.page.state import View

MINUTE = 60_000


def late(*, until: int = 30, count: int = 360) -> Ticks:
    """Return the past hour, or its last *count* ticks, backfilled until *until* minutes ago."""
    ticks = prices(17_768.5, count=count)
    origin = np.where(ticks.time <= NOW - until * MINUTE, Origin.BACKFILL, Origin.LIVE)
    return Ticks.of(ticks.time, ticks.price, STEP, origin)


def bands_of(page: Page) -> list[Band] | None:
    state = page.state.page
    windows = {market: state.window(market) for market in state.choices.chosen}
    return backfilled_bands(state, windows, make_frame(state, windows).time_range)


def test_a_first_day_has_one_band_over_what_came_from_candles():
    [band] = bands_of(Page({EUR: late(), GBP: late()}))
    assert band == (NOW - 60 * MINUTE, NOW - 30 * MINUTE, "backfilled from candles")


def test_a_band_names_its_currencies_unless_it_is_that_of_all():
    [band] = bands_of(Page({EUR: late(), GBP: prices(1.0), JPY: prices(1.0)}))
    assert band.text == "EUR backfilled from candles"
    [band] = bands_of(Page({EUR: late(), GBP: late(), JPY: prices(1.0, count=60)}))
    assert band.text == "backfilled from candles", "a currency without a price then is not meant"


def test_periods_that_look_like_one_are_one():
    [band] = bands_of(Page({EUR: late(), GBP: late(until=20)}))
    assert (band.start, band.end) == (NOW - 60 * MINUTE, NOW - 20 * MINUTE)


def test_periods_with_a_few_live_prices_between_are_one_band():
    ticks = late()
    is_live = ticks.time > NOW - 30 * MINUTE
    is_live |= abs(ticks.time - (NOW - 45 * MINUTE)) < STEP
    mixed = Ticks.of(ticks.time, ticks.price, STEP, np.where(is_live, Origin.LIVE, Origin.BACKFILL))
    assert [(band.start, band.end) for band in bands_of(Page({EUR: mixed}, span=7_200))] == [
        (NOW - 60 * MINUTE, NOW - 30 * MINUTE)
    ]


def test_a_currency_of_which_little_is_backfilled_is_not_named():
    [band] = bands_of(Page({EUR: late(), GBP: late(until=50), JPY: prices(1.0)}))
    assert band.text == "EUR backfilled from candles"


def test_a_currency_that_began_later_is_named_by_what_it_has():
    """Of a year, one that began in the middle was not named, although all of its prices were backfilled."""
    [band] = bands_of(Page({EUR: late(), GBP: late(count=240), JPY: prices(1.0)}))
    assert band.text == "EUR and GBP backfilled from candles"


def test_there_is_no_room_for_bands_where_all_prices_are_live():
    assert bands_of(Page()) is None
    assert bands_of(Page(view=View(10 * MINUTE, NOW - 20 * MINUTE))) is None


def test_a_zoom_to_live_prices_keeps_the_room_so_that_nothing_moves():
    assert bands_of(Page({EUR: late()}, view=View(10 * MINUTE, NOW - 5 * MINUTE))) == []


@pytest.mark.parametrize(
    ("width", "style"), [(13, " is-short"), (15, " is-medium"), (31, " is-narrow"), (53, "")]
)  # percent of the axis; the text has 23 letters
def test_a_band_too_short_for_its_text_has_none(width, style):
    shown = TimeRange.of(0, 100_000, 100_000)
    html = axis_html(shown, [], UTC, [Band(0, 1_000 * width, "backfilled from candles")])
    assert f'<i class="bt-band{style}" ' in html


def test_the_axis_shows_each_band_at_its_time_with_its_text():
    page = Page({EUR: late(), GBP: late()})
    frame = make_frame(page.state.page, {})
    html = axis_html(frame.time_range, [], page.state.zone, bands_of(page))
    assert "backfilled from candles" in visible_text(html)
    start, end = (frame.time_range.css(NOW - minutes * MINUTE, name) for minutes, name in ((60, "t"), (30, "u")))
    assert f'<i class="bt-band is-narrow" style="{start};{end}">' in html
    assert "bt-band" not in axis_html(frame.time_range, [], page.state.zone)
