"""The format of a CSV folder: every format of a release is read; a later format is refused and not changed."""

import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from tests.support.csv_files import (
    EUR,
    HOUR,
    MINUTE,
    NOW,
    USD,
    one_row,
    poll_rows,
    prices,
    reopened,
    rows_of,
    rows_on_disk,
)
from tracker.core.errors import StoreError
from tracker.core.market import Market
from tracker.core.ticks import Ticks
from tracker.runtime import file_lock
from tracker.stores.csv import CsvStore

FORMATS = Path(__file__).parents[2] / "formats"
COINBASE = Market("coinbase", "BTC", "USD")
# Real folders: one of the last release; one of this release, with both granularities, rows of stand-ins and late
# rows; and one of a later release.
ROWS = {
    "1": {
        COINBASE: [(20_000, 78125.25, 10_000, 3, ""), (30_000, 78126.0, 10_000, 2, "")],
        EUR: [
            (-2 * HOUR, 7e-9, HOUR, 4, ""),
            (0, 67210.7, 10_000, 0, ""),
            (HOUR, 67300.0, 10_000, 0, ""),
        ],
        USD: [
            (-HOUR, 78001.0, MINUTE, 1, ""),
            (-HOUR + MINUTE, 78010.5, MINUTE, 1, ""),
            (-MINUTE, 78100.1, MINUTE, 1, ""),
            (0, 78123.4, 10_000, 0, ""),
            (10_000, 78120.05, 10_000, 0, ""),
            (20_500, 78119.9, 250, 0, ""),
            (HOUR, 78200.0, 10_000, 0, ""),
        ],
    },
    "2": {
        COINBASE: [(20_000, 78125.25, 10_000, 3, "")],
        EUR: [
            (-2 * HOUR, 7e-9, HOUR, 4, ""),
            (0, 67210.7, 10_000, 0, ""),
            (2 * MINUTE, 67300.0, 10_000, 0, ""),
        ],
        USD: [
            (-HOUR, 78001.0, MINUTE, 1, ""),
            (-HOUR + MINUTE, 78010.5, MINUTE, 1, ""),
            (0, 78123.4, 10_000, 0, ""),
            (10_000, 78120.05, 10_000, 0, "coinbase"),
            (30_000, 78100.1, MINUTE, 1, "coinbase"),
            (MINUTE, 78119.9, 10_000, 0, ""),
            (MINUTE + 10_000, 78119.0, 10_000, 0, "bitstamp"),
            (2 * MINUTE + 500, 78119.9, 250, 0, ""),
            (2 * MINUTE + 10_000, 78118.5, 10_000, 0, ""),
        ],
    },
}
STAND_IN_ROW = {USD: Ticks.of([NOW + 5000], [5.0], 1000, exchange="coinbase")}


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("version", ROWS)
def test_a_folder_of_each_known_format_is_read_row_for_row(version):
    """Read in place: reading changes no file."""
    before = contents(FORMATS / version)
    store = CsvStore(FORMATS / version)
    assert store.markets() == list(ROWS[version])
    for market, rows in ROWS[version].items():
        assert rows_of(store.read(market, 0, NOW * 2)) == [(NOW + time, *values) for time, *values in rows]
    assert not store.poll(store.poll(None)[1])[0]
    assert store.purge(USD, NOW, dry_run=True) == sum(time < 0 for time, *_ in ROWS[version][USD])
    assert store.problems() == ()
    assert contents(FORMATS / version) == before


@pytest.mark.parametrize("granularity", ["hour", "minute"])
@pytest.mark.parametrize("version", ROWS)
def test_a_folder_of_each_known_format_can_be_appended_to_followed_and_purged(tmp_path, version, granularity):
    store = CsvStore(shutil.copytree(FORMATS / version, tmp_path / "data"), granularity=granularity)
    before, seen = rows_on_disk(store.folder), Counter()
    _, cursor = store.poll(None)
    for row in (one_row(NOW + 40_000, 1.0), one_row(NOW - 3 * HOUR, 2.0), one_row(NOW + 9 * HOUR, 3.0, EUR)):
        store.append(row)
        new_rows, cursor = poll_rows(reopened(store), cursor)
        seen += new_rows
    assert sorted(row[2] for row in seen) == [1.0, 2.0, 3.0]
    assert rows_on_disk(store.folder) == before + seen
    assert (store.folder / "FORMAT").read_text() == ("2\n" if granularity == "minute" else f"{version}\n")
    assert store.purge(USD, NOW) == 1 + sum(time < 0 for time, *_ in ROWS[version][USD])


@pytest.mark.parametrize("later_format", ["3\n", "0", "1.1", "12", "x", "-1"])
def test_every_method_refuses_a_later_format_and_changes_no_byte(tmp_path, later_format):
    folder = shutil.copytree(FORMATS / "3", tmp_path / "data")
    (folder / "FORMAT").write_text(later_format)
    before = contents(folder)
    message = rf"FORMAT: format '{later_format.strip()}', this version reads formats 1 to 2; .*upgrade"
    for granularity in ("hour", "minute"):
        store = CsvStore(folder, granularity=granularity)
        for call in (
            lambda store=store: store.append(one_row()),
            lambda store=store: store.append(STAND_IN_ROW),
            lambda store=store: store.read(USD, 0, NOW * 2),
            lambda store=store: store.poll(None),
            lambda store=store: store.poll(valid_cursor()),
            store.markets,
            lambda store=store: store.purge(USD, NOW * 2),
            lambda store=store: store.purge(USD, NOW * 2, dry_run=True),
        ):
            with pytest.raises(StoreError, match=message):
                call()
    assert contents(folder) == before


def valid_cursor():
    return CsvStore(FORMATS / "1").poll(None)[1]


@pytest.mark.parametrize(
    "call", [lambda store: store.append(one_row(NOW + 1)), lambda store: store.purge(USD, NOW * 2)]
)
def test_a_format_raised_by_another_writer_before_the_lock_is_refused_too(store, monkeypatch, call):
    store.append(one_row())
    real_lock = file_lock.FileLock

    def raise_format_then_lock(path, **options):
        (store.folder / "FORMAT").write_text("3\n")
        return real_lock(path, **options)

    monkeypatch.setattr(file_lock, "FileLock", raise_format_then_lock)
    before = rows_on_disk(store.folder)
    with pytest.raises(StoreError, match="format '3'"):
        call(store)
    assert rows_on_disk(store.folder) == before


def test_git_ignores_no_file_of_these_folders():
    files = [path for path in FORMATS.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"FORMAT", ".journal", "2026-11-23-15.csv", "00.csv"}
    if (FORMATS.parents[1] / ".git").exists():
        ignored = subprocess.run(["git", "check-ignore", *files], cwd=FORMATS, capture_output=True, text=True)
        assert ignored.stdout == ""


@pytest.mark.parametrize("format_text", [None, ""], ids=["missing", "empty"])
def test_a_folder_without_its_format_counts_as_the_newest(store, format_text):
    """Its rows may be of any known format; with an older one, an older release might skip some of them."""
    store.append(one_row())
    (store.folder / "FORMAT").unlink() if format_text is None else (store.folder / "FORMAT").write_text(format_text)
    assert prices(store) == [1.0]
    assert store.purge(USD, NOW - HOUR) == 0
    store.append(one_row(NOW + 1, 2.0))
    assert prices(store) == [1.0, 2.0]
    assert (store.folder / "FORMAT").read_text() == "2\n"
