"""Which market a folder belongs to: by its .market file, else by its name, else by the settings."""

import shutil

import pytest

from tests.support.csv_files import (
    HOUR,
    NOW,
    USD,
    one_row,
    prices,
    reopened,
)
from tracker.core.errors import StoreError
from tracker.core.market import Market
from tracker.stores.csv import CsvStore
from tracker.stores.csv.layout import market_dir

ETHER, CROSS = Market("kraken", "ETH", "USD"), Market("kraken", "BTCX", "USD")
MISSPELT = Market("kraken", "BTCU", "SD")  # the folder of USD


@pytest.mark.parametrize("market", [ETHER, CROSS], ids=["slug is ambiguous", "slug reads as another market"])
def test_a_folder_remembers_its_market_when_the_settings_no_longer_name_it(store, market):
    store.append(one_row(market=market))
    assert (store.folder / market_dir(market) / ".market").read_text() == f"{market}\n"
    reader = reopened(store)
    _, cursor = reader.poll(None)
    store.append(one_row(NOW + 1, 2.0, market))
    assert list(reader.poll(cursor)[0]) == reopened(store).markets() == [market]
    store.purge(market, NOW * 2)
    assert not (store.folder / market_dir(market)).exists()


@pytest.mark.parametrize("is_own_purge", [True, False], ids=["this process", "another process"])
@pytest.mark.parametrize("market", [ETHER, CROSS], ids=["slug is ambiguous", "slug reads as another market"])
def test_an_append_after_everything_was_purged_names_the_market_again(store, market, is_own_purge):
    store.append({**one_row(), **one_row(market=market)})  # of two, so that the purge leaves the journal as it is
    (store if is_own_purge else reopened(store)).purge(market, NOW + 2 * HOUR)
    assert not (store.folder / market_dir(market)).exists()
    store.append(one_row(NOW + 3 * HOUR, 2.0, market))
    assert (store.folder / market_dir(market) / ".market").read_text() == f"{market}\n"
    assert reopened(store).markets() == sorted([USD, market])


def test_a_folder_whose_name_is_unambiguous_has_no_market_file(store):
    store.append(one_row())
    assert not list(store.folder.rglob(".market"))


def test_the_next_append_adds_the_market_file_to_a_folder_of_an_older_release(store):
    store.append(one_row(market=ETHER))
    market_file = store.folder / market_dir(ETHER) / ".market"
    market_file.unlink()
    assert reopened(store).markets() == []
    reopened(store).append(one_row(NOW + 1, 2.0, ETHER))
    assert market_file.read_text() == "kraken:ETH/USD\n"


@pytest.mark.parametrize("text", ["", "ether", "kraken:BTC/USD", "coinbase:ETH/USD", "\udcff"])
def test_a_market_file_that_does_not_fit_its_folder_is_ignored(store, text):
    store.append({**one_row(market=ETHER), **one_row(market=CROSS)})
    for market in (ETHER, CROSS):
        (store.folder / market_dir(market) / ".market").write_bytes(text.encode(errors="surrogateescape"))
    assert reopened(store).markets() == [Market("kraken", "BTC", "XUSD")]


@pytest.mark.parametrize("market_file", [None, f"{USD}\n"], ids=["its name says it", "its market file says it"])
def test_a_misspelt_market_in_the_settings_gets_no_rows_of_the_folder(store, market_file):
    store.append(one_row())
    if market_file is not None:
        (store.folder / market_dir(USD) / ".market").write_text(market_file)
    opened = CsvStore(store.folder, [MISSPELT])
    _, cursor = opened.poll(None)
    assert (prices(opened, MISSPELT), opened.extent(MISSPELT), opened.purge(MISSPELT, NOW * 2)) == ([], None, 0)
    assert (prices(opened), opened.extent(USD), opened.markets()) == ([1.0], (NOW, NOW), [USD])
    store.append(one_row(NOW + 1, 2.0))
    assert list(opened.poll(cursor)[0]) == [USD]


@pytest.mark.parametrize("market_file", [None, f"{USD}\n"], ids=["its name says it", "its market file says it"])
def test_rows_of_a_misspelt_market_are_refused_and_the_folder_keeps_its_own(store, market_file):
    store.append(one_row())
    file = store.folder / market_dir(USD) / ".market"
    if market_file is not None:
        file.write_text(market_file)
    misspelt = CsvStore(store.folder, [MISSPELT])
    with pytest.raises(StoreError, match=f"cannot write {MISSPELT} to .*btcusd, which holds {USD}; if they are the"):
        misspelt.append(one_row(NOW + 1, 2.0, MISSPELT))
    with pytest.raises(StoreError, match="which holds"):
        misspelt.append_chosen(MISSPELT, 0, NOW * 2, lambda stored: one_row(NOW + 1, 2.0)[USD])
    assert (file.read_text() if file.exists() else None) == market_file
    assert prices(CsvStore(store.folder, [USD])) == prices(reopened(store)) == [1.0]


def test_the_settings_decide_for_a_folder_that_does_not_state_its_market(store):
    store.append(one_row(market=ETHER))
    (store.folder / market_dir(ETHER) / ".market").unlink()
    configured = Market("kraken", "ETHU", "SD")
    opened = CsvStore(store.folder, [configured])
    assert (opened.markets(), prices(opened, configured), prices(opened, ETHER)) == ([configured], [1.0], [])


@pytest.mark.parametrize(("before", "after"), [(MISSPELT, USD), (USD, MISSPELT)])
def test_a_folder_without_rows_takes_the_market_of_the_first(store, before, after):
    folder = store.folder / market_dir(USD)
    folder.mkdir(parents=True)
    (folder / ".market").write_text(f"{before}\n")  # its first append failed
    opened = CsvStore(store.folder, [after])
    opened.append(one_row(market=after))
    assert prices(opened, after) == prices(reopened(store), after) == [1.0]
    assert reopened(store).markets() == [after]


def test_a_poll_notices_that_a_purged_folder_has_another_market(store):
    reader = reopened(store)
    _, cursor = reader.poll(None)
    for time in (NOW, NOW + 1):
        store.append(one_row(time))
        rows, cursor = reader.poll(cursor)
        assert list(rows) == [USD]
    store.purge(USD, NOW * 2)
    CsvStore(store.folder, [MISSPELT]).append(one_row(NOW + 2, 1.0, MISSPELT))
    assert list(reader.poll(cursor)[0]) == [MISSPELT]


def test_one_market_is_in_one_folder_whatever_code_it_is_named_by(store):
    old = Market("kraken", "XBT", "USD")
    store.append(one_row(market=old))
    shutil.copytree(store.folder / "kraken/btcusd", store.folder / "kraken/xbtusd")
    assert reopened(store).markets() == [USD] == [old]
