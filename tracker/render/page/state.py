"""What a page shows at one moment: what its viewer chose, and what there is to show. Times are epoch ms, UTC."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from functools import cached_property
from typing import NamedTuple, TypeAlias

from tracker.collector.outage_log import Outage
from tracker.core.market import Market
from tracker.core.market_status import Note, Status
from tracker.core.ranking import COVERAGE_FLOOR, DEFAULT_RANKING
from tracker.core.ticks import Ticks
from tracker.core.window import Window

SPANS = (600, 3_600, 21_600, 86_400, 604_800)  # seconds that the page offers
MAX_VIEW = 7 * 86_400_000  # ms; as far back as a page reaches
MODES = ("linear", "log", "compare")  # price axes; "compare": changes in percent, all in one chart
THEMES = ("system", "light", "dark")
COLOURS = 8  # more cannot be told apart; the ninth market has the first colour again

ReadWindow: TypeAlias = Callable[[Market, int, int], Window]  # market, ms long, its end


class View(NamedTuple):
    """A part of time that the viewer zoomed to, in milliseconds."""

    span: int
    end: int | None  # epoch ms; None: it goes on with the time


class Replay(NamedTuple):
    """Where a replay is, and how it plays."""

    now: int  # epoch ms
    speed: float  # 60.0: an hour in a minute
    playing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """
    What the viewer chose; a page's address holds it.

    Attributes:
        chosen: the ticked markets, in the configured order.
        span: seconds.
        view: None: *span* up to now.
        rank_by: a name in MEASURES.
        sort: a column of the table; "" = by rank, "-…" = the largest first.
        zone: in which times are written.
        viewer_zone: the browser's own.
        replay: None: the page is live.
        address_problem: what of the address could not be followed; "" = all could.
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
    theme: str = THEMES[0]
    replay: Replay | None = None
    address_problem: str = ""


def no_rows(_market: Market, _span: int, _end: int) -> Window:
    """In place of a store that nothing was read from."""
    return Window.of(Ticks.none())


@dataclass(frozen=True, kw_only=True)
class PageData:
    """
    What there is to show.

    Attributes:
        markets: in the configured order; a market's place is its colour.
        revision: counts up when any row arrived, late ones included.
        status: what the collector publishes; None: nothing yet.
        outages: why there are gaps, as far as it was written down.
        ended: why the page's own background work has ended for good; "" = it goes on.
        problem: why stored prices cannot be read now; "" = they can.
        skipped: what of the stored files could not be read; None: all could.
        floor: least coverage to be ranked, 0 to 1.
        store_label: where prices are kept, for people: "data/".
        recorded: whether the store holds any price, however old.
    """

    markets: tuple[Market, ...] = ()
    now: int = 0
    revision: int = 0
    read: ReadWindow = no_rows
    status: Status | None = None
    outages: tuple[Outage, ...] = ()
    ended: str = ""
    problem: str = ""
    skipped: Note | None = None
    floor: float = COVERAGE_FLOOR
    store_label: str = ""
    recorded: bool = False

    @cached_property
    def newest(self) -> Mapping[Market, int]:
        """The time of each market's last price up to *now*, as far back as rows are in memory."""
        ticks = {market: self.read(market, MAX_VIEW, self.now).ticks for market in self.markets}
        return {market: int(rows.time[-1]) for market, rows in ticks.items() if len(rows)}


@dataclass(frozen=True, slots=True)
class PageState:
    """What a page shows at one moment."""

    choices: Choices
    data: PageData

    @property
    def shown(self) -> tuple[int, int]:
        """What time the page shows, from and to: the last *span*, or what the viewer zoomed to."""
        span, end = self.choices.view or View(self.choices.span * 1000, None)
        last = self.data.now if end is None else end
        return last - span, last

    @property
    def past(self) -> bool:
        """Whether the viewer looks at a part of time that does not go on."""
        return self.choices.view is not None and self.choices.view.end is not None

    def colour(self, market: Market) -> str:
        """The style class that gives *market* its colour, the same in every part."""
        markets = self.data.markets
        place = markets.index(market) if market in markets else 0
        return f"bt-s{place % COLOURS + 1}"

    def window(self, market: Market) -> Window:
        """The rows of *market* in the time that is shown."""
        start, end = self.shown
        return self.data.read(market, end - start, end)

    def recent(self, market: Market) -> Window:
        """The last *span* up to now, whatever is shown."""
        return self.data.read(market, self.choices.span * 1000, self.data.now)

    def newest(self, market: Market) -> int | None:
        """The time of the last price of *market*; None if there is none in memory."""
        return self.data.newest.get(market)
