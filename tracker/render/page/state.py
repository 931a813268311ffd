"""The state of a page at one moment: the viewer's choices and the data they apply to. Times are epoch ms, UTC."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from functools import cached_property
from typing import Any, Literal, NamedTuple, TypeAlias

from tracker.core.durations import DAY
from tracker.core.market import Market
from tracker.core.market_status import Note, Outage, Status, Stop
from tracker.core.ranking import COVERAGE_FLOOR, DEFAULT_RANKING
from tracker.core.standstill import UNMOVED_AFTER, stops_of, unmoved_since
from tracker.core.ticks import Ticks
from tracker.core.window import Window
from tracker.render.format import currencies
from tracker.render.format.colours import COLOURS, colour_tokens

SPANS = (600, 3_600, 21_600, 86_400, 604_800)  # seconds that the page offers
MAX_VIEW = 7 * DAY  # ms; as far back as a page reaches
MODES = ("linear", "log", "compare")  # price axes; "compare": changes in percent, all in one chart
THEMES = ("system", "light", "dark")

ActionName: TypeAlias = Literal["simulate", "start_replay", "end_replay", "fetch", "poll"]
ReadWindow: TypeAlias = Callable[[Market, int, int], Window]  # market, length (ms), end (epoch ms)


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
class ViewerRequests:
    """
    What viewers may request of the collector, and what they have requested.

    Attributes:
        stand_ins: the configured stand-ins of each market that has any.
        span: ms back from now that the collector keeps complete by itself.
        reach: ms back from now for which prices are kept, at most as far as a page reaches.
        since: epoch ms from which older prices are requested and not fetched yet; None: none are.
        done: since when, and when (epoch ms), such a request was fulfilled last; None: none was.
    """

    stand_ins: Mapping[Market, tuple[str, ...]]
    span: int
    reach: int
    since: int | None = None
    done: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """
    The viewer's choices, as the page's address holds them.

    Attributes:
        chosen: the selected markets, in the configured order.
        span: seconds.
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


def no_rows(_market: Market, _span: int, _end: int) -> Window:
    """Return an empty window; the default while no store is read."""
    return Window.of(Ticks.none())


@dataclass(frozen=True, kw_only=True)
class PageData:
    """
    The data that a page can show.

    Attributes:
        markets: in the configured order, which also gives their colours.
        revision: increases whenever a row arrives, late ones included.
        read: returns the window of a market.
        status: as the collector publishes it; None: not published yet.
        outages: recorded reasons for gaps.
        failure: why the page's background work ended; "" = it runs.
        problem: why what is stored cannot be read now; "" = it can.
        malformed_lines: lines of the store that could not be read; None: all could.
        floor: least coverage to be ranked, 0 to 1.
        unmoved_after: ms for which a price stands still while others move until it is not ranked.
        store_label: where prices are kept, for people: "data/".
        store_kind: the scheme of the store's URL: "csv".
        has_stored_prices: whether the store holds any price, however old.
        first_stored: time of the first stored price of *markets*, at most ten minutes old; None: none, or not read yet.
        requests: what viewers may request; None: nothing, as on public, simulated and published pages.
    """

    markets: tuple[Market, ...] = ()
    now: int = 0
    revision: int = 0
    read: ReadWindow = no_rows
    status: Status | None = None
    outages: tuple[Outage, ...] = ()
    failure: str = ""
    problem: str = ""
    malformed_lines: Note | None = None
    floor: float = COVERAGE_FLOOR
    unmoved_after: int = UNMOVED_AFTER
    store_label: str = ""
    store_kind: str = ""
    has_stored_prices: bool = False
    first_stored: int | None = None
    requests: ViewerRequests | None = None

    @cached_property
    def newest(self) -> Mapping[Market, int]:
        """The time of each market's last price up to *now*, as far back as rows are in memory."""
        return {market: int(window.ticks.time[-1]) for market, window in self._stored.items() if window.count}

    @cached_property
    def unmoved(self) -> Mapping[Market, int]:
        """The markets whose price stands still at *now* while others move, and since when."""
        return unmoved_since(self._stored, self.unmoved_after)

    def unmoved_at(self, time: int) -> Mapping[Market, int]:
        """Return the same at *time* (epoch ms): of all markets, as far back as rows are in memory."""
        return unmoved_since(self._windows(time), self.unmoved_after)

    @cached_property
    def stops(self) -> Mapping[Market, Stop]:
        """What exchanges state about markets that are not traded at *now*."""
        return self.stops_at(self.now)

    def stops_at(self, time: int) -> Mapping[Market, Stop]:
        """Return the same at *time* (epoch ms): now by what is collected, else by the recorded outages."""
        if time != self.now:
            return stops_of(self.outages, self._windows(time))
        if self.status is None or not self.status.collector:
            return stops_of(self.outages, self._stored)
        return {market: status.stop for market, status in self.status.markets.items() if status.stop}

    @cached_property
    def _stored(self) -> Mapping[Market, Window]:
        """All rows in memory up to *now*."""
        return self._windows(self.now)

    def _windows(self, time: int) -> Mapping[Market, Window]:
        return {market: self.read(market, MAX_VIEW, time) for market in self.markets}

    def updated(self, **changes: Any) -> "PageData":
        """
        Return a copy with *changes* of fields.

        While the clock goes forward and no row arrives, what rows show is carried over: the page asks for it every
        second.
        """
        result = replace(self, **changes)
        fields = ("read", "markets", "revision", "unmoved_after")
        if result.now >= self.now and all(getattr(result, name) == getattr(self, name) for name in fields):
            for name in {"newest", "unmoved", "_stored"} & self.__dict__.keys():
                result.__dict__[name] = self.__dict__[name]
        return result


@dataclass(frozen=True, slots=True)
class PageState:
    """A page at one moment: *choices* applied to *data*."""

    choices: Choices
    data: PageData

    @property
    def visible_range(self) -> tuple[int, int]:
        """Start and end of the time shown: the last *span*, or what the viewer zoomed to."""
        span, end = self.choices.view or View(self.choices.span * 1000, None)
        last = self.data.now if end is None else end
        return last - span, last

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

    def window(self, market: Market) -> Window:
        """Return the rows of *market* in the visible range."""
        start, end = self.visible_range
        return self.data.read(market, end - start, end)

    def recent_window(self, market: Market) -> Window:
        """Return the rows of *market* in the last *span* up to now, whatever is visible."""
        return self.data.read(market, self.choices.span * 1000, self.data.now)

    def newest(self, market: Market) -> int | None:
        """Return the time of the last price of *market*; None if there is none in memory."""
        return self.data.newest.get(market)
