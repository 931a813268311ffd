"""
A page is left open for a week, its controls used now and then: neither kernel nor browser needs more than at first.

The clock runs 600 times as fast, so a week takes 17 minutes. The first reading is taken an hour after each control
was used once, the last one after as long a rest as that.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.generated import write_days
from benchmarks.processes import family_memory
from benchmarks.refreshing import kernel_of
from tests.support import chromium
from tests.support.browser import Viewer, viewer
from tests.support.page_controls import controls, held, turn
from tests.support.page_server import ONE_VIEWER, QUOTES, now, settings, voila
from tracker.core.market import Market
from tracker.runtime.clock import ReplayClock
from tracker.sandbox import Sandbox, Simulated

SPEED = 600.0
HOUR = 3_600.0 / SPEED  # real seconds
EVERY = 300  # simulated seconds between two prices, half a real second
STORED = 40  # days before; 2 for a test, whose controls show the last one
BETWEEN = 2.0  # simulated hours from one use of a control to the next
REST = 130.0  # real seconds; what a page read for other spans it keeps for 120
READINGS = 6  # at the end, until one is low enough
MOST_MORE = 1.1  # times the first reading
NOT_HERE = {"spans", "replay"}  # they expect a short record, and a clock that no viewer sets
SPANS = ("10 min", "1 h", "6 h", "7 d", "30 d", "All", "24 h")
SOME = {"compare", "theme"}  # of the controls, for a test
_IS_SHOWN = """(name) => document.querySelector(".bt-spans .mod-active")?.textContent.trim() === name
  && document.querySelector(".bt-chart-0 path.line[d]")"""


def run(folder: Path, size: int, seed: int, used: str = "all") -> dict[str, object]:
    """
    Leave the page open for *size* simulated hours, from the first reading on.

    *used*: ``all`` controls, or ``some`` for a test, which hardly rests either.
    """
    chance = random.Random(seed)
    is_short = used == "some"
    rest = HOUR / 2 if is_short else REST
    with _page(folder, seed, 2 if is_short else STORED) as seen:
        uses = _uses(seen)
        if is_short:
            uses = {name: use for name, use in uses.items() if name in SOME}
        for use in uses.values():  # what is created when it is first shown stays
            use()
        seen.page.wait_for_timeout(1_000 * rest)
        first = _reading(seen)
        left, count = size * HOUR, 0
        while left > 0:
            pause = min(left, BETWEEN * HOUR)
            seen.page.wait_for_timeout(1_000 * pause)
            left -= pause
            uses[chance.choice(sorted(uses))]()
            count += 1
        seen.page.wait_for_timeout(1_000 * rest)
        for _ in range(READINGS):
            last = _reading(seen)
            grown = {what: last[what] / first[what] for what in first}
            if not (over := [what for what in grown if grown[what] > MOST_MORE]):
                break
            seen.page.wait_for_timeout(2_000)  # for what a busy browser has not drawn yet
    over = [f"{what}: {first[what]:.4g} at first, {last[what]:.4g} now" for what in over]
    assert not over, f"after {size} h and {count} uses of controls: {'; '.join(over)}"
    counted = {"hours": size, "controls": len(uses), "used": count, **first}
    return counted | {f"{what}, growth": f"{times - 1:+.1%}" for what, times in grown.items()}


@contextmanager
def _page(folder: Path, seed: int, stored: int) -> Iterator[Viewer]:
    """
    Yield the page of a market on loopback that runs 600 times as fast, and fail if it was not live to the end.

    *stored*: days before.
    """
    path = chromium.find()
    assert path is not None, chromium.how_to_install()
    start = now()
    clock, market = ReplayClock(start, start, SPEED), Simulated(seed)
    folder.mkdir(parents=True)
    markets = [Market("kraken", "BTC", quote) for quote in QUOTES]
    write_days(folder / "data", markets, stored, EVERY * 1000, start, market).close()
    with Sandbox(market, clock.now) as sandbox:
        variables = settings(folder / "data", f"{sandbox.url}/kraken", every=f"{EVERY}s")
        with (
            voila(folder / "log", *ONE_VIEWER, **variables, TRACKER_CLOCK=str(clock)) as url,
            chromium.launched(path) as browser,
            viewer(browser, f"{url}?zone=UTC", timezone_id="Asia/Kolkata", width=1000, height=700) as seen,
        ):
            seen.wait(lambda: len(seen.drawn(QUOTES[-1])) > 500, "the charts are drawn")
            seen.page.evaluate("window.same = true")
            yield seen
            line = seen.drawn(QUOTES[0])
            seen.wait(lambda: seen.drawn(QUOTES[0]) != line, "the page still follows the prices")
            assert seen.page.evaluate("window.same"), "the page was reloaded"
            assert seen.page.locator(".bt-disconnected").count() == 0
            assert seen.errors == []


def _uses(seen: Viewer) -> dict[str, Callable[[], None]]:
    """Return by name what operates each control once."""
    uses: dict[str, Callable[[], None]] = {
        name: lambda name=name: turn(seen, name, 1) for name in controls(seen) if name not in NOT_HERE
    }
    return uses | {"spans": lambda: _show_each_span(seen)}


def _show_each_span(seen: Viewer) -> None:
    for name in SPANS:
        seen.page.locator(".bt-spans button").get_by_text(name, exact=True).click()
        seen.page.wait_for_function(_IS_SHOWN, arg=name)


def _reading(seen: Viewer) -> dict[str, float]:
    """Return the memory of kernel (MB, without libraries) and browser (MB of JavaScript), and the number of nodes."""
    browser = held(seen)
    kernel = family_memory(kernel_of(seen.page), of="Pss_Anon")
    return {"kernel (MB)": round(kernel, 1), "heap (MB)": round(browser.heap / 1e6, 2), "nodes": browser.nodes}
