"""``tracker import`` and ``tracker export``, as they are typed."""

import re
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pyarrow.parquet
import pytest

from tests.support.command import tracker
from tests.support.other_store import add_store
from tests.support.stored_prices import EUR, HOUR, USD, now
from tracker.commands.importing import import_files
from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks
from tracker.runtime.clock import parse_clock
from tracker.stores.csv import open_store

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="paths are printed in another way")


def test_import_keeps_each_price_of_the_former_app_once_and_prints_the_counts(tmp_path):
    (tmp_path / "old" / "btceur").mkdir(parents=True)
    lines = "".join(f"{1_635_630_270 + at},{53000 + at}\r\n" for at in (0, 0, 3, 10, 10, 20))
    (tmp_path / "old" / "btceur" / "2021-10-30-14.csv").write_text(lines + "soon,1\r\n")
    summary = (
        "kraken:BTC/EUR: 6 prices in 1 file; 3 {}, 2021-10-30 21:44 to 2021-10-30 21:44 UTC; 3 duplicates, "
        "0 stored already, 1 line skipped"
    )
    status, out, err = tracker("import", "old", "--dry-run", folder=tmp_path)
    assert (status, out.splitlines()[0]) == (0, summary.format("would be imported")), err
    assert not (tmp_path / "data").exists()
    status, out, _ = tracker("import", "old", folder=tmp_path)
    assert out.splitlines()[0] == summary.format("imported")
    assert "line 7: 'soon,1'" in out.splitlines()[1]
    status, out, _ = tracker("import", "old", folder=tmp_path)
    assert "0 imported; 3 duplicates, 3 stored already" in out
    ticks = open_store("data", base=tmp_path, known=()).read(EUR, 0, now())
    assert set(ticks.origin.tolist()) == {Origin.IMPORT}


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["none"], "error: import none: no such folder"),
        (["data"], "error: import data: that is the folder of the store"),
        (["data/kraken"], "error: import data/kraken: that is the folder of the store"),
        (["empty"], "error: import empty: no price file"),
        (["empty", "--every", "10"], "error: --every: '10' is not a duration"),
        (["empty", "--exchange", "krakn"], "error: --exchange 'krakn': there are binance"),
    ],
)
def test_an_impossible_import_is_a_one_line_error(tmp_path, store, words, error):
    (tmp_path / "empty").mkdir()
    status, _, err = tracker("import", *words, folder=tmp_path)
    assert status == 2
    assert err.startswith(error)


def test_export_writes_csv_parquet_a_folder_or_standard_output(tmp_path, store):
    for name in ("a.csv", "a.parquet"):
        status, _, err = tracker("export", "kraken:BTC/EUR", "--last", "2h", "--out", name, folder=tmp_path)
        assert (status, err.split(",")[0]) == (0, "12 rows of 1 market")
    assert pd.read_csv(tmp_path / "a.csv").price.tolist() == pd.read_parquet(tmp_path / "a.parquet").price.tolist()
    (tmp_path / "out").mkdir()
    assert tracker("export", "--out", "out", folder=tmp_path)[0] == 0
    assert [path.name[:13] for path in sorted((tmp_path / "out").iterdir())] == ["kraken-btceur", "kraken-btcusd"]
    status, out, _ = tracker("export", "kraken:BTC/USD", folder=tmp_path)
    assert len(out.splitlines()) == 61


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["kraken:BTC/CHF"], "nothing is stored for kraken:BTC/CHF; stored: kraken:BTC/EUR, kraken:BTC/USD"),
        (
            ["--until", "2020-01-02", "--since", "2020-01-01", "--out", "a.csv"],
            "nothing to export from 2020-01-01 00:00",
        ),
        (["--until", "2020-01-02", "--since", "2020-01-01"], "nothing to export from 2020-01-01 00:00"),
        (["--until", "2020-01-02", "--since", "2020-01-01", "--out", "."], "nothing to export from 2020-01-01 00:00"),
        (["--out", "a.txt"], "--out a.txt: expected a name that ends in .csv or .parquet, or a folder, or -"),
        (["--force", "--out", "data/kraken/btceur/x.csv"], "--out data/kraken/btceur/x.csv: expected a place outside"),
        (["--since", "soon"], "--since 'soon': expected a duration or a time"),
        (
            ["--since", "2026-01-02", "--until", "2026-01-01"],
            "--since 2026-01-02 --until 2026-01-01: 2026-01-02 00:00 to 2026-01-01 00:00 UTC is no period; expected",
        ),
        (["--last", "1h", "--until", "2h"], "--last 1h --until 2h: "),
        (["--until", "2026-01-01"], "--until 2026-01-01: "),
        (["--since", "2300-01-01", "--last", "1h"], "--since 2300-01-01: "),
    ],
)
def test_an_impossible_export_is_a_one_line_error_and_writes_no_file(tmp_path, store, words, error):
    status, _, err = tracker("export", *words, folder=tmp_path)
    assert (status, err.splitlines()[0].startswith(f"error: {error}")) == (2, True), err
    assert len(err.splitlines()) == 1
    assert not list(tmp_path.glob("*.csv"))


