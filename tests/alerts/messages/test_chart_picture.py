"""The picture of a message: what is drawn, that it is the same everywhere, and that it never stops a message."""

import logging
import re
import struct
import xml.etree.ElementTree as ET
from datetime import UTC

import pytest

from tests.support.alert_words import AT, BERLIN, COINBASE, GBP, HOUR, MINUTE, USD, rule
from tests.support.memory_store import MemoryStore
from tracker.alerts.messages.chart_picture import chart_picture, chart_svg, picture_span, price_levels, to_png
from tracker.alerts.rules.parsing import parse
from tracker.alerts.rules.quiet_hours import QuietHours
from tracker.core.errors import StoreError
from tracker.core.market import Market
from tracker.core.ticks import Ticks
from tracker.core.window import Window
from tracker.render.format.theme import light

SVG = "{http://www.w3.org/2000/svg}"
DAY = 24 * HOUR


def falling(lowest: float = 15_200.0, gap: tuple[int, int] = (30, 37)) -> Ticks:
    """Return prices of an hour every 10 s, that fall to *lowest*, without some minutes."""
    times = [AT - HOUR + 10_000 * i for i in range(1, 361) if not gap[0] * 6 < i < gap[1] * 6]
    return Ticks.of(times, [lowest + (AT - time) / 10_000 for time in times], interval=10_000)


def texts(svg: str) -> list[str]:
    return ["".join(text.itertext()) for text in ET.fromstring(svg).iter(f"{SVG}text")]


def svg_of(*levels: float, ticks: Ticks | None = None, zone=BERLIN) -> str:
    return chart_svg(Window.of(ticks or falling(), HOUR, AT), GBP, levels, zone)


def test_the_heading_names_market_price_times_and_change():
    words = texts(svg_of())
    assert {
        "BTC/GBP on kraken",
        "15,200.00",
        "9 Nov 2026, 13:10–14:10 CET · hatched: no prices",
        "−2.31 %".replace(" ", "\N{NARROW NO-BREAK SPACE}"),
    } <= {*words}
    assert {"13:10", "13:30", "14:10"} <= {*words}
    assert "9 Nov 2026, 12:10–13:10 UTC" in texts(svg_of(ticks=falling(gap=(0, 0)), zone=UTC))


def test_a_gap_is_hatched_and_breaks_the_line():
    root = ET.fromstring(svg_of())
    [hatched] = [rect for rect in root.iter(f"{SVG}rect") if (rect.get("fill") or "").startswith("url(#")]
    assert hatched.find(f"{SVG}title").text == "no prices 13:40–13:46"
    [line] = [path.get("d") for path in root.iter(f"{SVG}path") if path.get("stroke") == light()["series-1"]]
    assert line.count("M") == 2


def test_a_threshold_near_the_prices_is_drawn_and_a_distant_one_is_named():
    svg = svg_of(15_300.0, 15_150.5, 16_000.25, 9_000.0)
    words = texts(svg)
    assert len([path for path in ET.fromstring(svg).iter(f"{SVG}path") if path.get("stroke-dasharray")]) == 2
    assert {"15,300.00", "15,150.50", "threshold 16,000.25 is above"} <= {*words}
    assert not [word for word in words if "9,000" in word]  # more than three would hide the prices
    assert "threshold 9,000.00 is below" in texts(svg_of(9_000.0))


def test_a_threshold_hides_the_number_of_the_axis_that_it_would_cover():
    with_number = next(word for word in texts(svg_of()) if re.fullmatch(r"15,\d{3}", word))
    level = float(with_number.replace(",", ""))
    assert [word for word in texts(svg_of(level)) if word == f"{level:,.0f}"] == []


def test_prices_that_stand_still_have_a_picture_too():
    ticks = Ticks.of([AT - MINUTE, AT], [15_200.0, 15_200.0], interval=MINUTE)
    words = texts(svg_of(15_210.0, ticks=ticks))
    assert {"15,210.00", "since 14:09 0.00 %".replace(" %", "\N{NARROW NO-BREAK SPACE}%")} <= {*words}


def test_what_is_drawn_names_no_font_file_and_nothing_outside():
    assert [word for word in ("var(--", "<image", "href", "class=", "http://www.w3.org/1999") if word in svg_of()] == []


def test_thresholds_that_are_prices_are_found_in_a_rule():
    assert price_levels(parse("price > 70000 or not (crosses(price, 60000) and change(1h) > 2%)")) == (70_000, 60_000)
    assert price_levels(parse("std(1h) > 500 or implied(EUR/USD) > 1.2")) == ()
    assert price_levels(parse("low(1d) < 5 or high(1d) > 5 or mean(1d) > 6")) == (5, 6)


