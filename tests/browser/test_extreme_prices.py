"""Prices of any size and names of any length in a real Chromium: nothing overlaps, spills over or is cut off."""

from itertools import pairwise

import pytest

from tests.support.browser import resize, tab
from tests.support.page_states import EUR, NOW, Page, prices
from tracker.core.market import Market
from tracker.render.format.colours import colour_tokens
from tracker.render.format.theme import css
from tracker.render.html.snapshot import snapshot
from tracker.render.html.static_page import static_page

LEVELS = {
    "kraken:BTC/EUR": 92_349.9,
    "coinbase:BTC/EUR": 92_351.2,
    "binance:SHIB/BTC": 1.1754e-10,
    "binance:BTC/IDR": 1_530_000_000.0,
    "binance:BTC/VND": 2_420_000_000.0,
    "coingecko:BTC/XAU": 22.823,
    "kraken:BTC/JPY": 14_250_000.0,
    "binance:BTC/USDT": 100_250.0,
    **{f"kraken:BTC/A{letter}A": 100_000.0 for letter in "ABCDEFGHIJKLMNOP"},
}
HTML = '<!DOCTYPE html><meta name="viewport" content="width=device-width"><style>body {{ margin: 0 }} {}</style>{}'
WIDTHS = (360, 390, 768, 820, 1366, 1440, 1920)

# Each check returns what is wrong, as texts; empty if nothing is.
OVERLAPS = """selector => {
  const shown = [...document.querySelectorAll(selector)].filter(each => each.getClientRects().length);
  const boxes = shown.map(each => [each.textContent, each.getBoundingClientRect()]);
  return boxes.flatMap(([name, a], index) => boxes.slice(index + 1)
    .filter(([, b]) => a.left < b.right - .5 && b.left < a.right - .5 && a.top < b.bottom - .5 && b.top < a.bottom - .5)
    .map(([other]) => `${name} over ${other}`));
}"""
OUTSIDE = """([inner, outer]) => [...document.querySelectorAll(inner)].filter(each => {
  const a = each.getBoundingClientRect(), b = each.closest(outer).getBoundingClientRect();
  return a.width && (a.left < b.left - .5 || a.right > b.right + .5 || a.bottom > b.bottom + .5);
}).map(each => each.textContent)"""
COLLISIONS = """() => [...document.querySelectorAll(".bt-label")].filter(label => {
  const range = document.createRange();
  range.selectNodeContents(label.querySelector(".bt-price"));
  return label.querySelector(".bt-pair").getBoundingClientRect().right > range.getBoundingClientRect().left;
}).map(label => label.textContent)"""
SCROLLS = """selector => [...document.querySelectorAll(selector)]
  .filter(each => each.scrollWidth > each.clientWidth + 1 || each.scrollHeight > each.clientHeight + 1)
  .map(each => `${selector} ${each.scrollWidth}x${each.scrollHeight} in ${each.clientWidth}x${each.clientHeight}`)"""
COLUMN_ENDS = """() => [...new Set([...document.querySelectorAll("td.col-last-price")]
  .map(cell => { const range = document.createRange(); range.selectNodeContents(cell);
                 return Math.round(range.getBoundingClientRect().right); }))]"""

TEXTS_OF_ROWS = """() => [...document.querySelectorAll(".bt-table tr")].map(row => [...row.cells]
  .filter(cell => cell.textContent.trim() && cell.getClientRects().length).map(cell => {
    const range = document.createRange();
    range.selectNodeContents(cell);
    return [cell.textContent.trim(), range.getBoundingClientRect().left, range.getBoundingClientRect().right];
  }))"""
CARD_ENDS = """() => [...document.querySelectorAll(".bt-table tbody tr")].flatMap(row =>
  [".col-change", ".col-relative", ".col-rate", ".col-coverage", ".col-deviation.is-long"]
    .flatMap(cell => [...row.querySelectorAll(cell)]).map(cell => {
      const range = document.createRange();
      range.selectNodeContents(cell);
      return Math.round(innerWidth - range.getBoundingClientRect().right);
    }))"""
TWO_LINES = """() => [...document.querySelectorAll("td.col-deviation:not(.is-long)")]
  .filter(each => each.getBoundingClientRect().height > 40).map(each => each.textContent)"""


@pytest.fixture(scope="module")
def rows():
    return {Market.parse(name): prices(level, swing=0.002) for name, level in LEVELS.items()}


