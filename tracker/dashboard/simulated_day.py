"""A day of simulated prices to replay, for a page without stored ones."""

import tempfile

import numpy as np

from tracker.core.durations import DAY, MINUTE
from tracker.core.market_status import Status
from tracker.core.simulated_prices import DEMO_SEED, prices
from tracker.core.ticks import Origin, Ticks
from tracker.history.reader import PriceReader
from tracker.history.replay import open_playback
from tracker.runtime.settings import Settings
from tracker.runtime.store_url import open_configured_store

START = 1_735_689_600_000  # epoch ms; Wed 1 Jan 2025. The next day is replayed, this one is what came before
_DAYS = 2


class SimulatedDay:
    """
    Simulated prices of a fixed day, one a minute, in a temporary folder. They are computed, so no file ships with them.

    Blocking.

    Args:
        settings: their markets are simulated.
    """

    def __init__(self, settings: Settings) -> None:
        # Also removed when the process ends, except by SIGKILL.
        self._temporary = tempfile.TemporaryDirectory(prefix="tracker-simulated-", ignore_cleanup_errors=True)
        self._settings = settings.at_store(f"csv:{self._temporary.name}/simulated")  # the page names the last part
        self._store = open_configured_store(self._settings)
        times = np.arange(START + MINUTE, START + _DAYS * DAY, MINUTE)  # ends on the day that it is a price of
        self._store.append(
            {
                market: Ticks.of(times, prices(DEMO_SEED, market, times), MINUTE, Origin.SIMULATED)
                for market in settings.market_list()
            }
        )

    def reader(self, at: int | None = None, speed: float = 60.0, moving: bool = True) -> PriceReader:
        """Return a reader that replays the day; see ``PriceReader.playing``."""
        clock = open_playback(self._store, self._settings.market_list(), None, at, speed)
        clock.is_simulated_day = True
        if not moving:
            clock.pause()
        return PriceReader(self._settings, self._store, clock, Status)

    def stop(self) -> None:
        """Remove the prices."""
        self._temporary.cleanup()
