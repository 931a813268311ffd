"""Reads the state of the published page from the store."""

from tracker.collector.factory import make_status_reader
from tracker.history.reader import PriceReader
from tracker.render.page import status_view
from tracker.render.page.page_data import PageData
from tracker.render.page.state import PageState
from tracker.render.page.static_state import default_state
from tracker.runtime.settings import Settings
from tracker.runtime.store_url import open_configured_store


class StoredPage:
    """The stored prices of all markets over the configured span."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._store = open_configured_store(settings)
        collector_status = make_status_reader(settings, "publish")
        self._reader = PriceReader(settings, self._store, settings.make_clock(), collector_status)

    def now(self) -> PageState:
        """Return the state of the page at this moment. Raises StoreError."""
        reader, span = self._reader, self._settings.span
        if not reader.load(span):
            reader.refresh()
        status = status_view.hide_paths(reader.status(), reader.folder)
        data = PageData(
            markets=reader.markets,
            now=reader.clock.now(),
            read=reader.window,
            floor=self._settings.coverage_floor,
            unmoved_after=self._settings.unmoved_after,
            status=status,
            outages=reader.outages(status),
            malformed_lines=status_view.malformed_lines_note(self._store, reader.folder),
        )
        return default_state(data, span)
