"""Reads the state of the static page from the store."""

from tracker.collector.factory import make_status_reader
from tracker.history.reader import PriceReader
from tracker.render.page import status_view
from tracker.render.page.state import PageData, PageState
from tracker.render.page.static_state import default_state
from tracker.runtime.settings import Settings
from tracker.runtime.store_url import open_configured_store


class StoredPage:
    """The stored prices of all markets over the configured span."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        store = open_configured_store(settings)
        collector_status = make_status_reader(settings, "publish")
        self._reader = PriceReader(settings, store, settings.make_clock(), collector_status)
        self._malformed_lines = status_view.MalformedLines(store, self._reader.folder)

    def now(self) -> PageState:
        """Return the state of the page at this moment. Raises StoreError."""
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
            malformed_lines=self._malformed_lines.note(now),
        )
        return default_state(data, span)
