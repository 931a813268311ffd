"""Backfilled rows, and the periods that they fill."""

from tracker.core.backfilled import backfilled_periods, backfilled_rows
from tracker.core.downsampling import downsample
from tracker.core.ticks import Origin, Ticks
from tracker.core.window import Window

MINUTE = 60_000


def rows(*parts: tuple[int, int, int, Origin]) -> Ticks:
    """Return rows of *parts*: from minute, to minute, interval in minutes, origin; each interval ends in a price."""
    return Ticks.concat(
        [
            Ticks.of(
                times := range((start + step) * MINUTE, end * MINUTE + 1, step * MINUTE),
                [1.0] * len(times),
                step * MINUTE,
                origin,
            )
            for start, end, step, origin in parts
        ]
    )


def minutes(ticks: Ticks, cadence: int | None = None) -> list[tuple[float, float]]:
    """Return the backfilled periods of the first hour, in minutes."""
    window = Window.of(ticks, 60 * MINUTE, 60 * MINUTE)
    return [(start / MINUTE, end / MINUTE) for start, end in backfilled_periods(window, cadence)]


def test_a_period_begins_with_the_interval_of_its_first_row_and_ends_with_its_last():
    assert minutes(rows((0, 40, 5, Origin.BACKFILL), (40, 60, 1, Origin.LIVE))) == [(0, 40)]


def test_live_prices_and_gaps_part_periods():
    late = [(0, 10, 1, Origin.BACKFILL), (20, 30, 1, Origin.BACKFILL)]
    assert minutes(rows(*late, (30, 60, 1, Origin.LIVE))) == [(0, 10), (20, 30)]
    assert minutes(rows(late[0], (10, 20, 1, Origin.LIVE), late[1], (30, 60, 1, Origin.LIVE))) == [(0, 10), (20, 30)]


def test_a_period_does_not_begin_before_the_window():
    assert minutes(rows((-10, 20, 15, Origin.BACKFILL), (20, 60, 1, Origin.LIVE))) == [(0, 20)]


def test_live_and_imported_prices_and_none_have_no_period():
    assert minutes(rows((0, 60, 1, Origin.LIVE))) == []
    assert minutes(rows((0, 60, 1, Origin.IMPORT))) == []
    assert minutes(Ticks.none()) == []


def test_simulated_and_replayed_rows_are_backfilled_if_they_are_longer_than_live_ones():
    for origin in (Origin.SIMULATED, Origin.REPLAY):
        ticks = rows((0, 40, 5, origin), (40, 60, 1, origin))
        assert minutes(ticks) == [(0, 40)]
        assert minutes(ticks, cadence=5 * MINUTE) == []


def test_a_downsampled_line_marks_the_same_rows():
    window = Window.of(rows((0, 40, 5, Origin.SIMULATED), (40, 60, 1, Origin.SIMULATED)))
    assert downsample(window).backfilled.tolist() == backfilled_rows(window.ticks).tolist()
