"""Whether stored rows are live, simulated or replayed: simulated prices of any market are never hidden."""

import pytest

from tests.support.page_states import EUR, GBP, JPY, NOW, prices
from tracker.core.durations import DAY, HOUR
from tracker.core.market_status import Status
from tracker.core.ticks import Origin, Ticks
from tracker.core.window import Window
from tracker.history.row_status import status_of_replay, status_of_rows

LIVE, REPLAYED, SIMULATED = Origin.LIVE, Origin.REPLAY, Origin.SIMULATED


def windows_of(*rows: Ticks) -> dict:
    return {market: Window.of(ticks, DAY, NOW) for market, ticks in zip((EUR, GBP, JPY), rows, strict=False)}


def of_origins(*origins: Origin) -> dict:
    return windows_of(*(prices(1.0, origin=origin) for origin in origins))


@pytest.mark.parametrize(
    ("origins", "mode"),
    [
        ([LIVE, SIMULATED], "simulated"),
        ([LIVE, REPLAYED], "replay"),
        ([REPLAYED, SIMULATED], "simulated"),
        ([SIMULATED, LIVE, REPLAYED], "simulated"),
        ([LIVE, LIVE], "live"),
        ([Origin.IMPORT, Origin.BACKFILL], "live"),
    ],
)
def test_the_mode_is_that_of_the_market_furthest_from_live(origins, mode):
    assert status_of_rows(Status(), of_origins(*origins)).mode == mode


def test_an_hours_old_live_price_does_not_hide_that_the_others_are_simulated():
    windows = windows_of(prices(1.0, until=NOW - 5 * HOUR), prices(2.0, origin=SIMULATED))
    assert status_of_rows(Status(), windows).mode == "simulated"


def test_only_the_newest_row_of_each_market_counts():
    before = prices(1.0, until=NOW - HOUR, origin=SIMULATED)
    assert status_of_rows(Status(), windows_of(Ticks.concat([before, prices(1.0)]))).mode == "live"


def test_without_rows_the_collector_s_own_mode_stays():
    assert status_of_rows(Status(mode="replay"), windows_of(Ticks.none())).mode == "replay"


def test_a_replay_with_one_simulated_market_is_a_simulation():
    assert status_of_replay(of_origins(LIVE, SIMULATED), {}).mode == "simulated"
    assert status_of_replay(of_origins(LIVE, LIVE), {}).mode == "replay"
