"""What the names of price files say."""

import pytest

from tracker.core.durations import DAY, HOUR, MINUTE, SECOND
from tracker.history.importer.file_names import read_name


@pytest.mark.parametrize(
    ("name", "slug", "length"),
    [
        ("btceur", "btceur", None),
        ("XBTEUR", "xbteur", None),
        ("XBTEUR_1", "xbteur", MINUTE),
        ("XBTUSDT_1440", "xbtusdt", DAY),
        ("BTCEUR-1m-2024-01", "btceur", MINUTE),
        ("BTCEUR-1s-2024-01-15", "btceur", SECOND),
        ("BTCUSDT-4h-2017-08", "btcusdt", 4 * HOUR),
        ("BTCEUR-trades-2024-01", "btceur", None),
        ("BTCEUR-aggTrades-2024-01-15", "btceur", None),
        ("2021-10-30-14", "2021-10-30-14", None),
        ("XBTEUR_0", "xbteur", None),
    ],
)
def test_a_name_says_the_pair_and_the_length_of_candles(name, slug, length):
    assert read_name(name) == (slug, length, False)


@pytest.mark.parametrize(("name", "slug"), [("2026-11-23-15", "2026-11-23-15"), ("XBTEUR_1", "xbteur"), ("04", "04")])
def test_a_copy_that_a_sync_program_made_is_read_by_the_name_of_its_original(name, slug):
    read = read_name(f"{name}.sync-conflict-20261123-150405-ABCDEFG")
    assert (read.slug, read.is_copy) == (slug, True)
