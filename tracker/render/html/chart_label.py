"""What stands at the left of a chart: pair, last price, name and change."""

from html import escape

from tracker.core.market import Market
from tracker.core.measures import MEASURES
from tracker.core.window import Window
from tracker.render.axes.chart_frame import ChartFrame
from tracker.render.axes.chart_text import late_start
from tracker.render.format import currencies, numbers, time_text


def label_html(market: Market, window: Window, look: ChartFrame, *, old: bool) -> str:
    """What stands at a strip's left: pair, price, name, change; *old*: its last price is no price of now."""
    name = look.mode_label or currencies.name(market.quote)
    if window.count and (exchange := window.ticks.exchange_at(-1)):
        name = f"{name}, from {exchange}"
    pair = f'<span class="bt-pair"><span>{escape(market.base)}/</span>{escape(market.quote)}</span>'
    if window.count:
        price = numbers.aligned_html(numbers.price(MEASURES["last_price"].function(window)))
        change = 100 * MEASURES["change"].function(window)
        start = late_start(window, look.zone)
        last = time_text.moment(int(window.ticks.time[-1]), window.end, look.zone)
        shift = f"price of {last}" if old else f"{start} {change_html(change)}".strip()
    else:
        price, shift = numbers.NO_VALUE, "no price in this span"
    more = _numbers(window) if look.tall and window.count else ""
    return (
        f'<div class="bt-label{" is-old" if old else ""}" style="--n:{look.fraction_width}">{pair}'
        f'<span class="bt-price">{price}</span><span class="bt-label-footer">'
        f'<span class="bt-name">{escape(name)}</span>'
        f'<span class="bt-change">{shift}</span></span>{more}</div>'
    )


def change_html(percent: float) -> str:
    """A signed change with its arrow; teal or rust, but the sign says it too."""
    way = numbers.direction(percent)
    arrow = {"up": "▲", "down": "▼", "flat": "■"}[way]
    text = numbers.signed_percent(percent)
    if text == numbers.NO_VALUE:
        return text
    return f'<span class="bt-{way}"><span class="bt-arrow" aria-hidden="true">{arrow}</span>{text}</span>'


def _numbers(window: Window) -> str:
    values = {name: MEASURES[name].function(window) for name in ("maximum", "minimum", "mean")}
    spread = numbers.percent(100 * MEASURES["relative_standard_deviation"].function(window))
    rows = [("high", "maximum"), ("low", "minimum"), ("mean", "mean")]
    listed = "".join(f"<dt>{word}</dt><dd>{numbers.price(values[name])}</dd>" for word, name in rows)
    return f'<dl class="bt-label-numbers">{listed}<dt>relative std</dt><dd>{spread}</dd></dl>'
