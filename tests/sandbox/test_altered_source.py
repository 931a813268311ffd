"""The faults that change prices, as every exchange's responses show them."""

from tests.support.sandbox import get, post_faults
from tracker.sandbox import Sandbox


def last_prices(sandbox: Sandbox) -> dict[str, float]:
    result = get(sandbox, "/0/public/Ticker?pair=XBTUSD,XBTEUR").json()["result"]
    return {key: float(ticker["c"][0]) for key, ticker in result.items()}


def closes(sandbox: Sandbox, pair: str) -> list[str]:
    return [row[4] for row in next(iter(get(sandbox, f"/0/public/OHLC?pair={pair}").json()["result"].values()))]


def test_a_missing_market_has_no_price_anywhere_but_is_still_listed(sandbox):
    right = last_prices(sandbox)
    post_faults(sandbox, {"mode": "missing", "market": "BTC/EUR"})
    assert last_prices(sandbox) == {"XXBTZUSD": right["XXBTZUSD"]}
    assert (len(closes(sandbox, "XBTEUR")), len(closes(sandbox, "XBTUSD"))) == (0, 720)
    assert "XXBTZEUR" in get(sandbox, "/0/public/AssetPairs").json()["result"]
    response = get(sandbox, '/api/v3/ticker/price?symbols=["BTCEUR","BTCJPY"]', "binance")
    assert [row["symbol"] for row in response.json()] == ["BTCJPY"]


def test_a_jump_multiplies_last_prices_but_not_history(sandbox):
    right, history = last_prices(sandbox), closes(sandbox, "XBTEUR")
    post_faults(sandbox, {"mode": "jump", "factor": 10})
    assert last_prices(sandbox) == {key: price * 10 for key, price in right.items()}
    assert closes(sandbox, "XBTEUR") == history


def test_a_jump_can_be_limited_to_one_market_and_include_its_history(sandbox):
    right, history, dollar_history = last_prices(sandbox), closes(sandbox, "XBTEUR"), closes(sandbox, "XBTUSD")
    post_faults(sandbox, {"mode": "jump", "factor": 0.5, "market": "BTC/EUR", "history": True})
    assert last_prices(sandbox) == {"XXBTZUSD": right["XXBTZUSD"], "XXBTZEUR": right["XXBTZEUR"] / 2}
    assert [float(close) for close in closes(sandbox, "XBTEUR")] == [float(close) / 2 for close in history]
    assert closes(sandbox, "XBTUSD") == dollar_history


def test_a_shift_lets_candles_begin_after_the_full_minute(sandbox):
    path = "/api/v3/klines?symbol=BTCEUR&interval=1m&limit=3"
    right = get(sandbox, path, "binance").json()
    post_faults(sandbox, {"mode": "shift", "seconds": 14.789, "market": "BTC/EUR"})
    rows = get(sandbox, path, "binance").json()
    assert [(row[0] % 60_000, row[6] - row[0]) for row in rows] == [(14_789, 59_999)] * 3
    assert [row[4] for row in rows] != [row[4] for row in right]
    assert get(sandbox, path.replace("EUR", "JPY"), "binance").json()[0][0] % 60_000 == 0
    assert len(last_prices(sandbox)) == 2


def test_the_market_of_a_fault_can_be_written_as_in_the_settings(sandbox):
    for text in ("btc/eur", "XBT/EUR"):
        post_faults(sandbox, {"mode": "missing", "market": text})
        assert list(last_prices(sandbox)) == ["XXBTZUSD"], text
