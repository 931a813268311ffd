"""Keeps the state of a page up to date with what is stored."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from typing import Any

from tracker.core.errors import TrackerError
from tracker.core.market import Market
from tracker.core.market_status import Status
from tracker.dashboard.background import failure_text
from tracker.dashboard.services import PageServices, shown_status
from tracker.dashboard.view_state import Actions, ViewState
from tracker.history.reader import PriceReader
from tracker.history.windows import Period
from tracker.render.page import status_view
from tracker.render.page.page_data import ends_of
from tracker.render.page.periods import needed_periods
from tracker.render.page.state import PageState
from tracker.render.page.static_state import default_state, local_zone
from tracker.runtime.threads import in_thread

log = logging.getLogger(__name__)

REFRESH = 0.4  # real seconds between two reads of the store
UNWATCHED = 2.0  # the same while no browser shows the page
_JUST_SHOWN = 3_000  # ms since the time that the page shows, which follows the clock by the second


class StateUpdater:
    """
    Writes prices, status and problems into *state*.

    Args:
        state: the page's.
        services: see the attribute.
        start_task: runs a coroutine beside the caller; None: ``read_page`` is not used.

    Attributes:
        services: where they come from; the app replaces them to simulate a market.
    """

    def __init__(
        self,
        state: ViewState,
        services: PageServices,
        start_task: Callable[[Coroutine[Any, Any, None]], object] | None = None,
    ) -> None:
        self._state = state
        self._start_task = start_task
        if start_task is not None:
            state.read_page = self.read_page
        self.services = services
        self._has_news = False  # rows were read that the page does not show yet
        self._renewal: asyncio.Future[bool] | None = None  # of prices of the past, under way
        self._unread = ""  # why what the viewer wants to see could not be read the last time
        self._called = asyncio.Event()  # a browser shows the page again, or the clock of a replay was set
        state.observe(lambda change: self._called.set(), ["watched", "seeks"])

    def connect(self, actions: Actions) -> None:
        """Show the markets of the reader, which is a new one, and offer *actions*."""
        state, services = self._state, self.services
        reader, playback = services.reader, services.playback
        with state.hold_trait_notifications():
            state.replay, state.playing = playback, playback is not None and playback.playing
            state.chosen = _still_chosen(state.chosen, state.data.markets, reader.markets)
            state.actions = actions
            state.update(
                markets=reader.markets,
                now=reader.clock.now(),
                revision=state.data.revision + 1,
                read=reader.window,
                floor=services.settings.coverage_floor,
                unmoved_after=services.settings.unmoved_after,
                store_label=status_view.with_folder_label(reader.store.place, reader.folder),
                store_kind=services.settings.store.partition(":")[0],
                **ends_of(reader.known_extents),
            )

    async def run(self) -> None:
        """Refresh the state and the snapshot until cancelled. An error that may pass is shown on the page."""
        try:
            while True:
                try:
                    await self._refresh()
                except (OSError, TrackerError) as error:
                    self._state.update(problem=self._problem(error), now=self._now())
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._called.wait(), REFRESH if self._state.watched else UNWATCHED)
                self._called.clear()
        finally:
            if self._renewal is not None:
                self._renewal.cancel()

    async def _take_over_settings(self) -> None:
        """Show what settings that have changed state; a replay goes on with the markets it began with."""
        services, reader = self.services, self.services.reader
        settings = services.settings_watch.state.settings
        if services.playback is None and reader.markets != settings.market_list():
            reader = await in_thread(services.reader_of, settings)
            await in_thread(reader.extents)
            await in_thread(reader.load_periods, needed_periods(self.page_of(reader)))
        elif settings == services.settings:
            return
        if services is self.services:  # otherwise a simulated market is shown
            services.settings = settings
            if services.playback is None:
                services.reader = reader
                self.connect(self._state.actions)

    async def _refresh(self) -> None:
        await self._take_over_settings()
        self._state.read_again()
        services, reader, seeks = self.services, self.services.reader, self._state.seeks
        data, begun = self._state.data, reader.clock.now()
        problem, has_stored_prices = "", data.has_stored_prices
        ends = {"first_stored": data.first_stored, "extents": data.extents}
        try:
            periods = needed_periods(self.page_of(reader))
            has_read = await in_thread(reader.load_periods, periods) or bool(await in_thread(reader.refresh))
            if await self._renew(reader) or has_read:
                self._has_news = True
                if not has_stored_prices:  # a longer span may have been read, and nothing found in it
                    has_stored_prices = bool(await in_thread(services.store.markets))
            ends = ends_of(await in_thread(reader.extents))
        except TrackerError as error:  # the collector's status can be shown nevertheless
            problem = self._problem(error)
        status = await in_thread(shown_status, reader)
        outages = await in_thread(reader.outages, status)
        requests = await in_thread(services.viewer_requests)
        alerts = await in_thread(services.read_alerts, self._state.zone)
        if reader is self.services.reader:  # otherwise these prices are shown no longer
            stored = {"has_stored_prices": has_stored_prices, **ends}
            # What the viewer has gone to meanwhile may not be read yet.
            now = self._now() if seeks == self._state.seeks else begun
            problem = problem or (self._unread if self._state.is_reading else "")
            shown = {"alerts": alerts.view, "alert_marks": alerts.marks, "requests": requests, **stored}
            self._show(status, problem, now=now, outages=outages, **shown)
            await in_thread(services.snapshots.write_if_due, self._snapshot_page)

    async def _renew(self, reader: PriceReader) -> bool:
        """Return whether older prices have changed; what takes longer than a moment is said by a later call."""
        if self._renewal is None:
            self._renewal = asyncio.ensure_future(in_thread(reader.renew))
        await asyncio.wait([self._renewal], timeout=REFRESH)
        if not self._renewal.done():
            return False
        renewal, self._renewal = self._renewal, None
        return renewal.result()

    def read_page(self, page: PageState, answer: Callable[[bool], None]) -> None:
        """Read what *page* shows and is not in memory; then call *answer* with whether that was possible."""
        reader = self.services.reader
        if not 0 <= reader.clock.now() - page.data.now < _JUST_SHOWN:  # else just what is drawn then is made ready
            page = replace(page, data=page.data.updated(now=reader.clock.now()))
        periods = needed_periods(page)
        if reader.has_periods(periods):
            answer(True)
        elif self._start_task is not None:
            self._start_task(self._read(reader, periods, answer))

    async def _read(self, reader: PriceReader, periods: list[Period], answer: Callable[[bool], None]) -> None:
        could_read = False
        try:
            await in_thread(reader.load_periods, periods)
            could_read = reader is self.services.reader  # else it has been replaced, and the new one has not read them
            self._unread = ""
        except Exception as error:  # noqa: BLE001  # the choice is tried again, and the page goes on
            self._unread = self._problem(error)
        finally:
            answer(could_read)
        if self._unread and self._state.is_reading:
            self._state.update(problem=self._unread)

    def page_of(self, reader: PriceReader) -> PageState:
        """Return the page at the time of *reader*; that of the data is 0 at first."""
        page = self._state.page
        return replace(page, data=page.data.updated(now=reader.clock.now()))

    def _problem(self, error: Exception) -> str:
        """Return *error* as text for viewers; log it unless the page shows it already."""
        is_known = isinstance(error, (OSError, TrackerError))
        text = status_view.for_viewers(str(error), self.services.reader.folder) if is_known else failure_text(error)
        if text not in (self._state.data.problem, self._unread):
            log.error("%s", text if is_known else "prices cannot be read", exc_info=None if is_known else error)
        return text

    def _now(self) -> int:
        """Return the time to show: the clock on the page ticks in whole seconds, unless there are new rows."""
        now, shown = self.services.reader.clock.now(), self._state.data.now
        return now if self._has_news or now // 1000 != shown // 1000 else shown

    def _show(self, status: Status, problem: str, **more: Any) -> None:
        state, data = self._state, self._state.data
        with state.hold_trait_notifications():
            state.playing = state.replay is not None and state.replay.playing
            state.update(
                revision=data.revision + self._has_news,
                status=status,
                problem=problem,
                malformed_lines=self.services.malformed_lines(),
                **more,
            )
        self._has_news = False
        state.catch_up()

    def _snapshot_page(self) -> PageState | None:
        """Return the page as it opens now; None during a replay or a simulation."""
        if self._state.replay is not None or self.services.is_simulated:
            return None
        reader = self.services.reader
        zone = local_zone()
        alerts = self.services.read_alerts(zone)
        data = replace(self._state.data, now=reader.clock.now(), failure="", alerts=alerts.view)
        page = default_state(data, self.services.settings.span, zone)
        reader.load_periods(needed_periods(page))
        return page


def _still_chosen(
    chosen: tuple[Market, ...], before: tuple[Market, ...], markets: tuple[Market, ...]
) -> tuple[Market, ...]:
    """Return the viewer's choice of *before* among other *markets*: all if it was all, or if none of it is left."""
    left = tuple(market for market in markets if market in chosen)
    return markets if chosen == before or (chosen and not left) else left


def load(services: PageServices, span: int) -> dict[str, Any]:
    """Read the last *span* ms of prices; return the fields of PageData that this changes. Blocking."""
    reader = services.reader
    try:
        reader.load(span)
        ends = ends_of(reader.extents())
        return {"has_stored_prices": bool(services.store.markets()), "problem": "", **ends}
    except TrackerError as error:
        log.error("%s", error)
        return {"problem": status_view.for_viewers(str(error), reader.folder)}
