"""
Takes the README's pictures: ``python -m tests.pictures.readme``.

They show a first day on a simulated market: candles, and prices collected since some hours ago. The exchange does not
say that its prices are simulated, as rules about such prices are not watched.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np

from tests.pictures.camera import wait_until_still
from tests.support import chromium
from tests.support.browser import tab
from tests.support.checkout import ROOT
from tests.support.page_server import now, settings, voila
from tests.support.receivers.http import Reply, receiving
from tracker.core.durations import DAY, HOUR, MINUTE
from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks
from tracker.sandbox import Sandbox, Simulated
from tracker.stores.csv import open_store

# The file in docs/ -> width, height and theme of the window.
PICTURES = {
    "page-light": (1440, 1010, "light"),
    "page-dark": (1440, 1010, "dark"),
    "page-phone": (390, 844, "light"),
}

_QUOTES = ("USD", "EUR", "GBP", "JPY", "CAD", "CHF", "AUD")  # those of a tracker without settings
_CADENCE = 10_000  # ms
_COLLECTED = 7 * HOUR
_SEED = 7  # that of the exchange
_CHANNELS = """
[channels]
mail = "json://127.0.0.1:PORT/"
phone = "json://127.0.0.1:PORT/"
"""
_RULE = """
[[rules]]
name = "{}"
market = "{}"
when = "{}"
{}
notify = ["{}"]
"""


def main(out: Path) -> int:
    """Write the pictures into the folder *out*; return the exit status."""
    path = chromium.find()
    if path is None:
        print(f"pictures: no Chromium; type: {chromium.how_to_install()}", file=sys.stderr)
        return 1
    with (
        tempfile.TemporaryDirectory(prefix="pictures-", ignore_cleanup_errors=True) as scratch,
        receiving(lambda _: Reply()) as channels,
        Sandbox(Simulated(_SEED), now, states_origin=False) as exchange,
        chromium.launched(path) as browser,
    ):
        folder = Path(scratch) / "data"
        _store_first_day(folder, now())
        variables = settings(folder, f"{exchange.url}/kraken", _QUOTES, f"{_CADENCE // 1000}s")
        file = Path(scratch) / "tracker.toml"
        file.write_text(_CHANNELS.replace("PORT", str(channels.port)) + _rules(now()))
        variables |= {"TRACKER_CONFIG": str(file), "TRACKER_EDIT": "yes"}
        is_still = []
        with voila(Path(scratch) / "log", **variables) as url:
            for name, (width, height, theme) in PICTURES.items():
                with tab(browser, "about:blank", width=width, height=height, scheme=theme, timezone_id="UTC") as seen:
                    seen.page.goto(f"{url}?span=24h", wait_until="commit")
                    rule = seen.page.locator(".bt-rule", has_text="firing")
                    seen.wait(lambda rule=rule: rule.count() == 1, "a rule is evaluated at a price, and fires")
                    is_still.append(wait_until_still(seen, "LIVE"))
                    seen.page.screenshot(path=out / f"{name}.png")
                    print(out / f"{name}.png", flush=True)
    return 0 if all(is_still) else 1


def _store_first_day(folder: Path, end: int) -> None:
    """Store the day before *end* (epoch ms): candles of a minute, then prices as they are collected."""
    store, source = open_store(str(folder), base=folder, known=()), Simulated(_SEED)
    for market in (Market("kraken", "BTC", quote) for quote in _QUOTES):
        candles = np.arange(end - DAY, end - _COLLECTED, MINUTE) // MINUTE * MINUTE
        collected = np.arange(candles[-1] + _CADENCE, end, _CADENCE)
        for times, interval, origin in ((candles, MINUTE, Origin.BACKFILL), (collected, _CADENCE, Origin.LIVE)):
            store.append({market: Ticks.of(times, source.prices(market, times), interval, origin)})
    store.close()


def _rules(at: int) -> str:
    """Return rules of which one holds at *at* (epoch ms), and one not yet for as long as it says."""
    euros, pounds = (
        float(Simulated(_SEED).prices(Market("kraken", "BTC", quote), np.array([at]))[0]) for quote in ("EUR", "GBP")
    )
    rules = (
        ("EUR is high", "kraken:BTC/EUR", f"price > {round(euros * 0.985, -2):.0f}", "", "mail"),
        ("GBP stays high", "kraken:BTC/GBP", f"price > {round(pounds * 0.985, -2):.0f}", 'for = "30min"', "mail"),
        ("A fall", "*", "change(1h) < -2%", "", "phone"),
        ("Volatile", "kraken:BTC/USD", "volatility(24h) > 80%", "", "mail"),
        ("No prices", "*", "age > 60s", 'severity = "critical"', "phone"),
    )
    return "".join(_RULE.format(*rule) for rule in rules)


if __name__ == "__main__":
    sys.exit(main(ROOT / "docs"))
