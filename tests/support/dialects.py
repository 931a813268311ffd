"""What the tests of the sandbox's dialects share: a time, and a recording in which one market is silent."""

from pathlib import Path

from tracker.core.market import Market
from tracker.sandbox import Recording

NOW = 1_763_900_020_000
TEN = 1_522_836_000_000  # a full hour, in the middle of the recording


def market(quote: str, base: str = "BTC") -> Market:
    return Market("kraken", base, quote)


def silent_euro(folder: Path) -> Recording:
    """BTC/USD every minute; BTC/EUR up to TEN and from 20 minutes after it, with the minute from 09:58 missing."""
    ten = TEN // 1000
    euro = [ten - 180, ten - 60, ten, ten + 1200, ten + 1260]
    lines = [f"{time},{time % 1000 + 0.123456}\n" for time in euro]
    (folder / "btceur.csv").write_text("".join(lines), encoding="utf-8")
    dollar = range(ten - 600, ten + 1320, 60)
    (folder / "btcusd.csv").write_text("".join(f"{time},7000\n" for time in dollar), encoding="utf-8")
    return Recording(folder)
