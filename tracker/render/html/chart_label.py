"""The label left of a chart: pair, last price, name and change."""

from markupsafe import Markup

from tracker.core.bar_window import AnyWindow
from tracker.core.market import Market
from tracker.core.measures import MEASURES
from tracker.core.readings import last_exchange
from tracker.render.axes.chart_frame import LONGEST_ALIGNED, ChartFrame
from tracker.render.axes.chart_text import OF_POLLED, late_start
from tracker.render.format import currencies, numbers, time_text
from tracker.render.format.templating import Fragment

_LABEL = Markup(
    '<div class="bt-label{state}" style="--n:{width};--pair:{pair};--price:{length:.4g}">'
    '<span class="bt-pair"><span>{base}/</span>{quote}</span>'
    '<span class="bt-price">{price}</span><span class="bt-label-footer"><span class="bt-name">{name}</span>'
    '<span class="bt-change">{change}</span></span>{details}</div>'
)
_TERM = Markup("<dt{}>{}</dt><dd>{}</dd>")
_TIP = Markup(' title="{}: in between, it may have been higher or lower"')
_NO_VALUE = Markup("{}").format(numbers.NO_VALUE)
_CHANGE = Fragment('<span class="bt-{}"><span class="bt-arrow" aria-hidden="true">{}</span>{}</span>')


def label_html(
    market: Market, window: AnyWindow, frame: ChartFrame, *, old: int | None, recent: AnyWindow | None = None
) -> Markup:
    """
    Return the label left of a chart: pair, price, name and change, which are those of now; in a tall chart, more.

    Args:
        market: the market of the chart.
        window: what the chart shows.
        frame: what all charts of the page share.
        old: the time (epoch ms) of the last price if it is not current.
        recent: the chosen span up to now, if *window* is another time: price and change are of it, and it is named.
    """
    latest = window if recent is None else recent
    name = frame.mode_label or currencies.name(market.quote)
    if market in frame.shared_pairs:
        name = " · ".join(filter(None, (market.exchange, name)))  # first, so that it is never cut off
    if latest.count and (exchange := last_exchange(latest)):
        name = ", ".join(filter(None, (name, f"from {exchange}")))
    is_dated = False
    clock_zone = frame.clock_zone or frame.zone
    if latest.count:
        text = numbers.price(MEASURES["last_price"].function(latest))
        price = numbers.aligned_html(text)
        change = 100 * MEASURES["change"].function(latest)
        span = "" if recent is None else f"over {time_text.duration(recent.span)}"
        late = late_start(latest, clock_zone)
        last = "" if old is None else f"price of {time_text.moment(old, latest.end, clock_zone)}"
        is_dated = len(last) > len("price of 15:04") if last else bool(late)  # long enough to push the name aside
        change_text = last or Markup("{} {}").format(late or span, change_html(change)).strip()
    else:
        text, price, change_text = numbers.NO_VALUE, _NO_VALUE, "no price in this span"
        if recent is not None:
            change_text = f"no price in the last {time_text.duration(recent.span)}"
    width = frame.fraction_width
    if numbers.aligned_width(text, width) > LONGEST_ALIGNED:
        width = 0  # as a price of now may be, if the chart shows another time
    details = _numbers(window, is_zoomed=recent is not None) if frame.tall and window.count else ""
    return _LABEL.format(
        state=("" if old is None else " is-old") + (" is-dated" if is_dated else ""),
        width=width,
        pair=len(market.base) + 1 + len(market.quote),
        length=numbers.aligned_width(text, width),
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


def _polled_tip(window: AnyWindow) -> Markup:
    """Return the tooltip of high and low, if not every row has those of its own time."""
    if not window.count or window.candle_count == window.count:
        return Markup("")
    return _TIP.format(f"partly {OF_POLLED}" if window.candle_count else OF_POLLED)


def _numbers(window: AnyWindow, is_zoomed: bool) -> Markup:
    """Return high, low, mean and spread of *window*, which is named if it *is_zoomed*: the change is of another."""
    values = {name: MEASURES[name].function(window) for name in ("maximum", "minimum", "mean")}
    spread = numbers.fine_percent(100 * MEASURES["relative_standard_deviation"].function(window))
    rows = [("high", "maximum"), ("low", "minimum"), ("mean", "mean")]
    terms = [*((word, numbers.price(values[name])) for word, name in rows), ("relative std", spread)]
    if is_zoomed:
        terms.insert(0, ("in the time shown", ""))
    tip = _polled_tip(window)
    items = Markup("").join(_TERM.format(tip if word in ("high", "low") else "", word, value) for word, value in terms)
    return Markup('<dl class="bt-label-numbers">{}</dl>').format(items)
