"""The page as a file for any web server: a picture that renews itself, for an audience of any size."""

from tracker.assembly import make_status_reader
from tracker.config import Settings
from tracker.history.reader import PriceReader
from tracker.render.page import status_view
from tracker.render.page.state import PageData, PageState
from tracker.render.page.static_state import default_state


class Subject:
    """What the page shows: all markets, over the span of the settings, from what is stored."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        store = settings.open_store()
        collector_status = make_status_reader(settings, "publish")
        self._reader = PriceReader(settings, store, settings.make_clock(), collector_status)
        self._skipped = status_view.SkippedLines(store, self._reader.folder)

    def now(self) -> PageState:
        """At this moment. Raises StoreError."""
        reader, span = self._reader, self._settings.span
        if not reader.load(span):
            reader.refresh()
        status, now = status_view.hide_paths(reader.status(), reader.folder), reader.clock.now()
        data = PageData(
            markets=reader.markets,
            now=now,
            read=reader.window,
            floor=self._settings.coverage_floor,
            status=status,
            outages=reader.outages(status),
            skipped=self._skipped.note(now),
        )
        return default_state(data, span)
