"""Commands that move stored prices: import, export, purge."""

import itertools
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from tracker.commands.options import duration_option, refuse_store_folder
from tracker.commands.terminal import print_skipped
from tracker.core.adapters import names
from tracker.core.contracts import Store
from tracker.core.durations import parse_since
from tracker.core.errors import ConfigError
from tracker.core.market import Market
from tracker.core.ticks import Ticks
from tracker.history import exporter
from tracker.history.importer import discovery, importer
from tracker.render.format import time_text
from tracker.runtime.files import file_size
from tracker.runtime.settings import read_settings
from tracker.runtime.store_url import open_configured_store, store_folder

_DEFAULT_SPAN = "24h"  # of an export

Markets = Annotated[list[str] | None, typer.Argument(help="E.g. kraken:BTC/EUR; without any, all that are stored.")]


def import_files(
    folder: Annotated[Path, typer.Argument(help="With files like btceur/2021-10-30-15.csv or btceur.csv.")],
    exchange: Annotated[str, typer.Option(help="Exchange of files whose folder does not name one.")] = "kraken",
    every: Annotated[str, typer.Option(help="Interval at which the prices were polled.")] = "10s",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print what would be imported.")] = False,
) -> None:
    """Import files of timestamp,price, or another data folder; a slot that has a price keeps it."""
    if exchange not in names("exchanges"):
        raise ConfigError(f"--exchange {exchange!r}: there are {', '.join(names('exchanges'))}")
    interval = duration_option(every, "--every")
    settings = read_settings()
    store = open_configured_store(settings)
    if not folder.is_dir():
        raise ConfigError(f"import {folder}: no such folder")
    in_folder = store_folder(settings.store, base=settings.base)
    own_folder = None if in_folder is None else in_folder.resolve()
    if own_folder is not None and folder.resolve().is_relative_to(own_folder):
        raise ConfigError(f"import {folder}: that is the folder of the store; move the files to import elsewhere first")
    files, skipped = discovery.find_price_files(folder, exchange, settings.market_list(), left_out=own_folder)
    now = settings.make_clock().now()
    keeps = settings.retention if store.can_purge else None
    since = 0 if keeps is None else now - keeps
    console = Console(stderr=True, highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        bars = {market: progress.add_task(str(market), total=_size(paths)) for market, paths in files.items()}
        for market, paths in files.items():
            on_progress = partial(progress.advance, bars[market])
            summary = importer.import_prices(
                market, paths, store, interval, now, since=since, dry_run=dry_run, on_progress=on_progress
            )
            # Printed at once, so that a failure of the next market does not hide it.
            _print_summary(summary, dry_run)
            if summary.lines.too_old:
                print(
                    f"  {_count(summary.lines.too_old, 'price')} from before {_moment(since)} UTC skipped: "
                    "retention would delete them; to keep them, set a longer retention in tracker.toml, "
                    'e.g. retention = "forever"'
                )
    print_skipped(skipped)


def _size(paths: list[Path]) -> int:
    return sum(file_size(path) for path in paths)


def _print_summary(summary: importer.Summary, dry_run: bool) -> None:
    verb = "would be imported" if dry_run else "imported"
    span = f", {_moment(summary.first)} to {_moment(summary.last)} UTC" if summary.written else ""
    lines = summary.lines
    recent = f", {lines.too_new:,} too recent (the collector writes them)" if lines.too_new else ""
    print(
        f"{summary.market}: {_count(lines.read, 'price')} in {_count(summary.files, 'file')}; "
        f"{summary.written:,} {verb}{span}; {_count(summary.duplicates, 'duplicate')}, "
        f"{summary.already_stored:,} stored already{recent}, {_count(lines.skipped, 'line')} skipped"
    )
    for place in lines.examples:
        print(f"  skipped {place}")


def export(
    markets: Markets = None,
    out: Annotated[str, typer.Option(help="A file that ends in .csv or .parquet, a folder, or - (CSV).")] = "-",
    last: Annotated[str | None, typer.Option(help="How far back.", show_default=_DEFAULT_SPAN)] = None,
    since: Annotated[str | None, typer.Option(help="Start, e.g. 2026-01-31; in place of --last.")] = None,
    until: Annotated[str | None, typer.Option(help="End, exclusive; default: now.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
) -> None:
    """Write stored prices as CSV or Parquet, with the exchange of each."""
    settings = read_settings()
    typed = _parse_markets(markets)
    store = open_configured_store(settings)
    now = settings.make_clock().now()
    chosen = exporter.chosen(typed, store)
    # A span excludes its start, as everywhere: (now - span, now].
    start = parse_since(since, now, "--since") if since else parse_since(last or _DEFAULT_SPAN, now, "--last") + 1
    end = parse_since(until, now, "--until") if until else now + 1
    if start >= end:
        options = {"--since": since, "--last": None if since else last, "--until": until}
        typed_options = " ".join(f"{option} {text}" for option, text in options.items() if text)
        raise ConfigError(
            f"{typed_options}: {_moment(start)} to {_moment(end)} UTC is no period; expected a start before the end, "
            "e.g. --since 3d --until 2d"
        )
    path = Path(out)
    refuse_store_folder(path, f"--out {out}", settings)
    if out == "-":
        count = _to_terminal(exporter.parts(store, chosen, start, end))
    elif path.is_dir():
        count = sum(_export_one(store, market, start, end, path, force) for market in chosen)
    else:
        about = _about(start, end, now)
        count = exporter.write(exporter.parts(store, chosen, start, end), path, about=about, force=force)
    span = f"{_moment(start)} to {_moment(end)} UTC"
    if not count:
        raise ConfigError(f"nothing to export from {span}; {_stored_spans(store, chosen, now)}")
    print(f"{_count(count, 'row')} of {_count(len(chosen), 'market')}, {span}", file=sys.stderr)


def _to_terminal(rows: Iterator[tuple[Market, Ticks]]) -> int:
    if sys.stdout is None:
        raise ConfigError("--out -: standard output is closed; expected a file or a folder")
    first = next(rows, None)
    return exporter.to_csv(itertools.chain([first], rows), sys.stdout.buffer.write) if first else 0


def _export_one(store: Store, market: Market, start: int, end: int, folder: Path, force: bool) -> int:
    origins = {
        int(code) for _, ticks in exporter.parts(store, [market], start, end) for code in np.unique(ticks.origin)
    }
    path = folder / exporter.name_of(market, start, end, origins, ".csv")
    return exporter.write(exporter.parts(store, [market], start, end), path, force=force)


def _about(start: int, end: int, now: int) -> dict[str, str]:
    times = {"since": start, "until": end, "exported": now}
    words = {name: datetime.fromtimestamp(time / 1000, UTC).isoformat() for name, time in times.items()}
    return {"version": metadata.version("btc-price-tracker"), **words}


def _stored_spans(store: Store, markets: list[Market], now: int) -> str:
    spans = {market: store.extent(market, end=now + 1) for market in markets}
    stored = [f"{market} from {_moment(span[0])} to {_moment(span[1])}" for market, span in spans.items() if span]
    return f"stored are {', '.join(stored)}" if stored else "nothing is stored up to now"


def purge(
    before: Annotated[str, typer.Option(help="Delete what is older: a duration or a time, e.g. 90d, 2026-01-31.")],
    market: Annotated[list[str] | None, typer.Option(help="E.g. kraken:BTC/EUR; repeatable; default: all.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print what would be deleted.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Delete without asking.")] = False,
) -> None:
    """Delete old prices, whole files only."""
    settings = read_settings()
    typed = _parse_markets(market)
    store = open_configured_store(settings)
    if not store.can_purge:
        raise ConfigError("purge: this store cannot delete on request; it has a retention of its own, or none")
    limit = parse_since(before, settings.make_clock().now(), "--before")
    chosen = exporter.chosen(typed, store)
    rows = {chosen_market: store.purge(chosen_market, limit, dry_run=True) for chosen_market in chosen}
    for chosen_market, count in rows.items():
        span = store.extent(chosen_market, end=limit) if count else None
        since = f" from {_moment(span[0])} on," if span else ""
        print(f"{chosen_market}: {_count(count, 'row')}{since} before {_moment(limit)} UTC")
    if dry_run or not any(rows.values()):
        return
    if not yes:
        if not sys.stdin.isatty():
            raise ConfigError("purge: not a terminal; pass --yes to delete, --dry-run to preview")
        typer.confirm("Delete them?", abort=True)
    print(f"{_count(sum(store.purge(chosen_market, limit) for chosen_market in chosen), 'row')} deleted")


def _parse_markets(texts: list[str] | None) -> list[Market]:
    return list(dict.fromkeys(Market.parse(text) for text in texts or ()))


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _moment(time: int) -> str:
    return f"{time_text.to_datetime(time):%Y-%m-%d %H:%M}"
