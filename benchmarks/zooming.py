"""
Measures how long a page of a year's prices takes to draw another span, and each step of a zoom; and its memory.

The real page, served by Voila and opened in Chromium, collects from a simulated market on loopback, which continues
what is stored. Times are the browser's own: from the click until the frame in which all charts on screen have the
lines and the time axis of the new span. Opening it is compared with opening a page of a store of one day.
"""

import statistics
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Page

from benchmarks import years
from benchmarks.generated import write_days
from benchmarks.opening_years import compare_opening
from benchmarks.processes import family_memory
from benchmarks.refreshing import kernel_of
from benchmarks.results import Row, table
from tests.support.chromium import find, launched
from tests.support.page_server import ONE_VIEWER, exchange, now, settings, voila
from tracker.core.durations import SECOND
from tracker.core.market import Market
from tracker.sandbox import Simulated

DAY = 86_400  # seconds, as are all spans here
SPANS = {"7 d": 7 * DAY, "30 d": 30 * DAY, "1 y": 365 * DAY}
HOME, WHOLE = "24 h", "All"
NOTCHES = 300  # pixels of the wheel for each step, which halve what is shown
STEPS = 10  # from a year to nine hours
REST = 180.0  # seconds at 24 h, after which what other spans needed should be free again
GOALS = {"1 y": 500, "step": 200, "memory": 30, "opening": 1.1}  # ms, ms, MB, ratio
_SCRIPT = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")


class Drawing(NamedTuple):
    """How one click or step was drawn."""

    drawn: float  # ms until the lines and the time axis are those of the new span
    followed: float  # ms until the time axis changed
    frames: int
    blank: int  # of the frames, those in which a chart on screen has no line


@dataclass
class Zoomed:
    """What was measured on one page."""

    spans: dict[str, list[Drawing]] = field(default_factory=dict)  # the first time and further ones
    steps: list[Drawing] = field(default_factory=list)
    memory: dict[str, float] = field(default_factory=dict)  # MB of the kernel, by what was shown before


def report(days: int = 365, rounds: int = 5) -> str:
    """Return the section of the results."""
    spans: list[Row] = []
    steps: list[Row] = []
    memory: list[Row] = []
    opened: list[Row] = []
    for name, every in years.CADENCES.items():
        with stored(years.CHOSEN, days, every) as folder:
            zoomed = zoom(folder, years.CHOSEN, days, every, rounds)
            opened += [{"rows": name, **row} for row in compare_opening(folder, years.CHOSEN, every, rounds)]
        spans += [{"rows": name, **row} for row in _span_rows(zoomed)]
        steps.append({"rows": name, **_step_row(zoomed)})
        memory.append({"rows": name, **zoomed.memory})
    return (
        f"The page of {len(years.CHOSEN)} markets and {days} days, a row a minute and every 10 s, whose bars are "
        "kept, in Chromium without a graphics card on the same machine. `first`, `again`: from the click until the "
        f"frame that shows the new span in all charts on screen, each time from {HOME}; again: the median of "
        f"{rounds - 1}. `blank`: frames up to then in which one of these charts had no line.\n\n{table(spans)}\n"
        f"The wheel from a year to hours and back, each step half or twice the time: `followed`: until the browser "
        f"moved what it has; `drawn`: until it shows the lines that the kernel sent for it.\n\n{table(steps)}\n"
        f"PSS of the kernel (MB), after what was shown last:\n\n{table(memory)}\n"
        "Opening the page until its charts are live, in turns with the page of a store of one day; `preheated`: with "
        f"a kernel that waits for the next viewer, medians of {rounds}.\n\n{table(opened)}\n"
        + verdict(spans, steps, memory, opened)
    )


@contextmanager
def stored(markets: Sequence[Market], days: int, every: int) -> Iterator[Path]:
    """Yield a new folder with a store ``data`` of *days* up to now, with all bars kept."""
    with tempfile.TemporaryDirectory(dir=".") as parent:
        folder = Path(parent).resolve()
        until = now()
        years.keep(write_days(folder / "data", markets, days, every, until, Simulated(7)), until)
        yield folder


