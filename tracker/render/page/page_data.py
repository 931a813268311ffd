"""The data that a page can show. Times are epoch ms, UTC."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeAlias

from tracker.core.bar_window import AnyWindow
from tracker.core.durations import DAY
from tracker.core.market import Market
from tracker.core.market_status import Note, Outage, Status, Stop
from tracker.core.ranking import COVERAGE_FLOOR
from tracker.core.standstill import UNMOVED_AFTER, stops_of, unmoved_since
from tracker.core.ticks import Ticks
from tracker.core.window import Window
from tracker.render.page.alerts_view import AlertsView, MarketMarks

LEAST_REACH = 7 * DAY  # ms; a page reaches back so far also where nothing is stored

ReadWindow: TypeAlias = Callable[[Market, int, int], AnyWindow]  # market, length (ms), end (epoch ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewerRequests:
    """
    What viewers may request of the collector, and what they have requested.

    Attributes:
        stand_ins: the configured stand-ins of each market that has any.
        span: ms back from now that the collector keeps complete by itself.
        retention: ms for which prices are kept; None: forever.
        since: epoch ms from which older prices are requested and not fetched yet; None: none are.
        done: since when, and when (epoch ms), such a request was fulfilled last; None: none was.
    """

    stand_ins: Mapping[Market, tuple[str, ...]]
    span: int
    retention: int | None = None
    since: int | None = None
    done: tuple[int, int] | None = None


def no_rows(_market: Market, _span: int, _end: int) -> Window:
    """Return an empty window; the default while no store is read."""
    return Window.of(Ticks.none())


def ends_of(extents: Mapping[Market, tuple[int, int]]) -> dict[str, Any]:
    """Return the fields of PageData that say since when and until when prices are stored."""
    return {
        "first_stored": min((first for first, _ in extents.values()), default=None),
        "extents": extents,
    }


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
        extents: times of the first and the last stored price of each market, read as seldom.
        requests: what viewers may request; None: nothing, as on public, simulated and published pages.
        alerts: the state of each rule; None: not shown, as on published pages.
        alert_marks: what the charts mark of alerts.
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
    extents: Mapping[Market, tuple[int, int]] = field(default_factory=dict)
    requests: ViewerRequests | None = None
    alerts: AlertsView | None = None
    alert_marks: Mapping[Market, MarketMarks] = field(default_factory=dict)

    @property
    def reach(self) -> int:
        """How many ms back from now the page reaches: as far as there are prices."""
        return LEAST_REACH if self.first_stored is None else max(LEAST_REACH, self.now - self.first_stored + 1)

    @cached_property
    def newest(self) -> Mapping[Market, int]:
        """The time of each market's last price up to *now*."""
        recent = {market: window.last_time for market, window in self._stored.items() if window.count}
        return {market: last for market, (_, last) in self.extents.items() if last <= self.now} | recent

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
    def _stored(self) -> Mapping[Market, AnyWindow]:
        """All rows in memory up to *now*."""
        return self._windows(self.now)

    def _windows(self, time: int) -> Mapping[Market, AnyWindow]:
        return {market: self.read(market, DAY, time) for market in self.markets}

    def updated(self, **changes: Any) -> "PageData":
        """
        Return a copy with *changes* of fields.

        While the clock goes forward and no row arrives, what rows show is carried over: the page asks for it every
        second.
        """
        result = replace(self, **changes)
        fields = ("read", "markets", "revision", "unmoved_after")
        if result.now >= self.now and all(getattr(result, name) == getattr(self, name) for name in fields):
            carried = {"unmoved", "_stored"} if result.extents != self.extents else {"newest", "unmoved", "_stored"}
            for name in carried & self.__dict__.keys():
                result.__dict__[name] = self.__dict__[name]
        return result
