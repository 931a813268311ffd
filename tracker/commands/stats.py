"""The command that prints the ranking of stored prices: stats."""

import json
import math
import sys
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tracker.commands.options import duration_option
from tracker.core.durations import HOUR
from tracker.core.measures import MEASURES
from tracker.core.ranking import DEFAULT_RANKING, Row, ranking
from tracker.history.reader import read_window
from tracker.render.format import numbers
from tracker.runtime.settings import read_settings
from tracker.runtime.store_url import open_configured_store

RANKED = [name for name, measure in MEASURES.items() if measure.ranked]


def stats(
    span: Annotated[str | None, typer.Option(help="How far back, e.g. 24h; default: the span of the settings.")] = None,
    rank_by: Annotated[str, typer.Option(help="One of " + ", ".join(RANKED) + ".")] = DEFAULT_RANKING,
    as_json: Annotated[bool, typer.Option("--json", help="For programs; unrounded numbers.")] = False,
) -> None:
    """Print how calm each currency was: its measures, coverage and rank."""
    settings = read_settings()
    length = settings.span if span is None else duration_option(span, "--span")
    store, now = open_configured_store(settings), settings.make_clock().now()
    windows = {market: read_window(store, market, length, now) for market in settings.market_list()}
    rows = ranking(windows, by=rank_by.replace("-", "_"), floor=settings.coverage_floor)
    if as_json:
        print(json.dumps([_as_json(row) for row in rows], indent=1))
    else:
        print(f"The last {length / HOUR:g} h, ranked by {rank_by.replace('_', ' ')}; 1 is the calmest")
        _print_table(rows, settings.coverage_floor)
    if not any(row.count for row in rows):
        period = "" if store.markets() else " yet"
        print(f"Nothing is stored of this period{period}; type: tracker collect", file=sys.stderr)


def _as_json(row: Row) -> dict[str, object]:
    # JSON has no NaN.
    values = {name: value if math.isfinite(value) else None for name, value in row.values.items()}
    return {**asdict(row), "market": str(row.market), "values": values}


def _print_table(rows: list[Row], floor: float) -> None:
    table = Table(box=None, padding=(0, 1, 0, 0))
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column("market", no_wrap=True)
    for heading in ("last", "change", "std dev", "relative", "vol/year", "drawdown", "coverage"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        table.add_row("–" if row.rank is None else str(row.rank), str(row.market), *_cells(row))
    console = Console(highlight=False)
    console.print(table)
    if any(row.rank is None for row in rows):
        console.print(f"–  not ranked: prices for less than {floor:.0%} of the span")


def _cells(row: Row) -> list[str]:
    values = row.values
    return [
        numbers.price(values["last_price"]),
        numbers.signed_percent(100 * values["change"]),
        numbers.significant(values["standard_deviation"]),
        numbers.percent(100 * values["relative_standard_deviation"]),
        numbers.percent(100 * values["realised_volatility"], 0),
        numbers.percent(100 * values["drawdown"]),
        numbers.percent(100 * row.coverage, 0),
    ]
