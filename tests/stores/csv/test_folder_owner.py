"""Which market a folder belongs to: its name, the settings, or the .market file in it."""

import pytest

from tests.support.csv_files import (
    NOW,
    one_row,
    reopened,
)
from tracker.core.market import Market
from tracker.stores.csv import CsvStore
from tracker.stores.csv.layout import market_dir

ETHER, CROSS = Market("kraken", "ETH", "USD"), Market("kraken", "BTCX", "USD")


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


def test_the_settings_take_precedence_over_the_market_file(store):
    store.append(one_row(market=ETHER))
    configured = Market("kraken", "ETHU", "SD")
    assert CsvStore(store.folder, [configured]).markets() == [configured]
