"""The progress of ``tracker backfill``: bars on a terminal, lines elsewhere."""

import io

from rich.console import Console

from tests.support.page_states import EUR, GBP, NOW
from tracker.commands.backfill_progress import FIRST_LINE, LINE_EVERY, BackfillProgress
from tracker.core.market_status import Failure, MarketStatus


def status(page, **changes):
    return {
        EUR: MarketStatus(10_000, "live", page=page, pages=50, backfill_seconds=7_000.0),
        GBP: MarketStatus(10_000, page=page, pages=100, backfill_seconds=7_000.0, **changes),
    }


def test_without_a_terminal_a_line_a_minute_sums_the_markets():
    out = io.StringIO()
    with BackfillProgress(Console(file=out, width=40), status(0), 1000.0) as progress:
        for second in range(int(FIRST_LINE + LINE_EVERY) + 2):
            progress.update(status(second // 10), NOW, 1000.0 + second)
    assert out.getvalue().splitlines() == ["2 of 150 pages, about 2 h left", "14 of 150 pages, about 2 h left"]


def test_the_pages_of_a_market_that_is_done_count_on():
    lines, bars = io.StringIO(), Console(file=io.StringIO(), width=120, force_terminal=True)
    done = {**status(49), EUR: MarketStatus(10_000, "live")}
    for console in (Console(file=lines, width=40), bars):
        with BackfillProgress(console, status(0), 0.0) as progress:
            for number, markets in enumerate([status(49), done, {**done, GBP: MarketStatus(10_000, "live")}]):
                progress.update(markets, NOW, FIRST_LINE + number * LINE_EVERY)
    assert lines.getvalue().splitlines() == ["98 of 150 pages, about 2 h left", "99 of 150 pages, about 2 h left"]
    assert "50 of 50 pages" in bars.file.getvalue()


def test_without_a_terminal_a_failure_is_named_once_and_again_after_it_was_over():
    out = io.StringIO()
    failing = {"state": "unreachable", "failure": Failure("unreachable", "kraken", "kraken answers 503")}
    with BackfillProgress(Console(file=out, width=40), status(0), 0.0) as progress:
        for number, changes in enumerate([failing, failing, {"state": "live"}, failing]):
            progress.update(status(0, **changes), NOW, FIRST_LINE + number * LINE_EVERY)
    lines = [line for line in out.getvalue().splitlines() if "pages" not in line]
    assert lines == [f"{GBP}: kraken answers 503"] * 2


def test_a_terminal_has_a_bar_for_each_market_with_the_time_left():
    console = Console(file=io.StringIO(), width=120, force_terminal=True)
    with BackfillProgress(console, status(0), 0.0) as progress:
        progress.update(status(25), NOW, 1.0)
        progress._bars.refresh()
    text = console.file.getvalue()
    assert f"{EUR}" in text
    assert "25 of 50 pages, about 2 h left" in text
    assert "25 of 100 pages, about 2 h left" in text