@pytest.fixture(scope="module")
def pages(tmp_path_factory, rows):
    """The addresses of the page of 24 markets, ranked by each measure."""
    folder = tmp_path_factory.mktemp("extreme")
    addresses = {}
    for rank_by in ("relative_standard_deviation", "drawdown"):
        page = Page(rows, rank_by=rank_by).state.page
        html = HTML.format(css(), snapshot(page, NOW))
        (folder / f"{rank_by}.html").write_text(html, encoding="utf-8")
        addresses[rank_by] = (folder / f"{rank_by}.html").as_uri()
    return addresses


@pytest.fixture(scope="module", params=["relative_standard_deviation", "drawdown"])
def seen(request, browser, pages):
    with tab(browser, pages[request.param]) as opened:
        yield opened
        assert opened.errors == []


@pytest.fixture(params=WIDTHS)
def sized(request, seen):
    resize(seen.page, request.param, 1000)
    return seen.page


def test_names_in_the_picker_never_overlap_and_no_row_is_cut(sized):
    assert sized.evaluate(OVERLAPS, ".bt-currency label, .bt-all-or-none button") == []
    assert sized.evaluate(OUTSIDE, [".bt-currency label", ".bt-currency"]) == []
    assert sized.evaluate(OUTSIDE, [".bt-currency", ".bt-currencies"]) == []
    assert sized.evaluate(SCROLLS, ".bt-currencies") == []


def test_a_headline_shrinks_before_it_collides_with_its_pair(sized):
    assert sized.evaluate(COLLISIONS) == []
    assert sized.evaluate(OUTSIDE, [".bt-price", ".bt-label"]) == []


def test_the_four_prices_of_a_candle_stay_in_the_label(sized):
    show = """() => {
      for (const chart of document.querySelectorAll(".bt-chart")) {
        const price = chart.querySelector(".bt-price").textContent;
        chart.classList.add("has-candle");
        chart.insertAdjacentHTML("beforeend", '<div class="bt-candle-values">' + ["open", "high", "low", "close"].map(
          (name) => `<span><b>${name}</b> <span>${price}</span></span>`).join("") + "</div>");
      }
      document.querySelector(".bt-charts").classList.add("has-crosshair");
    }"""
    hide = """() => {
      for (const values of document.querySelectorAll(".bt-candle-values")) values.remove();
      for (const chart of document.querySelectorAll(".has-candle")) chart.classList.remove("has-candle");
      document.querySelector(".bt-charts").classList.remove("has-crosshair");
    }"""
    sized.evaluate(show)
    values = ".bt-candle-values > span > span"
    try:
        assert sized.locator(values).first.is_visible()
        assert sized.evaluate(OUTSIDE, [values, ".bt-candle-values"]) == []
        assert sized.evaluate(OVERLAPS, f".bt-chart:nth-child(-n+8) {values}") == []
    finally:
        sized.evaluate(hide)


def test_the_exchange_of_a_pair_that_two_have_is_not_cut_off_beside_a_late_start(browser, tmp_path):
    late = {market: prices(92_349.9, count=60) for market in (EUR, Market("coingecko", "BTC", "EUR"))}
    html = HTML.format(css(), snapshot(Page(late, span=604_800).state.page, NOW))
    (tmp_path / "late.html").write_text(html, encoding="utf-8")
    cut = "all => all.filter(each => each.scrollWidth > each.clientWidth + 1).map(each => each.textContent)"
    with tab(browser, (tmp_path / "late.html").as_uri()) as seen:
        for width in WIDTHS[1:]:
            resize(seen.page, width, 1000)
            assert seen.page.locator(".bt-name").evaluate_all(cut) == [], width


def test_labels_of_the_axis_differ_and_stay_in_it(sized):
    assert sized.evaluate(OUTSIDE, [".bt-price-axis span", ".bt-price-axis"]) == []
    axes = sized.locator(".bt-price-axis").evaluate_all("all => all.map(a => [...a.children].map(e => e.textContent))")
    assert all(len(set(labels)) == len(labels) >= 2 for labels in axes)
    width = sized.viewport_size["width"]
    if width < 400:
        plots = sized.locator(".bt-plot").evaluate_all("all => all.map(plot => plot.clientWidth)")
        assert min(plots) >= 0.63 * width, "and leave most of a phone to the line"


