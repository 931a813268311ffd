"""A running App in the test's own process and event loop, without a browser."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from tracker.core.market import Market
from tracker.dashboard.app import App
from tracker.runtime.settings import ExchangeSettings, MarketSettings, Settings, read_settings

EUR, USD = Market("kraken", "BTC", "EUR"), Market("kraken", "BTC", "USD")


def app_settings(folder: Path, url: str) -> Settings:
    """Return settings with the store in *folder*/data, and EUR and USD every 2 s from kraken at *url*/kraken."""
    return read_settings(
        folder,
        store=f"csv:{folder / 'data'}",
        markets=(MarketSettings(name=EUR, every="2s"), MarketSettings(name=USD, every="2s")),
        exchanges={"kraken": ExchangeSettings(url=f"{url}/kraken")},
    )


async def until(condition: Callable[[], object], what: str, patience: float = 30.0) -> None:
    """Wait until *condition* holds."""
    try:
        async with asyncio.timeout(patience):
            while not condition():  # noqa: ASYNC110 - threads and processes do the work, and set no event here
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"{what}: not within {patience:g} s") from None


def run_app(check: Callable[[App], Awaitable[None]], folder: Path, url: str) -> None:
    """Run *check* with a started app; stop the app in any case."""

    async def run() -> None:
        app = App.start(app_settings(folder, url))
        try:
            await check(app)
        finally:
            app.stop()

    asyncio.run(run())
