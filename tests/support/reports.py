"""A store of one day with gaps, candles and a stand-in, for testing reports."""

import json
import re
import shutil
from pathlib import Path

import numpy as np

from tests.support.page_server import ROOT, mark_as_checkout
from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks
from tracker.render.report import Report
from tracker.render.report.data import read_report_data
from tracker.render.report.document import assemble
from tracker.runtime.settings import read_settings
from tracker.sandbox import prices
from tracker.stores.csv import open_store

USD, EUR, CHF = (Market("kraken", "BTC", quote) for quote in ("USD", "EUR", "CHF"))
HOUR, DAY = 3_600_000, 86_400_000
THAT_DAY = 1_522_886_400_000  # 2018-04-05 00:00 UTC


def rows(market: Market, origin: Origin) -> Ticks:
    """Return that day's simulated prices: a gap 10:00 to 11:00, candles 14:00 to 16:00, CHF from 08:00."""
    begin = 8 * HOUR if market == CHF else 0
    polled = THAT_DAY + np.arange(begin + 10_000, DAY + 1, 10_000)
    of_day = polled - THAT_DAY
    polled = polled[((of_day <= 10 * HOUR) | (of_day > 11 * HOUR)) & ((of_day <= 14 * HOUR) | (of_day > 16 * HOUR))]
    foreign = (market == EUR) & (polled > THAT_DAY + 6 * HOUR) & (polled <= THAT_DAY + 7 * HOUR)
    candles = THAT_DAY + np.arange(14 * HOUR + 60_000, 16 * HOUR + 1, 60_000)
    later = Origin.BACKFILL if origin is Origin.LIVE else origin
    return Ticks.concat(
        [
            Ticks.of(polled, prices(42, market, polled), 10_000, origin, np.where(foreign, "coinbase", "").tolist()),
            Ticks.of(candles, prices(42, market, candles), 60_000, later),
        ]
    )


def project(folder: Path, origin: Origin = Origin.LIVE) -> Path:
    """Fill *folder* with the notebooks, three markets of that day, and an hour of USD three days later."""
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    mark_as_checkout(folder)
    store = open_store("data", base=folder, known=())
    store.append({market: rows(market, origin) for market in (USD, EUR, CHF)})
    later = THAT_DAY + 3 * DAY + np.arange(10_000, HOUR, 10_000)
    store.append({USD: Ticks.of(later, prices(42, USD, later), 10_000, origin)})
    store.close()
    return folder


def report_html(folder: Path) -> str:
    """Return the file that ``tracker report`` writes of that day: the sections that the notebook shows, without it."""
    store = open_store("data", base=folder, known=())
    report = Report(read_report_data(read_settings(folder), store, "2018-04-05", (), None), THAT_DAY + 4 * DAY)
    cells = json.loads((folder / "notebooks" / "report.ipynb").read_text("utf-8"))["cells"]
    sections = [name for cell in cells for name in re.findall(r"^report\.(\w+)\(\)$", "".join(cell["source"]), re.M)]
    assert len(sections) == len(cells) - 1, "every cell but that of the parameters shows a section"
    return str(assemble("BTC prices of 2018-04-05 (UTC)", [getattr(report, name)().html for name in sections]))


def words(html: str) -> str:
    """Return the visible text of *html* in one line."""
    text = re.sub(r"<(style|title|desc)\b.*?</\1>|<[^>]+>", " ", html, flags=re.DOTALL)
    return " ".join(text.split())
