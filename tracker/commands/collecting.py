"""Commands that collect: collect, backfill."""

import sys
import time
from typing import Annotated

import typer
from rich.console import Console

from tracker.alerts.service.factory import make_alert_service
from tracker.alerts.service.settings_changes import follow_settings
from tracker.collector.backfill.request import BackfillRequest
from tracker.collector.bar_keeper import BarKeeper
from tracker.collector.factory import make_collector_service, make_coordination
from tracker.collector.service import CollectorService
from tracker.commands.backfill_progress import BackfillProgress
from tracker.commands.options import moment_text
from tracker.core.durations import duration_text, parse_since
from tracker.core.errors import ConfigError, StoreError
from tracker.core.market_status import Status
from tracker.render.format import status_text
from tracker.runtime.clock import Clock
from tracker.runtime.settings import read_settings
from tracker.runtime.stop_signal import StopSignal
from tracker.runtime.store_url import open_configured_store

POLL = 0.2  # seconds between two updates of the progress bars
SETTLE = 1.7  # seconds after which the last result of another process has been published
NAMED_MARKETS = 10  # of which the last line names the gaps
PATIENCE = 5.0  # seconds for which the request may be unreadable


def collect() -> None:
    """Collect without a page, until stopped. Waits if another process collects into the same folder."""
    settings = read_settings()
    store = open_configured_store(settings)
    clock = settings.make_clock()
    coordination = make_coordination(settings, "collect")
    service = make_collector_service(settings, store, clock, coordination)
    bars = BarKeeper(store, coordination, clock)
    alerts = make_alert_service(settings, store, clock, coordination, service.status)
    watch = follow_settings(settings, service, alerts)
    stop = StopSignal()
    service.start()
    bars.start()
    if alerts is not None:
        alerts.start()
    watch.start()
    if not stop.wait(1.0) and not service.is_leader and (holder := service.status().collector):
        print(f"{holder} collects already; this process takes over when that one ends", file=sys.stderr)
    stop.wait()
    watch.stop()
    service.stop()
    if alerts is not None:
        alerts.stop()
    bars.stop()


def backfill(
    since: Annotated[str, typer.Option(help="How far back: a duration or a time, e.g. 90d, 2y, 2026-01-31.")] = "24h",
) -> None:
    """Fetch missing prices from the exchanges' history; an interrupted backfill resumes at the next start."""
    settings = read_settings()
    clock = settings.make_clock()
    store = open_configured_store(settings)
    coordination = make_coordination(settings, "backfill")
    request = BackfillRequest(coordination)
    start = _start(since, clock.now(), settings.retention)
    service = make_collector_service(settings, store, clock, coordination)
    request.submit(start)
    stop = StopSignal()
    service.start()
    try:
        done = _show_progress(service, request, start, stop, clock)
    finally:
        service.stop()
    if not done:
        print("Not finished: it resumes when a page or tracker collect runs again.", file=sys.stderr)
        raise typer.Exit(1)


def _start(since: str, now: int, retention: int | None) -> int:
    """Return the epoch ms from which to backfill. Raises ConfigError for the future and beyond *retention* (ms)."""
    start = parse_since(since, now, "--since")
    if start > now:
        raise ConfigError(f"--since {since!r} is in the future; expected a duration or a time before now")
    if retention is not None and now - start > retention:
        raise ConfigError(
            f"--since {since!r} is further back than retention, which keeps {duration_text(retention)}; "
            f"type --since {duration_text(retention)} at most, or set a longer retention"
        )
    return start


def _show_progress(
    service: CollectorService, request: BackfillRequest, start: int, stop: StopSignal, clock: Clock
) -> bool:
    """
    Show the progress until the request is complete; return False if *stop* came first.

    Raises:
        StoreError: the request is gone or unreadable, so no process will complete it.
    """
    console = Console(highlight=False)
    problem, readable_at = "", time.monotonic()
    with BackfillProgress(console, service.status().markets, readable_at) as progress:
        while not (stop.wait(POLL) or request.is_complete(start) or problem):
            progress.update(service.status().markets, clock.now(), time.monotonic())
            state = request.state()
            if state == "pending":
                readable_at = time.monotonic()
            elif state == "none" and not request.is_complete(start):
                problem = "was removed"
            elif state == "unknown" and time.monotonic() - readable_at > PATIENCE:
                problem = "cannot be read"
    done = request.is_complete(start)
    stop.wait(SETTLE)
    _print_results(service.status(), console, done)
    if problem and not done:
        raise StoreError(f"the backfill request {problem} before all was fetched; type the command again")
    return done


def _print_results(status: Status, console: Console, done: bool) -> None:
    for market, result in status.markets.items():
        text = "nothing was missing" if done else "not checked completely"
        if result.backfill is not None:
            text = status_text.backfill_text(result.backfill, market)
            if not done and result.backfill.since is not None:
                text += f" up to now, asked for from {moment_text(result.backfill.since)} UTC on"
        console.print(f"{market}: {text}", soft_wrap=True, markup=False)
    left = [
        f"{market} {text}"
        for market, result in status.markets.items()
        if result.backfill is not None and (text := status_text.gaps_text(result.backfill))
    ]
    if left:
        more = f"; {len(left) - NAMED_MARKETS} more markets" if len(left) > NAMED_MARKETS else ""
        again = "A page or tracker collect asks for them again later."
        text = f"Without prices, UTC: {'; '.join(left[:NAMED_MARKETS])}{more}. {again}"
        console.print(text, soft_wrap=True, markup=False)
