"""Finding price files: the market of each follows from its path, in every layout."""

import errno
import os
import zipfile
from pathlib import Path

import pytest

from tests.support.csv_files import raise_os_error
from tracker.core.errors import ConfigError, StoreError
from tracker.core.market import Market
from tracker.history.importer.columns import COLUMNS
from tracker.history.importer.discovery import find_price_files

EUR, USD = Market("kraken", "BTC", "EUR"), Market("kraken", "BTC", "USD")
LINE = b"1635630270,5\n"
OWN_LINES = b"timestamp,price,interval,origin\n1635630270,5,10,live\n"


def put(folder, name, data=LINE):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def markets(folder, exchange="kraken", known=()):
    return list(find_price_files(folder, exchange, known).files)


def paths_and_reasons(folder):
    found = find_price_files(folder, "kraken", [])
    return {market: [file.path for file in part] for market, part in found.files.items()}, found.skipped


@pytest.mark.parametrize(
    "name",
    [
        "btceur.csv",
        "BTCEUR.CSV",
        "some/where/btceur.csv",
        "btceur/2021-10-30-14.csv",
        "BTCEUR/2021-10-30-14.CSV",
        "kraken/btceur/2021-10-30-14.csv",
        "kraken/btceur/2021-10-30/14/07.csv",
        "data/btceur/2021-10-30-14.csv",
    ],
)
def test_the_market_follows_from_the_path_in_every_layout(tmp_path, name):
    put(tmp_path, name)
    assert markets(tmp_path) == [EUR]


@pytest.mark.parametrize("name", ["xbteur.csv", "XBTEUR/2021-10-30-14.csv", "kraken/xbteur/2021-10-30/14/07.csv"])
def test_files_named_by_an_old_code_are_those_of_the_same_market(tmp_path, name):
    put(tmp_path, name)
    put(tmp_path, "btceur.csv")
    files, skipped = paths_and_reasons(tmp_path)
    assert (list(files), len(files[EUR]), skipped) == ([EUR], 2, [])


@pytest.mark.parametrize(
    "name", ["btceur.csv", "btceur/2021-10-30-14.csv", "btceur/2021-10-30/14/07.csv"], ids=["alone", "hour", "minute"]
)
@pytest.mark.parametrize("up", [0, 1], ids=["all", "one exchange"])
def test_a_folder_named_after_an_exchange_overrides_the_option_even_as_the_imported_folder(tmp_path, name, up):
    put(tmp_path, f"coinbase/{name}")
    assert markets(tmp_path / "coinbase" if up else tmp_path) == [Market("coinbase", "BTC", "EUR")]


def test_a_file_named_after_a_market_is_not_read_as_a_minute_of_another(tmp_path):
    put(tmp_path, "btcusd/2021-10-30/15/btceur.csv")
    assert markets(tmp_path) == [EUR]


def test_the_folder_of_one_market_can_be_imported(tmp_path, monkeypatch):
    put(tmp_path, "coinbase/btceur/2021-10-30-14.csv")
    monkeypatch.chdir(tmp_path / "coinbase" / "btceur")
    assert markets(tmp_path / "coinbase" / "btceur") == [Market("coinbase", "BTC", "EUR")]


def test_configured_markets_separate_base_from_quote_in_a_name(tmp_path):
    ether = Market("kraken", "ETH", "USD")
    put(tmp_path, "ethusd/2021-10-30-14.csv")
    assert markets(tmp_path) == []
    assert markets(tmp_path, known=[ether]) == [ether]


@pytest.mark.parametrize("name", ["2021-10-30-14.csv", "2021-10-30/14/07.csv"])
def test_the_market_file_of_a_data_folder_separates_base_from_quote(tmp_path, name):
    put(tmp_path, f"kraken/ethusd/{name}", OWN_LINES)
    put(tmp_path, "kraken/ethusd/.market", b"kraken:ETH/USD\n")
    assert markets(tmp_path) == [Market("kraken", "ETH", "USD")]


def test_the_markets_of_an_export_follow_from_its_lines_not_from_its_name(tmp_path):
    head = ",".join(COLUMNS).encode()
    row = b"2021-10-30T21:44:30.000Z,1635630270,5,10,live,kraken,"
    put(tmp_path, "bitstamp/any.csv", b"\n".join([head, row + b"kraken:BTC/USD", row + b"kraken:BTC/EUR", b""]))
    assert markets(tmp_path) == [EUR, USD]