def zoom(folder: Path, markets: Sequence[Market], days: int, every: int, rounds: int, rest: float = REST) -> Zoomed:
    """Return what a page of the store in *folder* takes for each span and each step; *every*: ms between rows."""
    spans = {name: seconds for name, seconds in SPANS.items() if seconds <= days * DAY} | {WHOLE: days * DAY}
    quotes = [market.quote for market in markets]
    result = Zoomed(spans={name: [] for name in [*spans, HOME]})
    with exchange() as address:
        variables = settings(folder / "data", address, quotes, f"{every // SECOND}s")
        with voila(folder / "log", *ONE_VIEWER, **variables) as url, launched(find() or "") as browser:
            page = browser.new_page(viewport={"width": 1440, "height": 1000})
            page.goto(url, wait_until="commit", timeout=120_000)
            page.wait_for_function("() => document.querySelector('.bt-charts path.line[d]')", timeout=120_000)
            _measure(page, spans, result, rounds, rest)
    return result


def _measure(page: Page, spans: Mapping[str, int], result: Zoomed, rounds: int, rest: float) -> None:
    kernel = kernel_of(page)

    def note_memory(name: str) -> None:
        page.wait_for_timeout(min(rest, 10) * 1000)
        result.memory[name] = family_memory(kernel)

    note_memory(HOME)
    for number in range(rounds):
        for name, seconds in spans.items():
            result.spans[name].append(_draw(page, button=name, seconds=seconds))
            if number == 0:
                note_memory(f"after {name}")
            result.spans[HOME].append(_draw(page, button=HOME, seconds=DAY))
    _draw(page, button=WHOLE, seconds=spans[WHOLE])
    for notches in [-NOTCHES] * STEPS + [NOTCHES] * (STEPS - 1):
        result.steps.append(_draw(page, wheel=notches))
        page.wait_for_timeout(300)
    _draw(page, button=HOME, seconds=DAY)
    note_memory("after all and a zoom")
    page.wait_for_timeout(rest * 1000)
    result.memory[f"{rest:g} s later"] = family_memory(kernel)


def _draw(page: Page, **what: object) -> Drawing:
    return Drawing(**page.evaluate(_SCRIPT, what))


def _span_rows(zoomed: Zoomed) -> list[Row]:
    return [
        {
            "span": name,
            "first (ms)": drawings[0].drawn,
            "again (ms)": statistics.median(each.drawn for each in drawings[1:] or drawings),
            "blank": sum(each.blank for each in drawings),
        }
        for name, drawings in zoomed.spans.items()
    ]


def _step_row(zoomed: Zoomed) -> Row:
    drawn = [each.drawn for each in zoomed.steps]
    return {
        "steps": len(drawn),
        "followed p50 (ms)": statistics.median(each.followed for each in zoomed.steps),
        "drawn p50 (ms)": statistics.median(drawn),
        "drawn max (ms)": max(drawn),
        "blank": sum(each.blank for each in zoomed.steps),
    }


def verdict(spans: Sequence[Row], steps: Sequence[Row], memory: Sequence[Row], opened: Sequence[Row]) -> str:
    """Return which goals are met, by the worst figure of each."""
    year = [row for row in spans if row["span"] == "1 y"]
    more = [float(size) - row[HOME] for row in memory for name, size in row.items() if name not in ("rows", HOME)]
    figures = {
        "1 y drawn the first time": (max((row["first (ms)"] for row in year), default=0.0), GOALS["1 y"], "ms"),
        "1 y drawn again": (max((row["again (ms)"] for row in year), default=0.0), GOALS["1 y"], "ms"),
        "the median step of a zoom": (max(row["drawn p50 (ms)"] for row in steps), GOALS["step"], "ms"),
        f"memory above that at {HOME}": (max(more), GOALS["memory"], "MB"),
        "opening, relative to a day": (max(row["ratio"] for row in opened), GOALS["opening"], "times"),
    }
    lines = [
        f"- {what}: {figure:.3g} {unit}, {'within' if figure <= goal else '**above**'} the goal of {goal:g}"
        for what, (figure, goal, unit) in figures.items()
    ]
    return "The worst figures beside their goals:\n\n" + "\n".join(lines) + "\n"
