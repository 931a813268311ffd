"""``tracker check``: the space that is left, and how long it is enough."""

import shutil
from types import SimpleNamespace

import pytest

from tests.support.other_store import add_store
from tracker.collector.diagnostics import store_check
from tracker.core.market import Market
from tracker.core.ticks import Ticks
from tracker.runtime.clock import WallClock
from tracker.stores.csv import open_store

HOUR = 3_600_000  # ms
USD = Market("kraken", "BTC", "USD")


@pytest.fixture
def disk(monkeypatch):
    """What is free on every disk; ``disk.folders`` are those that were asked for."""
    free = SimpleNamespace(bytes=1_000_000_000, folders=[])
    usage = lambda folder: free.folders.append(folder) or SimpleNamespace(free=free.bytes)  # noqa: E731
    monkeypatch.setattr(shutil, "disk_usage", usage)
    return free


def store_hour(store):
    """Store 360 prices of the last whole hour."""
    hour = WallClock().now() // HOUR * HOUR
    store.append({USD: Ticks.of(list(range(hour - HOUR, hour, 10_000)), [78123.4] * 360, 10_000)})


def space(checks):
    return [line for line in checks if " space: " in line]


def test_free_space_and_growth_are_named(check, disk, tmp_path):
    store_hour(open_store("data", base=tmp_path, known=()))
    assert space(check()) == ["✓ space: 1.0 GB free; prices take 234 kB a day"]
    assert disk.folders == [tmp_path / "data"]


@pytest.mark.parametrize("little", [store_check.LITTLE_SPACE, 1_000])
def test_a_disk_that_is_soon_full_is_a_warning_with_what_to_do(check, disk, tmp_path, monkeypatch, little):
    store_hour(open_store("data", base=tmp_path, known=()))
    monkeypatch.setattr(store_check, "LITTLE_SPACE", little)
    disk.bytes = 5_000_000
    advice = "Free some, or set a retention"
    assert space(check()) == [f"! space: 5.0 MB free, enough for 21 days; prices take 234 kB a day. {advice}"]


def test_little_space_is_a_warning_also_where_nothing_is_stored_and_the_folder_does_not_exist(check, disk, tmp_path):
    disk.bytes = 50_000_000
    [line] = space(check())
    assert line.startswith("! space: 50 MB free; how much prices take a day is known after an hour of collecting. Free")
    assert disk.folders == [tmp_path]


def test_of_a_store_elsewhere_only_the_growth_is_named(check, disk, monkeypatch):
    store = add_store(monkeypatch, "far")
    assert space(check(TRACKER_STORE="far://db:5432/prices")) == []
    store_hour(store)
    assert space(check(TRACKER_STORE="far://db:5432/prices")) == ["✓ space: prices take 276 kB a day"]
    assert disk.folders == []


def test_a_store_that_cannot_be_read_has_no_line_about_space(check, monkeypatch):
    monkeypatch.setattr(store_check, "measure", lambda store, now: (_ for _ in ()).throw(store_check.TrackerError))
    assert space(check()) == []
