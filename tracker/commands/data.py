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

from tracker.core.adapters import names
from tracker.core.contracts import Store
from tracker.core.durations import parse_duration, parse_since
from tracker.core.errors import ConfigError
from tracker.core.market import Market
from tracker.core.ticks import Ticks
from tracker.history import exporter
from tracker.history.importer import discovery, importer
from tracker.history.importer import lines as price_lines
from tracker.runtime.settings import read_settings
from tracker.runtime.state_folder import data_folder
from tracker.runtime.store_url import open_configured_store, store_folder
from tracker.stores.csv.layout import file_size

Markets = Annotated[list[str] | None, typer.Argument(help="E.g. kraken:BTC/EUR; without any, all that are stored.")]


def bring_in(
    folder: Annotated[Path, typer.Argument(help="With files like btceur/2021-10-30-15.csv or btceur.csv.")],
    exchange: Annotated[str, typer.Option(help="Whose prices they are, where no folder says so.")] = "kraken",
    every: Annotated[str, typer.Option(help="How far apart the prices were polled.")] = "10s",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be kept.")] = False,
) -> None:
    """Import another program's files of timestamp,price, or another data folder; doubles nothing."""
    if exchange not in names("exchanges"):
        raise ConfigError(f"--exchange {exchange!r}: there are {', '.join(names('exchanges'))}")
    try:
        interval = parse_duration(every)
    except ValueError as error:
        raise ConfigError(f"--every: {error}") from None
    settings = read_settings()
    store = open_configured_store(settings)
    if not folder.is_dir():
        raise ConfigError(f"import {folder}: no such folder")
    place, here = data_folder(settings).resolve(), folder.resolve()
    if place == here or place in here.parents:
        raise ConfigError(
            f"import {folder}: that is where prices are kept already; move the older files elsewhere first"
        )
    found, strange = discovery.find_price_files(folder, exchange, settings.market_list(), beside=place)
    now = settings.make_clock().now()
    keeps = settings.retention if store.can_purge else None
    since = 0 if keeps is None else now - keeps
    console = Console(stderr=True, highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        bars = {market: progress.add_task(str(market), total=_size(paths)) for market, paths in found.items()}
        for market, paths in found.items():
            seen = partial(progress.advance, bars[market])
            summary = importer.import_prices(
                market, paths, store, interval, now, since=since, dry_run=dry_run, seen=seen
            )
            # At once: if the next market fails, one knows what of this one was kept.
            _print_summary(summary, dry_run)
            if summary.lines.old:
                print(
                    f"  {_count(summary.lines.old, 'price')} from before {_moment(since)} UTC left out: "
                    "retention would delete them; to keep them, set a longer one in tracker.toml, "
                    'e.g. retention = "forever"'
                )
    for words in strange[: price_lines.MOST_TOLD]:
        print(f"left out: {words}")
    if len(strange) > price_lines.MOST_TOLD:
        print(f"left out: {len(strange) - price_lines.MOST_TOLD:,} more")


def _size(paths: list[Path]) -> int:
    return sum(file_size(path) for path in paths)


def _print_summary(summary: importer.Summary, dry_run: bool) -> None:
    verb = "would be kept" if dry_run else "kept"
    span = f", {_moment(summary.first)} to {_moment(summary.last)} UTC" if summary.written else ""
    lines = summary.lines
    left = f", {lines.left:,} left to the collector" if lines.left else ""
    print(
        f"{summary.market}: {_count(lines.read, 'price')} in {_count(summary.files, 'file')}; "
        f"{summary.written:,} {verb}{span}; {summary.doubled:,} doubled, {summary.there:,} there already{left}, "
        f"{_count(lines.skipped, 'line')} skipped"
    )
    for place in lines.told:
        print(f"  skipped {place}")


def export(
    markets: Markets = None,
    out: Annotated[str, typer.Option(help="A file that ends in .csv or .parquet, a folder, or - (CSV).")] = "-",
    last: Annotated[str, typer.Option(help="How far back.")] = "24h",
    since: Annotated[str | None, typer.Option(help="From when on, e.g. 2026-01-31; in place of --last.")] = None,
    until: Annotated[str | None, typer.Option(help="Until before when; default: now.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over what is there.")] = False,
) -> None:
    """Write stored prices as CSV or Parquet, with the exchange each came from."""
    settings = read_settings()
    typed = _typed(markets)
    store = open_configured_store(settings)
    now = settings.make_clock().now()
    chosen = exporter.chosen(typed, store)
    # As everywhere: a span of 24 hours up to now does not hold the price of 24 hours ago.
    start = parse_since(since, now, "--since") if since else parse_since(last, now, "--last") + 1
    end = parse_since(until, now, "--until") if until else now + 1
    if start >= end:
        raise ConfigError(f"--since {since or last}: expected a time before --until")
    path = Path(out)
    own = store_folder(settings.store, base=settings.base)
    if own is not None and path.resolve().is_relative_to(own.resolve()):
        raise ConfigError(f"--out {out}: expected a place outside of {own}, where the prices themselves are kept")
    if out == "-":
        count = _to_terminal(exporter.parts(store, chosen, start, end))
    elif path.is_dir():
        count = sum(_export_one(store, market, start, end, path, force) for market in chosen)
    else:
        about = _about(start, end, now)
        count = exporter.write(exporter.parts(store, chosen, start, end), path, about=about, force=force)
    span = f"{_moment(start)} to {_moment(end)} UTC"
    if not count:
        raise ConfigError(f"nothing to export from {span}; there is {_what_there_is(store, chosen, now)}")
    print(f"{_count(count, 'row')} of {_count(len(chosen), 'market')}, {span}", file=sys.stderr)


def _to_terminal(rows: Iterator[tuple[Market, Ticks]]) -> int:
    if sys.stdout is None:
        raise ConfigError("--out -: standard output is closed; expected a file or a folder")
    head = next(rows, None)
    return exporter.to_csv(itertools.chain([head], rows), sys.stdout.buffer.write) if head else 0


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


def _what_there_is(store: Store, markets: list[Market], now: int) -> str:
    spans = {market: store.extent(market, end=now + 1) for market in markets}
    told = [f"{market} from {_moment(span[0])} to {_moment(span[1])}" for market, span in spans.items() if span]
    return ", ".join(told) or "none up to now"


def purge(
    before: Annotated[str, typer.Option(help="Delete what is older: a duration or a time, e.g. 90d, 2026-01-31.")],
    market: Annotated[list[str] | None, typer.Option(help="E.g. kraken:BTC/EUR; repeatable; default: all.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete old prices, whole files only."""
    settings = read_settings()
    typed = _typed(market)
    store = open_configured_store(settings)
    if not store.can_purge:
        raise ConfigError("purge: this store deletes by itself, or not at all")
    limit = parse_since(before, settings.make_clock().now(), "--before")
    chosen = exporter.chosen(typed, store)
    goes = {each: store.purge(each, limit, dry_run=True) for each in chosen}
    for each, count in goes.items():
        span = store.extent(each, end=limit) if count else None
        since = f" from {_moment(span[0])} on," if span else ""
        print(f"{each}: {_count(count, 'row')}{since} before {_moment(limit)} UTC")
    if dry_run or not any(goes.values()):
        return
    if not yes:
        if not sys.stdin.isatty():
            raise ConfigError("purge: nobody is there to be asked; type --yes to delete, --dry-run to look")
        typer.confirm("Delete them?", abort=True)
    print(f"{sum(store.purge(each, limit) for each in chosen):,} rows deleted")


def _typed(texts: list[str] | None) -> list[Market]:
    return list(dict.fromkeys(Market.parse(text) for text in texts or ()))


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _moment(time: int) -> str:
    return f"{datetime.fromtimestamp(time / 1000, UTC):%Y-%m-%d %H:%M}"
