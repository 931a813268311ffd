"""
What is laid over a strip's plot: hatching, high and low, the last price, the price axis.

All of it is HTML at times and prices that the style turns into places (--a, --w, --lo, --hi), so it
moves with the lines in the browser, stays readable for a screen reader and costs no mark.
"""

from html import escape

from tracker.core.market import Market
from tracker.core.window import Window
from tracker.render.axes.chart_frame import ChartFrame
from tracker.render.axes.chart_text import first_price_time, gap_text, summary
from tracker.render.format import numbers

_LONG = 0.12  # of the plot's width: a missing start this long says in words since when there are prices
_SPOKEN = 3  # gaps that a screen reader is told one by one
_VISIBLE = 0.3  # percent of the plot's width; hatching narrower than that is a smear, the broken line is enough


def overlay(market: Market, window: Window, look: ChartFrame, marks: list[tuple[float, str]], older: str) -> str:
    """
    HTML over the plot of *window*.

    *marks* are the price axis: where, and what is written there; *older* says why there are no earlier prices.
    """
    domain = look.time_range
    inside = "".join(_gap(start, end, look, market, window, older) for start, end in window.gaps)
    said = summary(window, look.zone)
    if window.count:
        price, time = window.ticks.price, window.ticks.time
        top, bottom = int(price.argmax()), int(price.argmin())
        if top != bottom:  # a price that never moved is neither high nor low
            inside += _extreme("▲", price[top], int(time[top]), look, "is-high")
            inside += _extreme("▼", price[bottom], int(time[bottom]), look, "is-low")
        inside += f'<i class="bt-last-point" style="{domain.css(time[-1])};--p:{look.y(price[-1]):.10g}"></i>'
    lacking = [gap_text(start, end, look, market) for start, end in window.gaps if start > window.start]
    if len(lacking) > _SPOKEN:
        lacking = [f"{len(lacking)} times without prices"]
    spoken = escape(". ".join([f"{market.base}/{market.quote}: {said}", *lacking, ""]).strip(), quote=True)
    return f'<div class="bt-plot" role="img" aria-label="{spoken}">{inside}</div>{axis_html(marks)}'


def axis_html(marks: list[tuple[float, str]]) -> str:
    """The price axis: where its ticks are, and what is written there."""
    ticks = "".join(f'<span style="--p:{place:.10g}">{text}</span>' for place, text in marks)
    return f'<div class="bt-price-axis" aria-hidden="true">{ticks}</div>'


def gap_html(start: int, end: int, look: ChartFrame, market: Market | None = None) -> str:
    """A hatched stretch without prices, which says why when it is pointed at."""
    words = escape(gap_text(start, end, look, market), quote=True)
    place = f"{look.time_range.css(start)};{look.time_range.css(end, 'u')}"
    return f'<i class="bt-gap" style="{place}" data-why="{words}"></i>'


def _extreme(arrow: str, price: float, time: int, look: ChartFrame, kind: str) -> str:
    left = look.time_range.percent(time)
    side = " opens-right" if left < 8 else " opens-left" if left > 92 else ""
    text = f"<b>{arrow}</b> {numbers.price(float(price))}"
    place = f"{look.time_range.css(time)};--p:{look.y(price):.10g}"
    return f'<span class="bt-extreme {kind}{side}" style="{place}">{text}</span>'


def _gap(start: int, end: int, look: ChartFrame, market: Market, window: Window, older: str) -> str:
    domain = look.time_range
    begin = start if start > window.start else domain.start
    wide = domain.percent(end) - domain.percent(begin)
    if wide < _VISIBLE:
        return ""
    place = f"{domain.css(begin)};{domain.css(end, 'u')}"
    if start > window.start or wide < 100 * _LONG:
        return gap_html(begin, end, look, market)
    words = (
        f"Nothing recorded before {first_price_time(window, look.zone)}." if window.count else "No price in this span."
    )
    words = older or words
    return f'<i class="bt-gap is-long" style="{place}"></i><span class="bt-gap-note">{words}</span>'
