"""Bars as CSV and Parquet: how each column is written, and what is known of the whole."""

import io

import pyarrow as pa
import pyarrow.parquet
import pytest

from tests.support.memory_store import MemoryStore
from tracker.core.durations import MINUTE
from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks
from tracker.history.bar_exporter import bars_of

EUR = Market("kraken", "BTC", "EUR")
NOW = 1_795_446_000_000  # 2026-11-23 15:00 UTC
HEADER = "start,end,open,high,low,close,mean,standard_deviation,drawdown,coverage,count,origin,exchange,market"


@pytest.fixture
def pieces():
    """Three bars of a minute, the first of one tiny simulated price, the others of two replayed ones, and of none."""
    store = MemoryStore()
    times = [NOW + 15_000, NOW + 75_000, NOW + 90_000, NOW + 150_000, NOW + 180_000]
    origins = [Origin.SIMULATED, *[Origin.REPLAY] * 4]
    store.append({EUR: Ticks.of(times, [8.1e-7, 2.0, 1.0, 3.0, 3.0], 15_000, origins)})
    return lambda: bars_of(MINUTE).parts(store, [EUR, EUR], NOW, NOW + 5 * MINUTE)


def test_csv_has_times_of_a_minute_plain_decimals_and_nothing_where_nothing_is_known(pieces):
    out = io.BytesIO()
    assert bars_of(MINUTE).to_csv(pieces(), out.write) == 6
    lines = out.getvalue().decode().splitlines()
    assert lines[0] == HEADER
    assert lines[1] == (
        "2026-11-23T15:00:00.000Z,2026-11-23T15:01:00.000Z,0.00000081,0.00000081,0.00000081,0.00000081,0.00000081,,"
        "0.0,0.25,1,simulated,kraken,kraken:BTC/EUR"
    )
    assert lines[2].startswith("2026-11-23T15:01:00.000Z,2026-11-23T15:02:00.000Z,2.0,2.0,1.0,1.0,1.5,0.70710678")
    assert lines[2].endswith(",0.5,0.5,2,replay,kraken,kraken:BTC/EUR")
    assert lines[4:] == lines[1:4]


def test_parquet_has_the_same_with_types_and_what_is_known_of_the_whole(pieces):
    out = io.BytesIO()
    assert bars_of(MINUTE).to_parquet(pieces(), out, {"every": "1min"}) == 6
    table = pa.parquet.read_table(out)
    assert ",".join(table.column_names) == HEADER
    assert {key: table.schema.metadata[key] for key in (b"source", b"every")} == {
        b"source": b"btc-price-tracker",
        b"every": b"1min",
    }
    assert table.column("count").to_pylist() == [1, 2, 2] * 2
    assert pa.types.is_int64(table.schema.field("count").type)
    assert [value is None for value in table.column("standard_deviation").to_pylist()] == [True, False, False] * 2
    assert table.column("end").cast(pa.int64()).to_pylist() == [NOW + number * MINUTE for number in (1, 2, 3)] * 2
    assert set(table.column("market").to_pylist()) == {"kraken:BTC/EUR"}


def test_invented_and_replayed_bars_are_known_as_such(pieces):
    assert [bars_of(MINUTE).origins(bars) for _, bars in pieces()] == [{Origin.SIMULATED, Origin.REPLAY}] * 2
