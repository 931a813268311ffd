"""A simulated market with a store of its own, for as long as a page shows it."""

import tempfile
from collections.abc import Callable, Iterable

from tracker.runtime.setting_types import ExchangeSettings
from tracker.runtime.settings import Settings
from tracker.sandbox import Sandbox, Simulated

SEED = 42  # of the market that the page simulates by one click


class Demo:
    """
    An exchange on loopback, running, and a temporary folder for its rows; stored data stays untouched.

    Args:
        now: what the simulated time is taken from, epoch ms.
    """

    def __init__(self, now: Callable[[], int]) -> None:
        # Goes with the process too, however it ends but by SIGKILL.
        self._temporary = tempfile.TemporaryDirectory(prefix="tracker-simulated-", ignore_cleanup_errors=True)
        self._sandbox = Sandbox(Simulated(SEED), now)
        self._sandbox.start()

    @property
    def folder(self) -> str:
        return self._temporary.name

    def settings(self, settings: Settings, exchanges: Iterable[str]) -> Settings:
        """*settings* with all *exchanges* simulated, and prices kept in the temporary folder."""
        urls = {name: ExchangeSettings(url=f"{self._sandbox.url}/{name}") for name in exchanges}
        return settings.at_store(f"csv:{self.folder}", exchanges=urls)

    def stop(self) -> None:
        """End the exchange and remove its rows."""
        self._sandbox.stop()
        self._temporary.cleanup()
