"""
Takes the README's pictures: ``python -m tests.pictures.readme``.

They show a first day on a simulated market: candles, and prices collected since some hours ago.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np

from tests.pictures.camera import wait_until_still
from tests.support import chromium
from tests.support.browser import tab
from tests.support.checkout import ROOT
from tests.support.page_server import exchange, now, settings, voila
from tracker.core.durations import DAY, HOUR, MINUTE
from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks
from tracker.sandbox import Simulated
from tracker.stores.csv import open_store

# The file in docs/ -> width, height and theme of the window.
PICTURES = {
    "page-light": (1280, 1010, "light"),
    "page-dark": (1280, 1010, "dark"),
    "page-phone": (390, 844, "light"),
}

_QUOTES = ("USD", "EUR", "GBP", "JPY", "CAD", "CHF", "AUD")  # those of a tracker without settings
_CADENCE = 10_000  # ms
_COLLECTED = 7 * HOUR
_SEED = 7  # that of the exchange


def main(out: Path) -> int:
    """Write the pictures into the folder *out*; return the exit status."""
    path = chromium.find()
    if path is None:
        print(f"pictures: no Chromium; type: {chromium.how_to_install()}", file=sys.stderr)
        return 1
    with (
        tempfile.TemporaryDirectory(prefix="pictures-", ignore_cleanup_errors=True) as scratch,
        exchange() as address,
        chromium.launched(path) as browser,
    ):
        folder = Path(scratch) / "data"
        _store_first_day(folder, now())
        variables = settings(folder, address, _QUOTES, f"{_CADENCE // 1000}s")
        is_still = []
        with voila(Path(scratch) / "log", **variables) as url:
            for name, (width, height, theme) in PICTURES.items():
                with tab(browser, "about:blank", width=width, height=height, scheme=theme, timezone_id="UTC") as seen:
                    seen.page.goto(f"{url}?span=24h", wait_until="commit")
                    is_still.append(wait_until_still(seen, "SIMULATED"))
                    seen.page.screenshot(path=out / f"{name}.png")
                    print(out / f"{name}.png", flush=True)
    return 0 if all(is_still) else 1


def _store_first_day(folder: Path, end: int) -> None:
    """Store the day before *end* (epoch ms): candles of a minute, then prices as they are collected."""
    store, source = open_store(str(folder), base=folder, known=()), Simulated(_SEED)
    for market in (Market("kraken", "BTC", quote) for quote in _QUOTES):
        candles = np.arange(end - DAY, end - _COLLECTED, MINUTE) // MINUTE * MINUTE
        collected = np.arange(candles[-1] + _CADENCE, end, _CADENCE)
        for times, interval in ((candles, MINUTE), (collected, _CADENCE)):
            store.append({market: Ticks.of(times, source.prices(market, times), interval, Origin.SIMULATED)})
    store.close()


if __name__ == "__main__":
    sys.exit(main(ROOT / "docs"))
