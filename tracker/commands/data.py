"""Commands that move stored prices: import, export, purge."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from tracker import exporting, importing
from tracker.adapters import Store, names
from tracker.assembly import lease_folder
from tracker.config import read_settings
from tracker.errors import ConfigError
from tracker.market import Market
from tracker.options import parse_duration, parse_since

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
    store = settings.open_store()
    if not folder.is_dir():
        raise ConfigError(f"import {folder}: no such folder")
    place, here = lease_folder(settings, store).resolve(), folder.resolve()
    if place == here or place in here.parents:
        raise ConfigError(f"import {folder}: that is where prices are kept already")
    found, strange = importing.find(folder, exchange, settings.market_list())
    console = Console(stderr=True, highlight=False)
    now = settings.make_clock().now()
    summaries = []
    with Progress(console=console, transient=True) as progress:
        bar = progress.add_task("reading", total=sum(map(len, found.values())))
        for market, paths in found.items():
            done = importing.bring_in(
                market, paths, store, interval, now, dry_run=dry_run, seen=lambda path: progress.advance(bar)
            )
            summaries.append(done)
    for summary in summaries:
        _print_summary(summary, dry_run)
    for path in strange[: importing.MOST_TOLD]:
        print(f"{path}: its name does not tell a market; skipped")


def _print_summary(summary: importing.Summary, dry_run: bool) -> None:
    verb = "would be kept" if dry_run else "kept"
    span = f", {_moment(summary.first)} to {_moment(summary.last)}" if summary.written else ""
    print(
        f"{summary.market}: {_count(summary.read, 'price')} in {_count(summary.files, 'file')}; "
        f"{summary.written:,} {verb}{span}; {summary.doubled:,} doubled, {summary.there:,} there already, "
        f"{_count(summary.skipped, 'line')} skipped"
    )
    for place in summary.told:
        print(f"  skipped {place}")


def export(
    markets: Markets = None,
    out: Annotated[str, typer.Option(help="A file that ends in .csv or .parquet, a folder, or - (CSV).")] = "-",
    last: Annotated[str, typer.Option(help="How far back.")] = "24h",
    since: Annotated[str | None, typer.Option(help="From when on, e.g. 2026-01-31; in place of --last.")] = None,
    until: Annotated[str | None, typer.Option(help="Until when; default: now.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over what is there.")] = False,
) -> None:
    """Write stored prices as CSV or Parquet, with the exchange each came from."""
    settings = read_settings()
    store = settings.open_store()
    now = settings.make_clock().now()
    chosen = _chosen(markets, store)
    start = parse_since(since or last, now, "--since" if since else "--last")
    end = parse_since(until, now, "--until") if until else now + 1
    if start >= end:
        raise ConfigError(f"--since {since or last}: expected a time before --until")
    path = Path(out)
    if out == "-":
        count = exporting.to_csv(exporting.parts(store, chosen, start, end), sys.stdout.buffer.write)
    elif path.is_dir():
        count = sum(_export_one(store, market, start, end, path, force) for market in chosen)
    else:
        count = exporting.write(exporting.parts(store, chosen, start, end), path, force=force)
    print(
        f"{_count(count, 'row')} of {_count(len(chosen), 'market')}, {_moment(start)} to {_moment(end)}",
        file=sys.stderr,
    )


def _export_one(store: Store, market: Market, start: int, end: int, folder: Path, force: bool) -> int:
    origins = {int(code) for _, ticks in exporting.parts(store, [market], start, end) for code in set(ticks.origin)}
    path = folder / exporting.name_of(market, start, end, origins, ".csv")
    return exporting.write(exporting.parts(store, [market], start, end), path, force=force)


def purge(
    before: Annotated[str, typer.Option(help="Delete what is older: a duration or a time, e.g. 90d, 2026-01-31.")],
    markets: Markets = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete old prices, whole files only."""
    settings = read_settings()
    store = settings.open_store()
    if not store.can_purge:
        raise ConfigError("purge: this store deletes by itself, or not at all")
    limit = parse_since(before, settings.make_clock().now(), "--before")
    chosen = _chosen(markets, store)
    goes = {market: store.purge(market, limit, dry_run=True) for market in chosen}
    for market, count in goes.items():
        print(f"{market}: {_count(count, 'row')} before {_moment(limit)}")
    if dry_run or not any(goes.values()):
        return
    if not yes:
        if not sys.stdin.isatty():
            raise ConfigError("purge: nobody is there to be asked; type --yes to delete, --dry-run to look")
        typer.confirm("Delete them?", abort=True)
    print(f"{sum(store.purge(market, limit) for market in chosen):,} rows deleted")


def _chosen(texts: list[str] | None, store: Store) -> list[Market]:
    there = list(store.markets())
    if not texts:
        if not there:
            raise ConfigError("no prices are stored yet; type: tracker collect")
        return there
    chosen = [Market.parse(text) for text in texts]
    for market in chosen:
        if market not in there:
            raise ConfigError(f"{market}: no prices are stored of it; there are {', '.join(map(str, there)) or 'none'}")
    return chosen


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _moment(time: int) -> str:
    return f"{datetime.fromtimestamp(time / 1000, UTC):%Y-%m-%d %H:%M}"