@pytest.mark.parametrize("span", [600, 3_600, 21_600, 86_400, 31_536_000])
def test_labels_of_the_time_axis_are_apart_beside_the_longest_prices(browser, rows, span):
    longest = {
        market: ticks for market, ticks in rows.items() if market.quote in ("IDR", "VND") or market.base == "SHIB"
    }
    with tab(browser, "about:blank") as seen:
        for minutes in (0, 1, 3, 7, 13, 29, 47):
            page = Page(longest, span=span, now=NOW + 60_000 * minutes).state.page
            seen.page.set_content(HTML.format(css(), snapshot(page, NOW)))
            for width in (360, 390, 768, 820, 1023, 1024, 1280):
                resize(seen.page, width, 1000)
                drawn = [label for label in seen.boxes(".bt-time-axis > div > span") if label["width"]]
                labels = sorted(drawn, key=lambda label: label["x"])
                for left, right in pairwise(labels):
                    assert right["x"] - left["x"] - left["width"] >= 5, (left["text"], right["text"])


def test_high_and_low_stay_in_the_plot(sized):
    outside = """all => all.filter(each => {
      const a = each.getBoundingClientRect(), b = each.closest(".bt-plot").getBoundingClientRect();
      return a.left < b.left - 6 || a.right > b.right + 6; }).map(each => each.textContent)"""
    assert sized.locator(".bt-extreme").evaluate_all(outside) == []


def test_no_column_of_the_table_is_pushed_out_of_its_panel(sized):
    assert sized.evaluate(SCROLLS, ".bt-table-scroll") == []
    assert sized.evaluate(OUTSIDE, [".bt-table td, .bt-table th", ".bt-ranking"]) == []
    assert sized.evaluate(OVERLAPS, ".bt-table tr:nth-child(-n+8) td > *, .bt-table th > *") == []


def test_texts_of_a_row_of_the_table_are_apart_and_end_before_its_panel(sized):
    if sized.viewport_size["width"] < 768:  # rows are cards there
        assert set(sized.evaluate(CARD_ENDS)) == {16}
        assert sized.evaluate(TWO_LINES) == []
        assert sized.locator("td.col-sparkline svg:visible").count() == len(LEVELS)
        return
    end = sized.locator(".bt-ranking").bounding_box()
    for texts in sized.evaluate(TEXTS_OF_ROWS):
        assert [(a, b) for (a, _, right), (b, left, _) in pairwise(texts) if left - right < 3.5] == []
        assert end["x"] + end["width"] - texts[-1][2] >= 8


def test_numbers_of_a_column_end_at_one_line_where_they_cannot_be_aligned_at_the_point(seen):
    resize(seen.page, 1440, 1000)
    assert len(seen.page.evaluate(COLUMN_ENDS)) == 1


def test_the_page_says_that_colours_repeat(sized):
    assert sized.get_by_text("Colours repeat").locator("visible=true").count() == 1


def test_two_chosen_markets_of_one_colour_have_two_in_a_published_page(browser, rows, tmp_path):
    file = tmp_path / "index.html"
    file.write_text(static_page(Page(rows).state.page, 60.0, NOW), encoding="utf-8")
    colour = "all => all.map(each => getComputedStyle(each).getPropertyValue('--s'))"
    with tab(browser, f"{file.as_uri()}?show=kraken:BTC/EUR,AAA") as seen:
        assert len(set(seen.page.locator(".bt-chart:visible").evaluate_all(colour))) == 2
        assert seen.page.locator(".bt-hint").count() == 0
        for chosen in ([0, 8, 9], [1, 7, 9, 17], [3, 4, 11, 19]):
            markets = tuple(list(rows)[index] for index in chosen)
            seen.page.goto(f"{file.as_uri()}?show={','.join(map(str, markets))}")
            classes = seen.page.locator(".bt-chart:visible").evaluate_all("all => all.map(each => each.className)")
            tokens = colour_tokens(tuple(rows), markets)
            assert classes == [f"bt-chart bt-{tokens[market]}" for market in markets], "as the live page has them"
        seen.page.goto(f"{file.as_uri()}?show=kraken:BTC/EUR")
        first = seen.page.locator(".bt-chart:visible").evaluate_all(colour)
        seen.page.goto(file.as_uri())
        assert seen.page.locator(".bt-chart:visible").evaluate_all(colour)[0] in first
        assert seen.page.locator(".bt-hint").count() == 1
        assert seen.errors == []
