"""Opening a page on a store of years, in turns with a store of one day; a part of ``zooming``."""

import statistics
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser

from benchmarks.generated import write_days
from benchmarks.opening import open_until_live
from benchmarks.results import Row
from benchmarks.servers import SERVERS
from tests.support.chromium import find, launched
from tests.support.kernels import SOON, is_ready
from tests.support.page_server import ONE_VIEWER, exchange, kernels, now, settings, voila, wait_for
from tracker.core.durations import SECOND
from tracker.core.market import Market
from tracker.sandbox import Simulated

THIS_PAGE = SERVERS[0]
WAYS = {"preheated": SOON, "a new kernel": (*SOON, *ONE_VIEWER)}


def compare_opening(folder: Path, markets: Sequence[Market], every: int, rounds: int) -> list[Row]:
    """Return for each way to open a page how long that takes, on a new store of one day and on *folder*/data."""
    day = folder / "day"
    write_days(day / "data", markets, 1, every, now(), Simulated(7)).close()
    rows = []
    with exchange() as address, launched(find() or "") as browser:
        for way, options in WAYS.items():
            with (
                _served(day, markets, every, address, options) as url_of_day,
                _served(folder, markets, every, address, options) as url_of_years,
            ):
                times = {day: [0.0], folder: [0.0]}
                for number in range(rounds + 1):  # the first one loads files into memory
                    for place, url in ((day, url_of_day), (folder, url_of_years)):
                        seconds = _opened(browser, url, place / "log", has_kernel=ONE_VIEWER[0] not in options)
                        times[place] = [*times[place], seconds] if number else []
            medians = {place: statistics.median(each) for place, each in times.items()}
            rows.append(
                {
                    "opened with": way,
                    "a day (s)": medians[day],
                    "all (s)": medians[folder],
                    "ratio": medians[folder] / medians[day],
                }
            )
    return rows


def seconds_to_open(folder: Path, markets: Sequence[Market], every: int, rounds: int) -> float:
    """Return how long opening a page on *folder*/data takes with a new kernel, the median of *rounds*."""
    with (
        exchange() as address,
        launched(find() or "") as browser,
        _served(folder, markets, every, address, WAYS["a new kernel"]) as url,
    ):
        times = [_opened(browser, url, folder / "log", has_kernel=False) for _ in range(rounds + 1)]
    return statistics.median(times[1:])  # the first one loads files into memory


@contextmanager
def _served(folder: Path, markets: Sequence[Market], every: int, address: str, options: Sequence[str]) -> Iterator[str]:
    quotes = [market.quote for market in markets]
    with voila(folder / "log", *options, **settings(folder / "data", address, quotes, f"{every // SECOND}s")) as url:
        yield url


def _opened(browser: Browser, url: str, log: Path, has_kernel: bool) -> float:
    """Open the page in a new profile once the server is idle; return the seconds until it is live."""

    def is_idle() -> bool:
        ids = kernels(log)
        return len(ids) == 1 and all(is_ready(log, each) for each in ids) if has_kernel else not ids

    wait_for(is_idle, f"the server is idle, see {log}", 120)
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    try:
        return open_until_live(context.new_page(), THIS_PAGE, url)
    finally:
        context.close()
