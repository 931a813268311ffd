"""The status as the page shows it names the store's folder but not its path."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.page_states import EUR, GBP
from tracker.core.contracts import Problem
from tracker.core.market_status import BackfillResult, Failure, MarketStatus, Note, Status
from tracker.render.format import plain_text
from tracker.render.page import status_view

DATA = Path("/srv/of somebody/data")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"{DATA}/kraken/btcusd/a.csv: not a row", "data/kraken/btcusd/a.csv: not a row"),
        (f"No space left on device: '{DATA}'", "No space left on device: 'data/'"),
        (f"{DATA}-old/a.csv", f"{DATA}-old/a.csv"),  # another folder
        ("api.kraken.com answers 503", "api.kraken.com answers 503"),
    ],
)
def test_a_path_is_shown_from_the_stores_folder_on(text, shown):
    assert status_view.with_folder_label(text, DATA) == shown


def test_no_text_of_the_status_has_a_path_of_this_machine():
    text, shown = f"'{DATA}/a.csv' or '/srv/of somebody/lease'", "'data/a.csv' or 'lease'"
    status = Status(
        store_problem=text,
        notes=(Note("collector_failed", 7, words=text), Note("lines_skipped", 7, words=text)),
        markets={EUR: MarketStatus(10_000, backfill=BackfillResult(failure=Failure("store", words=text)))},
    )
    status = status_view.hide_paths(status, DATA)
    assert status.store_problem == shown
    assert [note.words for note in status.notes] == [shown, shown]
    assert status.markets[EUR].backfill.failure.words == shown


def test_a_backfill_failure_names_the_stores_folder_but_not_its_path():
    result = BackfillResult({"kraken": 5}, failure=Failure("store", words=f"{DATA}/kraken/a.csv: No space left"))
    refused = BackfillResult(failure=Failure("refused", "kraken", f"no {DATA}"))  # the exchange's own words stay
    markets = {EUR: MarketStatus(10_000, backfill=result), GBP: MarketStatus(10_000, backfill=refused)}
    shown = status_view.hide_paths(Status(markets=markets), DATA).markets
    assert shown[EUR].backfill == replace(result, failure=Failure("store", words="data/kraken/a.csv: No space left"))
    assert shown[GBP] is markets[GBP]


class Store:
    """Only its problems are read. Each has a count and a time."""

    def __init__(self, *found):
        self.found = found

    def problems(self):
        files = [str(DATA / f"kraken/{name}.csv") for name in "abc"]
        return tuple(Problem("malformed lines", file, *of) for file, of in zip(files, self.found, strict=False))


@pytest.mark.parametrize(
    ("found", "note"),
    [
        ([], None),
        ([(2, 1000)], Note("lines_skipped", 1000, 2, "data/kraken/a.csv")),
        ([(2, 1000), (1, 3000)], Note("lines_skipped", 3000, 3, "data/kraken/b.csv")),
        ([(2, 3000), (1, 1000)], Note("lines_skipped", 3000, 3, "data/kraken/a.csv")),
        ([(2, 1000), (1, 1000)], Note("lines_skipped", 1000, 3, "data/kraken/b.csv")),
    ],
)
def test_malformed_lines_are_counted_and_the_note_has_file_and_time_of_the_latest(found, note):
    assert status_view.malformed_lines_note(Store(*found), DATA) == note


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[Errno 13] Permission denied: '/srv/of-somebody/data/a.csv'", "[Errno 13] Permission denied: 'a.csv'"),
        ("No space left on device: '/srv/of somebody/a b.csv'", "No space left on device: 'a b.csv'"),
        ('cannot open "/srv/of somebody/data/" now', 'cannot open "data" now'),
        ("kraken's '5/6' and 'a' or '/b'", "kraken's '5/6' and 'a' or 'b'"),
        ("/home/she/tracker.toml: span: not a duration", "tracker.toml: span: not a duration"),
        ("http://127.0.0.1:8081/kraken/0/public answers 503", "http://127.0.0.1:8081/kraken/0/public answers 503"),
        ("kraken:BTC/EUR, 5/6 of it; and/or", "kraken:BTC/EUR, 5/6 of it; and/or"),
    ],
)
def test_error_texts_name_files_but_not_their_folders(text, shown):
    assert plain_text.hide_folders(text) == shown
