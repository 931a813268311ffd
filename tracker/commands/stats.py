"""The command that prints the ranking of stored prices: stats."""

import json
import math
import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tracker.collector import outage_log
from tracker.commands.options import duration_option, iso_or_none, iso_text
from tracker.commands.terminal import table_width
from tracker.core.contracts import Store
from tracker.core.durations import SECOND
from tracker.core.errors import ConfigError, nearest
from tracker.core.long_intervals import LongIntervals, long_intervals
from tracker.core.market import Market
from tracker.core.measures import MEASURES, SHORT_FORMS
from tracker.core.ranking import DEFAULT_RANKING, RankedMarket, ranking
from tracker.core.standstill import stops_of
from tracker.history.bar_reader import read_bar_windows
from tracker.history.reader import read_unmoved
from tracker.render.format import numbers, time_text
from tracker.render.format.long_interval_text import long_intervals_text
from tracker.render.format.standstill_text import standstill_text
from tracker.runtime.settings import read_settings
from tracker.runtime.store_url import open_configured_store

_HEADINGS = ("last", "change", "std dev", "relative", "vol/year", "drawdown", "coverage")
_NARROW_HEADINGS = ("last", "change", "std\ndev", "rel.\nstd", "vol/\nyear", "draw-\ndown", "cover-\nage")
RANKED = [name for name, measure in MEASURES.items() if measure.ranked]


def stats(
    span: Annotated[str | None, typer.Option(help="How far back, e.g. 24h; default: the span of the settings.")] = None,
    rank_by: Annotated[str, typer.Option(help="One of " + ", ".join(RANKED) + ".")] = DEFAULT_RANKING,
    as_json: Annotated[bool, typer.Option("--json", help="For programs; unrounded numbers.")] = False,
) -> None:
    """Print how calm each currency was: its measures, coverage and rank."""
    by = _parse_measure(rank_by)
    settings = read_settings()
    length = settings.span if span is None else duration_option(span, "--span")
    store, now = open_configured_store(settings), settings.make_clock().now()
    windows = read_bar_windows(store, settings.market_list(), length, now)
    rows = ranking(
        windows,
        by=by,
        floor=settings.coverage_floor,
        unmoved=read_unmoved(store, windows, settings.unmoved_after),
        stops=stops_of(outage_log.read(outage_log.log_path(settings)), windows),
    )
    rare = long_intervals({row.market: windows[row.market] for row in rows if row.rank is not None})
    if as_json:
        print(json.dumps([_as_json(row, rare) for row in rows], indent=1))
    else:
        measure = by.replace("_", " ")
        print(f"The last {_span_text(length)}, ranked by {measure}; 1 is the calmest")
        _print_table(rows)
        if reasons := _reasons(rows, settings.coverage_floor, measure, now):
            print(f"–  not ranked: {reasons}")
        if text := long_intervals_text({str(market): of_market for market, of_market in rare.items()}):
            print(text)
    if not any(row.count for row in rows):
        print(
            f"Nothing is stored for this period{_newest(store, list(windows), now)}; type: tracker collect",
            file=sys.stderr,
        )


def _parse_measure(text: str) -> str:
    """Return the name of the measure that *text* names. Raises ConfigError."""
    name = text.strip().lower().replace("-", "_").replace(" ", "_")
    name = SHORT_FORMS.get(name, name)
    if name not in RANKED:
        raise ConfigError(f"--rank-by {text!r}: {nearest(name, RANKED)}")
    return name


def _as_json(row: RankedMarket, rare: Mapping[Market, LongIntervals]) -> dict[str, object]:
    # JSON has no NaN.
    values = {name: value if math.isfinite(value) else None for name, value in row.values.items()}
    long = rare[row.market].interval / SECOND if row.market in rare else None
    stop = None if row.stop is None else {**asdict(row.stop), "since": iso_text(row.stop.since)}
    times = {"unmoved_since": iso_or_none(row.unmoved_since), "stop": stop}
    return {**asdict(row), "market": str(row.market), "values": values, **times, "long_interval": long}


def _span_text(length: int) -> str:
    """Return the *length* in ms as ``24 h``, ``1 y`` or ``1 min 30 s``."""
    return time_text.duration(length) if length >= SECOND else f"{length} ms"


def _newest(store: Store, markets: list[Market], now: int) -> str:
    """Return when the newest stored price is from, as the middle of a sentence; `` yet`` without any."""
    extents = [store.extent(market, None, now + 1) for market in markets]
    newest = max((extent[1] for extent in extents if extent), default=None)
    if newest is None:
        return "" if store.markets() else " yet"
    return f"; the newest price is from {time_text.to_datetime(newest):%Y-%m-%d %H:%M} UTC"


def _reasons(rows: list[RankedMarket], floor: float, measure: str, now: int) -> str:
    """Return why rows have no rank; empty if all have one."""
    still = [
        f"{row.market} {standstill_text(row.unmoved_since, row.stop, now)}"
        for row in rows
        if row.unmoved_since is not None
    ]
    unranked = [row for row in rows if row.rank is None and row.unmoved_since is None]
    few = f"prices for less than {floor:.0%} of the span" if any(row.coverage < floor for row in unranked) else ""
    if not all(row.coverage < floor for row in unranked):
        few = f"{few}, or too few for the {measure}" if few else f"too few prices for the {measure}"
    return "; ".join(filter(None, [*still, few]))


def _print_table(rows: list[RankedMarket]) -> None:
    """Print *rows*, with headings of two lines if those of one do not fit; a wider row wraps and is not cut off."""
    console = Console(highlight=False)
    table = _table(rows, _HEADINGS)
    if table_width(table) > console.width:
        table = _table(rows, _NARROW_HEADINGS)
    Console(highlight=False, width=max(console.width, table_width(table))).print(table)


def _table(rows: list[RankedMarket], headings: tuple[str, ...]) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column("market", no_wrap=True)
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        table.add_row("–" if row.rank is None else str(row.rank), str(row.market), *_cells(row))
    return table


def _cells(row: RankedMarket) -> list[str]:
    values = row.values
    return [
        numbers.price(values["last_price"]),
        numbers.signed_percent(100 * values["change"]),
        numbers.significant(values["standard_deviation"]),
        numbers.fine_percent(100 * values["relative_standard_deviation"]),
        numbers.percent(100 * values["realised_volatility"], 0),
        numbers.fine_percent(100 * values["drawdown"]),
        numbers.share(row.coverage, 1),
    ]
