"""The state of a page at one moment: the viewer's choices and the data they apply to. Times are epoch ms, UTC."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Literal, NamedTuple, TypeAlias

from tracker.core.bar_window import AnyWindow
from tracker.core.durations import DAY, HOUR, MINUTE
from tracker.core.market import Market
from tracker.core.ranking import DEFAULT_RANKING
from tracker.core.window import MIN_SPAN
from tracker.render.format import currencies, time_text
from tracker.render.format.colours import COLOURS, colour_tokens
from tracker.render.page.alerts_view import NO_MARKS, MarketMarks
from tracker.render.page.page_data import PageData

SPANS = (600, 3_600, 21_600, 86_400, 604_800, 2_592_000, 31_536_000)  # seconds that the page offers, beside ALL
ALL = 0  # the span that is as long as the record
MODES = ("linear", "log", "compare")  # price axes; "compare": changes in percent, all in one chart
THEMES = ("system", "light", "dark")

ActionName: TypeAlias = Literal["simulate", "start_replay", "end_replay", "fetch", "poll"]


class View(NamedTuple):
    """A range of time that the viewer zoomed to."""

    span: int  # ms
    end: int | None  # epoch ms; None: it ends now and moves with the clock


class Replay(NamedTuple):
    """The position and speed of a replay."""

    now: int  # epoch ms
    speed: float  # 60.0: an hour in a minute
    playing: bool  # False: paused
    is_simulated: bool = False  # the simulated day of the package, in place of stored prices


class FailedAction(NamedTuple):
    """An action of the viewer that could not be done."""

    action: ActionName
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """
    The viewer's choices, as the page's address holds them.

    Attributes:
        chosen: the selected markets, in the configured order.
        span: seconds; ALL: since the first stored price.
        view: the range of time zoomed to; None: the last *span*.
        rank_by: a name in MEASURES.
        sort: a column of the table; "" = by rank, "-…" = largest first.
        zone: time zone in which times are written.
        viewer_zone: the browser's time zone; UTC if it is not known here.
        unknown_zone: the name of a browser's time zone that is not known here; "" = it is known.
        replay: None: the page is live.
        address_problem: what of the address could not be applied; "" = nothing.
        failed_action: the last action, if it failed.
    """

    chosen: tuple[Market, ...] = ()
    span: int = 21_600
    view: View | None = None
    mode: str = MODES[0]
    candles: bool = False
    rank_by: str = DEFAULT_RANKING
    sort: str = ""
    zone: tzinfo = UTC
    viewer_zone: tzinfo = UTC
    unknown_zone: str = ""
    theme: str = THEMES[0]
    replay: Replay | None = None
    address_problem: str = ""
    failed_action: FailedAction | None = None


@dataclass(frozen=True, slots=True)
class PageState:
    """A page at one moment: *choices* applied to *data*."""

    choices: Choices
    data: PageData

    @property
    def visible_range(self) -> tuple[int, int]:
        """Start and end of the time shown: the last *span*, or what the viewer zoomed to."""
        span, end = self.choices.view or View(self.span, None)
        last = self.data.now if end is None else end
        return last - span, last

    @property
    def span(self) -> int:
        """The chosen span in ms; of the whole record a day if nothing is stored."""
        if self.choices.span != ALL:
            return self.choices.span * 1000
        first = self.data.first_stored
        return DAY if first is None else max(MIN_SPAN, self.data.now - first + 1)

    @property
    def reach(self) -> int:
        """How many ms back from now the viewer can go: as far as there are prices, and at least the chosen span."""
        return max(self.data.reach, self.span)

    @property
    def span_text(self) -> str:
        """The chosen span in words: ``24 h``; of the whole record its days or hours."""
        unit = DAY if self.span > 2 * DAY else HOUR if self.span > 2 * HOUR else MINUTE
        return time_text.exact_duration(self.choices.span or self.span // unit * unit // 1000)

    @property
    def is_past(self) -> bool:
        """Whether the viewer looks at a range of time with a fixed end."""
        return self.choices.view is not None and self.choices.view.end is not None

    def colour_class(self, market: Market) -> str:
        """Return the style class of *market*'s colour, the same in every panel."""
        return f"bt-{self.colours.get(market, 'series-1')}"

    @property
    def colours(self) -> Mapping[Market, str]:
        """The style token of each market's colour; see ``colours.colour_tokens``."""
        return colour_tokens(self.data.markets, self.choices.chosen)

    @property
    def repeats_colours(self) -> bool:
        """Whether more markets are chosen than there are colours."""
        return len(self.choices.chosen) > COLOURS

    def label(self, market: Market) -> str:
        """Return the shortest text that names *market* on this page; what is chosen does not change it."""
        return currencies.label(market, self.data.markets)

    def window(self, market: Market) -> AnyWindow:
        """Return the rows of *market* in the visible range."""
        start, end = self.visible_range
        return self.data.read(market, end - start, end)

    def recent_window(self, market: Market) -> AnyWindow:
        """Return the rows of *market* in the last *span* up to now, whatever is visible."""
        return self.data.read(market, self.span, self.data.now)

    def marks(self, market: Market) -> MarketMarks:
        """Return what alerts mark in the chart of *market*."""
        return self.data.alert_marks.get(market, NO_MARKS)

    def newest(self, market: Market) -> int | None:
        """Return the time of the last price of *market*; None if there is none in memory."""
        return self.data.newest.get(market)
