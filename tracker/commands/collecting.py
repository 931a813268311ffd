"""Commands that ask exchanges: collect, backfill, check."""

import asyncio
import sys
import time
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from tracker.collector.backfill.request import BackfillRequest
from tracker.collector.diagnostics import run_checks
from tracker.collector.factory import make_collector_service, make_coordination
from tracker.collector.service import CollectorService
from tracker.core.durations import parse_since
from tracker.core.errors import ConfigError, StoreError
from tracker.core.market import Market
from tracker.core.market_status import MarketStatus, Status
from tracker.render.format import status_text
from tracker.runtime.clock import Clock
from tracker.runtime.settings import read_settings
from tracker.runtime.stop_signal import StopSignal
from tracker.runtime.store_url import open_configured_store

LOOK = 0.2  # seconds between two looks how a backfill goes
SETTLE = 1.7  # seconds after which what another process has done last is published
PATIENCE = 5.0  # seconds for which the request may be unreadable


def collect() -> None:
    """Collect without a page, until stopped. Waits if another process collects into the same folder."""
    settings = read_settings()
    store = open_configured_store(settings)
    runner = make_collector_service(settings, store, settings.make_clock(), "collect")
    stop = StopSignal()
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
    store = open_configured_store(settings)
    request = BackfillRequest(make_coordination(settings, "backfill"))
    wanted = _wanted(since, clock.now(), settings.retention)
    runner = make_collector_service(settings, store, clock, "backfill")
    request.submit(wanted)
    stop = StopSignal()
    runner.start()
    try:
        done = _follow(runner, request, wanted, stop, clock)
    finally:
        runner.stop()
    if not done:
        print("Not finished: it goes on as soon as anything collects again.", file=sys.stderr)
        raise typer.Exit(1)


def _wanted(since: str, now: int, retention: int | None) -> int:
    wanted = parse_since(since, now, "--since")
    if wanted > now:
        raise ConfigError(f"--since {since!r} is in the future; expected a duration or a time before now")
    if retention is not None and now - wanted > retention:
        hours = f"{retention / 3_600_000:g}h"
        raise ConfigError(
            f"--since {since!r} is further back than retention, which keeps {hours}; "
            f"type --since {hours} at most, or set a longer retention"
        )
    return wanted


def _follow(runner: CollectorService, request: BackfillRequest, wanted: int, stop: StopSignal, clock: Clock) -> bool:
    """
    Show how it goes until all there is was fetched; False if it was stopped before.

    Raises:
        StoreError: the request is gone or unreadable, so no process will fulfil it.
    """
    console = Console(highlight=False)
    words = (TextColumn("{task.description}", markup=False), TextColumn("{task.fields[cause]}", markup=False))
    columns = (words[0], BarColumn(), MofNCompleteColumn(), TextColumn("pages"), words[1])
    problem, known_at = "", time.monotonic()
    with Progress(*columns, console=console, transient=True) as progress:
        bars = {market: progress.add_task(str(market), total=None, cause="") for market in runner.status().markets}
        while not (stop.wait(LOOK) or request.is_complete(wanted) or problem):
            for market, each in runner.status().markets.items():
                if market in bars:
                    progress.update(bars[market], cause=_cause(each, market, clock.now()))
                    if each.pages:
                        progress.update(bars[market], completed=each.page, total=each.pages)
            state = request.state()
            if state == "pending":
                known_at = time.monotonic()
            elif state == "none" and not request.is_complete(wanted):
                problem = "was removed"
            elif state == "unknown" and time.monotonic() - known_at > PATIENCE:
                problem = "cannot be read"
    done = request.is_complete(wanted)
    stop.wait(SETTLE)
    _print_results(runner.status(), console, done)
    if problem and not done:
        raise StoreError(f"the backfill request {problem} before all was fetched; type the command again")
    return done


def _cause(each: MarketStatus, market: Market, now: int) -> str:
    """Why *market* has no price now, and when it is asked again."""
    if each.state == "live":
        return ""
    return "; ".join(filter(None, (status_text.failure_text(each, market), status_text.next_try_text(each, now))))


def _print_results(status: Status, console: Console, done: bool) -> None:
    for market, each in status.markets.items():
        text = "nothing was missing" if done else "not checked completely"
        if each.backfill is not None:
            text = status_text.backfill_text(each.backfill, market)
        console.print(f"{market}: {text}", soft_wrap=True, markup=False)


def check() -> None:
    """Say what works and what does not: settings, store, clock, exchanges, cadences; and what to type."""
    settings = read_settings()
    console = Console(highlight=False)
    wrong = 0

    async def look() -> None:
        nonlocal wrong
        async for finding in run_checks(settings):
            wrong += finding.mark == "✗"
            console.print(f"{finding.mark} {finding.text}", soft_wrap=True, markup=False)

    asyncio.run(look())
    if wrong:
        raise typer.Exit(1)
