"""Windows of any span for a page: the same as of all rows, from what was read before, and never of stale bars."""

import pytest

from tests.support.memory_store import MemoryStore
from tests.support.windows_world import EUR, NOW, Counted, World, rows
from tracker.core.bar_window import BarWindow
from tracker.core.durations import DAY, HOUR, MINUTE
from tracker.core.errors import StoreError
from tracker.core.ticks import Origin, Ticks
from tracker.core.window import Window
from tracker.history import range_cache, windows
from tracker.history.cached_range import RENEW_AFTER, RENEW_LATE_AFTER
from tracker.history.range_cache import JUST_NEEDED, UNUSED
from tracker.history.windows import Period


@pytest.fixture
def world() -> World:
    world = World(Counted())
    world.store.bars_read = world.store.rows_read = 0
    return world


@pytest.mark.parametrize("span", [HOUR, DAY, 2 * DAY, 30 * DAY, 50 * DAY])
@pytest.mark.parametrize("ago", [0, 7 * MINUTE, 9 * DAY + 7 * MINUTE])
def test_what_was_loaded_is_what_is_stored_and_is_read_once(world, span, ago):
    period = Period(span, NOW - ago)
    assert world.windows.load([period]) or span + ago <= DAY
    assert world.windows.has([period])
    before = world.store.bars_read, world.store.rows_read
    assert not world.windows.load([period])
    window = world.windows.window(EUR, *period)
    assert isinstance(window, BarWindow if span > 25 * HOUR else Window)
    assert (world.store.bars_read, world.store.rows_read) == before
    world.assert_true(*period)


def test_windows_are_made_while_prices_are_read_and_not_when_they_are_drawn(world, monkeypatch):
    periods = [Period(span, NOW - 9 * DAY) for span in (2 * DAY, 40 * DAY)]
    world.windows.load(periods)
    monkeypatch.setattr(windows, "read_bar_window", lambda *_: pytest.fail("made again"))
    assert world.windows.has(periods)
    assert [world.windows.window(EUR, *period).span for period in periods] == [2 * DAY, 40 * DAY]


def test_all_periods_that_are_asked_for_count_as_needed_also_where_others_are_missing(world):
    world.windows.load([Period(40 * DAY, NOW - 9 * DAY)])
    world.real = UNUSED - 1
    assert not world.windows.has([Period(2 * DAY, NOW - 55 * DAY), Period(40 * DAY, NOW - 9 * DAY)])
    world.real = 2 * UNUSED - 2
    world.windows.renew(NOW)
    assert world.windows.has([Period(40 * DAY, NOW - 9 * DAY)])


@pytest.mark.parametrize("ago", [HOUR, 30 * HOUR])
def test_a_window_of_full_hours_needs_no_rows(world, ago):
    end = NOW // HOUR * HOUR - ago
    world.windows.load([Period(3 * DAY, end)])
    assert world.store.rows_read == 0
    world.assert_true(3 * DAY, end)


def test_the_rows_of_a_last_day_are_read_once_though_bars_before_end_in_it(world):
    end = NOW - 9 * DAY
    world.windows.load([Period(40 * DAY, end), Period(DAY, end)])
    assert world.store.rows_read == 2 * (144 + 5)  # of two markets: a day, and from 15:10 to the full hour
    world.assert_true(40 * DAY, end)
    world.assert_true(DAY, end)


def test_months_of_a_record_of_years_are_in_memory_together_with_the_record(world):
    periods = [Period(40 * DAY, NOW - 10 * DAY), Period(500 * DAY, NOW)]
    assert world.windows.load(periods)
    assert world.windows.has(periods)
    for period in periods:
        world.assert_true(*period)


def test_a_shorter_span_reads_no_bars_again_and_a_little_longer_one_only_what_is_missing(world):
    world.windows.load([Period(50 * DAY, NOW)])
    read = world.store.bars_read
    world.windows.load([Period(40 * DAY, NOW - DAY)])
    assert world.store.bars_read == read
    world.windows.load([Period(51 * DAY, NOW)])
    assert world.store.bars_read - read <= 2 * 26
    world.assert_true(51 * DAY, NOW)


def test_without_loading_there_are_recent_rows_only(world):
    window = world.windows.window(EUR, 30 * DAY, NOW)
    assert (window.count, window.end, window.span) == (144, NOW, 30 * DAY)
    assert not world.store.bars_read


def test_new_rows_are_there_at_once(world):
    world.windows.load([Period(40 * DAY, NOW)])
    world.clock.time = NOW + 3 * HOUR
    world.arrive(rows(NOW, NOW + 3 * HOUR, 300.0))
    assert world.windows.window(EUR, 40 * DAY, world.clock.time).last_price > 250
    read = world.store.bars_read
    world.assert_true(40 * DAY, world.clock.time)
    assert world.store.bars_read == read


