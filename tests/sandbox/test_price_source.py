"""What every price source of a sandbox fulfils: simulated, recorded, and with wrong prices."""

import math

import numpy as np
import pytest

from tests.support.sandbox import TEN, market, recording_with_gaps
from tracker.sandbox import Recording, Simulated
from tracker.sandbox.altered_source import AlteredSource

DAY = 86_400_000
MARKETS = [market("EUR"), market("USD")]


@pytest.fixture(params=["simulated", "recording", "missing", "jump", "jump with history"])
def source(request, tmp_path):
    """The euro has no price, or a wrong one, in all but the simulated market."""
    recording: Recording = recording_with_gaps(tmp_path)
    return {
        "simulated": Simulated(7),
        "recording": recording,
        "missing": AlteredSource(recording, "BTC/EUR", math.nan, history=False),
        "jump": AlteredSource(recording, "BTC/EUR", 10.0, history=False),
        "jump with history": AlteredSource(recording, "BTC/EUR", 10.0, history=True),
    }[request.param]


@pytest.mark.parametrize("length", [0, 60_000, 1_260_000, DAY])
@pytest.mark.parametrize("now", [TEN - 60_000, TEN + 600_000, TEN + 1_260_000])
def test_the_candle_up_to_now_of_many_markets_is_the_one_of_each_alone(source, now, length):
    alone = [source.candles(market, np.array([now - length]), length, now) for market in MARKETS]
    assert source.candles_since(MARKETS, now - length, now) == [candles[0] if candles else None for candles in alone]


def test_the_candle_up_to_now_of_no_market_is_none(source):
    assert source.candles_since([], TEN - DAY, TEN) == []