def test_a_file_without_a_market_is_reported_and_skipped(tmp_path):
    put(tmp_path, "btceur.csv")
    skipped = put(tmp_path, "notes.csv")
    assert paths_and_reasons(tmp_path) == (
        {EUR: [tmp_path / "btceur.csv"]},
        [f"{skipped}: its name contains no market, expected e.g. btceur.csv"],
    )


@pytest.mark.parametrize("name", ["btceur/2021-10-30-14.csv", "btceur/2021-10-30/14/07.csv"])
@pytest.mark.parametrize("up", ["", "gemini", "gemini/btceur"])
def test_the_folder_of_an_unknown_exchange_is_skipped_once_and_not_imported_as_another(tmp_path, name, up):
    """The folder names the exchange of this tracker's rows; --exchange is for files that name none."""
    for path in (f"gemini/{name}", f"gemini/{name}".replace("07.csv", "08.csv"), "gemini/btceur/btcusd.csv"):
        put(tmp_path, path, OWN_LINES if "2021" in path else LINE)
    paths, skipped = paths_and_reasons(tmp_path / up)
    assert list(paths) == [USD]
    [message] = skipped
    assert message.startswith(f"{tmp_path / 'gemini'}: no exchange 'gemini'; rows of this tracker are of the one")
    assert "expected binance" in message


def test_a_file_with_other_columns_is_skipped_with_what_was_read_and_expected(tmp_path):
    put(tmp_path, "btceur.csv")
    for name in ("btcusd.csv", "btcgbp/2021-10-30-14.csv"):
        put(tmp_path, name, b"price,timestamp\n5,1635630270\n")
    paths, skipped = paths_and_reasons(tmp_path)
    assert list(paths) == [EUR]
    assert [message.split(": ", 1)[1].split(" or ")[0] for message in skipped] == [
        "its columns are 'price,timestamp', expected timestamp,price,interval,origin"
    ] * 2


@pytest.mark.parametrize("place", ["", "old/data"])
@pytest.mark.parametrize("part", ["", "kraken", "kraken/btceur", "kraken/btceur/2021-10-30"])
def test_a_data_folder_of_a_newer_format_is_rejected_completely_or_in_part(tmp_path, place, part):
    put(tmp_path / place, "kraken/btceur/2021-10-30/14/07.csv", OWN_LINES)
    put(tmp_path / place, "FORMAT", b"3\n")
    for folder in {tmp_path / place / part, tmp_path if not part else tmp_path / place / part}:
        with pytest.raises(StoreError, match=r"FORMAT: format '3', this version reads formats 1 to 2"):
            find_price_files(folder, "kraken", [])


@pytest.mark.parametrize("part", ["", "kraken"])
def test_a_data_folder_whose_format_cannot_be_read_is_rejected_with_what_to_type(tmp_path, monkeypatch, part):
    put(tmp_path, "kraken/btceur/2021-10-30-14.csv", OWN_LINES)
    put(tmp_path, "FORMAT", b"2\n")
    monkeypatch.setattr(Path, "read_text", lambda path, **options: raise_os_error(errno.EACCES))
    words = r"cannot read .*FORMAT: Permission denied; expected a file with .* 1 to 2\..*type: ls -ld .*FORMAT"
    with pytest.raises(StoreError, match=words):
        find_price_files(tmp_path / part, "kraken", [])


def test_a_folder_without_price_files_is_named_with_what_was_expected(tmp_path):
    put(tmp_path, "readme.txt")
    with pytest.raises(ConfigError, match=r"no price file; expected e\.g\. btceur/2021"):
        find_price_files(tmp_path, "kraken", [])


def test_a_parquet_file_is_named_with_how_to_convert_it(tmp_path):
    file = put(tmp_path, "prices.parquet", b"PAR1")
    csv = str(tmp_path / "prices.csv")
    for place in (file, tmp_path):
        assert find_price_files(place, None, []).skipped == [
            f"{file}: a Parquet file, expected CSV; export it with --out prices.csv, or convert it in Python: "
            f"pandas.read_parquet({str(file)!r}).to_csv({csv!r}, index=False)"
        ]
    put(tmp_path, "btceur.csv")
    assert list(find_price_files(tmp_path, None, []).files) == [EUR]


