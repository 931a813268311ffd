"""import, export and purge, as they are typed."""

import time

import pandas as pd
import pytest
from test_main import tracker

from tracker.market import Market, Origin, Ticks
from tracker.stores.csv_buckets import open_store

EUR, USD = Market("kraken", "BTC", "EUR"), Market("kraken", "BTC", "USD")
HOUR = 3_600_000


def now():
    return round(time.time() * 1000) // 10_000 * 10_000


@pytest.fixture
def stored(tmp_path):
    """Ten hours of EUR and USD, a row for each ten minutes, the newest now."""
    store = open_store("data", base=tmp_path, known=())
    times = [now() - 600_000 * step for step in range(60)][::-1]
    store.append({market: Ticks.of(times, [1.0 + step for step in range(60)], 10_000) for market in (EUR, USD)})
    return store


def test_import_keeps_the_old_app_s_prices_once_and_says_what_it_did(tmp_path):
    (tmp_path / "old" / "btceur").mkdir(parents=True)
    lines = "".join(f"{1_635_630_270 + at},{53000 + at}\r\n" for at in (0, 0, 3, 10, 10, 20))
    (tmp_path / "old" / "btceur" / "2021-10-30-14.csv").write_text(lines + "soon,1\r\n")
    words = (
        "kraken:BTC/EUR: 6 prices in 1 file; 3 {}, 2021-10-30 21:44 to 2021-10-30 21:44 UTC; 3 doubled, 0 there already"
    )
    status, out, err = tracker("import", "old", "--dry-run", folder=tmp_path)
    assert (status, out.splitlines()[0]) == (0, words.format("would be kept") + ", 1 line skipped"), err
    assert not (tmp_path / "data").exists()
    status, out, _ = tracker("import", "old", folder=tmp_path)
    assert out.splitlines()[0] == words.format("kept") + ", 1 line skipped"
    assert "line 7: 'soon,1'" in out.splitlines()[1]
    status, out, _ = tracker("import", "old", folder=tmp_path)
    assert "0 kept; 3 doubled, 3 there already" in out
    ticks = open_store("data", base=tmp_path, known=()).read(EUR, 0, now())
    assert set(ticks.origin.tolist()) == {Origin.IMPORT}


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["none"], "ConfigError: import none: no such folder"),
        (["data"], "ConfigError: import data: that is where prices are kept already"),
        (["data/kraken"], "ConfigError: import data/kraken: that is where prices are kept already"),
        (["empty"], "ConfigError: import empty: no price file"),
        (["empty", "--every", "10"], "ConfigError: --every: '10' is not a duration"),
        (["empty", "--exchange", "krakn"], "ConfigError: --exchange 'krakn': there are binance"),
    ],
)
def test_an_import_that_cannot_be_is_one_line(tmp_path, stored, words, error):
    (tmp_path / "empty").mkdir()
    status, _, err = tracker("import", *words, folder=tmp_path)
    assert status == 2
    assert err.startswith(error)


def test_export_writes_csv_parquet_a_folder_or_the_terminal(tmp_path, stored):
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
        (["kraken:BTC/CHF"], "kraken:BTC/CHF: no prices are stored of it; there are kraken:BTC/EUR, kraken:BTC/USD"),
        (["--out", "a.txt"], "--out a.txt: expected a name that ends in .csv or .parquet, or a folder, or -"),
        (["--since", "soon"], "--since 'soon': expected a duration or a time"),
        (["--since", "2026-01-02", "--until", "2026-01-01"], "--since 2026-01-02: expected a time before --until"),
    ],
)
def test_an_export_that_cannot_be_is_one_line(tmp_path, stored, words, error):
    status, _, err = tracker("export", *words, folder=tmp_path)
    assert (status, err.splitlines()[0].startswith(f"ConfigError: {error}")) == (2, True), err


def test_without_any_price_it_says_how_to_get_some(tmp_path):
    assert "no prices are stored yet; type: tracker collect" in tracker("export", folder=tmp_path)[2]


def test_purge_shows_asks_and_deletes_what_is_older(tmp_path, stored):
    before = len(stored.read(EUR, 0, now() + HOUR))
    status, out, _ = tracker("purge", "--before", "5h", "--dry-run", folder=tmp_path)
    assert (status, out.split(": ")[0]) == (0, "kraken:BTC/EUR")
    assert len(stored.read(EUR, 0, now() + HOUR)) == before
    status, _, err = tracker("purge", "--before", "5h", folder=tmp_path)
    assert (status, err) == (
        2,
        "ConfigError: purge: nobody is there to be asked; type --yes to delete, --dry-run to look\n",
    )
    assert len(stored.read(EUR, 0, now() + HOUR)) == before
    status, out, _ = tracker("purge", "--market", "kraken:BTC/EUR", "--before", "5h", "--yes", folder=tmp_path)
    assert status == 0
    left = stored.read(EUR, 0, now() + HOUR)
    assert before - 36 <= len(left) < before
    assert left.time[0] >= now() - 6 * HOUR - 20_000
    assert len(stored.read(USD, 0, now() + HOUR)) == before
