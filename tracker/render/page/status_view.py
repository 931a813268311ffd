"""What a page tells of its prices: who collects, what mode they are in, what could not be read."""

import re
from dataclasses import replace
from pathlib import Path

from tracker.core.contracts import Store
from tracker.core.market_status import MarketStatus, Note, Status


def hide_paths(status: Status, folder: Path) -> Status:
    """Return *status* of what is kept in *folder*, with the folder as the page names it."""
    notes = tuple(replace(note, words=with_folder_label(note.words, folder)) for note in status.notes)
    markets = {market: _market_with_folder_label(each, folder) for market, each in status.markets.items()}
    return replace(status, store_problem=with_folder_label(status.store_problem, folder), notes=notes, markets=markets)


def folder_label(folder: Path) -> str:
    """Where prices are kept, for whoever looks at the page; where that is on this machine is nobody's affair."""
    return f"{folder.name or folder}/"


def with_folder_label(text: str, folder: Path) -> str:
    """*text* with the place of *folder* as the page names it."""
    return re.sub(rf"{re.escape(str(folder))}(/|(?![\w.-]))", lambda _: folder_label(folder), text)


def _market_with_folder_label(each: MarketStatus, folder: Path) -> MarketStatus:
    if each.backfill is None or each.backfill.failure is None or each.backfill.failure.kind != "store":
        return each
    failure = replace(each.backfill.failure, words=with_folder_label(each.backfill.failure.words, folder))
    return replace(each, backfill=replace(each.backfill, failure=failure))


class MalformedLines:
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
        return Note("lines_skipped", self._time, count, with_folder_label(problems[-1].where, self._folder))
