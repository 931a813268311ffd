"""The collector's status as the page shows it: without paths of this machine, and with malformed lines counted."""

import re
from dataclasses import replace
from pathlib import Path

from tracker.core.contracts import Store
from tracker.core.market_status import MarketStatus, Note, Status
from tracker.render.format import plain_text


def hide_paths(status: Status, folder: Path) -> Status:
    """Return *status* with paths in *folder* as the page names them, and only the file's name of any other."""
    notes = tuple(replace(note, words=for_viewers(note.words, folder)) for note in status.notes)
    markets = {market: _market_for_viewers(of_market, folder) for market, of_market in status.markets.items()}
    return replace(status, store_problem=for_viewers(status.store_problem, folder), notes=notes, markets=markets)


def with_folder_label(text: str, folder: Path) -> str:
    """Return *text* with only the name of *folder*, ``data/``, as viewers must not learn its path on this machine."""
    return re.sub(rf"{re.escape(str(folder))}(/|(?![\w.-]))", lambda _: f"{folder.name or folder}/", text)


def for_viewers(text: str, folder: Path) -> str:
    """Return *text*, such as an error, with paths in *folder* as the page names them, and no other folder."""
    return plain_text.hide_folders(with_folder_label(text, folder))


def _market_for_viewers(status: MarketStatus, folder: Path) -> MarketStatus:
    if status.backfill is None or status.backfill.failure is None or status.backfill.failure.kind != "store":
        return status
    failure = replace(status.backfill.failure, words=for_viewers(status.backfill.failure.words, folder))
    return replace(status, backfill=replace(status.backfill, failure=failure))


def malformed_lines_note(store: Store, folder: Path) -> Note | None:
    """Return how many lines of *store*, which is in *folder*, were skipped, as of the latest; None if none were."""
    problems = store.problems()
    if not problems:
        return None
    latest = max(reversed(problems), key=lambda problem: problem.time)  # of several, the one found last
    count = sum(problem.count for problem in problems)
    return Note("lines_skipped", latest.time, count, for_viewers(latest.where, folder))