@pytest.mark.parametrize(
    ("when", "span"),
    [("price > 1", HOUR), ("change(10m) > 2%", HOUR), ("std(24h) > 5 and price > 1", DAY), ("low(1y) < 5", 30 * DAY)],
)
def test_a_picture_shows_an_hour_or_the_span_of_the_rule(when, span):
    assert picture_span(rule(when)) == span
    assert picture_span(None) == HOUR


def store_of(ticks: Ticks) -> MemoryStore:
    store = MemoryStore()
    store.append({GBP: ticks})
    return store


def test_a_picture_is_a_png_for_a_phone():
    png = chart_picture(store_of(falling()), {GBP: rule()}, AT)
    assert png.startswith(b"\x89PNG\r\n")
    assert struct.unpack(">II", png[16:24]) == (840, 440)
    assert len(png) < 60_000
    assert chart_picture(store_of(falling()), {GBP: rule()}, AT) == png


def test_times_are_those_of_the_rule(monkeypatch):
    drawn = []
    monkeypatch.setattr("tracker.alerts.messages.chart_picture.to_png", lambda svg: drawn.append(svg) or b"")
    quiet = QuietHours.parse("22:00-07:00", "America/New_York")
    chart_picture(store_of(falling()), {GBP: rule(quiet=quiet)}, AT, BERLIN)
    chart_picture(store_of(falling()), {GBP: rule()}, AT, BERLIN)
    assert ["EST" in svg for svg in drawn] == [True, False]
    assert "CET" in drawn[1]


def test_charts_of_several_markets_stand_below_each_other_and_three_are_enough():
    store = MemoryStore()
    markets = [GBP, COINBASE, USD, *(Market("kraken", "BTC", quote) for quote in ("EUR", "CHF"))]
    for market in markets[1:]:
        store.append({market: falling()})

    def height(shown):
        return struct.unpack(">I", chart_picture(store, dict.fromkeys(shown), AT)[20:24])[0]

    assert [height(markets[:count]) / height([USD]) for count in (2, 3, 4, 5)] == [1, 2, 3, 3]


def test_without_prices_there_is_no_picture():
    assert chart_picture(MemoryStore(), {GBP: None}, AT) is None
    assert chart_picture(store_of(falling()), {GBP: None}, AT + DAY) is None


def test_what_fails_while_drawing_costs_only_the_picture(monkeypatch, caplog):
    class Panic(BaseException):
        pass

    def fail(error):
        monkeypatch.setattr("tracker.alerts.messages.chart_picture.to_png", lambda svg: (_ for _ in ()).throw(error))
        return chart_picture(store_of(falling()), {GBP: None}, AT)

    with caplog.at_level(logging.WARNING):
        assert fail(Panic("no glyph")) is None
        assert fail(StoreError("gone")) is None
    assert caplog.messages == [
        "no picture of kraken:BTC/GBP: Panic: no glyph",
        "no picture of kraken:BTC/GBP: StoreError: gone",
    ]
    with pytest.raises(KeyboardInterrupt):
        fail(KeyboardInterrupt())


def test_every_sign_of_a_picture_is_in_the_font_that_is_shipped():
    def drawn(sign: str) -> bytes:
        text = f'<text y="9" font-size="9" font-family="sans-serif">{sign}</text>'
        return to_png(f'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">{text}</svg>')

    signs = {sign for word in texts(svg_of(15_300.0, 9_000.0)) for sign in word if not sign.isspace()} | {*"+%€£äßłğ…"}
    assert {"▲", "▼", "−", "–"} <= signs
    missing = drawn("\N{CJK UNIFIED IDEOGRAPH-4E00}")
    assert [sign for sign in signs if drawn(sign) == missing] == []


def test_bold_text_is_drawn_bold():
    assert to_png(svg_of()) != to_png(svg_of().replace('font-weight="650"', ""))


def test_fonts_of_the_machine_are_not_used(monkeypatch):
    asked = {}
    monkeypatch.setattr("resvg_py.svg_to_bytes", lambda **options: asked.update(options) or b"")
    to_png("<svg/>")
    assert asked["skip_system_fonts"]
    assert [path.rsplit("/")[-1] for path in asked["font_files"]] == ["Roboto-Regular.ttf", "Roboto-Bold.ttf"]
