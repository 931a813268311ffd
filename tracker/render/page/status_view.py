"""The collector's status as the page shows it: without paths of this machine, and with malformed lines counted."""

import re
from dataclasses import replace
from pathlib import Path

from tracker.core.contracts import Store
from tracker.core.market_status import MarketStatus, Note, Status


def hide_paths(status: Status, folder: Path) -> Status:
    """Return *status* with paths in *folder* as the page names them."""
    notes = tuple(replace(note, words=with_folder_label(note.words, folder)) for note in status.notes)
    markets = {market: _market_with_folder_label(of_market, folder) for market, of_market in status.markets.items()}
    return replace(status, store_problem=with_folder_label(status.store_problem, folder), notes=notes, markets=markets)


def with_folder_label(text: str, folder: Path) -> str:
    """Return *text* with only the name of *folder*, ``data/``, as viewers must not learn its path on this machine."""
    return re.sub(rf"{re.escape(str(folder))}(/|(?![\w.-]))", lambda _: f"{folder.name or folder}/", text)


def _market_with_folder_label(status: MarketStatus, folder: Path) -> MarketStatus:
    if status.backfill is None or status.backfill.failure is None or status.backfill.failure.kind != "store":
        return status
    failure = replace(status.backfill.failure, words=with_folder_label(status.backfill.failure.words, folder))
    return replace(status, backfill=replace(status.backfill, failure=failure))


def malformed_lines_note(store: Store, folder: Path) -> Note | None:
    """Return how many lines of *store*, which is in *folder*, were skipped, as of the latest; None if none were."""
    problems = store.problems()
    if not problems:
        return None
    latest = max(reversed(problems), key=lambda problem: problem.time)  # of several, the one found last
    count = sum(problem.count for problem in problems)
    return Note("lines_skipped", latest.time, count, with_folder_label(latest.where, folder))