@pytest.mark.parametrize("period", [Period(40 * DAY, NOW), Period(6 * HOUR, NOW - 20 * DAY)])
def test_late_rows_are_read_within_seconds(world, period):
    world.windows.load([period])
    time = NOW - 20 * DAY - HOUR + MINUTE
    world.arrive(Ticks.of([time], [1.0], MINUTE, Origin.BACKFILL))
    world.real = RENEW_LATE_AFTER + 0.1
    assert world.windows.renew(NOW)
    assert world.windows.window(EUR, *period).low == 1.0
    assert not world.windows.renew(NOW)


def test_what_nobody_reports_is_found_within_a_minute(world):
    world.windows.load([Period(40 * DAY, NOW)])
    world.store.append({EUR: Ticks.of([NOW - 20 * DAY - MINUTE], [1.0], MINUTE, Origin.IMPORT)})
    world.real = RENEW_AFTER - 1
    assert not world.windows.renew(NOW)
    world.real = RENEW_AFTER + 1
    assert world.windows.has([Period(40 * DAY, NOW)])
    assert world.windows.renew(NOW)
    assert world.windows.window(EUR, 40 * DAY, NOW).low == 1.0


def test_what_is_not_needed_is_dropped(world):
    world.windows.load([Period(40 * DAY, NOW), Period(HOUR, NOW - 30 * DAY)])
    world.real = UNUSED - 1
    assert world.windows.has([Period(40 * DAY, NOW)])  # it is shown
    world.real = UNUSED + 1
    world.windows.renew(NOW)
    assert world.windows.has([Period(40 * DAY, NOW)])
    assert not world.windows.has([Period(HOUR, NOW - 30 * DAY)])
    world.real = 3 * UNUSED
    world.windows.renew(NOW)
    assert not world.windows.has([Period(40 * DAY, NOW)])


def test_of_too_many_bars_those_that_are_not_shown_are_dropped_soon(world, monkeypatch):
    of_each = Period(40 * DAY, NOW), Period(10 * DAY, NOW)
    world.windows.load(of_each)
    world.real = JUST_NEEDED + 1
    assert world.windows.has(of_each[:1])
    world.windows.renew(NOW)
    assert world.windows.has(of_each)  # few enough
    monkeypatch.setattr(range_cache, "MOST_BARS", 100)
    world.windows.renew(NOW)
    assert world.windows.has(of_each)  # both were needed just now
    world.windows.window(EUR, 10 * DAY, NOW)
    world.real *= 2
    assert world.windows.has(of_each[:1])
    assert not world.windows.renew(NOW)  # nothing is drawn anew
    assert world.windows.has(of_each[:1])
    assert not world.windows.has(of_each[1:])
    assert not world.windows._windows  # which would keep the bars in memory


def test_a_chart_that_is_dragged_far_keeps_no_more_than_some_times_what_it_shows(world):
    for days in range(50, 0, -2):
        world.windows.load([Period(2 * DAY, NOW - days * DAY)])
    ranges = world.windows._cache._bars
    assert sum(len(cached.data) for cached in ranges if cached.market == EUR) <= 2 * 3 * 2 * DAY / (5 * MINUTE)
    world.assert_true(2 * DAY, NOW - 2 * DAY)


def test_rows_that_are_shown_are_kept_however_many_they_are(world, monkeypatch):
    monkeypatch.setattr(range_cache, "_MOST_ROWS", 10)
    period = Period(DAY, NOW - 20 * DAY)
    world.windows.load([period])
    assert world.windows.has([period])
    assert not world.windows.load([period])


def test_late_rows_that_cannot_be_read_are_tried_again(world, monkeypatch):
    world.windows.load([Period(40 * DAY, NOW)])
    world.arrive(Ticks.of([NOW - 20 * DAY - MINUTE], [1.0], MINUTE, Origin.BACKFILL))
    world.real = RENEW_LATE_AFTER + 0.1
    monkeypatch.setattr(MemoryStore, "bars", fail)
    with pytest.raises(StoreError):
        world.windows.renew(NOW)
    monkeypatch.undo()
    assert world.windows.renew(NOW)
    assert world.windows.window(EUR, 40 * DAY, NOW).low == 1.0


def test_candles_that_are_added_to_rows_are_found(world):
    period = Period(HOUR, NOW - 20 * DAY)
    world.windows.load([period])
    rows_of_hour = world.windows.window(EUR, *period).ticks
    candles = Ticks.of(rows_of_hour.time, rows_of_hour.price, 10 * MINUTE, low=rows_of_hour.price / 2)
    assert world.store.add_candles(EUR, candles)
    world.real = RENEW_AFTER + 1
    assert world.windows.renew(NOW)
    assert world.windows.window(EUR, *period).low == pytest.approx(rows_of_hour.price.min() / 2)


def fail(*arguments):
    raise StoreError("the disk is gone")
