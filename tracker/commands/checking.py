"""The command that checks everything collecting and alerts depend on: check."""

import asyncio

import typer
from rich.console import Console

from tracker.alerts.service.alert_check import check_alerts
from tracker.alerts.service.settings_changes import check_settings
from tracker.collector.diagnostics.check import Check
from tracker.collector.diagnostics.diagnostics import run_checks
from tracker.core.errors import ConfigError
from tracker.runtime.usable_settings import read_usable_settings


def check() -> None:
    """Check settings, store, clock, exchanges, cadences, rules and channels; print what fails and what to type."""
    settings, problems = read_usable_settings()
    console = Console(highlight=False)
    failures = 0

    def show(result: Check) -> None:
        nonlocal failures
        failures += result.mark == "✗"
        console.print(f"{result.mark} {result.text}", soft_wrap=True, markup=False)

    async def show_checks() -> None:
        async for result in run_checks(settings):
            show(result)

    for problem in problems:
        show(Check("✗", f"settings: {problem}"))
    if not problems:
        show(Check("✓", f"settings: {settings.file or 'no tracker.toml, so the defaults'}"))
    asyncio.run(show_checks())
    for result in check_alerts(settings):
        show(result)
    try:
        check_settings(settings)
    except ConfigError as error:
        show(Check("✗", f"settings: a tracker that is running keeps those from before, because of this: {error}"))
    if failures:
        raise typer.Exit(1)
