"""
One currency's strip: its price in words at the left, the line in the middle, the axis at the right.

bqplot draws the lines and the grid. Everything that is text, hatched or a dot is HTML laid over
the plot at the same place in percent: it stays readable for a screen reader and costs no mark.
"""

from dataclasses import dataclass
from html import escape

import bqplot
import numpy as np
from ipywidgets import Box, Layout
from numpy.typing import NDArray

from tracker.dashboard import numerals, wording
from tracker.dashboard.part import html
from tracker.market import Market, source_name
from tracker.measures import MEASURES
from tracker.thinning import Thinned
from tracker.window import Window

WEEK = 7 * 86_400_000
_LONG = 0.12  # of the plot's width: a missing start this long says in words since when there are prices
_VISIBLE = 0.3  # percent of the plot's width; hatching narrower than that is a smear, the broken line is enough
_EDGE = 0.08  # of the plot's height, where a tick's label would be cut off
_Line = NDArray[np.float32]
_NOTHING = np.empty(0, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Domain:
    """What part of time all strips show, epoch milliseconds: *start* to *end*, of which *now* is the newest."""

    start: int
    now: int
    end: int

    @property
    def anchor(self) -> int:
        """The zero of the x axis. A week's start, since float32 seconds since 1970 would be minutes apart."""
        return self.start // WEEK * WEEK

    def seconds(self, time: NDArray[np.int64]) -> _Line:
        """*time* on the x axis."""
        return ((time - self.anchor) / 1000).astype(np.float32)

    def across(self, time: float) -> float:
        """Percent of the plot's width from the left, 0 to 100."""
        return min(100.0, max(0.0, 100 * (time - self.start) / (self.end - self.start)))


@dataclass(frozen=True, slots=True)
class Look:
    """What all strips of a page have in common at one moment."""

    domain: Domain
    tall: bool  # one or two strips: room for more numbers and ticks
    fraction: int  # characters of the longest fraction among the prices, for aligning them
    mark: str  # "simulated" or "replay", said in place of the currency's name; else ""


class Strip(Box):  # type: ignore[misc]  # ipywidgets has no types
    """
    The widgets of one market, made once and then updated; what did not change is not sent again.

    *x_scale* and *x_axis* are shared by all strips, so that time moves in one message.
    """

    def __init__(self, market: Market, colour: str, x_scale: bqplot.LinearScale, x_axis: bqplot.Axis) -> None:
        self.market = market
        self.scale = bqplot.LinearScale(min=0.0, max=1.0, allow_padding=False)
        self.y_axis = bqplot.Axis(scale=self.scale, side="right", grid_color="var(--bt-line)", tick_values=_NOTHING)
        scales = {"x": x_scale, "y": self.scale}
        line = {"scales": scales, "colors": [f"var(--bt-{colour.removeprefix('bt-')})"]}
        self.live = bqplot.Lines(x=_NOTHING, y=_NOTHING, stroke_width=1.6, **line)
        self.backfilled = bqplot.Lines(x=_NOTHING, y=_NOTHING, stroke_width=1.1, line_style="dashed", **line)
        self.figure = bqplot.Figure(
            marks=[self.live, self.backfilled],
            axes=[x_axis, self.y_axis],
            fig_margin={"top": 0, "bottom": 0, "left": 0, "right": 0},
            padding_x=0,
            padding_y=0,
            display_toolbar=False,
            animation_duration=0,
            layout=Layout(width="100%", height="100%", min_width="0"),
        )
        self.figure.add_class("bt-fig")
        self.label = html("", "bt-labbox")
        self.over = html("", "bt-over")
        super().__init__([self.label, self.figure, self.over])
        self.add_class("bt-strip").add_class(colour)

    def show(self, window: Window, thinned: Thinned, look: Look, *, old: bool, filling: bool) -> None:
        """Draw *window*; *old*: its last price is no price of now; *filling*: older ones are being fetched."""
        self.label.value = _label(self.market, window, look, old=old)
        low, high = _range(thinned.price, 0.14 if look.tall else 0.34)
        most = 0 if not window.count else 5 if look.tall else 2
        marks = numerals.ticks(low + _EDGE * (high - low), high - _EDGE * (high - low), most)
        self.over.value = _overlay(self.market, window, look.domain, (low, high), marks, filling)
        x = look.domain.seconds(thinned.time)
        # The border points belong to both lines, so the dashes begin where the solid line ends.
        late = thinned.backfilled.copy()
        late[1:] |= thinned.backfilled[:-1]
        late[:-1] |= thinned.backfilled[1:]
        _send(self.live, x, thinned.price, ~thinned.backfilled)
        _send(self.backfilled, x, thinned.price, late)
        with self.scale.hold_sync():
            self.scale.min, self.scale.max = low, high
        if not np.array_equal(self.y_axis.tick_values, marks):
            self.y_axis.tick_values = np.array(marks)


def _send(line: bqplot.Lines, x: _Line, price: NDArray[np.float64], shown: NDArray[np.bool_]) -> None:
    y = np.where(shown, price, np.nan).astype(np.float32)
    there = np.flatnonzero(np.isfinite(y))
    # bqplot writes "undefined" into the page for a line that ends in nan.
    part = slice(there[0], there[-1] + 1) if there.size else slice(0)
    x, y = x[part], y[part]
    if np.array_equal(line.x, x) and np.array_equal(line.y, y, equal_nan=True):
        return
    with line.hold_sync():
        line.x, line.y = x, y


def _range(price: NDArray[np.float64], free: float) -> tuple[float, float]:
    """What the y axis shows: all prices, and *free* of their range on both sides."""
    seen = price[np.isfinite(price)]
    if not seen.size:
        return 0.0, 1.0
    low, high = float(seen.min()), float(seen.max())
    room = free * (high - low) or high * 1e-3
    return low - room, high + room


def _label(market: Market, window: Window, look: Look, *, old: bool) -> str:
    name = look.mark or wording.name(market.quote)
    if window.count and (source := source_name(int(window.ticks.source[-1]))):
        name = f"{name}, from {source}"
    pair = f'<span class="bt-pair"><span>{escape(market.base)}/</span>{escape(market.quote)}</span>'
    if window.count:
        price = numerals.aligned(numerals.price(MEASURES["last_price"].function(window)))
        change = 100 * MEASURES["change"].function(window)
        since = f"{_since(window)} " if _since(window) else ""
        last = wording.when(int(window.ticks.time[-1]), window.end)
        shift = f"price of {last}" if old else since + change_html(change)
    else:
        price, shift = numerals.NONE, "no price in this span"
    more = _numbers(window) if look.tall and window.count else ""
    return (
        f'<div class="bt-lab{" is-old" if old else ""}" style="--n:{look.fraction}">{pair}'
        f'<span class="bt-price">{price}</span><span class="bt-name">{escape(name)}</span>'
        f'<span class="bt-chg">{shift}</span>{more}</div>'
    )


def _since(window: Window) -> str:
    """``since 13:40`` if prices begin later than the window, so that nobody takes their change for that of the span."""
    late = bool(window.count and window.gaps) and window.gaps[0][0] <= window.start
    return f"since {wording.when(window.gaps[0][1], window.end)}" if late else ""


def change_html(percent: float) -> str:
    """A signed change with its arrow; teal or rust, but the sign says it too."""
    way = numerals.direction(percent)
    arrow = {"up": "▲", "down": "▼", "flat": "■"}[way]
    text = numerals.signed_percent(percent)
    if text == numerals.NONE:
        return text
    return f'<span class="bt-{way}"><span class="bt-arrow" aria-hidden="true">{arrow}</span>{text}</span>'


def _numbers(window: Window) -> str:
    values = {name: MEASURES[name].function(window) for name in ("maximum", "minimum", "mean")}
    spread = numerals.percent(100 * MEASURES["relative_standard_deviation"].function(window))
    rows = [("high", "maximum"), ("low", "minimum"), ("mean", "mean")]
    listed = "".join(f"<dt>{word}</dt><dd>{numerals.price(values[name])}</dd>" for word, name in rows)
    return f'<dl class="bt-more">{listed}<dt>relative std</dt><dd>{spread}</dd></dl>'


def _overlay(
    market: Market, window: Window, domain: Domain, limits: tuple[float, float], marks: list[float], filling: bool
) -> str:
    low, high = limits

    def down(price: float) -> float:
        return 100 * (high - price) / (high - low)

    step = marks[1] - marks[0] if len(marks) > 1 else 10.0 ** np.floor(np.log10((high - low) / 4))
    axis = "".join(f'<span style="top:{down(mark):.2f}%">{numerals.tick_text(mark, step)}</span>' for mark in marks)
    inside = "".join(_gap(start, end, domain, window, filling) for start, end in window.gaps)
    said = "no price in this span"
    if window.count:
        price, time = window.ticks.price, window.ticks.time
        top, bottom = int(price.argmax()), int(price.argmin())
        inside += _extreme(
            "▲", price[top], domain.across(time[top]), f"bottom:{100 - down(price[top]):.2f}%", "is-high"
        )
        inside += _extreme("▼", price[bottom], domain.across(time[bottom]), f"top:{down(price[bottom]):.2f}%", "is-low")
        inside += f'<i class="bt-pt" style="left:{domain.across(time[-1]):.2f}%;top:{down(price[-1]):.2f}%"></i>'
        change = numerals.signed_percent(100 * MEASURES["change"].function(window))
        said = (
            f"last {numerals.price(price[-1])}, change {change} {_since(window) or 'over the span'}, "
            f"high {numerals.price(price[top])}, low {numerals.price(price[bottom])}"
        )
    spoken = escape(f"{market.base}/{market.quote}: {said}.", quote=True)
    return (
        f'<div class="bt-plot" role="img" aria-label="{spoken}">{inside}</div>'
        f'<div class="bt-ya" aria-hidden="true">{axis}</div>'
    )


def _extreme(arrow: str, price: float, left: float, height: str, kind: str) -> str:
    side = " to-r" if left < 8 else " to-l" if left > 92 else ""
    text = f"<b>{arrow}</b> {numerals.price(float(price))}"
    return f'<span class="bt-ext {kind}{side}" style="left:{left:.2f}%;{height}">{text}</span>'


def _gap(start: int, end: int, domain: Domain, window: Window, filling: bool) -> str:
    left, right = domain.across(start if start > window.start else domain.start), domain.across(end)
    if right - left < _VISIBLE:
        return ""
    place = f"left:{left:.2f}%;width:{right - left:.2f}%"
    if start > window.start or right - left < 100 * _LONG:
        words = f"No prices {wording.between(start, end)}"
        return f'<i class="bt-gap" style="{place}" title="{words}"></i>'
    words = f"Nothing recorded before {wording.when(end, window.end)}." if window.count else "No price in this span."
    words = "Older prices are being fetched." if filling else words
    return f'<i class="bt-gap is-long" style="{place}"></i><span class="bt-gapnote">{words}</span>'