def test_an_export_of_an_empty_period_names_what_is_stored(tmp_path, store):
    first = store.read(EUR, 0, now() + HOUR).time[0]
    _, _, err = tracker("export", "--since", "2020-01-01", "--until", "2020-01-02", folder=tmp_path)
    assert f"; stored are kraken:BTC/EUR from {datetime.fromtimestamp(first / 1000, UTC):%Y-%m-%d %H:%M} to " in err


def test_the_file_name_of_an_export_marks_simulated_prices(tmp_path, store):
    gbp = Market("kraken", "BTC", "GBP")
    store.append({gbp: Ticks.of([now() - HOUR], [1.0], 10_000, Origin.SIMULATED)})
    (tmp_path / "out").mkdir()
    assert tracker("export", "--out", "out", folder=tmp_path)[0] == 0
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert [name.endswith("Z-simulated.csv") for name in names] == [False, True, False]
    assert re.fullmatch(r"kraken-btceur(-\d{4}-\d\d-\d\dT\d\d-\d\dZ){2}\.csv", names[0])


def test_an_export_of_the_last_hour_excludes_the_price_at_its_start(tmp_path):
    """The period is (now - span, now], as for tracker.prices and the page."""
    clock = f"2026-11-23T15:00:00Z@{time.time():.0f}x0.000001"  # practically stopped
    store = open_store("data", base=tmp_path, known=())
    at = parse_clock(clock).now()
    store.append({EUR: Ticks.of([at - HOUR - 1, at - HOUR, at - HOUR + 60_000], [1.0, 2.0, 3.0], 10_000)})
    status, out, _ = tracker("export", "--last", "1h", folder=tmp_path, TRACKER_CLOCK=clock)
    assert (status, [line.split(",")[2] for line in out.splitlines()[1:]]) == (0, ["3.0"])


def test_an_export_can_be_imported_and_its_second_import_adds_nothing(tmp_path, store):
    (tmp_path / "out").mkdir()
    assert tracker("export", "--out", "out", "--since", "9h", "--until", "1h", folder=tmp_path)[0] == 0
    for count in (48, 0):
        status, out, err = tracker("import", "out", folder=tmp_path, TRACKER_STORE="csv:copy")
        assert (status, [f" {count} imported" in line for line in out.splitlines()]) == (0, [True, True]), err
    copy = open_store("copy", base=tmp_path, known=())
    assert copy.read(EUR, 0, now() + HOUR).price.tolist() == [1.0 + step for step in range(6, 54)]


def test_a_store_without_a_local_folder_imports_the_csv_folder_that_was_used_before(tmp_path, store, monkeypatch):
    far = add_store(monkeypatch, "far")
    monkeypatch.setenv("TRACKER_STORE", "far://db/prices")
    monkeypatch.chdir(tmp_path)
    import_files(Path("data"))
    assert far.markets() == [EUR, USD]
    assert 0 < len(far.read(EUR, 0, now() + HOUR)) <= 60


def test_an_import_of_the_folder_above_the_store_skips_the_store(tmp_path, store):
    (tmp_path / "btcgbp.csv").write_text("1635630270,5\n")
    (tmp_path / "odd.csv").write_text("1635630270,5\n")
    status, out, _ = tracker("import", ".", folder=tmp_path)
    assert status == 0
    assert [line.split(": ")[0] for line in out.splitlines()] == ["kraken:BTC/GBP", "skipped"]


def test_an_import_skips_what_retention_would_delete_and_names_the_setting_that_keeps_it(tmp_path):
    (tmp_path / "tracker.toml").write_text('retention = "48h"\n')
    (tmp_path / "btceur.csv").write_text(f"1635630270,5\n{now() // 1000 - 3600},6\n")
    status, out, err = tracker("import", ".", folder=tmp_path)
    assert status == 0, err
    first, second = out.splitlines()
    assert first.startswith("kraken:BTC/EUR: 1 price in 1 file; 1 imported, ")
    assert re.fullmatch(
        r"  1 price from before [-\d]+ [\d:]+ UTC skipped: retention would delete them; "
        r'to keep them, set a longer retention in tracker\.toml, e\.g\. retention = "forever"',
        second,
    )
    assert open_store("data", base=tmp_path, known=()).read(EUR, 0, now() + HOUR).price.tolist() == [6.0]


