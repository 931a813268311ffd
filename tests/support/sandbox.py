"""What the tests of the sandbox share: times, requests over a socket, and a recording with gaps."""

from pathlib import Path

import requests

from tracker.core.market import Market
from tracker.sandbox import Recording, Sandbox

NOW = 1_763_900_020_000
TIMEOUT = 10  # seconds; no test takes that long unless it fails
TEN = 1_522_836_000_000  # a full hour, in the middle of the recording


def market(quote: str, base: str = "BTC") -> Market:
    return Market("kraken", base, quote)


def get(sandbox: Sandbox, path: str, exchange: str = "kraken", timeout: float = TIMEOUT) -> requests.Response:
    return requests.get(f"{sandbox.url}/{exchange}{path}", timeout=timeout)


def get_ticker(sandbox: Sandbox, timeout: float = TIMEOUT) -> requests.Response:
    return get(sandbox, "/0/public/Ticker?pair=XBTUSD", timeout=timeout)


def post_faults(sandbox: Sandbox, spec: object) -> requests.Response:
    return requests.post(f"{sandbox.url}/faults", json=spec, timeout=TIMEOUT)


def recording_with_gaps(folder: Path) -> Recording:
    """Record BTC/USD every minute; BTC/EUR up to TEN and from 20 minutes after it, without the minute from 09:58."""
    ten = TEN // 1000
    euro = [ten - 180, ten - 60, ten, ten + 1200, ten + 1260]
    lines = [f"{time},{time % 1000 + 0.123456}\n" for time in euro]
    (folder / "btceur.csv").write_text("".join(lines), encoding="utf-8")
    dollar = range(ten - 600, ten + 1320, 60)
    (folder / "btcusd.csv").write_text("".join(f"{time},7000\n" for time in dollar), encoding="utf-8")
    return Recording(folder)
