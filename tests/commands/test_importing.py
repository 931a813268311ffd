"""``tracker import`` of files from other programs, as it is typed: what is printed, what is stored, the exit status."""

import json
import sys

import pytest

from tests.support.command import tracker
from tests.support.imports import NOW, OLD, USD, imported_rows, minutes, put
from tests.support.stored_prices import now

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="paths are printed in another way")

MINUTE = OLD // 60 * 60  # a full minute, s
NOT_ONE = "error: import old: not one line was read; expected e.g. btceur/2021-10-30-15.csv or btceur.csv"


def test_minute_data_is_imported_with_the_interval_of_a_minute_and_ranked(tmp_path):
    first = now() // 60_000 * 60 - 7200
    for name in ("btceur", "btcusd"):
        put(tmp_path, f"old/{name}.csv", minutes(115, first))
    status, out, err = tracker("import", "old", folder=tmp_path)
    assert status == 0, err
    assert "  interval 1min: the median step, or the length of candles; type --every to set another" in out
    assert {interval for _, _, interval in imported_rows(tmp_path)} == {60.0}
    ranking = json.loads(tracker("stats", "--span", "2h", "--json", folder=tmp_path)[1])
    ranks = {row["market"]: row["rank"] for row in ranking if row["coverage"] > 0.85}
    assert ranks == {"kraken:BTC/EUR": 1, "kraken:BTC/USD": 1}


def test_a_typed_interval_that_leaves_most_of_the_time_without_a_price_is_noted(tmp_path):
    put(tmp_path, "old/btceur.csv", minutes(10))
    status, out, _ = tracker("import", "old", "--every", "10s", folder=tmp_path)
    assert status == 0
    assert out.splitlines()[1] == (
        "  interval 10s, but the prices are 1min apart: most of the time is without a price. "
        "To use their own interval, leave --every out"
    )


def test_importing_again_with_another_interval_prints_what_to_type_and_that_helps(tmp_path):
    put(tmp_path, "old/btceur.csv", minutes(10))
    tracker("import", "old", "--every", "10s", folder=tmp_path)
    status, out, _ = tracker("import", "old", folder=tmp_path)
    command = "tracker purge --market kraken:BTC/EUR --before 2021-10-30T22:00:00Z"
    assert status == 0
    assert "0 imported; 0 duplicates, 10 stored already" in out
    assert out.splitlines()[2] == (
        "  imported before with an interval of 10s, which stays; to change it, delete those rows, with all others "
        f"before 2021-10-30 22:00 UTC, and import again: {command}"
    )
    assert tracker(*command.split()[1:], "--yes", folder=tmp_path)[0] == 0
    assert "10 imported" in tracker("import", "old", folder=tmp_path)[1]
    status, out, _ = tracker("import", "old", folder=tmp_path)
    assert "imported before" not in out
    assert [interval for _, _, interval in imported_rows(tmp_path)] == [60.0] * 10


def test_each_file_has_its_own_interval_and_the_files_of_hours_have_one(tmp_path):
    put(tmp_path, "old/btceur/2021-10-30-21.csv", minutes(5, step=10))
    put(tmp_path, "old/btceur/2021-10-30-22.csv", minutes(2, first=MINUTE + 3600, step=1200))
    put(tmp_path, "old/btceur.csv", minutes(5, first=MINUTE - 36_000, step=3600))
    _, out, _ = tracker("import", "old", folder=tmp_path)
    assert "  interval 10s in 2 files, 1h in 1 file: the median step" in out
    assert sorted({interval for _, _, interval in imported_rows(tmp_path)}) == [10.0, 3600.0]


def test_a_close_of_the_last_millisecond_is_stored_at_the_end_of_its_minute(tmp_path):
    put(tmp_path, "old/btceur.csv", f"{MINUTE + 59.999},5\n{MINUTE + 119.999},6\n")
    for words in ([], ["--every", "1min"]):
        tracker("import", "old", *words, folder=tmp_path)
        assert imported_rows(tmp_path) == [(MINUTE + 60.0, 5.0, 60.0), (MINUTE + 120.0, 6.0, 60.0)]


def test_a_point_between_thousands_is_asked_about_with_exit_status_1_and_answered(tmp_path):
    put(tmp_path, "old/btceur.csv", f"{MINUTE},998\n{MINUTE + 60},999\n{MINUTE + 120},52.000\n")
    put(tmp_path, "old/btcusd.csv", minutes(2))
    status, out, err = tracker("import", "old", folder=tmp_path)
    assert status == 1
    assert (
        "  stopped old/btceur.csv, line 3: '52.000' beside 999: is it 52,000? Then type --thousands .; if its point "
        "is a decimal point, type --thousands none"
    ) in out
    assert err.strip() == "error: import old: 1 file not imported; see above"
    assert (imported_rows(tmp_path), len(imported_rows(tmp_path, USD))) == ([], 2)
    status, _, err = tracker("import", "old", "--thousands", ".", folder=tmp_path)
    assert status == 0, err
    assert [price for _, price, _ in imported_rows(tmp_path)] == [998.0, 999.0, 52_000.0]


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ("1.63561E+09,5\n" * 3, "a spreadsheet has rounded its times, such as '1.63561E+09'"),
        ("30.10.2021 21:44;5\n" * 3, "its fields are separated by ';'"),
        ("<html>\n" * 3, "its lines look like '<html>'; expected lines timestamp,price"),
        ("", "it is empty"),
        (
            "date,open\n1,2\n",
            "its columns are 'date,open', expected timestamp,price,interval,origin or timestamp,price",
        ),
    ],
)
def test_an_import_of_which_not_one_line_is_read_names_the_reason_and_exits_with_1(tmp_path, lines, reason):
    put(tmp_path, "old/btceur.csv", lines)
    status, out, err = tracker("import", "old", folder=tmp_path)
    assert (status, err.strip().startswith(NOT_ONE)) == (1, True)
    assert out.startswith(f"skipped: old/btceur.csv: {reason}")
    assert out.count("\n") == 1
    assert not (tmp_path / "data").exists()


def test_an_import_whose_lines_all_turn_out_malformed_exits_with_1(tmp_path):
    put(tmp_path, "old/btceur.csv", "timestamp,price\n" + f"{2 * NOW // 1000},5\n" * 1000)
    status, out, err = tracker("import", "old", folder=tmp_path)
    assert (status, err.strip().startswith(NOT_ONE)) == (1, True)
    assert "1,000 lines skipped" in out


def test_a_rounded_time_among_others_is_counted(tmp_path):
    put(tmp_path, "old/btceur.csv", minutes(2) + "1.63561E+09,5\n")
    status, out, _ = tracker("import", "old", folder=tmp_path)
    assert status == 0
    assert "2 prices in 1 file; 2 imported" in out
    assert "1 line skipped\n  skipped old/btceur.csv, line 3: '1.63561E+09,5'" in out


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["--zone", "Berlin"], "--zone 'Berlin': no such time zone; expected e.g. Europe/Berlin, or UTC"),
        (["--thousands", ","], "--thousands ',': expected '.' if 52.000 is fifty-two thousand, or 'none' if it is 52"),
        (["--thousands", ""], "--thousands '': expected '.' if 52.000 is fifty-two thousand, or 'none' if it is 52"),
        (["--every", "10ms"], "--every 10ms: expected 100ms or more"),
    ],
)
def test_a_mistyped_option_is_a_one_line_error_with_status_2(tmp_path, words, error):
    put(tmp_path, "old/btceur.csv", minutes(2))
    status, _, err = tracker("import", "old", *words, folder=tmp_path)
    assert (status, err) == (2, f"error: {error}\n")
