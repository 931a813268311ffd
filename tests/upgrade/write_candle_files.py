"""
Wrote ``candle_files/``: what the first release with candle files leaves on a disk.

    PYTHONPATH=. .venv/bin/python tests/upgrade/write_candle_files.py tests/upgrade/candle_files

One market in buckets of an hour and then of a minute, some of its rows with the first, low and high of their candle:
written with the row, added later, added in two parts, unknown in part, and of a stand-in. A last line is torn, one
is malformed, and a candle file lost its bucket. ``rows.csv`` beside the folder is what that release read from it.
"""

import csv
import sys
from pathlib import Path

from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks
from tracker.stores.csv import open_store

NOW = 1_795_446_000_000  # 2026-11-23 15:00 UTC
USD = Market("kraken", "BTC", "USD")
NAN = float("nan")
COLUMNS = ("time", "price", "interval", "origin", "exchange", "first", "low", "high")


def candles(minutes: range, first: float = 99.5, low: float = 98.25, high: float = 101.0, exchange: str = "") -> Ticks:
    """Return backfilled minutes before NOW, all with the same prices but for their closes."""
    times = [NOW + 60_000 * minute for minute in minutes]
    prices = [100.0 + minute % 4 / 4 for minute in minutes]
    columns = ([value] * len(minutes) for value in (first, low, high))
    return Ticks.of(times, prices, 60_000, Origin.BACKFILL, exchange, *columns)


def main(folder: Path) -> None:
    """Write the specimen to *folder*."""
    data = folder / "data"
    hourly = open_store("data", base=folder, known=())
    hourly.append({USD: candles(range(-180, -170))})
    hourly.append({USD: candles(range(-170, -160), NAN, NAN, NAN)})
    hourly.add_candles(USD, candles(range(-175, -165)))
    hourly.append({USD: candles(range(-120, -115), NAN, 98.25, NAN)})
    hourly.add_candles(USD, candles(range(-119, -110)))
    hourly.append({USD: Ticks.of([NOW + 10_500, NOW + 20_500], [100.125, 5e-05], 10_000)})
    hourly.append({USD: candles(range(1, 3), exchange="coinbase")})
    by_minute = open_store("data", base=folder, known=(), granularity="minute")
    by_minute.append({USD: candles(range(60, 64))})
    by_minute.close()
    hourly.close()
    market = data / "kraken" / "btcusd"
    with (market / "2026-11-23-12.candles.csv").open("a") as file:
        file.write("what is this\n1795435500,60,99.5,98.25,10")
    (market / "2026-11-23" / "16" / "03.csv").unlink()
    (data / ".append-lock").unlink()
    with (folder / "rows.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        ticks = open_store("data", base=folder, known=()).read(USD, 0, 2 * NOW)
        columns = (ticks.time, ticks.price, ticks.interval, ticks.origin)
        values = [column.tolist() for column in (*columns, *ticks.candle_columns())]
        writer.writerows(zip(*values[:4], ticks.exchanges(), *values[4:], strict=True))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
