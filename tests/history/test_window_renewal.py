"""Older prices in memory follow each change of what is stored; only what changed is read, and a load goes first."""

import os
import threading

import pytest

from tests.support.csv_files import bucket_path
from tests.support.windows_world import EUR, GBP, NOW, Counted, World, rows
from tracker.core.durations import DAY, HOUR, MINUTE
from tracker.core.ticks import Origin, Ticks
from tracker.history.cached_range import RENEW_AFTER, RENEW_LATE_AFTER
from tracker.history.windows import Period
from tracker.stores.csv import CsvStore, stamps

LENGTH = 6 * DAY
PERIODS = [Period(5 * DAY, NOW), Period(6 * HOUR, NOW - 3 * DAY)]
HOUR_OF_PERIOD = NOW - 3 * DAY - 3 * HOUR


class Watched(CsvStore):
    """Notes what is read of its buckets: of how many hours."""

    hours_read = 0

    def read(self, market, start, end):
        self.hours_read += (end - start) // HOUR
        return super().read(market, start, end)


@pytest.fixture
def world(tmp_path, monkeypatch) -> World:
    """A store that nobody keeps bars for, with files that were written long ago."""
    monkeypatch.setattr(stamps, "_SETTLED_AFTER", -(10**13))
    world = World(Watched(tmp_path / "data"), LENGTH)
    world.windows.load(PERIODS)
    world.store.hours_read = 0
    return world


def edit(world):
    path = world.store.folder / bucket_path(world.store, HOUR_OF_PERIOD, EUR)
    path.write_text(path.read_text().replace(",10", ",1")[:-1] + "\n")


def delete(world):
    (world.store.folder / bucket_path(world.store, HOUR_OF_PERIOD, EUR)).unlink()


def fill(world):
    CsvStore(world.store.folder).append({EUR: Ticks.of([HOUR_OF_PERIOD + MINUTE], [1.0], MINUTE, Origin.IMPORT)})


def add_candles(world):
    stored = CsvStore(world.store.folder)
    rows = stored.read(EUR, HOUR_OF_PERIOD, HOUR_OF_PERIOD + HOUR)
    assert stored.add_candles(EUR, Ticks.of(rows.time, rows.price, rows.interval, low=rows.price / 2))


def purge(world):
    assert CsvStore(world.store.folder).purge(EUR, NOW - 4 * DAY)


@pytest.mark.parametrize("change", [edit, delete, fill, add_candles, purge])
def test_what_is_changed_is_found_within_a_minute_and_read_alone(world, change):
    before = [world.windows.window(EUR, *period).low for period in PERIODS]
    change(world)
    world.real = RENEW_AFTER + 1
    assert world.windows.renew(NOW)
    assert world.store.hours_read < 30
    for period in PERIODS:
        world.assert_true(*period)
    assert change in (delete, purge) or [world.windows.window(EUR, *period).low for period in PERIODS] != before
    world.store.hours_read, world.real = 0, 2 * world.real
    assert not world.windows.renew(NOW)
    assert world.store.hours_read == 0


def test_what_a_longer_span_has_read_anew_is_compared_as_well(world):
    world.windows.load([Period(LENGTH - HOUR, NOW)])
    edit(world)
    world.real, world.store.hours_read = RENEW_AFTER + 1, 0
    assert world.windows.renew(NOW)
    assert world.store.hours_read < 30
    world.assert_true(LENGTH - HOUR, NOW)
    assert world.windows.has([Period(LENGTH - HOUR, NOW)])


def test_bars_go_on_with_the_clock_without_what_is_before_them(world):
    world.clock.time = NOW + 3 * HOUR
    world.arrive(rows(NOW, NOW + 3 * HOUR, 300.0))
    world.real = RENEW_AFTER + 1
    world.windows.renew(NOW + 3 * HOUR)
    assert world.store.hours_read < 20
    world.assert_true(5 * DAY, NOW + 3 * HOUR)


def test_a_change_right_after_reading_is_found_though_the_file_looks_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(stamps, "_SETTLED_AFTER", 10**15)
    world = World(CsvStore(tmp_path / "data"), LENGTH)  # whose files have been written this moment
    world.windows.load(PERIODS)
    path = world.store.folder / bucket_path(world.store, HOUR_OF_PERIOD, EUR)
    stat, text = path.stat(), path.read_text()
    price = text.splitlines()[1].split(",")[1]
    path.write_text(text.replace(price, "9" + price[1:]))
    assert path.stat().st_size == stat.st_size
    os.utime(path, ns=(stat.st_mtime_ns, stat.st_mtime_ns))
    monkeypatch.setattr(stamps, "_SETTLED_AFTER", -(10**13))  # as seconds later
    world.real = RENEW_AFTER + 1
    world.windows.renew(NOW)
    for period in PERIODS:
        world.assert_true(*period)


