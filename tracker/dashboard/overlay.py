"""
What is laid over a strip's plot: hatching, high and low, the last price, the price axis.

All of it is HTML at times and prices that the style turns into places (--a, --w, --lo, --hi), so it
moves with the lines in the browser, stays readable for a screen reader and costs no mark.
"""

from dataclasses import dataclass
from datetime import UTC, tzinfo
from html import escape

import numpy as np
from numpy.typing import NDArray

from tracker.dashboard import numerals, wording
from tracker.dashboard.state import LONGEST_VIEW
from tracker.market import Market
from tracker.measures import MEASURES
from tracker.outages import Outage, causes
from tracker.window import Window

WEEK = 7 * 86_400_000
_LONG = 0.12  # of the plot's width: a missing start this long says in words since when there are prices
_MINUTES = 180_000  # ms; of a shorter gap the seconds are told
_SPOKEN = 3  # gaps that a screen reader is told one by one
_VISIBLE = 0.3  # percent of the plot's width; hatching narrower than that is a smear, the broken line is enough


@dataclass(frozen=True, slots=True)
class Domain:
    """What part of time all strips show, epoch milliseconds: *start* to *end*; *now* is the newest that can be seen."""

    start: int
    now: int
    end: int
    first: int  # when the time that is told begins; *start* may be a pixel later
    anchor: int  # the zero of the x axis; float32 seconds since 1970 would be minutes apart

    @classmethod
    def of(cls, start: int, now: int, end: int, clock: int, first: int | None = None) -> "Domain":
        """The same anchor for all that can be looked at while the time is *clock*, but once a week."""
        return cls(start, now, end, start if first is None else first, (clock - LONGEST_VIEW) // WEEK * WEEK)

    def seconds(self, time: NDArray[np.int64]) -> NDArray[np.float32]:
        """*time* on the x axis."""
        return ((time - self.anchor) / 1000).astype(np.float32)

    def at(self, time: float, name: str = "t") -> str:
        """*time* as a style, which the page turns into a place."""
        return f"--{name}:{(time - self.anchor) / 1000:.10g}"

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
    zone: tzinfo = UTC
    outages: tuple[Outage, ...] = ()  # why there are gaps
    log: bool = False  # prices are drawn by their decimal logarithm
    times: tuple[int, ...] = ()  # epoch ms, round, where the grid's upright lines are

    @property
    def free(self) -> float:
        """What share of the range of prices stays free above and below."""
        return 0.14 if self.tall else 0.34

    def y(self, price: float) -> float:
        """Where *price* is on the price scale."""
        return float(np.log10(price)) if self.log else float(price)

    def price(self, y: float) -> float:
        """What price is at *y* of the price scale."""
        return float(10.0**y) if self.log else y


def since(window: Window, zone: tzinfo) -> str:
    """``since 13:40`` if prices begin later than the window, so that nobody takes their change for that of the span."""
    late = bool(window.count and window.gaps) and window.gaps[0][0] <= window.start
    return f"since {_first(window, zone)}" if late else ""


def _first(window: Window, zone: tzinfo) -> str:
    """When the first price is from; the time that it stands for lies before it."""
    # The midnight that ends a day still belongs to it.
    return wording.when(int(window.ticks.time[0]), window.end - 1, zone)


def summary(window: Window, zone: tzinfo) -> str:
    """What a chart of *window* shows, for who hears it: ``last 17,768.50, change +1.07 % over the span, …``."""
    if not window.count:
        return "no price in this span"
    values = {name: numerals.price(MEASURES[name].function(window)) for name in ("last_price", "maximum", "minimum")}
    change = numerals.signed_percent(100 * MEASURES["change"].function(window))
    return (
        f"last {values['last_price']}, change {change} {since(window, zone) or 'over the span'}, "
        f"high {values['maximum']}, low {values['minimum']}"
    )


def overlay(market: Market, window: Window, look: Look, marks: list[tuple[float, str]], older: str) -> str:
    """
    HTML over the plot of *window*.

    *marks* are the price axis: where, and what is written there; *older* says why there are no earlier prices.
    """
    domain = look.domain
    inside = "".join(_gap(start, end, look, market, window, older) for start, end in window.gaps)
    said = summary(window, look.zone)
    if window.count:
        price, time = window.ticks.price, window.ticks.time
        top, bottom = int(price.argmax()), int(price.argmin())
        if top != bottom:  # a price that never moved is neither high nor low
            inside += _extreme("▲", price[top], int(time[top]), look, "is-high")
            inside += _extreme("▼", price[bottom], int(time[bottom]), look, "is-low")
        inside += f'<i class="bt-pt" style="{domain.at(time[-1])};--p:{look.y(price[-1]):.10g}"></i>'
    lacking = [gap_words(start, end, look, market) for start, end in window.gaps if start > window.start]
    if len(lacking) > _SPOKEN:
        lacking = [f"{len(lacking)} times without prices"]
    spoken = escape(". ".join([f"{market.base}/{market.quote}: {said}", *lacking, ""]).strip(), quote=True)
    return f'<div class="bt-plot" role="img" aria-label="{spoken}">{inside}</div>{axis_html(marks)}'


def axis_html(marks: list[tuple[float, str]]) -> str:
    """The price axis: where its ticks are, and what is written there."""
    ticks = "".join(f'<span style="--p:{place:.10g}">{text}</span>' for place, text in marks)
    return f'<div class="bt-ya" aria-hidden="true">{ticks}</div>'


def gap_words(start: int, end: int, look: Look, market: Market | None = None) -> str:
    """When there were no prices and, if that is known of *market*, why."""
    why = causes(look.outages, market, start, end) if market else ""
    exact = f"{wording.seconds(start, look.zone)}–{wording.seconds(end, look.zone)}"
    when = wording.between(start, end, look.zone) if end - start >= _MINUTES else exact
    return f"No prices {when}" + (f": {why}" if why else "")


def gap_html(start: int, end: int, look: Look, market: Market | None = None) -> str:
    """A hatched stretch without prices, which says why when it is pointed at."""
    words = escape(gap_words(start, end, look, market), quote=True)
    return f'<i class="bt-gap" style="{look.domain.at(start)};{look.domain.at(end, "u")}" data-why="{words}"></i>'


def _extreme(arrow: str, price: float, time: int, look: Look, kind: str) -> str:
    left = look.domain.across(time)
    side = " to-r" if left < 8 else " to-l" if left > 92 else ""
    text = f"<b>{arrow}</b> {numerals.price(float(price))}"
    place = f"{look.domain.at(time)};--p:{look.y(price):.10g}"
    return f'<span class="bt-ext {kind}{side}" style="{place}">{text}</span>'


def _gap(start: int, end: int, look: Look, market: Market, window: Window, older: str) -> str:
    domain = look.domain
    begin = start if start > window.start else domain.start
    wide = domain.across(end) - domain.across(begin)
    if wide < _VISIBLE:
        return ""
    place = f"{domain.at(begin)};{domain.at(end, 'u')}"
    if start > window.start or wide < 100 * _LONG:
        return gap_html(begin, end, look, market)
    words = f"Nothing recorded before {_first(window, look.zone)}." if window.count else "No price in this span."
    words = older or words
    return f'<i class="bt-gap is-long" style="{place}"></i><span class="bt-gapnote">{words}</span>'
