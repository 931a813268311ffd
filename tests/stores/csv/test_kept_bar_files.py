"""The files of kept bars: damaged, deleted, not writable, and beside those of other programs."""

import shutil

import pytest

from tests.support.csv_files import NOW, USD
from tests.support.kept_bars import CLOSED, assert_right, bar_files, fill, keep_all, kept
from tracker.core.durations import DAY
from tracker.core.errors import StoreError


@pytest.fixture
def granularity():
    return "hour"


@pytest.mark.parametrize("content", [b"", b"ARROW1", "cut", "zeros", "older", "column"])
def test_a_torn_or_unknown_file_is_made_anew(filled, content):
    (path,) = (filled.folder / ".bars").glob("*/*/*.arrow")
    data = path.read_bytes()
    damaged = {
        "cut": data[:-20],
        "zeros": data[:5000] + bytes(2000) + data[7000:],
        "older": data.replace(b'"format": 1', b'"format": 0'),
        "column": data.replace(b"origin_count", b"origin_other"),
    }
    path.write_bytes(damaged.get(content, content))
    assert_right(filled)
    assert content == "zeros" or keep_all(filled) == ["2026-11"]


def test_bars_may_be_deleted_at_any_time(filled):
    shutil.rmtree(filled.folder / ".bars")
    assert_right(filled)
    assert keep_all(filled) == ["2026-11"]


def test_what_other_programs_put_beside_them_stays(filled):
    folder = filled.folder / ".bars/kraken/btcusd"
    names = ["notes.txt", "2026-11 copy.arrow", "2026-13.arrow", "2026-1.arrow", ".2026-11.arrow.1.2.new"]
    for name in names:
        (folder / name).write_text("x")
    filled.purge(USD, NOW + 60 * DAY)
    keep_all(filled)
    assert_right(filled)
    assert bar_files(filled) == sorted(names)


def test_purging_everything_removes_all_bars(filled):
    filled.purge(USD, NOW + 60 * DAY, dry_run=True)
    assert bar_files(filled) == ["2026-11.arrow"]
    filled.purge(USD, NOW + 60 * DAY)
    assert list((filled.folder / ".bars/kraken").iterdir()) == []


def test_a_reader_without_the_right_to_write_makes_what_it_needs(store):
    fill(store)
    (store.folder / ".bars").write_text("no folder")  # root may write everywhere
    (work,) = kept(store).work(CLOSED)
    with pytest.raises(StoreError, match=r"cannot write .*/.bars/kraken/btcusd"):
        kept(store).keep(work)
    assert_right(store)
