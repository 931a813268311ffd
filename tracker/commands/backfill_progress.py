"""Shows how far a backfill is: bars on a terminal, else a line now and then, for logs."""

from collections.abc import Mapping
from dataclasses import replace
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from tracker.core.market import Market
from tracker.core.market_status import MarketStatus
from tracker.render.format import status_text

FIRST_LINE, LINE_EVERY = 10.0, 60.0  # seconds until the first line, and from one to the next


class BackfillProgress:
    """
    A bar for each market, or on a *console* that is no terminal a line for all of them; a context manager.

    Args:
        console: gets the text.
        markets: that are backfilled.
        started_at: monotonic seconds.
    """

    def __init__(self, console: Console, markets: Mapping[Market, MarketStatus], started_at: float) -> None:
        self._console = console
        texts = (TextColumn(text, markup=False) for text in ("{task.description}", "{task.fields[text]}"))
        name, text = texts
        self._bars = Progress(name, BarColumn(), text, console=console, transient=True)
        self._tasks: dict[Market, TaskID] = {
            market: self._bars.add_task(str(market), total=None, text="") for market in markets
        }
        self._next_line = started_at + FIRST_LINE
        self._failing: set[Market] = set()  # markets whose cause is printed
        self._fetching: dict[Market, MarketStatus] = {}  # the last status of each market in which it had pages

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._console.is_terminal:
            self._bars.stop()

    def update(self, markets: Mapping[Market, MarketStatus], now: int, at: float) -> None:
        """Show the status of *markets* at *now* (epoch ms) and *at* (monotonic seconds)."""
        self._fetching |= {market: status for market, status in markets.items() if status.pages}
        if self._console.is_terminal:
            for market, status in markets.items():
                if market in self._tasks:
                    self._update_bar(
                        self._tasks[market], self._counted(market, status), cause_text(status, market, now)
                    )
        elif at >= self._next_line:
            self._next_line = at + LINE_EVERY
            self._print_lines(markets, now)

    def _counted(self, market: Market, status: MarketStatus) -> MarketStatus:
        """Return *status* with the pages that a market has fetched, also after the last one, when it states none."""
        if status.pages or market not in self._fetching:
            return status
        pages = self._fetching[market].pages
        return replace(status, page=pages, pages=pages, backfill_seconds=None)

    def _update_bar(self, task: TaskID, status: MarketStatus, cause: str) -> None:
        text = "; ".join(filter(None, (status_text.progress_text(status), cause)))
        self._bars.update(task, text=text)
        if status.pages:
            self._bars.update(task, completed=status.page, total=status.pages)

    def _print_lines(self, markets: Mapping[Market, MarketStatus], now: int) -> None:
        if any(status.pages for status in markets.values()):
            # With those of markets that are done, or the count would shrink with each.
            line = status_text.total_progress_text([self._counted(*item) for item in markets.items()])
            self._console.print(line, soft_wrap=True, markup=False)
        causes = {market: cause_text(markets[market], market, now) for market in self._tasks if market in markets}
        for market, cause in causes.items():
            if cause and market not in self._failing:
                self._console.print(f"{market}: {cause}", soft_wrap=True, markup=False)
        self._failing = {market for market, cause in causes.items() if cause}


def cause_text(status: MarketStatus, market: Market, now: int) -> str:
    """Return why *market* has no price at *now* and when its exchange is asked again; empty if it has one."""
    if status.state == "live":
        return ""
    return "; ".join(filter(None, (status_text.failure_text(status, market), status_text.next_try_text(status, now))))
