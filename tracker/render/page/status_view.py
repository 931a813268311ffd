"""What a page tells of its prices: who collects, what mode they are in, what could not be read."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from tracker import outages
from tracker.adapters import Store
from tracker.core.market_status import MarketStatus, Mode, Note, Status
from tracker.market import Market, Origin
from tracker.outages import Outage, cause_text
from tracker.window import Window

_MODES: dict[int, Mode] = {Origin.SIMULATED: "simulated", Origin.REPLAY: "replay"}


def of_rows(status: Status, windows: Mapping[Market, Window], folder: Path | None = None) -> Status:
    """
    The collector's *status* of what is kept in *folder*.

    Rows themselves tell best whether they are simulated or replayed.
    """
    if folder is not None:
        notes = tuple(replace(note, words=near(note.words, folder)) for note in status.notes)
        markets = {market: _near(each, folder) for market, each in status.markets.items()}
        status = replace(status, store_problem=near(status.store_problem, folder), notes=notes, markets=markets)
    for window in windows.values():
        if window.count:
            return replace(status, mode=_MODES.get(int(window.ticks.origin[-1]), "live"))
    return status


def replayed(windows: Mapping[Market, Window], intervals: Mapping[Market, int]) -> Status:
    """Of a replay: a market that has prices is as if live, and its rows tell how old they are then."""
    each = {}
    for market, window in windows.items():
        interval = int(window.ticks.interval[-1]) if window.count else intervals[market]
        each[market] = MarketStatus(interval, "live" if window.count else "waiting")
    # What was invented stays invented when it is played again.
    mode: Mode = "simulated" if of_rows(Status(), windows).mode == "simulated" else "replay"
    return Status("a replay", mode, markets=each)


def place(folder: Path) -> str:
    """Where prices are kept, for whoever looks at the page; where that is on this machine is nobody's affair."""
    return f"{folder.name or folder}/"


def near(text: str, folder: Path) -> str:
    """*text* with the place of *folder* as the page names it."""
    return re.sub(rf"{re.escape(str(folder))}(/|(?![\w.-]))", lambda _: place(folder), text)


def _near(each: MarketStatus, folder: Path) -> MarketStatus:
    if each.backfill is None or each.backfill.failure is None or each.backfill.failure.kind != "store":
        return each
    failure = replace(each.backfill.failure, words=near(each.backfill.failure.words, folder))
    return replace(each, backfill=replace(each.backfill, failure=failure))


class Reasons:
    """What was written down of outages beside the prices; read again only when it has grown."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._outages: tuple[Outage, ...] = ()

    def read(self, status: Status, now: int) -> tuple[Outage, ...]:
        """All that have ended, and those that *status* tells of, up to *now*."""
        try:
            about = self._path.stat()
            seen = (about.st_size, about.st_mtime_ns)
        except OSError:
            seen = None
        if seen != self._seen:
            self._seen, self._outages = seen, outages.read(self._path)
        going_on = tuple(
            Outage(each.since, now, market, cause_text(each.failure, market))
            for market, each in status.markets.items()
            if each.state in ("unreachable", "refused") and each.since is not None and each.failure
        )
        return self._outages + going_on


class SkippedLines:
    """The malformed lines of the store in *folder*: a number is not honest if rows are missing in silence."""

    def __init__(self, store: Store, folder: Path) -> None:
        self._store = store
        self._folder = folder
        self._count = 0
        self._time = 0

    def note(self, now: int) -> Note | None:
        """How many there are and since when, if that was noticed up to *now* (epoch ms); None if there are none."""
        problems = self._store.problems()
        count = sum(problem.count for problem in problems)
        if count > self._count:
            self._time = now
        self._count = count
        if not count:
            return None
        return Note("lines_skipped", self._time, count, near(problems[-1].where, self._folder))
