"""Bars as columns for people and programs: of frames, CSV and Parquet."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracker.core.bars import Bars
from tracker.core.market import Market
from tracker.core.ticks import ORIGIN_WORDS, Ticks

# Of an export, and but for "market" of a frame, which has "start" as its index.
COLUMNS = (
    "start",
    "end",
    "open",
    "high",
    "low",
    "close",
    "mean",
    "standard_deviation",
    "drawdown",
    "coverage",
    "count",
    "origin",
    "exchange",
    "market",
)
_BETWEEN = "+"  # several origins or exchanges of one bar


def columns(market: Market, bars: Bars) -> dict[str, Any]:
    """
    Return the columns of *bars* by name, see COLUMNS: arrays and lists of equal length.

    Times are epoch ms. ``origin`` and ``exchange`` name all that prices of a bar came from, the largest share of time
    first, as ``live+backfill``. ``standard_deviation`` is nan for one price.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = bars.m2 / (bars.weight - bars.weight_squared / bars.weight)
    exchanges = (market.exchange, *bars.exchange_names[1:])
    return {
        "start": bars.start,
        "end": bars.end,
        "open": bars.open,
        "high": bars.high,
        "low": bars.low,
        "close": bars.last_price,
        "mean": bars.first_price + bars.mean_distance,
        "standard_deviation": np.where(bars.count > 1, np.sqrt(variance), np.nan),
        "drawdown": bars.drawdown,
        "coverage": bars.covered / bars.step,
        "count": bars.count,
        "origin": _names(bars.origin_weight, ORIGIN_WORDS),
        "exchange": _names(bars.exchange_weight, exchanges),
        "market": [str(market)] * len(bars),
    }


def as_ticks(bars: Bars, until: int) -> Ticks:
    """
    Return the last price of each bar as a row at the bar's end, or at its own time if more of the bar is to come.

    A row's interval is the time that the bar's prices cover, so coverage stays what it is. Its origin and exchange are
    those of most of that time; its first, low and high those of the bar.

    *until*: epoch ms; the bars hold the rows before it, and one that ends there the row at that time too.
    """
    time = np.where(bars.end < until, bars.end, bars.last_time)
    return Ticks(
        time,
        bars.last_price,
        bars.covered,
        bars.origin_weight.argmax(axis=1).astype(np.uint8),
        bars.exchange_weight.argmax(axis=1).astype(np.uint32),
        bars.exchange_names,
        bars.open,
        bars.low,
        bars.high,
    )


def _names(weight: NDArray[np.int64], words: tuple[str, ...]) -> list[str]:
    """Return for each row of *weight* the words of its columns above 0, the largest first."""
    order = np.argsort(-weight, axis=1, kind="stable")
    counts = (weight > 0).sum(axis=1)
    known: dict[tuple[int, ...], str] = {}
    result = []
    for row, count in zip(order.tolist(), counts.tolist(), strict=True):
        codes = tuple(row[:count])
        if codes not in known:
            known[codes] = _BETWEEN.join(words[code] for code in codes)
        result.append(known[codes])
    return result
