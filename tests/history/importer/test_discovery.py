"""Finding price files: what each holds is told by its place, in every layout, and nothing is a trap."""

import os

import pytest

from tracker.core.errors import ConfigError, StoreError
from tracker.core.market import Market
from tracker.history.importer.discovery import find_price_files
from tracker.history.importer.lines import COLUMNS

EUR, USD = Market("kraken", "BTC", "EUR"), Market("kraken", "BTC", "USD")
LINE = b"1635630270,5\n"
OWN_LINES = b"timestamp,price,interval,origin\n1635630270,5,10,live\n"


def put(folder, name, data=LINE):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def markets(folder, exchange="kraken", known=()):
    return list(find_price_files(folder, exchange, known)[0])


@pytest.mark.parametrize(
    "name",
    [
        "btceur.csv",
        "BTCEUR.CSV",
        "some/where/btceur.csv",
        "btceur/2021-10-30-14.csv",
        "kraken/btceur/2021-10-30-14.csv",
        "kraken/btceur/2021-10-30/14/07.csv",
        "data/btceur/2021-10-30-14.csv",
    ],
)
def test_the_market_is_told_by_the_name_in_every_layout(tmp_path, name):
    put(tmp_path, name)
    assert markets(tmp_path) == [EUR]


@pytest.mark.parametrize(
    "name", ["btceur.csv", "btceur/2021-10-30-14.csv", "btceur/2021-10-30/14/07.csv"], ids=["alone", "hour", "minute"]
)
@pytest.mark.parametrize("up", [0, 1], ids=["all", "one exchange"])
def test_a_folder_named_after_an_exchange_goes_above_the_option_even_if_it_is_the_one_imported(tmp_path, name, up):
    put(tmp_path, f"coinbase/{name}")
    assert markets(tmp_path / "coinbase" if up else tmp_path) == [Market("coinbase", "BTC", "EUR")]


def test_a_file_that_names_its_market_is_not_taken_for_a_minute_of_another(tmp_path):
    put(tmp_path, "btcusd/2021-10-30/15/btceur.csv")
    assert markets(tmp_path) == [EUR]


def test_the_folder_of_one_market_can_be_imported(tmp_path, monkeypatch):
    put(tmp_path, "coinbase/btceur/2021-10-30-14.csv")
    monkeypatch.chdir(tmp_path / "coinbase" / "btceur")
    assert markets(tmp_path / "coinbase" / "btceur") == [Market("coinbase", "BTC", "EUR")]


def test_where_base_ends_in_a_name_is_told_by_the_settings(tmp_path):
    ether = Market("kraken", "ETH", "USD")
    put(tmp_path, "ethusd/2021-10-30-14.csv")
    with pytest.raises(ConfigError, match="its name does not tell a market"):
        markets(tmp_path)
    assert markets(tmp_path, known=[ether]) == [ether]


@pytest.mark.parametrize("name", ["2021-10-30-14.csv", "2021-10-30/14/07.csv"])
def test_where_base_ends_is_told_by_a_data_folder_itself(tmp_path, name):
    put(tmp_path, f"kraken/ethusd/{name}", OWN_LINES)
    put(tmp_path, "kraken/ethusd/.market", b"kraken:ETH/USD\n")
    assert markets(tmp_path) == [Market("kraken", "ETH", "USD")]


def test_an_export_is_of_the_markets_in_its_lines_whatever_it_is_called(tmp_path):
    head = ",".join(COLUMNS).encode()
    row = b"2021-10-30T21:44:30.000Z,1635630270,5,10,live,kraken,"
    put(tmp_path, "bitstamp/any.csv", b"\n".join([head, row + b"kraken:BTC/USD", row + b"kraken:BTC/EUR", b""]))
    assert markets(tmp_path) == [EUR, USD]


def test_what_tells_no_market_is_told_and_left_out(tmp_path):
    put(tmp_path, "btceur.csv")
    strange = put(tmp_path, "notes.csv")
    assert find_price_files(tmp_path, "kraken", []) == (
        {EUR: [tmp_path / "btceur.csv"]},
        [f"{strange}: its name does not tell a market, expected e.g. btceur.csv"],
    )


@pytest.mark.parametrize("name", ["btceur/2021-10-30-14.csv", "btceur/2021-10-30/14/07.csv"])
@pytest.mark.parametrize("up", ["", "gemini", "gemini/btceur"])
def test_the_folder_of_an_exchange_without_adapter_is_left_out_once_and_not_given_to_another(tmp_path, name, up):
    """Rows of this tracker are of the exchange that their folder names; --exchange is for what names none."""
    for each in (f"gemini/{name}", f"gemini/{name}".replace("07.csv", "08.csv"), "gemini/btceur/btcusd.csv"):
        put(tmp_path, each, OWN_LINES if "2021" in each else LINE)
    found, strange = find_price_files(tmp_path / up, "kraken", [])
    assert list(found) == [USD]
    [words] = strange
    assert words.startswith(f"{tmp_path / 'gemini'}: no exchange 'gemini'; rows of this tracker are of the one")
    assert "expected binance" in words


def test_a_file_with_other_columns_is_left_out_with_what_was_read_and_expected(tmp_path):
    put(tmp_path, "btceur.csv")
    for name in ("btcusd.csv", "btcgbp/2021-10-30-14.csv"):
        put(tmp_path, name, b"price,timestamp\n5,1635630270\n")
    found, strange = find_price_files(tmp_path, "kraken", [])
    assert list(found) == [EUR]
    assert [words.split(": ", 1)[1].split(" or ")[0] for words in strange] == [
        "its columns are 'price,timestamp', expected timestamp,price,interval,origin"
    ] * 2


@pytest.mark.parametrize("place", ["", "old/data"])
@pytest.mark.parametrize("part", ["", "kraken", "kraken/btceur", "kraken/btceur/2021-10-30"])
def test_a_data_folder_of_a_newer_format_is_refused_whole_or_in_part(tmp_path, place, part):
    put(tmp_path / place, "kraken/btceur/2021-10-30/14/07.csv", OWN_LINES)
    put(tmp_path / place, "FORMAT", b"3\n")
    for folder in {tmp_path / place / part, tmp_path if not part else tmp_path / place / part}:
        with pytest.raises(StoreError, match=r"FORMAT: format '3', this version reads formats 1 to 2"):
            find_price_files(folder, "kraken", [])


def test_a_folder_without_price_files_is_named_with_what_was_expected(tmp_path):
    put(tmp_path, "readme.txt")
    with pytest.raises(ConfigError, match=r"no price file; expected e\.g\. btceur/2021"):
        find_price_files(tmp_path, "kraken", [])


def test_the_stores_own_folder_inside_is_left_out(tmp_path):
    put(tmp_path, "data/kraken/btcusd/2021-10-30-14.csv")
    put(tmp_path, "old/btceur.csv")
    assert list(find_price_files(tmp_path, "kraken", [], beside=(tmp_path / "data").resolve())[0]) == [EUR]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_loops_of_links_pipes_dead_links_and_folders_with_a_files_name_are_no_trap(tmp_path):
    path = put(tmp_path, "btceur.csv")
    (tmp_path / "btcusd.csv").mkdir()
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "btcgbp.csv").symlink_to(tmp_path / "gone")
    os.mkfifo(tmp_path / "btcjpy.csv")
    assert find_price_files(tmp_path, "kraken", []) == ({EUR: [path]}, [])
