"""The label left of a chart: pair, last price, name and change."""

from markupsafe import Markup

from tracker.core.market import Market
from tracker.core.measures import MEASURES
from tracker.core.window import Window
from tracker.render.axes.chart_frame import ChartFrame
from tracker.render.axes.chart_text import late_start
from tracker.render.format import currencies, numbers, time_text
from tracker.render.format.templating import Fragment

_LABEL = Markup(
    '<div class="bt-label{state}" style="--n:{width};--pair:{pair};--price:{length:.4g}">'
    '<span class="bt-pair"><span>{base}/</span>{quote}</span>'
    '<span class="bt-price">{price}</span><span class="bt-label-footer"><span class="bt-name">{name}</span>'
    '<span class="bt-change">{change}</span></span>{details}</div>'
)
_NO_VALUE = Markup("{}").format(numbers.NO_VALUE)
_CHANGE = Fragment('<span class="bt-{}"><span class="bt-arrow" aria-hidden="true">{}</span>{}</span>')


def label_html(market: Market, window: Window, frame: ChartFrame, *, old: int | None) -> Markup:
    """Return the label left of a chart: pair, price, name, change; *old*: the time (ms) of a price if not current."""
    name = frame.mode_label or currencies.name(market.quote)
    if market in frame.shared_pairs:
        name = f"{market.exchange} · {name}"  # first, so that it is never cut off
    if window.count and (exchange := window.ticks.exchange_at(-1)):
        name = f"{name}, from {exchange}"
    if window.count:
        text = numbers.price(MEASURES["last_price"].function(window))
        price = numbers.aligned_html(text)
        change = 100 * MEASURES["change"].function(window)
        start = late_start(window, frame.zone)
        last = "" if old is None else f"price of {time_text.moment(old, window.end, frame.zone)}"
        change_text = last or Markup("{} {}").format(start, change_html(change)).strip()
    else:
        text, price, change_text = numbers.NO_VALUE, _NO_VALUE, "no price in this span"
    details = _numbers(window) if frame.tall and window.count else ""
    return _LABEL.format(
        state="" if old is None else " is-old",
        width=frame.fraction_width,
        pair=len(market.base) + 1 + len(market.quote),
        length=numbers.aligned_width(text, frame.fraction_width),
        base=market.base,
        quote=market.quote,
        price=price,
        name=name,
        change=change_text,
        details=details,
    )


def change_html(percent: float) -> Markup:
    """Return a signed change with its arrow; the sign repeats what the colour means."""
    direction = numbers.direction(percent)
    arrow = {"up": "▲", "down": "▼", "flat": "■"}[direction]
    text = numbers.signed_percent(percent)
    if text == numbers.NO_VALUE:
        return _NO_VALUE
    return _CHANGE.format(direction, arrow, text)


def _numbers(window: Window) -> Markup:
    values = {name: MEASURES[name].function(window) for name in ("maximum", "minimum", "mean")}
    spread = numbers.percent(100 * MEASURES["relative_standard_deviation"].function(window))
    rows = [("high", "maximum"), ("low", "minimum"), ("mean", "mean")]
    terms = [*((word, numbers.price(values[name])) for word, name in rows), ("relative std", spread)]
    items = Markup("").join(Markup("<dt>{}</dt><dd>{}</dd>").format(*term) for term in terms)
    return Markup('<dl class="bt-label-numbers">{}</dl>').format(items)
