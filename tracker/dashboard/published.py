"""The page as a file for any web server: a picture that renews itself, for an audience of any size."""

from tracker import outages
from tracker.assembly import make_status_reader
from tracker.config import Settings
from tracker.follow import Follower
from tracker.render.page import status_view
from tracker.render.page.state import PageData, PageState
from tracker.render.page.static_state import default_state
from tracker.runtime.state_folder import data_folder


class Subject:
    """What the page shows: all markets, over the span of the settings, from what is stored."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._clock = settings.make_clock()
        self._markets = settings.market_list()
        self._store = settings.open_store()
        self._follower = Follower(self._store, self._markets, self._clock)
        self._status = make_status_reader(settings, self._store, "publish")
        self._folder = data_folder(settings)
        self._reasons = status_view.Reasons(self._folder / outages.FILE)
        self._skipped = status_view.SkippedLines(self._store, self._folder)

    def now(self) -> PageState:
        """At this moment. Raises StoreError."""
        span, now = self._settings.span, self._clock.now()
        if not self._follower.load(span):
            self._follower.refresh()
        windows = {market: self._follower.window(market, span, now) for market in self._markets}
        status = status_view.of_rows(self._status(), windows, self._folder)
        data = PageData(
            markets=self._markets,
            now=now,
            read=self._follower.window,
            floor=self._settings.coverage_floor,
            status=status,
            outages=self._reasons.read(status, now // 60_000 * 60_000),
            skipped=self._skipped.note(now),
        )
        return default_state(data, span)
