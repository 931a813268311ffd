"""What the page shows and what its viewer chose, as traits: the only thing that its parts share."""

from datetime import UTC
from typing import Any, NamedTuple

import traitlets

from tracker.core.market_status import Note, Status
from tracker.market import Market, Ticks
from tracker.measures import COVERAGE_FLOOR
from tracker.window import Window

SPANS = (600, 3_600, 21_600, 86_400, 604_800)  # seconds that the page offers
LONGEST_VIEW = 7 * 86_400_000  # ms; as far back as a page reaches
MODES = ("linear", "log", "together")  # how prices are drawn; together: as % since the start, all in one chart
THEMES = ("system", "light", "dark")
COLOURS = 8  # more cannot be told apart; the ninth market has the first colour again


class View(NamedTuple):
    """A part of time that the viewer zoomed to, in milliseconds."""

    span: int
    end: int | None  # epoch ms; None: it goes on with the time


def _no_rows(market: Market) -> Window:
    return Window.of(Ticks.none())


class State(traitlets.HasTraits):
    """
    Traits, and two questions about them. Times are epoch milliseconds, UTC.

    Whoever feeds it sets *now* every second or so, and counts *revision* up when any row
    arrived, late ones included; parts redraw by that. Change several at once under
    ``hold_trait_notifications``.
    """

    markets = traitlets.Tuple()  # of Market, in the configured order: a market's place is its colour
    chosen = traitlets.Tuple()  # of Market, the ticked ones, in the same order
    span = traitlets.Int(21_600)  # seconds
    view = traitlets.Instance(View, allow_none=True)  # None: *span* up to now
    mode = traitlets.Enum(MODES, "linear")
    candles = traitlets.Bool(False)
    rank_by = traitlets.Unicode("relative_standard_deviation")  # a name in MEASURES
    sort = traitlets.Unicode()  # a column of the table; "" = by rank, "-…" = the largest first
    zone = traitlets.Any(UTC)  # a tzinfo: in which times are written
    viewer_zone = traitlets.Any(UTC)  # the browser's own
    theme = traitlets.Enum(THEMES, "system")
    on_screen = traitlets.Any()  # a frozenset: marks of the charts in sight; None: unknown, so all
    watched = traitlets.Bool(True)  # False: no browser shows the page now, so nothing need be drawn
    met = traitlets.Bool(False)  # whether any browser ever has
    now = traitlets.Int(0)
    revision = traitlets.Int(0)
    outages = traitlets.Tuple()  # of Outage: why there are gaps, as far as it was written down
    status = traitlets.Instance(Status, allow_none=True)  # None: nothing has been said yet
    ended = traitlets.Unicode()  # why this page's own background work has ended for good; "" = it goes on
    problem = traitlets.Unicode()  # why stored prices cannot be read now; "" = they can
    skipped = traitlets.Instance(Note, allow_none=True)  # what of the stored files could not be read; None: all could
    floor = traitlets.Float(COVERAGE_FLOOR)  # least coverage to be ranked
    store_label = traitlets.Unicode()  # where prices are kept, for people: "data/"
    recorded = traitlets.Bool(False)  # whether the store holds any price, however old
    window = traitlets.Callable(_no_rows)  # Market -> Window, of the ``shown`` time
    read: Any = traitlets.Callable(None, allow_none=True)  # Market, ms long, its end -> Window; None: as *window*
    asked = traitlets.Unicode()  # what of the page's address could not be followed; "" = all could
    replay = traitlets.Any()  # None, or the Playback that *now* is taken from
    playing = traitlets.Bool(False)  # whether it moves
    start_replay = traitlets.Any()  # None, or a function without arguments that plays what is stored
    end_replay = traitlets.Any()  # None, or one that goes back to live
    monotonic = traitlets.Callable(lambda: 0.0)  # seconds, by which parts rest; standing still they never do
    simulate = traitlets.Any()  # None, or a function without arguments that goes over to a simulated market

    def __init__(self, **traits: object) -> None:
        super().__init__(**traits)
        self._newest: dict[Market, int] = {}
        self._asked: tuple[object, ...] = ()

    @property
    def shown(self) -> tuple[int, int]:
        """What time the page shows, from and to: the last *span*, or what the viewer zoomed to."""
        span, end = self.view or View(self.span * 1000, None)
        last = self.now if end is None else end
        return last - span, last

    @property
    def past(self) -> bool:
        """Whether the viewer looks at a part of time that does not go on."""
        return self.view is not None and self.view.end is not None

    def colour(self, market: Market) -> str:
        """The style class that gives *market* its colour, the same in every part."""
        place = self.markets.index(market) if market in self.markets else 0
        return f"bt-s{place % COLOURS + 1}"

    def recent(self, market: Market) -> Window:
        """The last *span* up to *now*, whatever is shown."""
        found: Window = self.read(market, self.span * 1000, self.now) if self.read else self.window(market)
        return found

    def newest(self, market: Market) -> int | None:
        """The time of the last price seen of *market*; None if none was, as far as any span reached."""
        asked = (self.revision, self.span, self.read, self.window)
        # Every second the header asks for the age of each market; only new rows can change the answer.
        if asked != self._asked:
            if self._asked[-2:] != asked[-2:]:
                self._newest = {}  # another store: what the one before held is no news of this one
            self._asked = asked
            for each in self.markets:
                ticks = self.recent(each).ticks
                if len(ticks):
                    self._newest[each] = max(int(ticks.time[-1]), self._newest.get(each, 0))
        return self._newest.get(market)
