"""The format of a CSV folder: what releases wrote is read for ever, what later ones write is not harmed."""

import errno
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from tests.support.csv_files import EUR, HOUR, MINUTE, NOW, USD, again, fail, on_disk, one, polled, prices, rows_of
from tracker.core.errors import StoreError
from tracker.core.market import Market
from tracker.core.ticks import Ticks
from tracker.runtime import durable_file, file_lock, files
from tracker.stores.csv import CsvStore, format_version

FORMATS = Path(__file__).parents[2] / "formats"
COINBASE = Market("coinbase", "BTC", "USD")

# Real folders: as the last release wrote them; by this one, with a change of granularity, rows from
# elsewhere and late rows; and by one that is yet to come.
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
ELSEWHERE = {USD: Ticks.of([NOW + 5000], [5.0], 1000, exchange="coinbase")}


def format_of(store):
    return (store.folder / "FORMAT").read_text()


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(params=["hour", "minute"])
def store(request, tmp_path):
    return CsvStore(tmp_path / "data", granularity=request.param)


# --- folders of every format


@pytest.mark.parametrize("version", ROWS)
def test_a_folder_of_each_known_format_is_read_row_for_row(version):
    """In place: reading leaves no trace."""
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
    before, seen = on_disk(store.folder), Counter()
    _, cursor = store.poll(None)
    for row in (one(NOW + 40_000, 1.0), one(NOW - 3 * HOUR, 2.0), one(NOW + 9 * HOUR, 3.0, EUR)):
        store.append(row)
        more, cursor = polled(again(store), cursor)
        seen += more
    assert sorted(row[2] for row in seen) == [1.0, 2.0, 3.0]
    assert on_disk(store.folder) == before + seen
    assert format_of(store) == ("2\n" if granularity == "minute" else f"{version}\n")
    assert store.purge(USD, NOW) == 1 + sum(time < 0 for time, *_ in ROWS[version][USD])


def test_a_folder_of_the_last_release_stays_its_own_until_something_new_is_written(tmp_path):
    store = CsvStore(shutil.copytree(FORMATS / "1", tmp_path / "data"))
    store.append(one(NOW + 1))
    store.purge(USD, NOW - HOUR)
    assert format_of(store) == "1\n"
    store.append(ELSEWHERE)
    store.append(one(NOW + 2))
    assert format_of(store) == "2\n"


@pytest.mark.parametrize("found", ["3\n", "0", "1.1", "12", "x", "-1"])
def test_a_later_format_is_refused_by_every_method_and_no_byte_is_touched(tmp_path, found):
    folder = shutil.copytree(FORMATS / "3", tmp_path / "data")
    (folder / "FORMAT").write_text(found)
    before = contents(folder)
    for granularity in ("hour", "minute"):
        store = CsvStore(folder, granularity=granularity)
        for work in (
            lambda store=store: store.append(one()),
            lambda store=store: store.append(ELSEWHERE),
            lambda store=store: store.read(USD, 0, NOW * 2),
            lambda store=store: store.poll(None),
            lambda store=store: store.poll(csv_cursor()),
            store.markets,
            lambda store=store: store.purge(USD, NOW * 2),
            lambda store=store: store.purge(USD, NOW * 2, dry_run=True),
        ):
            with pytest.raises(
                StoreError, match=rf"FORMAT: format '{found.strip()}', this version reads formats 1 to 2; .*upgrade"
            ):
                work()
    assert contents(folder) == before


def csv_cursor():
    return CsvStore(FORMATS / "1").poll(None)[1]


@pytest.mark.parametrize("work", [lambda store: store.append(one(NOW + 1)), lambda store: store.purge(USD, NOW * 2)])
def test_a_format_that_another_writer_raises_meanwhile_is_refused_too(store, monkeypatch, work):
    store.append(one())
    real = file_lock.FileLock

    def raised_first(path, **options):
        (store.folder / "FORMAT").write_text("3\n")
        return real(path, **options)

    monkeypatch.setattr(file_lock, "FileLock", raised_first)
    before = on_disk(store.folder)
    with pytest.raises(StoreError, match="format '3'"):
        work(store)
    assert on_disk(store.folder) == before