def test_the_folder_of_the_store_itself_is_skipped(tmp_path):
    put(tmp_path, "data/kraken/btcusd/2021-10-30-14.csv")
    put(tmp_path, "old/btceur.csv")
    assert list(find_price_files(tmp_path, "kraken", [], left_out=(tmp_path / "data").resolve()).files) == [EUR]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_link_loops_pipes_dead_links_and_folders_named_like_files_are_ignored(tmp_path):
    path = put(tmp_path, "btceur.csv")
    (tmp_path / "btcusd.csv").mkdir()
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "btcgbp.csv").symlink_to(tmp_path / "gone")
    os.mkfifo(tmp_path / "btcjpy.csv")
    assert paths_and_reasons(tmp_path) == ({EUR: [path]}, [])


def test_files_of_hours_and_minutes_of_one_folder_are_one_series_and_others_one_each(tmp_path):
    names = ["btceur/2021-10-30-14.csv", "btceur/2021-10-30-15.csv", "btceur/2021-10-30/16/07.csv", "btceur.csv"]
    for name in names:
        put(tmp_path, name)
    files = find_price_files(tmp_path, None, []).files[EUR]
    series = {file.path.relative_to(tmp_path).as_posix(): file.series for file in files}
    assert series == {**dict.fromkeys(names[:3], tmp_path / "btceur"), "btceur.csv": tmp_path / "btceur.csv"}


def test_an_archive_is_searched_like_a_folder(tmp_path):
    with zipfile.ZipFile(tmp_path / "old.zip", "w") as archive:
        for name in ("coinbase/btceur/2021-10-30-14.csv", "coinbase/notes.csv", "XBTUSD.csv", "readme.txt"):
            archive.writestr(name, LINE)
    found = find_price_files(tmp_path, None, [])
    assert list(found.files) == [Market("coinbase", "BTC", "EUR"), USD]
    assert found.skipped == [
        f"{tmp_path / 'old.zip/coinbase/notes.csv'}: its name contains no market, expected e.g. btceur.csv"
    ]


def test_a_damaged_archive_is_skipped_with_the_reason(tmp_path):
    put(tmp_path, "btceur.csv")
    for name in ("a.zip", "btcusd.csv.gz"):
        put(tmp_path, name, b"damaged")
    paths, skipped = paths_and_reasons(tmp_path)
    assert list(paths) == [EUR]
    assert [message.split(": ")[1] for message in skipped] == ["cannot be unpacked"] * 2


def test_the_archive_of_an_exchange_is_its_own_unless_a_folder_or_the_option_names_another(tmp_path):
    line = b"51175358,17.8,5.69,101.2,1583709433583,True,True\n"
    put(tmp_path, "BTCEUR-trades-2020-03.csv", line)
    put(tmp_path, "coinbase/btcusd.csv", line)
    coinbase = Market("coinbase", "BTC", "USD")
    assert list(find_price_files(tmp_path, None, []).files) == [Market("binance", "BTC", "EUR"), coinbase]
    assert list(find_price_files(tmp_path, "kraken", []).files) == [coinbase, EUR]


COPIES = ["btceur/2021-10-30-14.sync-conflict-20211031-101112-ABCDEFG.csv", "btceur/2021-10-30/15/07 (1).csv"]


def test_copies_that_a_sync_program_made_are_read_as_their_originals(tmp_path):
    for name in [*COPIES, "btceur/2021-10-30-14.csv"]:
        put(tmp_path, f"kraken/{name}", OWN_LINES)
    found = find_price_files(tmp_path, None, [])
    assert (len(found.files[EUR]), found.copies) == (3, 2)
    only = find_price_files(tmp_path, None, [], in_store=True)
    assert [file.path for file in only.files[EUR]] == [tmp_path / "kraken" / name for name in sorted(COPIES)]


@pytest.mark.parametrize("place", ["", "kraken", "kraken/xbteur"])
def test_of_the_store_s_folder_only_files_are_found_that_the_store_does_not_read(tmp_path, place):
    for name in ("xbteur/2021-10-30-14.csv", "xbteur/2021-10-30/15/07.csv", "btceur/2021-10-30-14.csv"):
        put(tmp_path, f"kraken/{name}", OWN_LINES)
    found = find_price_files(tmp_path / place, None, [], in_store=True)
    assert [file.path.parent.name for file in found.files[EUR]] == ["xbteur", "15"]
