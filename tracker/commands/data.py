"""Commands that move and delete stored prices: export, purge."""

import itertools
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any

import typer

from tracker.commands.options import count_text, duration_option, moment_text, refuse_store_folder
from tracker.core.contracts import Store
from tracker.core.durations import parse_since
from tracker.core.errors import ConfigError
from tracker.core.market import Market
from tracker.history import exporter
from tracker.history.bar_exporter import bars_of
from tracker.history.resampling import check_length
from tracker.runtime.settings import read_settings
from tracker.runtime.store_url import open_configured_store

_DEFAULT_SPAN = "24h"  # of an export

Markets = Annotated[list[str] | None, typer.Argument(help="E.g. kraken:BTC/EUR; without any, all that are stored.")]


def export(
    markets: Markets = None,
    out: Annotated[str, typer.Option(help="A file that ends in .csv or .parquet, a folder, or - (CSV).")] = "-",
    last: Annotated[str | None, typer.Option(help="How far back.", show_default=_DEFAULT_SPAN)] = None,
    since: Annotated[str | None, typer.Option(help="Start, e.g. 2026-01-31; in place of --last.")] = None,
    until: Annotated[str | None, typer.Option(help="End, exclusive; default: now.")] = None,
    every: Annotated[str | None, typer.Option(help="Bars of this length in place of each price, e.g. 1h.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
) -> None:
    """Write stored prices as CSV or Parquet, with the exchange of each."""
    length = None if every is None else check_length(duration_option(every, "--every"), "--every")
    contents: exporter.Contents[Any] = exporter.ROWS if length is None else bars_of(length)
    settings = read_settings()
    typed = _parse_markets(markets)
    store = open_configured_store(settings)
    now = settings.make_clock().now()
    chosen = exporter.typed_or_stored(typed, store)
    # A span excludes its start, as everywhere: (now - span, now].
    start = parse_since(since, now, "--since") if since else parse_since(last or _DEFAULT_SPAN, now, "--last") + 1
    end = parse_since(until, now, "--until") if until else now + 1
    if start >= end:
        options = {"--since": since, "--last": None if since else last, "--until": until}
        typed_options = " ".join(f"{option} {text}" for option, text in options.items() if text)
        raise ConfigError(
            f"{typed_options}: {moment_text(start)} to {moment_text(end)} UTC is no period; expected a start before "
            "the end, e.g. --since 3d --until 2d"
        )
    path = Path(out)
    refuse_store_folder(path, f"--out {out}", settings)
    if out == "-":
        count = _to_terminal(contents.parts(store, chosen, start, end), contents)
    elif path.is_dir():
        ending = f"-{every.replace(' ', '')}.csv" if every else ".csv"
        count = 0
        for market in chosen:
            origins = {
                code for _, part in contents.parts(store, [market], start, end) for code in contents.origins(part)
            }
            file = path / exporter.file_name(market, start, end, origins, ending)
            count += exporter.write(contents.parts(store, [market], start, end), file, contents, force=force)
    else:
        about = _about(start, end, now) | ({"every": every} if every else {})
        parts = contents.parts(store, chosen, start, end)
        count = exporter.write(parts, path, contents, about=about, force=force)
    span = f"{moment_text(start)} to {moment_text(end)} UTC"
    if not count:
        raise ConfigError(f"nothing to export from {span}; {_stored_spans(store, chosen, now)}")
    print(f"{count_text(count, contents.noun)} of {count_text(len(chosen), 'market')}, {span}", file=sys.stderr)


def _to_terminal(parts: Iterator[tuple[Market, Any]], contents: exporter.Contents[Any]) -> int:
    if sys.stdout is None:
        raise ConfigError("--out -: standard output is closed; expected a file or a folder")
    first = next(parts, None)
    return contents.to_csv(itertools.chain([first], parts), sys.stdout.buffer.write) if first else 0


def _about(start: int, end: int, now: int) -> dict[str, str]:
    times = {"since": start, "until": end, "exported": now}
    words = {name: datetime.fromtimestamp(time / 1000, UTC).isoformat() for name, time in times.items()}
    return {"version": metadata.version("btc-price-tracker"), **words}


def _stored_spans(store: Store, markets: list[Market], now: int) -> str:
    spans = {market: store.extent(market, end=now + 1) for market in markets}
    stored = [
        f"{market} from {moment_text(span[0])} to {moment_text(span[1])}" for market, span in spans.items() if span
    ]
    return f"stored are {', '.join(stored)}" if stored else "nothing is stored up to now"


def purge(
    before: Annotated[str, typer.Option(help="Delete what is older: a duration or a time, e.g. 90d, 2y, 2026-01-31.")],
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
    chosen = exporter.typed_or_stored(typed, store)
    rows = {chosen_market: store.purge(chosen_market, limit, dry_run=True) for chosen_market in chosen}
    for chosen_market, count in rows.items():
        span = store.extent(chosen_market, end=limit) if count else None
        since = f" from {moment_text(span[0])} on," if span else ""
        print(f"{chosen_market}: {count_text(count, 'row')}{since} before {moment_text(limit)} UTC")
    if dry_run or not any(rows.values()):
        return
    if not yes:
        if not sys.stdin.isatty():
            raise ConfigError("purge: not a terminal; pass --yes to delete, --dry-run to preview")
        typer.confirm("Delete them?", abort=True)
    print(f"{count_text(sum(store.purge(chosen_market, limit) for chosen_market in chosen), 'row')} deleted")


def _parse_markets(texts: list[str] | None) -> list[Market]:
    return list(dict.fromkeys(Market.parse(text) for text in texts or ()))