def test_git_keeps_every_file_of_these_folders():
    files = [path for path in FORMATS.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"FORMAT", ".journal", "2026-11-23-15.csv", "00.csv"}
    if (FORMATS.parents[1] / ".git").exists():
        ignored = subprocess.run(["git", "check-ignore", *files], cwd=FORMATS, capture_output=True, text=True)
        assert ignored.stdout == ""


# --- a folder becomes 2


def test_a_new_folder_is_of_the_oldest_format_that_can_hold_its_rows(store):
    store.append(one())
    assert format_of(store) == ("1\n" if store.granularity == "hour" else "2\n")
    shutil.rmtree(store.folder)
    store.append(ELSEWHERE)
    assert format_of(store) == "2\n"


@pytest.mark.parametrize("step", ["open", "fsync", "replace"])
@pytest.mark.parametrize("is_killed", [False, True])
def test_the_new_format_is_on_the_disk_before_its_first_row(tmp_path, monkeypatch, step, is_killed):
    """Whatever step of raising it fails or is the last: no row is lost, none comes twice, nothing is half done."""
    store = CsvStore(tmp_path / "data")
    store.append(one())
    store.close()  # its thread flushes too, and would meet the trouble
    _, cursor = store.poll(None)

    def trouble(*args):
        if is_killed:
            raise KeyboardInterrupt
        fail(errno.ENOSPC)

    opened = Path.open

    def trouble_with_the_new(path, *args, **kwargs):
        return trouble() if path.suffix == ".new" else opened(path, *args, **kwargs)

    with monkeypatch.context() as patch:
        places = {"open": Path, "fsync": files, "replace": Path}
        patch.setattr(places[step], step, trouble_with_the_new if step == "open" else trouble)
        with pytest.raises(KeyboardInterrupt if is_killed else StoreError):
            store.append(ELSEWHERE)
    assert format_of(store) == "1\n"
    assert not polled(store, cursor)[0]
    heir = again(store)
    heir.append(ELSEWHERE)
    assert format_of(store) == "2\n"
    assert prices(heir) == [1.0, 5.0]
    assert [row[2] for row in polled(heir, cursor)[0].elements()] == [5.0]


def test_dying_between_the_new_format_and_the_row_costs_only_that_row(tmp_path, monkeypatch):
    store = CsvStore(tmp_path / "data")
    store.append(one())
    _, cursor = store.poll(None)
    with monkeypatch.context() as patch:
        patch.setattr(durable_file.LineFile, "append", lambda file, lines: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            store.append(ELSEWHERE)
    assert format_of(store) == "2\n"
    heir = again(store)
    assert prices(heir) == [1.0]
    heir.append(ELSEWHERE)
    assert prices(heir) == [1.0, 5.0]
    assert [row[2] for row in polled(heir, cursor)[0].elements()] == [5.0]


def test_the_format_is_raised_once_and_not_looked_after_again(tmp_path, monkeypatch):
    store = CsvStore(tmp_path / "data", granularity="minute")
    store.append(one())
    monkeypatch.setattr(format_version, "replace_file", lambda path, data, durable: pytest.fail("written again"))
    store.append(one(NOW + MINUTE))


@pytest.mark.parametrize("left", [None, ""], ids=["missing", "empty"])
def test_a_folder_that_lost_its_format_is_taken_for_the_newest(store, left):
    """Its rows may be of any format that we know; an older release that skipped some would be worse."""
    store.append(one())
    (store.folder / "FORMAT").unlink() if left is None else (store.folder / "FORMAT").write_text(left)
    assert prices(store) == [1.0]
    assert store.purge(USD, NOW - HOUR) == 0
    store.append(one(NOW + 1, 2.0))
    assert prices(store) == [1.0, 2.0]
    assert format_of(store) == "2\n"
