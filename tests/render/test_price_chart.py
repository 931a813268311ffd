"""SVG price charts: one self-contained document that shows what the rows contain."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from tests.support.page_states import EUR, GBP, JPY, NOW, prices
from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks
from tracker.core.window import Window
from tracker.render.format.theme import light
from tracker.render.svg.price_chart import bucket_count, origin_label, price_chart_svg
from tracker.render.svg.shapes import line_path
from tracker.sandbox import prices as simulated

HOUR, DAY = 3_600_000, 86_400_000
SVG = "{http://www.w3.org/2000/svg}"
MIDNIGHT = NOW // DAY * DAY


def hour(ticks: Ticks) -> Window:
    return Window.of(ticks, HOUR, NOW)


def tree(windows, **options) -> ET.Element:
    return ET.fromstring(price_chart_svg(windows, **options))


def texts(root: ET.Element) -> list[str]:
    """Return all visible texts."""
    return ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]


def lines(root: ET.Element, colour: str) -> list[ET.Element]:
    return [path for path in root.iter(f"{SVG}path") if path.get("stroke") == light()[colour]]


def hatched(root: ET.Element) -> list[ET.Element]:
    return [rect for rect in root.iter(f"{SVG}rect") if (rect.get("fill") or "").startswith("url(#")]


def test_each_market_shows_its_price_change_high_and_low():
    windows = {EUR: hour(prices(17_768.5)), JPY: hour(prices(2_531_000.0))}
    words = texts(tree(windows))
    assert {"BTC/EUR", "17,768.50", "euro", "kraken", "BTC/JPY", "2,531,000", "Japanese yen"} <= set(words)
    top = windows[EUR].ticks.price.max()
    assert f"▲ {top:,.2f}" in words
    assert any(re.fullmatch(r"[+−]\d+\.\d\d\s%", word) for word in words)


def test_the_document_refers_to_nothing_outside_itself():
    text = price_chart_svg({EUR: hour(prices(17_768.5))})
    assert text.startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    assert re.findall(r"""(?:href|src|url)\s*[=(]\s*["']?([^"')]+)""", text.replace("url(#", "url(here#")) == []
    assert [
        word for word in ("<script", "<style", "var(--", "@import", "<image", "<use", "class=") if word in text
    ] == []


def test_title_and_description_name_the_day_the_numbers_and_the_gaps():
    ticks = prices(17_768.5)
    root = tree({EUR: hour(ticks[abs(ticks.time - NOW + 1_800_000) > 300_000])})
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert title.text == "BTC/EUR, 9 Nov, 14:10–15:10 UTC"
    assert re.match(
        r"BTC/EUR: last 17,768\.50, change .+ over the span, high .+, low .+; no prices 9 Nov, 14:3", description.text
    )


def test_a_gap_is_hatched_and_breaks_the_line():
    ticks = prices(17_768.5)
    root = tree({EUR: hour(ticks[abs(ticks.time - NOW + 1_800_000) > 300_000])})
    [gap] = hatched(root)
    plot = 880 - 232 - 72
    assert float(gap.get("width")) == pytest.approx(plot * 600 / 3600, abs=2)
    assert gap.find(f"{SVG}title").text == "no prices 14:34–14:45"
    assert lines(root, "series-1")[0].get("d").count("M") == 2
    assert hatched(tree({EUR: hour(ticks)})) == []


def test_a_gap_names_its_day_in_a_picture_of_several_days():
    ticks = prices(17_768.5, count=2 * 8_640, until=MIDNIGHT)
    holed = ticks[abs(ticks.time - MIDNIGHT + DAY) > HOUR]
    [gap] = hatched(tree({EUR: Window.of(holed, 2 * DAY, MIDNIGHT)}))
    assert gap.find(f"{SVG}title").text == "no prices 7 Nov, 22:59 – 8 Nov, 01:00"


def test_backfilled_prices_are_paler_from_where_the_live_line_ends():
    ticks = prices(17_768.5)
    origin = np.where(ticks.time > NOW - 1_200_000, Origin.BACKFILL, Origin.LIVE)
    late = Ticks.of(ticks.time, ticks.price, 10_000, origin)
    live, backfilled = lines(tree({EUR: hour(late)}), "series-1")
    assert (live.get("stroke-opacity"), backfilled.get("stroke-opacity")) == (None, ".7")
    assert {live.get("stroke-dasharray"), backfilled.get("stroke-dasharray")} == {None}
    assert backfilled.get("d").removeprefix("M").split("L")[0] == live.get("d").split("L")[-1]
    assert "paler: backfilled from candles" in texts(tree({EUR: hour(late)}))[-1]
    assert "paler" not in texts(tree({EUR: hour(ticks)}))[-1]


def test_a_single_price_between_two_gaps_is_a_dot():
    x, y = np.arange(5.0), np.array([1, np.nan, 2, np.nan, 3.0])
    assert line_path(x, y, np.ones(5, dtype=bool)) == "M0.0 1.0h0M2.0 2.0h0M4.0 3.0h0"
    assert line_path(x, y, np.zeros(5, dtype=bool)) == ""


def test_the_downsampled_line_keeps_the_high_the_low_and_the_last_price():
    t = np.arange(MIDNIGHT - DAY + 1000, MIDNIGHT + 1, 1000)
    price = 20_000 + np.abs(np.arange(t.size) % 7 - 3.0)
    price[40_000], price[50_000] = 20_500.0, 19_500.0
    root = tree({EUR: Window.of(Ticks.of(t, price, 1000), DAY, MIDNIGHT)}, height=128)
    [line] = lines(root, "series-1")
    points = [tuple(map(float, point.split())) for point in re.split("[ML]", line.get("d"))[1:]]
    assert len(points) < 2_000
    ys = [y for _, y in points]
    assert (min(ys), max(ys)) == (pytest.approx(16.9, abs=0.1), pytest.approx(111.1, abs=0.1))
    assert points[-1][0] == pytest.approx(880 - 72)


def test_simulated_and_replayed_rows_are_labelled_in_text_and_description():
    for origin, word in ((Origin.SIMULATED, "simulated"), (Origin.REPLAY, "replay"), (Origin.IMPORT, "")):
        ticks = prices(17_768.5)
        origins = np.where(np.arange(len(ticks)) == 7, origin, Origin.LIVE)
        window = hour(Ticks.of(ticks.time, ticks.price, 10_000, origins))
        assert origin_label(window) == word
        root = tree({EUR: window})
        assert ("kraken · " + word).rstrip(" ·") in texts(root)
        assert (f"({word})" in root.find(f"{SVG}desc").text) == bool(word)


def test_the_label_names_the_exchange_of_the_last_price():
    ticks = prices(17_768.5)
    from_coinbase = Ticks.of(ticks.time, ticks.price, 10_000, Origin.LIVE, "coinbase")
    assert "from coinbase" in texts(tree({EUR: hour(from_coinbase)}))


def test_the_chart_of_a_market_without_prices_has_a_notice():
    root = tree({EUR: hour(Ticks.none())})
    assert {"–", "no price in this span", "no prices"} <= set(texts(root))
    assert len(hatched(root)) == 1


def test_prices_that_begin_late_show_their_start_time():
    day = Window.of(prices(17_768.5, until=MIDNIGHT), DAY, MIDNIGHT)
    assert "since 23:00" in texts(tree({EUR: day}))


def test_a_whole_day_runs_from_00_00_to_24_00():
    day = Window.of(prices(17_768.5, until=MIDNIGHT), DAY, MIDNIGHT)
    for width in (880, 340):
        times = [word for word in texts(tree({EUR: day}, width=width)) if re.fullmatch(r"\d\d:\d\d", word)]
        assert {"00:00", "12:00", "24:00"} <= set(times)
        assert times.count("00:00") == 1


def test_the_ends_of_ten_minutes_have_seconds_as_on_the_page():
    end = MIDNIGHT + 50_000
    words = texts(tree({EUR: Window.of(prices(17_768.5, until=end), 600_000, end)}))
    assert {"8 Nov 23:50:50", "9 Nov 00:00:50", "23:54"} <= set(words)


def test_a_market_keeps_the_colour_that_it_has_on_the_page():
    window = hour(prices(17_768.5))
    assert lines(tree({GBP: window}), "series-1")
    assert lines(tree({GBP: window}, colours={EUR: "series-1", GBP: "series-2"}), "series-2")


def test_the_heading_is_escaped():
    text = price_chart_svg({EUR: hour(prices(17_768.5))}, heading='<b onload="x">&')
    assert "<b" not in text
    assert texts(ET.fromstring(text))[0] == '<b onload="x">&'


def test_a_picture_with_a_heading_says_of_when_it_is_with_the_year_and_from_where():
    window = hour(prices(17_768.5))
    assert "9 Nov 2022, 14:10–15:10 UTC · BTC price tracker" in texts(tree({EUR: window}, heading="One bitcoin"))
    assert not any("2022" in words for words in texts(tree({EUR: window})))


def test_the_right_end_of_the_time_axis_has_its_day_where_the_left_end_is_of_another():
    two_days = Window.of(prices(17_768.5, until=NOW), DAY, NOW)
    assert "9 Nov 15:10" in texts(tree({EUR: two_days}))
    assert "15:10" in texts(tree({EUR: hour(prices(17_768.5))}))


@pytest.mark.parametrize("width", [300, 340, 559, 560, 880, 1600])
def test_text_stays_inside_the_document_at_any_width(width):
    windows = {market: hour(prices(price)) for market, price in ((EUR, 17_768.5), (JPY, 1_234_567_890.0))}
    root = tree(windows, width=width, heading="One bitcoin cost")
    assert float(root.get("width")) == width
    assert root.get("viewBox") == f"0 0 {width} {root.get('height')}"
    for text in root.iter(f"{SVG}text"):
        wide = 0.62 * float(text.get("font-size")) * len("".join(text.itertext()))
        left = float(text.get("x")) - wide * {"middle": 0.5, "end": 1}.get(text.get("text-anchor"), 0)
        assert left >= -2, "".join(text.itertext())
        assert left + wide <= width + 8, "".join(text.itertext())


def test_a_logarithmic_scale_moves_prices_and_keeps_their_labels():
    ticks = Ticks.of(NOW - 10_000 * np.arange(3)[::-1], [100.0, 1_000.0, 10_000.0], 10_000)
    linear, logarithmic = (tree({EUR: Window.of(ticks, 30_000, NOW)}, log=log) for log in (False, True))
    heights = [
        [float(point.split()[1]) for point in re.split("[ML]", lines(root, "series-1")[0].get("d"))[1:]]
        for root in (linear, logarithmic)
    ]
    assert heights[0][0] - heights[0][1] < 0.2 * (heights[0][0] - heights[0][2])
    assert heights[1][0] - heights[1][1] == pytest.approx(heights[1][1] - heights[1][2], abs=0.2)
    assert "▲ 10,000.00" in set(texts(linear)) & set(texts(logarithmic))


def test_windows_of_different_times_are_refused():
    window = hour(prices(17_768.5))
    for windows in ({}, {EUR: window, GBP: Window.of(prices(1.0), DAY, NOW)}):
        with pytest.raises(ValueError, match="expected one time"):
            price_chart_svg(windows)


def test_a_document_that_is_too_narrow_is_refused():
    with pytest.raises(ValueError, match="expected at least 300 px"):
        price_chart_svg({EUR: hour(prices(17_768.5))}, width=299)


def test_a_line_has_at_most_four_points_per_bucket():
    times = np.arange(MIDNIGHT - DAY + 1000, MIDNIGHT + 1, 1000)
    markets = [Market("kraken", "BTC", quote) for quote in ("USD", "EUR", "GBP", "JPY", "CAD", "CHF", "AUD", "SEK")]
    rows = {market: Ticks.of(times, simulated(42, market, times), 1000) for market in markets}
    svg = price_chart_svg({market: Window.of(ticks, DAY, MIDNIGHT) for market, ticks in rows.items()})
    points = len(re.findall(r"[ML]\d+\.\d \d", svg))
    assert 0.5 * len(markets) * bucket_count(880) < points <= 4 * len(markets) * (bucket_count(880) + 1)


def test_colours_are_the_light_values_of_the_page():
    assert light()["ink"] == "#14181f"
    assert light()["font"].endswith("sans-serif")
    assert [name for name, value in light().items() if "light-dark" in value or "var(" in value] == []
    assert len({light()[f"series-{place}"] for place in range(1, 9)}) == 8


@pytest.mark.parametrize("width", [880, 400])
def test_the_code_of_a_currency_without_a_name_is_written_once(width):
    shown = texts(tree({Market("kraken", "BTC", "QQQ"): hour(prices(2.0))}, width=width))
    assert " ".join(shown).count("QQQ") == 1
