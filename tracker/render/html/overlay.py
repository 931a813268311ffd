"""
The HTML over a chart's plot: hatching, high and low, the last price, the price axis.

Elements carry times and prices; the style computes their positions from --a, --w, --lo and --hi. They move
with the lines in the browser, and screen readers can read them.
"""

from markupsafe import Markup

from tracker.core.market import Market
from tracker.core.window import Window
from tracker.render.axes.chart_frame import ChartFrame
from tracker.render.axes.chart_text import first_price_time, gap_text, summary
from tracker.render.format import numbers
from tracker.render.format.templating import join

_LONG = 0.12  # of the plot's width: a missing start at least this long is explained in words
_SPOKEN = 3  # the most gaps that are described to screen readers one by one
_VISIBLE = 0.3  # percent of the plot's width; narrower hatching is illegible, and the line is broken there

_POINT = Markup('<i class="bt-last-point" style="{};--p:{:.10g}"></i>')
_PLOT = Markup('<div class="bt-plot" role="img" aria-label="{}">{}</div>{}')
_TICK = Markup('<span style="--p:{:.10g}">{}</span>')
_EXTREME = Markup('<span class="bt-extreme {}" style="{}"><b>{}</b> {}</span>')


def overlay(market: Market, window: Window, look: ChartFrame, marks: list[tuple[float, str]], older: str) -> Markup:
    """
    Return HTML over the plot of *window*.

    Args:
        market: the market of the chart.
        window: its prices and gaps.
        look: what all charts of the page share.
        marks: of the price axis: position on the scale and label.
        older: why there are no earlier prices; may be empty.
    """
    domain = look.time_range
    inside = join([_gap(start, end, look, market, window, older) for start, end in window.gaps])
    text = summary(window, look.zone)
    if window.count:
        price, time = window.ticks.price, window.ticks.time
        top, bottom = int(price.argmax()), int(price.argmin())
        if top != bottom:  # a price that never moved is neither high nor low
            inside += _extreme("▲", price[top], int(time[top]), look, "is-high")
            inside += _extreme("▼", price[bottom], int(time[bottom]), look, "is-low")
        inside += _POINT.format(domain.css(time[-1]), look.y(price[-1]))
    gap_texts = [gap_text(start, end, look, market) for start, end in window.gaps if start > window.start]
    if len(gap_texts) > _SPOKEN:
        gap_texts = [f"{len(gap_texts)} times without prices"]
    spoken = ". ".join([f"{market.base}/{market.quote}: {text}", *gap_texts, ""]).strip()
    return plot_html(spoken, inside, marks)


def plot_html(spoken: str, inside: Markup, marks: list[tuple[float, str]]) -> Markup:
    """Return the plot's area with *inside* and the price axis; *spoken* describes it to screen readers."""
    return _PLOT.format(spoken, inside, axis_html(marks))


def axis_html(marks: list[tuple[float, str]]) -> Markup:
    """Return the price axis; *marks* are positions on the scale and labels."""
    ticks = join([_TICK.format(place, text) for place, text in marks])
    return Markup('<div class="bt-price-axis" aria-hidden="true">{}</div>').format(ticks)


def gap_html(start: int, end: int, look: ChartFrame, market: Market | None = None) -> Markup:
    """Return the hatching of a period without prices; the crosshair shows its reason."""
    reason = gap_text(start, end, look, market)
    place = f"{look.time_range.css(start)};{look.time_range.css(end, 'u')}"
    return Markup('<i class="bt-gap" style="{}" data-why="{}"></i>').format(place, reason)


def _extreme(arrow: str, price: float, time: int, look: ChartFrame, kind: str) -> Markup:
    left = look.time_range.percent(time)
    side = " opens-right" if left < 8 else " opens-left" if left > 92 else ""
    place = f"{look.time_range.css(time)};--p:{look.y(price):.10g}"
    return _EXTREME.format(kind + side, place, arrow, numbers.price(float(price)))


def _gap(start: int, end: int, look: ChartFrame, market: Market, window: Window, older: str) -> Markup:
    domain = look.time_range
    begin = start if start > window.start else domain.start
    wide = domain.percent(end) - domain.percent(begin)
    if wide < _VISIBLE:
        return Markup("")
    place = f"{domain.css(begin)};{domain.css(end, 'u')}"
    if start > window.start or wide < 100 * _LONG:
        return gap_html(begin, end, look, market)
    words = (
        f"Nothing recorded before {first_price_time(window, look.zone)}." if window.count else "No price in this span."
    )
    words = older or words
    return Markup('<i class="bt-gap is-long" style="{}"></i><span class="bt-gap-note">{}</span>').format(place, words)
