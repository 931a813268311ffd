"""The benchmark of years at a tiny size: it runs and returns every figure of the results. No time is asserted."""

from benchmarks import years
from tracker.core.durations import DAY, HOUR, MINUTE

NOW = 1_795_000_000_000


def test_a_year_of_kept_bars_is_compared_with_a_day_and_with_rows(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows, kept = years.compare("10 min", 10 * MINUTE, days=3, rounds=1)
    assert [row["way"] for row in rows] == [
        "10 min: a day",
        "10 min: 3 days, of kept bars",
        "10 min: 3 days, before any are kept",
    ]
    assert rows[0]["s more than a day"] == 0
    assert all(row["s"] > 0 and row["memory (MB)"] > 10 for row in rows)
    assert kept["cadence"] == "10 min"
    assert 0 < kept["bars (MB)"] < 10
    assert list(tmp_path.iterdir()) == []


def test_the_prices_of_months_go_on_where_the_last_ended(tmp_path):
    store = years.fill(tmp_path / "data", 40, 6 * HOUR, NOW)
    for market in years.CHOSEN:
        rows = store.read(market, 0, NOW)
        assert len(rows) == 40 * 4
        assert rows.time[0] - (NOW - 40 * DAY) < 6 * HOUR
        assert abs(rows.price[1:] / rows.price[:-1] - 1).max() < 0.2
