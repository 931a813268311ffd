"""Replaying stored rows: which are shown at any position of the clock."""

import numpy as np
import pytest

from tests.support.memory_store import MemoryStore
from tests.support.page_states import EUR, GBP, NOW, prices
from tracker.core.durations import DAY
from tracker.core.errors import ConfigError
from tracker.core.ticks import Ticks
from tracker.history.playback import FASTEST, Playback
from tracker.history.replay import ReplayFollower, open_playback

MIDNIGHT = NOW // DAY * DAY


class ManualSeconds:
    """Real seconds that pass when the test sets them."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def elapsed():
    return ManualSeconds()


@pytest.fixture
def clock(elapsed):
    return Playback(MIDNIGHT, MIDNIGHT + DAY, MIDNIGHT + 3_600_000, speed=60.0, real=elapsed)


@pytest.fixture
def store():
    store = MemoryStore()
    store.append({EUR: prices(17_768.5, count=6 * 360, until=MIDNIGHT + 6 * 3_600_000)})
    return store


def test_the_clock_runs_at_its_speed_pauses_and_stops_at_its_end(clock, elapsed):
    elapsed.seconds = 60
    assert clock.now() == MIDNIGHT + 2 * 3_600_000
    clock.pause()
    elapsed.seconds = 120
    assert (clock.now(), clock.playing) == (MIDNIGHT + 2 * 3_600_000, False)
    clock.play()
    clock.speed = 600
    elapsed.seconds = 126
    assert clock.now() == MIDNIGHT + 3 * 3_600_000
    elapsed.seconds = 10_000
    assert (clock.now(), clock.playing) == (MIDNIGHT + DAY, False)


def test_playing_at_the_end_restarts(clock, elapsed):
    elapsed.seconds = 10_000
    clock.play()
    assert (clock.now(), clock.playing) == (MIDNIGHT, True)


def test_seeking_stays_within_the_stored_time(clock):
    clock.seek(MIDNIGHT - 1)
    assert clock.now() == MIDNIGHT
    clock.seek(MIDNIGHT + 2 * DAY)
    assert clock.now() == MIDNIGHT + DAY


def test_a_change_of_speed_does_not_change_the_time(clock, elapsed):
    elapsed.seconds = 60
    before = clock.now()
    clock.speed = 1
    assert clock.now() == before
    with pytest.raises(ValueError, match="above 0"):
        clock.speed = 0


def test_rows_after_the_clock_s_time_are_not_shown(store, clock):
    rows = ReplayFollower(store, [EUR, GBP], clock)
    assert rows.load(3_600_000)
    window = rows.window(EUR, 3_600_000)
    assert window.end == clock.now() == window.ticks.time[-1]
    assert not rows.window(GBP, 3_600_000).count


def test_a_refresh_returns_the_markets_with_rows_since_the_last_one(store, clock, elapsed):
    rows = ReplayFollower(store, [EUR, GBP], clock)
    rows.load(3_600_000)
    rows.refresh()
    assert rows.refresh() == frozenset()
    elapsed.seconds = 1
    assert rows.refresh() == {EUR}
    clock.seek(MIDNIGHT)
    assert rows.refresh() == {EUR, GBP}  # rows that were shown are ahead again
    clock.seek(MIDNIGHT + 7 * 3_600_000)
    rows.refresh()
    elapsed.seconds = 10
    assert rows.refresh() == frozenset()  # the last row was shown before


@pytest.fixture
def reads(store, monkeypatch):
    """What is read of the store, in days from MIDNIGHT."""
    reads, read = [], store.read

    def recording_read(market, start, end):
        reads.append(((start - MIDNIGHT) / DAY, (end - MIDNIGHT) / DAY))
        return read(market, start, end)

    monkeypatch.setattr(store, "read", recording_read)
    return reads


def test_only_missing_days_are_read(store, clock, reads):
    rows = ReplayFollower(store, [EUR], clock)
    assert rows.load(3_600_000)
    clock.seek(MIDNIGHT + 5 * 3_600_000)
    assert not rows.load(3_600_000)
    assert rows.load(2 * DAY)
    assert reads == [(0, 1), (-2, 0)]


def test_a_step_of_a_day_back_reads_nothing_anew(store, clock, reads):
    clock.pause()
    clock.end = MIDNIGHT + 9 * DAY
    rows = ReplayFollower(store, [EUR], clock)
    for day in (4, 5, 4, 5):
        clock.seek(MIDNIGHT + day * DAY + 1)
        rows.load(DAY)
    assert reads == [(3, 5), (5, 6)]


def test_a_jump_reads_only_the_days_where_it_ends(store, clock, reads):
    clock.pause()
    clock.end = MIDNIGHT + 900 * DAY
    rows = ReplayFollower(store, [EUR], clock)
    for day in (0, 800, 20):
        clock.seek(MIDNIGHT + day * DAY + 1)
        rows.load(DAY)
    assert reads == [(-1, 1), (799, 801), (19, 21)]


def test_days_are_read_ahead_of_a_fast_clock_each_once_and_old_ones_are_dropped(elapsed):
    store = MemoryStore()
    hours = MIDNIGHT + 3_600_000 * np.arange(24 * 60)
    store.append({EUR: Ticks.of(hours, np.full(len(hours), 2.0), 3_600_000)})
    clock = Playback(MIDNIGHT, MIDNIGHT + 60 * DAY, MIDNIGHT, speed=FASTEST, real=elapsed)
    rows, read, most = ReplayFollower(store, [EUR], clock), [], 0
    store_read = store.read
    store.read = lambda market, start, end: read.append((start, end)) or store_read(market, start, end)
    while clock.now() < clock.end:
        rows.load(DAY)
        window = rows.window(EUR, DAY)
        assert window.count == min(24, (clock.now() - MIDNIGHT) // 3_600_000 + 1)
        assert rows._loaded[1] >= min(clock.now() + 10_000 * FASTEST, clock.end)
        most = max(most, len(rows._rows[EUR]))
        elapsed.seconds += 0.4
    assert [start for start, _ in read[1:]] == [end for _, end in read[:-1]]
    assert most <= 24 * 5


@pytest.mark.parametrize("seed", range(20))
def test_wherever_the_clock_jumps_the_window_is_what_is_stored(elapsed, seed):
    choice = np.random.default_rng(seed)
    times = MIDNIGHT + np.sort(choice.choice(20 * DAY // 60_000, 500, replace=False)) * 60_000
    store = MemoryStore()
    store.append({EUR: Ticks.of(times, np.arange(1.0, 501.0), 60_000)})
    clock = Playback(MIDNIGHT, MIDNIGHT + 20 * DAY, MIDNIGHT, speed=FASTEST, real=elapsed)
    rows = ReplayFollower(store, [EUR], clock)
    for _ in range(30):
        steps = (DAY, -DAY, 3 * DAY, -2 * DAY, 0, 12 * DAY, -9 * DAY)
        clock.seek(clock.now() + steps[choice.integers(7)] + int(choice.integers(-3_600_000, 3_600_000)))
        elapsed.seconds += float(choice.choice([0, 0.4, 30]))
        span = int(choice.choice([3_600_000, DAY, 3 * DAY]))
        rows.load(span)
        now = clock.now()
        shown = times[(times > now - span) & (times <= now)]
        assert rows.window(EUR, span, now).ticks.time.tolist() == shown.tolist()


def test_a_playback_covers_all_stored_rows_and_starts_with_its_last_day(store):
    clock = open_playback(store, [EUR, GBP], NOW)
    assert (clock.start, clock.end) == (MIDNIGHT + 10_000, MIDNIGHT + 6 * 3_600_000)
    assert clock.now() == pytest.approx((clock.start + clock.end) // 2, abs=60_000)  # shorter than a day: its middle
    assert open_playback(store, [EUR], MIDNIGHT + 3_600_000).end == MIDNIGHT + 3_600_000
    assert open_playback(store, [EUR], None, MIDNIGHT + 7_200_000).now() == pytest.approx(
        MIDNIGHT + 7_200_000, abs=60_000
    )


def test_opening_a_playback_of_any_length_takes_one_call_per_market(store, monkeypatch):
    store.append({GBP: prices(1.0, count=2, until=MIDNIGHT - 4_000 * DAY)})
    calls, extent = [], store.extent
    monkeypatch.setattr(store, "extent", lambda *market, **ends: calls.append(market) or extent(*market, **ends))
    monkeypatch.setattr(store, "read", None)
    assert open_playback(store, [EUR, GBP], NOW).start < MIDNIGHT - 4_000 * DAY
    assert calls == [(EUR,), (GBP,)]


def test_an_empty_store_has_nothing_to_replay():
    with pytest.raises(ConfigError, match="nothing to replay: no price of kraken:BTC/EUR is stored"):
        open_playback(MemoryStore(), [EUR], NOW)
