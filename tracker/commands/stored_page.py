"""Reads the state of the published pages from the store."""

from tracker.collector.factory import make_status_reader
from tracker.history.reader import PriceReader
from tracker.render.page import status_view
from tracker.render.page.page_data import PageData, ends_of
from tracker.render.page.periods import needed_periods
from tracker.render.page.state import PageState
from tracker.render.page.static_state import default_state
from tracker.runtime.settings import Settings
from tracker.runtime.store_url import open_configured_store


class StoredPage:
    """The stored prices of all markets over any span."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._store = open_configured_store(settings)
        collector_status = make_status_reader(settings, "publish")
        self._reader = PriceReader(settings, self._store, settings.make_clock(), collector_status)

    def now(self, span: int) -> PageState:
        """Return the page of the last *span* ms at this moment. Raises StoreError."""
        reader = self._reader
        data = PageData(
            markets=reader.markets,
            now=reader.clock.now(),
            read=reader.window,
            floor=self._settings.coverage_floor,
            unmoved_after=self._settings.unmoved_after,
        )
        page = default_state(data, span)
        if not reader.load_periods(needed_periods(page)):
            reader.refresh()
        reader.renew()
        status = status_view.hide_paths(reader.status(), reader.folder)
        read = data.updated(
            status=status,
            outages=reader.outages(status),
            malformed_lines=status_view.malformed_lines_note(self._store, reader.folder),
            **ends_of(reader.extents()),
        )
        return default_state(read, span)
