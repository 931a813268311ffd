"""The command that brings prices of other programs into the store: import."""

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from tracker.commands.options import count_text, duration_option, moment_text
from tracker.commands.terminal import print_skipped
from tracker.core.adapters import names
from tracker.core.contracts import Store
from tracker.core.durations import HOUR, duration_text
from tracker.core.errors import ConfigError
from tracker.history.importer import thousands
from tracker.history.importer.cadence import SHORTEST
from tracker.history.importer.columns import Reading
from tracker.history.importer.discovery import DEFAULT_EXCHANGE, Found, MarketFile, find_price_files
from tracker.history.importer.importer import import_prices
from tracker.history.importer.line_report import Summary
from tracker.history.importer.price_file import size_on_disk
from tracker.history.importer.times import parse_zone
from tracker.render.format import time_text
from tracker.runtime.settings import Settings, read_settings
from tracker.runtime.store_url import open_configured_store, store_folder

_EXPECTED = "expected e.g. btceur/2021-10-30-15.csv or btceur.csv with lines timestamp,price; see docs/commands.md"


def import_files(
    folder: Annotated[Path, typer.Argument(help="A folder, or one file: btceur.csv, .csv.gz or .zip.")],
    exchange: Annotated[
        str | None,
        typer.Option(help="Exchange of files whose folder or format does not name one.", show_default=DEFAULT_EXCHANGE),
    ] = None,
    every: Annotated[
        str | None, typer.Option(help="Interval between the prices.", show_default="median step of each file")
    ] = None,
    zone: Annotated[str | None, typer.Option(help="Of times that name none, e.g. Europe/Berlin or UTC.")] = None,
    thousands: Annotated[
        str | None, typer.Option(help="'.' if 52.000 is fifty-two thousand, 'none' if it is 52.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print what would be imported.")] = False,
) -> None:
    """Import price files of other programs, or another data folder; a slot that has a price keeps it."""
    if exchange is not None and exchange not in names("exchanges"):
        raise ConfigError(f"--exchange {exchange!r}: there are {', '.join(names('exchanges'))}")
    reading = _reading(every, zone, thousands)
    settings = read_settings()
    store = open_configured_store(settings)
    found = _find(folder, exchange, settings, reading)
    now = settings.make_clock().now()
    keeps = settings.retention if store.can_purge else None
    since = 0 if keeps is None else now - keeps
    console = Console(stderr=True, highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    summaries = []
    with Progress(*columns, console=console, transient=True) as progress:
        bars = {market: progress.add_task(str(market), total=_size(part)) for market, part in found.files.items()}
        for market, files in found.files.items():
            on_progress = partial(progress.advance, bars[market])
            summary = import_prices(
                market, files, store, now, reading, since=since, dry_run=dry_run, on_progress=on_progress
            )
            # Printed at once, so that a failure of the next market does not hide it.
            _print_summary(summary, dry_run)
            _print_advice(summary, store, reading, since)
            summaries.append(summary)
    if found.copies:
        print(f"copies that a sync program made, read as their originals: {count_text(found.copies, 'file')}")
    print_skipped(found.skipped)
    _check_result(folder, summaries)


def _reading(every: str | None, zone: str | None, answer: str | None) -> Reading:
    """Return how lines are read. Raises ConfigError."""
    interval = None if every is None else duration_option(every, "--every")
    if interval is not None and interval < SHORTEST:
        raise ConfigError(f"--every {every}: expected {duration_text(SHORTEST)} or more")
    if answer is not None and answer not in thousands.ANSWERS:
        raise ConfigError(
            f"--thousands {answer!r}: expected {thousands.POINT!r} if 52.000 is fifty-two thousand, "
            f"or {thousands.NONE!r} if it is 52"
        )
    return Reading(None if zone is None else parse_zone(zone), answer or "", interval)


def _find(folder: Path, exchange: str | None, settings: Settings, reading: Reading) -> Found:
    """Return the price files in *folder*; of the store's own folder only those that the store does not read."""
    if not folder.exists():
        raise ConfigError(f"import {folder}: no such folder")
    in_folder = store_folder(settings.store, base=settings.base)
    own_folder = None if in_folder is None else in_folder.resolve()
    known = settings.market_list()
    if own_folder is None or not folder.resolve().is_relative_to(own_folder):
        return find_price_files(folder, exchange, known, left_out=own_folder, reading=reading)
    with suppress(ConfigError):  # there is no such file
        found = find_price_files(folder, exchange, known, in_store=True, reading=reading)
        if found.files:
            return found
    raise ConfigError(f"import {folder}: that is the folder of the store; move the files to import elsewhere first")


def _size(files: Sequence[MarketFile]) -> int:
    return sum(size_on_disk(file.path) for file in files)


def _print_summary(summary: Summary, dry_run: bool) -> None:
    verb = "would be imported" if dry_run else "imported"
    span = f", {moment_text(summary.first)} to {moment_text(summary.last)} UTC" if summary.written else ""
    lines = summary.lines
    recent = f", {lines.too_new:,} too recent (the collector writes them)" if lines.too_new else ""
    gain = "would gain" if dry_run else "gained"
    completed = f" ({summary.completed:,} {gain} the first price, low and high)" if summary.completed else ""
    print(
        f"{summary.market}: {count_text(lines.read, 'price')} in {count_text(summary.files, 'file')}; "
        f"{summary.written:,} {verb}{span}; {count_text(summary.duplicates, 'duplicate')}, "
        f"{summary.already_stored:,} stored already{completed}{recent}, {count_text(lines.skipped, 'line')} skipped"
    )
    for place in lines.examples:
        print(f"  skipped {place}")


def _print_advice(summary: Summary, store: Store, reading: Reading, since: int) -> None:
    """Print what the counts do not say: the cadence, and what the user can do about prices that were left out."""
    lines = summary.lines
    if reading.every is None and summary.cadences:
        steps = [
            f"{duration_text(every)} in {count_text(files, 'file')}"
            for every, files in sorted(summary.cadences.items())
        ]
        words = ", ".join(steps) if len(steps) > 1 else duration_text(*summary.cadences)
        print(f"  interval {words}: the median step, or the length of candles; type --every to set another")
    for every, step in summary.sparse.items():
        print(
            f"  interval {duration_text(every)}, but the prices are {duration_text(step)} apart: most of the time is "
            "without a price. To use their own interval, leave --every out"
        )
    if lines.unclear:
        print(
            f"  {count_text(lines.unclear, 'line')} of those skipped: a local time that comes twice or never, when "
            "clocks are changed; such times are not guessed"
        )
    if lines.too_old:
        print(
            f"  {count_text(lines.too_old, 'price')} from before {moment_text(since)} UTC skipped: "
            "retention would delete them; to keep them, set a longer retention in tracker.toml, "
            'e.g. retention = "forever"'
        )
    if summary.other_cadences:
        before = ", ".join(map(duration_text, sorted(summary.other_cadences)))
        end = (summary.other_last // HOUR + 1) * HOUR
        remedy = f"tracker purge --market {summary.market} --before {time_text.iso_seconds(end)}"
        print(
            f"  imported before with an interval of {before}, which stays; to change it, delete those rows, with all "
            f"others before {moment_text(end)} UTC, and import again: "
            f"{remedy if store.can_purge else 'delete them in the store'}"
        )
    for place in summary.stopped:
        print(f"  stopped {place}")


def _check_result(folder: Path, summaries: Sequence[Summary]) -> None:
    """Raise typer.Exit with status 1 if no line was read, a file was stopped, or most of its lines were skipped."""
    stopped = sum(summary.files_stopped for summary in summaries)
    unfit = [path for summary in summaries for path in summary.lines.mostly_skipped]
    counts = [(summary.lines.read, summary.lines.too_new, summary.lines.too_old) for summary in summaries]
    if stopped:
        error = f"{count_text(stopped, 'file')} not imported; see above"
    elif not any(map(any, counts)):
        error = f"not one line was read; {_EXPECTED}"
    elif unfit:
        more = f" and {len(unfit) - 1:,} more" if len(unfit) > 1 else ""
        error = f"most lines of {unfit[0]}{more} are malformed, and were skipped; see above"
    else:
        return
    typer.echo(f"error: import {folder}: {error}", err=True)
    raise typer.Exit(1)
