"""``tracker import`` of the formats that people bring: what is printed and what is stored."""

import gzip
import sys
import zipfile

import pytest

from tests.support.command import tracker
from tests.support.imports import OLD, USD, imported_rows, minutes, put
from tracker.core.market import Market

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="paths are printed in another way")

MINUTE = OLD // 60 * 60  # a full minute, s
CANDLE = "{},53348.1,60000.0,1.0,{},1.5,42\n"
KLINE = "{},4.15,4.159,4.15,{},539.23,{},2240.3986,13,401.82,1669.9812,0\n"


def test_archives_of_kraken_are_read_with_quarters_that_overlap_and_empty_files(tmp_path):
    for quarter, starts in (("Q3", (0, 60)), ("Q4", (60, 120))):
        candles = "".join(CANDLE.format(MINUTE + start, 53_353.6 + start) for start in starts)
        put(tmp_path, f"old/{quarter}/XBTEUR_1.csv", candles)
    put(tmp_path, "old/Q4/XBTEUR_60.csv", CANDLE.format(MINUTE // 3600 * 3600, 1) + CANDLE.format(MINUTE + 36_000, 2))
    put(tmp_path, "old/Q4/XBTEUR_1440.csv", "")
    put(tmp_path, "old/XBTUSD.csv", f"{MINUTE},97.0,0.1\n{MINUTE + 5},98.5,1.0\n{MINUTE + 5},98.6,1.0\n")
    put(tmp_path, "old/ETHEUR_1.csv", CANDLE.format(MINUTE, 3000))
    status, out, err = tracker("import", "old", folder=tmp_path)
    assert status == 0, err
    assert imported_rows(tmp_path) == [
        *((MINUTE + 60.0, 53_353.6, 60.0), (MINUTE + 120.0, 53_413.6, 60.0), (MINUTE + 180.0, 53_473.6, 60.0)),
        *((MINUTE // 3600 * 3600 + 3600.0, 1.0, 3600.0), (MINUTE + 39_600.0, 2.0, 3600.0)),
    ]
    assert imported_rows(tmp_path, USD) == [(MINUTE, 97.0, 5.0), (MINUTE + 5.0, 98.5, 5.0)]
    assert "skipped: old/ETHEUR_1.csv: its name contains no market, expected e.g. btceur.csv" in out
    assert "skipped: old/Q4/XBTEUR_1440.csv: it is empty" in out
    assert " 0 imported" in tracker("import", "old", folder=tmp_path)[1]


@pytest.mark.parametrize("unit", [10**3, 10**6])
def test_archives_of_binance_are_read_in_milliseconds_and_microseconds_as_prices_of_binance(tmp_path, unit):
    lines = "".join(KLINE.format((MINUTE + at) * unit, 4.1 + at, (MINUTE + at + 60) * unit - 1) for at in (0, 60, 120))
    (tmp_path / "old").mkdir()
    with zipfile.ZipFile(tmp_path / "old" / "BTCEUR-1m-2021-10.zip", "w") as archive:
        archive.writestr("BTCEUR-1m-2021-10.csv", lines)
    status, out, err = tracker("import", "old", folder=tmp_path)
    assert (status, out.split(":")[0]) == (0, "binance"), err
    assert imported_rows(tmp_path, Market("binance", "BTC", "EUR")) == [
        (MINUTE + 60.0 + at, 4.1 + at, 60.0) for at in (0, 60, 120)
    ]
    tracker("import", "old", "--exchange", "kraken", folder=tmp_path)
    assert len(imported_rows(tmp_path)) == 3


def test_a_compressed_file_in_utf_16_is_read_also_as_the_one_file_that_is_imported(tmp_path):
    put(tmp_path, "btceur.csv.gz", gzip.compress(minutes(3).encode("utf-16")))
    status, _, err = tracker("import", "btceur.csv.gz", folder=tmp_path)
    assert status == 0, err
    assert [price for _, price, _ in imported_rows(tmp_path)] == [53_000.0, 53_001.0, 53_002.0]


def test_times_in_iso_8601_are_read_in_their_own_zone_or_the_typed_one_and_not_guessed(tmp_path):
    put(tmp_path, "old/btcusd.csv", "timestamp,price\n2021-10-30T21:44:00Z,5\n2021-10-30T23:45:00+02:00,6\n")
    hours = "".join(f"2021-10-31T{hour:02}:00:00,{hour}\n" for hour in range(1, 5))
    put(tmp_path, "old/btceur.csv", hours)
    status, out, _ = tracker("import", "old", folder=tmp_path)
    assert status == 0
    assert imported_rows(tmp_path, USD) == [(MINUTE, 5.0, 60.0), (MINUTE + 60.0, 6.0, 60.0)]
    assert (
        "skipped: old/btceur.csv: its times have no zone, such as '2021-10-31T01:00:00'; type --zone UTC, or their "
        "zone, e.g. --zone Europe/Berlin"
    ) in out
    status, out, _ = tracker("import", "old", "--zone", "Europe/Berlin", folder=tmp_path)
    assert status == 0
    assert [price for _, price, _ in imported_rows(tmp_path)] == [1.0, 3.0, 4.0]
    assert (
        "  1 line of those skipped: a local time that comes twice or never, when clocks are changed; such times are "
        "not guessed"
    ) in out


def test_copies_that_a_sync_program_made_are_imported_even_from_the_folder_of_the_store(tmp_path):
    put(tmp_path, "old/btceur.csv", minutes(2))
    tracker("import", "old", folder=tmp_path)
    name = "data/kraken/btceur/2021-10-30-21{}.csv"
    rows = "timestamp,price,interval,origin\n{},7,60,import\n"
    put(tmp_path, name.format(".sync-conflict-20261123-150405-ABCDEFG"), rows.format(MINUTE + 600))
    put(tmp_path, name.format(" (Anna's conflicted copy 2026-11-24)"), rows.format(MINUTE + 660))
    status, out, err = tracker("import", "data", folder=tmp_path)
    assert status == 0, err
    assert "copies that a sync program made, read as their originals: 2 files" in out
    assert [(time, price) for time, price, _ in imported_rows(tmp_path)] == [
        *((MINUTE, 53_000.0), (MINUTE + 60.0, 53_001.0), (MINUTE + 600.0, 7.0), (MINUTE + 660.0, 7.0))
    ]
    assert " 0 imported" in tracker("import", "data", folder=tmp_path)[1]


def test_a_folder_named_by_an_old_code_is_imported_from_the_folder_of_the_store(tmp_path):
    """As ``tracker check`` says to type."""
    rows = f"timestamp,price,interval,origin\n{MINUTE},7,60,import\n"
    put(tmp_path, "data/kraken/xbteur/2021-10-30-21.csv", rows)
    status, _, err = tracker("import", "data/kraken/xbteur", folder=tmp_path)
    assert status == 0, err
    assert imported_rows(tmp_path) == [(MINUTE, 7.0, 60.0)]


def test_a_data_folder_of_a_newer_format_is_rejected_inside_an_archive_too(tmp_path):
    with zipfile.ZipFile(tmp_path / "old.zip", "w") as archive:
        archive.writestr("data/kraken/btceur/2021-10-30-21.csv", f"timestamp,price,interval,origin\n{OLD},5,10,live\n")
        archive.writestr("data/FORMAT", "3\n")
    status, _, err = tracker("import", "old.zip", folder=tmp_path)
    assert (status, err.startswith("error: old.zip/data/FORMAT: format '3'")) == (1, True)


def test_a_file_whose_lines_change_their_format_is_read_as_far_as_it_goes_but_is_no_success(tmp_path):
    put(tmp_path, "old/btceur.csv", minutes(60) + "".join(f"{OLD + 60 * at}000,53000\n" for at in range(60, 200)))
    put(tmp_path, "old/btcusd.csv", minutes(2))
    status, out, err = tracker("import", "old", folder=tmp_path)
    assert (status, len(imported_rows(tmp_path)), len(imported_rows(tmp_path, USD))) == (1, 60, 2)
    assert "140 lines skipped" in out
    assert err.strip() == ("error: import old: most lines of old/btceur.csv are malformed, and were skipped; see above")


def test_a_damaged_file_is_named_and_the_others_are_imported(tmp_path):
    put(tmp_path, "old/btceur.csv.gz", gzip.compress(minutes(5000).encode())[:-100])
    put(tmp_path, "old/btcusd.csv", minutes(2))
    status, out, err = tracker("import", "old", folder=tmp_path)
    assert (status, len(imported_rows(tmp_path, USD))) == (1, 2)
    assert "  stopped cannot read old/btceur.csv.gz: cannot be unpacked: Compressed file ended" in out
    assert err.strip() == "error: import old: 1 file not imported; see above"
