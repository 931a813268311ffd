"""The chart that compares all currencies: its lines, its list, its description."""

import re
from datetime import UTC
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest

from tests.support.page_states import EUR, GBP, JPY, NOW, prices
from tracker.core.candles import candles
from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks
from tracker.core.window import Window
from tracker.render.svg.compare_chart import compare_chart_svg
from tracker.render.svg.price_chart import price_chart_svg

HOUR = 3_600_000
COLOURS = {EUR: "series-1", GBP: "series-2"}


def window(ticks):
    return Window.of(ticks, HOUR, NOW)


def ramp(price, percent):
    """Return an hour of prices that rise evenly by *percent*."""
    ticks = prices(price)
    rise = price * np.linspace(1, 1 + percent / 100, len(ticks))
    return window(type(ticks).of(ticks.time, rise, 10_000))


def words(svg):
    return [element.text for element in ElementTree.fromstring(svg).iter() if element.tag.endswith("}text")]


def test_every_currency_is_listed_with_its_change_the_highest_first():
    svg = compare_chart_svg({EUR: ramp(100.0, 2.0), GBP: ramp(7.0, 5.0), JPY: ramp(3.0, -1.0)}, width=900)
    listed = [text for text in words(svg) if text in ("EUR", "GBP", "JPY")]
    assert listed == ["GBP", "EUR", "JPY"] * 2
    assert {"+2.00\u202f%", "+5.00\u202f%", "\u22121.00\u202f%", "+3.00 pp", "\u22123.00 pp"} <= set(words(svg))


def test_each_line_has_its_colour_and_ends_at_its_change():
    windows = {GBP: ramp(7.0, 5.0), EUR: ramp(100.0, 2.0)}
    svg = compare_chart_svg(windows, width=900, colours=COLOURS)
    lines = re.findall(r'<path d="(M[^"]*)" fill="none" stroke="(#\w+)"', svg)[:2]
    heights = [float(path.rpartition(" ")[2]) for path, _ in lines]
    assert heights[0] < heights[1]  # px grow downwards
    alone = {
        colour: price_chart_svg({market: windows[market]}, colours=COLOURS)
        for (_, colour), market in zip(lines, windows, strict=True)
    }
    assert len(alone) == 2
    assert all(f'stroke="{colour}"' in drawn for colour, drawn in alone.items())


def test_the_description_names_omitted_currencies_and_the_time():
    late = window(prices(17.0, count=30))
    svg = compare_chart_svg({EUR: ramp(100.0, 2.0), GBP: late}, width=900, heading="One bitcoin", zone=UTC)
    assert "No price at the start: GBP." in svg
    assert "EUR and GBP compared, 9 Nov, 14:10–15:10 UTC" in svg
    assert words(svg)[:2] == ["One bitcoin", "9 Nov 2022, 14:10–15:10 UTC · BTC price tracker"]


def test_the_plot_grows_with_the_list_of_currencies():
    many = {Market("kraken", "BTC", f"A{place:02}"): ramp(9.0, place / 10) for place in range(50)}
    svg = compare_chart_svg(many, width=900)
    height = float(ElementTree.fromstring(svg).get("height"))
    places = [float(y) for y in re.findall(r'<text [^>]*y="([\d.]+)"[^>]*>A\d\d<', svg)]
    assert len(places) == 100
    assert max(places) < height
    assert min(abs(a - b) for a, b in pairwise(places)) >= 15


def test_each_label_is_at_the_end_of_its_line_or_pushed_aside_by_others():
    svg = compare_chart_svg({EUR: ramp(100.0, 9.0), GBP: ramp(7.0, 5.0), JPY: ramp(3.0, 4.99)}, width=900)
    leaders = [tuple(map(float, ends)) for ends in re.findall(r'd="M[\d.]+ ([\d.]+)h4L[\d.]+ ([\d.]+)h4"', svg)]
    (alone, at_its_end), (first, moved_up), (second, moved_down) = leaders[:3]
    assert at_its_end == alone
    assert first - moved_up == pytest.approx(moved_down - second, abs=0.11)
    assert moved_down - moved_up == pytest.approx(17, abs=0.11)


def test_the_time_axis_is_below_both_panels_and_only_what_there_is_is_explained():
    ticks = prices(100.0)
    late = np.where(ticks.time > NOW - 600_000, Origin.BACKFILL, Origin.LIVE)
    holed = Ticks.of(ticks.time, ticks.price, 10_000, late)[abs(ticks.time - NOW + 1_800_000) > 300_000]
    whole, broken = (
        compare_chart_svg({EUR: shown, GBP: ramp(7.0, 5.0)}, width=900) for shown in (ramp(1, 1), window(holed))
    )
    assert words(broken).count("15:10") == 1
    assert words(broken)[-1] == "paler: backfilled from candles · interrupted: no prices"
    assert not any(text and ("paler" in text or "interrupted" in text) for text in words(whole))


def test_currency_names_are_escaped():
    svg = compare_chart_svg({Market("kraken", "BTC", "EUR"): ramp(9.0, 1.0)}, width=900, heading="<b>&")
    assert words(svg)[0] == "<b>&"


@pytest.mark.parametrize("windows", [{}, {EUR: window(prices(1.0)), GBP: Window.of(prices(1.0), HOUR, NOW - 1)}])
def test_windows_of_different_times_are_refused(windows):
    with pytest.raises(ValueError, match="expected one time"):
        compare_chart_svg(windows, width=900)


def test_candles_replace_the_line_and_falling_ones_are_filled():
    shown = window(prices(17_768.5, swing=0.01))
    bars = candles(shown, most=60)
    svg = price_chart_svg({EUR: shown}, candles={EUR: bars})
    rose, fell = re.findall(r'<path d="([^"]*)" fill="(#\w+)" stroke="#\w+"/>', svg)
    falling = int((bars.prices[:, 3] < bars.prices[:, 0]).sum())
    assert fell[0].count("z") == falling > 0
    assert rose[0].count("z") == len(bars.time) - falling > 0
    assert rose[1] != fell[1]
    assert 'fill="none"' not in svg


def test_candles_are_explained_and_no_dot_covers_the_last():
    shown = window(prices(17_768.5, swing=0.01))
    with_candles, with_line = (price_chart_svg({EUR: shown}, candles=drawn) for drawn in ({EUR: candles(shown)}, None))
    assert any("hollow candle: rose, filled: fell" in text for text in words(with_candles) if text)
    assert not any("hollow" in text for text in words(with_line) if text)
    assert ("<circle" in with_candles, "<circle" in with_line) == (False, True)
