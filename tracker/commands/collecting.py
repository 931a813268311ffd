"""Commands that ask exchanges: collect, backfill, check."""

import asyncio
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from tracker.assembly import lease_folder, make_runner
from tracker.checking import examine
from tracker.config import read_settings
from tracker.errors import StoreError
from tracker.options import parse_since
from tracker.runner import Runner
from tracker.status import Status
from tracker.threads import EndSignal
from tracker.wish import Wish

LOOK = 0.2  # seconds between two looks how a backfill goes
SETTLE = 1.2  # seconds after which what another process has done last is published


def collect() -> None:
    """Collect without a page, until stopped. Waits if another process collects into the same folder."""
    settings = read_settings()
    store = settings.open_store()
    runner = make_runner(settings, store, settings.make_clock(), "collect")
    stop = EndSignal()
    runner.start()
    if not stop.wait(1.0) and not runner.leads and (holder := runner.status().collector):
        print(f"{holder} collects already; waiting to take over", file=sys.stderr)
    stop.wait()
    runner.stop()


def backfill(
    since: Annotated[str, typer.Option(help="How far back: a duration or a time, e.g. 90d, 2026-01-31.")] = "24h",
) -> None:
    """Fetch every gap of the past from the exchanges' history; what is interrupted goes on at the next start."""
    settings = read_settings()
    clock = settings.make_clock()
    store = settings.open_store()
    wish = Wish(lease_folder(settings, store))
    wanted = parse_since(since, clock.now(), "--since")
    runner = make_runner(settings, store, clock, "backfill")
    try:
        wish.leave(wanted)
    except OSError as error:
        raise StoreError(f"cannot write {wish.path}: {error.strerror}") from error
    stop = EndSignal()
    runner.start()
    try:
        done = _follow(runner, wish, stop)
    finally:
        runner.stop()
    if not done:
        print("Not finished: it goes on as soon as anything collects again.", file=sys.stderr)
        raise typer.Exit(1)


def _follow(runner: Runner, wish: Wish, stop: EndSignal) -> bool:
    """Show how it goes until there is nothing left to fetch; False if it was stopped before."""
    console = Console(highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("pages"))
    with Progress(*columns, console=console, transient=True) as progress:
        bars = {market: progress.add_task(str(market), total=None) for market in runner.status().markets}
        while not (stop.wait(LOOK) or wish.read() is None):
            for market, each in runner.status().markets.items():
                if market in bars and each.pages:
                    progress.update(bars[market], completed=each.page, total=each.pages)
    done = wish.read() is None
    stop.wait(SETTLE)
    _print_filled(runner.status(), console)
    return done


def _print_filled(status: Status, console: Console) -> None:
    for market, each in status.markets.items():
        console.print(f"{market}: {each.filled or 'nothing lacks'}", soft_wrap=True)


def check() -> None:
    """Say what works and what does not: settings, store, clock, exchanges, cadences; and what to type."""
    settings = read_settings()
    console = Console(highlight=False)
    wrong = 0

    async def look() -> None:
        nonlocal wrong
        async for finding in examine(settings):
            wrong += finding.mark == "✗"
            console.print(f"{finding.mark} {finding.text}", soft_wrap=True, markup=False)

    asyncio.run(look())
    if wrong:
        raise typer.Exit(1)
