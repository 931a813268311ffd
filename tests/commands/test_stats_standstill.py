"""``tracker stats``: a market that stands still is not ranked, and the reason names its time."""

import contextlib
import json

import numpy as np

from tests.support.command import tracker
from tests.support.stored_prices import EUR, HOUR, USD, now
from tracker.collector.outage_log import FILE
from tracker.commands.options import iso_text
from tracker.core.ticks import Ticks
from tracker.stores.csv import open_store


def store_frozen_day(folder) -> int:
    """Store a day in which EUR is constant and USD moves; return its end."""
    end = now()
    times = np.arange(end - 24 * HOUR + 10_000, end + 1, 10_000)
    (folder / "tracker.toml").write_text('markets = ["kraken:BTC/EUR", "kraken:BTC/USD"]\n')
    with contextlib.closing(open_store("data", base=folder, known=())) as store:
        store.append(
            {
                EUR: Ticks.of(times, [43_512.33] * times.size, 10_000),
                USD: Ticks.of(times, 50_000 + np.arange(times.size) % 7, 10_000),
            }
        )
    return end


def ranks(folder, *options: str) -> dict[str, int | None]:
    _, out, _ = tracker("stats", "--json", *options, folder=folder)
    return {row["market"]: row["rank"] for row in json.loads(out)}


def test_a_constant_price_is_not_ranked_and_the_line_below_says_since_when(tmp_path):
    store_frozen_day(tmp_path)
    _, out, _ = tracker("stats", folder=tmp_path)
    assert ranks(tmp_path) == {"kraken:BTC/USD": 1, "kraken:BTC/EUR": None}
    assert "not ranked: kraken:BTC/EUR has not moved since " in out
    assert "too few" not in out
    assert "less than" not in out


def test_a_short_span_does_not_rank_it_either(tmp_path):
    store_frozen_day(tmp_path)
    assert ranks(tmp_path, "--span", "10m") == {"kraken:BTC/USD": 1, "kraken:BTC/EUR": None}


def test_the_json_has_the_time_and_what_the_exchange_states(tmp_path):
    end = store_frozen_day(tmp_path)
    _, out, _ = tracker("stats", "--json", folder=tmp_path)
    usd, eur = json.loads(out)
    assert (usd["unmoved_since"], usd["stop"]) == (None, None)
    assert (eur["unmoved_since"], eur["stop"], eur["coverage"]) == (
        iso_text(end - 24 * HOUR + 10_000),
        None,
        eur["coverage"],
    )
    assert eur["coverage"] > 0.99
    since = end - 30 * HOUR
    (tmp_path / "data" / FILE).write_text(f"{since / 1000},{end / 1000},{USD},not traded: cancel_only\n")
    rows = {row["market"]: row for row in json.loads(tracker("stats", "--json", folder=tmp_path)[1])}
    assert rows[str(USD)]["stop"] == {"since": iso_text(since), "words": "cancel_only"}
    assert (rows[str(USD)]["unmoved_since"], rows[str(USD)]["rank"]) == (iso_text(since), None)


def test_the_setting_changes_how_long_a_price_may_stand_still(tmp_path, monkeypatch):
    store_frozen_day(tmp_path)
    monkeypatch.setenv("TRACKER_UNMOVED_AFTER", "2d")
    assert ranks(tmp_path) == {"kraken:BTC/EUR": 1, "kraken:BTC/USD": 2}