class Hooked(Counted):
    """Calls *hook* before bars are read, with their step."""

    hook = staticmethod(lambda step: None)

    def bars(self, market, start, end, step):
        self.hook(step)
        return super().bars(market, start, end, step)


def test_what_a_viewer_waits_for_is_read_before_the_rest_of_a_renewal():
    world, order, loads = World(Hooked()), [], []
    world.windows.load([Period(50 * DAY, NOW)])

    def hook(step):
        order.append(step)
        if not loads:
            loads.append(threading.Thread(target=world.windows.load, args=([Period(10 * DAY, NOW)],)))
            loads[0].start()
            for _ in range(10_000):
                if world.windows._cache._next.locked():  # it waits
                    break
                loads[0].join(0.001)

    world.store.hook = hook
    world.real = RENEW_AFTER + 1
    world.windows.renew(NOW)
    loads[0].join(30)
    assert sorted(order) == sorted(2 * 2 * [HOUR] + 2 * [5 * MINUTE])
    assert order[:3] == [HOUR, 5 * MINUTE, 5 * MINUTE]
    world.assert_true(10 * DAY, NOW)
    world.assert_true(50 * DAY, NOW)


def test_rows_that_come_while_bars_are_read_again_are_read_soon():
    world = World(Hooked())
    world.windows.load([Period(50 * DAY, NOW)])
    late = [dict.fromkeys((EUR, GBP), (NOW - 20 * DAY, NOW - 20 * DAY))]  # while the first of the two is read
    world.store.hook = lambda step: world.windows.rows_changed(late.pop() if late else None)
    world.real = RENEW_AFTER + 1
    world.windows.renew(NOW)
    world.store.hook, world.store.bars_read = lambda step: None, 0
    world.real += RENEW_LATE_AFTER + 0.1
    world.windows.renew(NOW)
    assert 0 < world.store.bars_read < 51 * 24  # of one market


def test_late_rows_are_read_soon_also_where_a_longer_span_was_shown_meanwhile():
    world = World(Counted())
    world.windows.load([Period(40 * DAY, NOW)])
    world.arrive(Ticks.of([NOW - 20 * DAY - MINUTE], [1.0], MINUTE, Origin.BACKFILL))
    world.windows.load([Period(51 * DAY, NOW)])
    world.real = RENEW_LATE_AFTER + 0.1
    assert world.windows.renew(NOW)
    assert world.windows.window(EUR, 51 * DAY, NOW).low == 1.0


def test_a_window_of_prices_that_change_while_it_is_made_is_not_remembered(monkeypatch):
    world, period = World(Counted()), Period(40 * DAY, NOW)
    world.windows.load([period])
    world.windows.rows_changed()
    bars = world.windows._cache.bars

    def change_meanwhile(*arguments):
        result = bars(*arguments)
        monkeypatch.undo()
        world.arrive(Ticks.of([NOW - 20 * DAY - MINUTE], [1.0], MINUTE, Origin.BACKFILL))
        world.real = RENEW_LATE_AFTER + 0.1
        assert world.windows.renew(NOW)
        return result

    monkeypatch.setattr(world.windows._cache, "bars", change_meanwhile)
    assert world.windows.window(EUR, *period).low > 1.0
    assert world.windows.window(EUR, *period).low == 1.0


def test_markets_that_were_read_before_one_that_cannot_be_are_drawn_anew(monkeypatch):
    world = World(Hooked())
    world.windows.load([Period(20 * DAY, NOW)])
    for market in (EUR, GBP):
        world.store.append({market: Ticks.of([NOW - 10 * DAY - MINUTE], [1.0], MINUTE, Origin.IMPORT)})
    calls = []

    def fail_once(step):
        calls.append(step)
        if len(calls) == 2:
            raise OSError("the disk is gone")

    world.store.hook = fail_once
    world.real = RENEW_AFTER + 1
    with pytest.raises(OSError, match="gone"):
        world.windows.renew(NOW)
    assert world.windows.renew(NOW)
    for market in (EUR, GBP):
        assert world.windows.window(market, 20 * DAY, NOW).low == 1.0
