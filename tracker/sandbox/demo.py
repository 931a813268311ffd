"""Demo: a simulated exchange with a temporary store, while a page shows it."""

import tempfile
from collections.abc import Callable, Iterable

from tracker.core.market import Market
from tracker.core.simulated_prices import DEMO_SEED
from tracker.runtime.setting_types import ExchangeSettings
from tracker.runtime.settings import Settings
from tracker.sandbox import Sandbox, Simulated
from tracker.sandbox.demo_rules import demo_rules


class Demo:
    """
    Runs an exchange on loopback and keeps its rows in a temporary folder; stored data is not touched.

    Args:
        now: returns the simulated time, epoch ms.
        markets: what it offers beside the usual pairs.
    """

    def __init__(self, now: Callable[[], int], markets: Iterable[Market]) -> None:
        self._now = now
        # Also removed when the process ends, except by SIGKILL.
        self._temporary = tempfile.TemporaryDirectory(prefix="tracker-simulated-", ignore_cleanup_errors=True)
        self._sandbox = Sandbox(Simulated.with_markets(DEMO_SEED, markets), now)
        self._sandbox.start()

    @property
    def folder(self) -> str:
        return f"{self._temporary.name}/simulated"  # the page names the last part

    def settings(self, settings: Settings, exchanges: Iterable[str]) -> Settings:
        """Return *settings* with all *exchanges* simulated and the temporary folder as store, and with rules to see."""
        urls = {name: ExchangeSettings(url=f"{self._sandbox.url}/{name}") for name in exchanges}
        rules = settings.rules or demo_rules(DEMO_SEED, settings.market_list(), self._now())
        return settings.at_store(f"csv:{self.folder}", exchanges=urls, rules=rules)

    def stop(self) -> None:
        """Stop the exchange and remove its rows."""
        self._sandbox.stop()
        self._temporary.cleanup()