def test_an_import_from_a_newer_format_writes_nothing(tmp_path):
    for name in ("a/btceur.csv", "b/kraken/btceur/2021-10-30-21.csv"):
        (tmp_path / "old" / name).parent.mkdir(parents=True)
        (tmp_path / "old" / name).write_text("1635630270,5\n")
    (tmp_path / "old" / "b" / "FORMAT").write_text("3\n")
    status, _, err = tracker("import", "old", folder=tmp_path)
    assert (status, err.split(",")[0]) == (
        1,
        f"error: {tmp_path / 'old/b/FORMAT'}: format '3'".replace(str(tmp_path) + "/", ""),
    )
    assert not (tmp_path / "data").exists()


def test_a_market_that_is_no_longer_collected_is_exported_and_purged_by_its_name(tmp_path, store):
    """Also in a folder of an older release, whose names do not show where the base currency ends."""
    ether = Market("kraken", "ETH", "EUR")
    store.append({ether: Ticks.of([now() - 2 * HOUR], [5.0], 10_000)})
    assert tracker("export", "kraken:eth/eur", folder=tmp_path)[1].endswith(",kraken,kraken:ETH/EUR,,,\n")
    (tmp_path / "data" / "kraken" / "etheur" / ".market").unlink()
    assert "ETH" not in tracker("export", folder=tmp_path)[1]
    assert tracker("export", "kraken:ETH/EUR", folder=tmp_path)[1].endswith(",kraken,kraken:ETH/EUR,,,\n")
    words = ("purge", "--market", "kraken:ETH/EUR", "--before", "0.1h", "--yes")
    status, out, err = tracker(*words, folder=tmp_path)
    assert (status, out.splitlines()[-1]) == (0, "1 row deleted"), err
    assert not (tmp_path / "data" / "kraken" / "etheur").exists()


def test_an_export_of_an_empty_store_names_the_command_that_collects(tmp_path):
    for words in (["export"], ["export", "kraken:BTC/EUR"], ["purge", "--before", "1d", "--market", "kraken:BTC/EUR"]):
        assert tracker(*words, folder=tmp_path)[2] == "error: no prices are stored yet; type: tracker collect\n"


def test_an_export_of_bars_has_the_numbers_of_the_prices_as_csv_parquet_and_a_folder(tmp_path, store):
    store.append({EUR: Ticks.of([now() - 20 * HOUR], [5.0], 10_000)})  # alone in its bar
    (tmp_path / "out").mkdir()
    for out in ("bars.csv", "bars.parquet", "out"):
        status, _, err = tracker("export", "--last", "1d", "--every", "1h", "--out", out, folder=tmp_path)
        assert (status, "bars of 2 markets" in err) == (0, True), err
    tracker("export", "--last", "1d", "--out", "rows.csv", folder=tmp_path)
    frame, table = pd.read_csv(tmp_path / "bars.csv"), pd.read_parquet(tmp_path / "bars.parquet")
    assert frame["close"].tolist() == table["close"].tolist()
    assert frame["count"].sum() == len(pd.read_csv(tmp_path / "rows.csv"))
    assert pd.to_datetime(frame["start"]).tolist() == table["start"].tolist()
    deviations = pyarrow.parquet.read_table(tmp_path / "bars.parquet")["standard_deviation"]
    assert "nan" not in (tmp_path / "bars.csv").read_text()
    assert deviations.null_count == (frame["count"] == 1).sum() > 0  # of one price it is not known
    assert all(path.name.endswith("-1h.csv") for path in (tmp_path / "out").iterdir())
    assert pyarrow.parquet.read_schema(tmp_path / "bars.parquet").metadata[b"every"] == b"1h"
    assert err.startswith(f"{len(frame)} bars of 2 markets, ")
    status, _, err = tracker("export", "--every", "7min", folder=tmp_path)
    assert (status, err) == (
        2,
        "error: --every 7min: expected a length that divides a day, or whole days, e.g. 5min, 15min, 1h, 4h, 1d, 7d\n",
    )
    status, _, err = tracker("export", "--every", "hourly", folder=tmp_path)
    assert (status, "error: --every: 'hourly' is not a duration" in err) == (2, True)
