"""A recording: its prices and candles, its gaps, and invalid files."""

from pathlib import Path

import numpy as np
import pytest

from tracker.core.errors import ConfigError
from tracker.core.market import Market
from tracker.sandbox.recording import Recording

EUR = Market("kraken", "BTC", "EUR")
START = 1_522_800_000  # a full minute


def record(folder: Path, *rows: tuple[float, float], name: str = "btceur") -> Path:
    lines = "".join(f"{time},{price}\n" for time, price in rows)
    (folder / f"{name}.csv").write_text(f"timestamp,price\n{lines}", encoding="utf-8")
    return folder


def price_at(recording: Recording, seconds: float) -> float | None:
    value = float(recording.prices(EUR, np.array([round(seconds * 1000)]))[0])
    return None if np.isnan(value) else value


def test_the_price_is_that_of_the_last_row_at_or_before_the_time(tmp_path):
    recording = Recording(record(tmp_path, (START, 1.5), (START + 60, 2.5)))
    assert [price_at(recording, START + after) for after in (0, 59.999, 60, 61)] == [1.5, 1.5, 2.5, 2.5]


def test_a_file_named_by_an_old_code_is_of_the_same_market(tmp_path):
    record(tmp_path, (START, 1.5), name="xbteur")
    recording = Recording(record(tmp_path, (START + 60, 2.5)))
    assert recording.pairs == {("BTC", "EUR")}
    assert [price_at(recording, START + after) for after in (0, 60)] == [1.5, 2.5]


def test_no_price_before_the_first_row_nor_long_after_one(tmp_path):
    recording = Recording(record(tmp_path, (START, 1.5), (START + 3600, 2.5)))
    assert price_at(recording, START - 0.001) is None
    assert price_at(recording, START + 300) == 1.5
    assert price_at(recording, START + 300.001) is None
    assert price_at(recording, START + 3600) == 2.5


def test_has_the_markets_the_start_and_the_end_of_its_files(tmp_path):
    record(tmp_path, (START + 0.25, 1.5), (START + 60, 2.5))
    recording = Recording(record(tmp_path, (START + 30, 7), (START + 90, 8), name="btcusdt"))
    assert recording.pairs == {("BTC", "EUR"), ("BTC", "USDT")}
    assert (recording.start, recording.end) == (START * 1000 + 250, START * 1000 + 90_000)
    assert recording.origin == "replay"


def test_order_blank_lines_header_and_line_ends_do_not_matter(tmp_path):
    (tmp_path / "btceur.csv").write_bytes(f"{START + 60},2.5\r\n\r\n{START},1.0\r\n{START},1.5".encode())
    recording = Recording(tmp_path)
    assert [price_at(recording, START), price_at(recording, START + 60)] == [1.5, 2.5]


def test_candles_hold_the_rows_after_their_start_up_to_their_end(tmp_path):
    rows = [(START, 9.0), (START + 1, 2.0), (START + 30, 4.0), (START + 59, 1.0), (START + 60, 3.0), (START + 61, 8.0)]
    recording = Recording(record(tmp_path, *rows))
    (candle,) = recording.candles(EUR, np.array([START * 1000]), 60_000, START * 1000 + 90_000)
    assert candle == (START * 1000, 2.0, 4.0, 1.0, 3.0, 2.5, 4)


def test_a_candle_without_a_row_is_left_out(tmp_path):
    recording = Recording(record(tmp_path, (START + 60, 1.0), (START + 240, 2.0)))
    starts = START * 1000 + 60_000 * np.arange(5)
    assert [candle.start for candle in recording.candles(EUR, starts, 60_000, START * 1000 + 300_000)] == [
        START * 1000,
        START * 1000 + 180_000,
    ]


def test_the_open_candle_ends_at_now(tmp_path):
    recording = Recording(record(tmp_path, (START + 10, 1.0), (START + 50, 2.0)))
    (candle,) = recording.candles(EUR, np.array([START * 1000]), 60_000, START * 1000 + 20_000)
    assert candle.close == 1.0


@pytest.mark.parametrize(
    "line",
    [
        *(
            "hello,world",
            "1522800060",
            "1522800060,1,2",
            "1522800060,0",
            "1522800060,nan",
            "1522800060000,5",
            ",",
            "nan,1",
        ),
        "1522800060, 5",
        "1522800060,5 ",
        " 1522800060,5",
        "1522800060,7_8123",
        "1_522800060,5",
        "-1,5",
        "1522800060,1e999",
    ],
)
def test_an_invalid_line_is_named_by_file_and_number(tmp_path, line):
    (tmp_path / "btceur.csv").write_text(f"timestamp,price\n{START},1.5\n{line}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"btceur\.csv, line 3: .*expected epoch seconds and a price > 0"):
        Recording(tmp_path)


@pytest.mark.parametrize("price", ["1e-13", "2e15"])
def test_an_impossible_price_is_named_by_file_and_number(tmp_path, price):
    (tmp_path / "btceur.csv").write_text(f"{START},1.5\n{START + 1},{price}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"btceur\.csv, line 2: .* where a price from 1e-12 to 1e\+15 belongs"):
        Recording(tmp_path)


def test_a_header_further_down_is_an_invalid_line(tmp_path):
    (tmp_path / "btceur.csv").write_text(f"{START},1.5\ntimestamp,price\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="line 2"):
        Recording(tmp_path)


def test_an_empty_or_missing_folder_is_rejected(tmp_path):
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(ConfigError, match=r"expected a folder with files like btcusd\.csv"):
            Recording(folder)


def test_a_file_without_rows_is_rejected(tmp_path):
    with pytest.raises(ConfigError, match="no rows"):
        Recording(record(tmp_path))


def test_a_file_that_is_not_text_is_rejected(tmp_path):
    (tmp_path / "btceur.csv").write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(ConfigError, match="cannot be read as text"):
        Recording(tmp_path)


def test_a_file_whose_name_is_no_btc_pair_is_left_out_with_the_reason(tmp_path):
    reasons = []
    for name in ("btceur.sync-conflict-20180404-100000-ABCDEFG", "ethusd", "prices"):
        (tmp_path / f"{name}.csv").write_text("not even a recording\n")
        reasons.append(f"{tmp_path / name}.csv: its name contains no BTC pair, expected e.g. btcusd.csv")
    recording = Recording(record(tmp_path, (START, 1.5), name="BTCEUR"))
    assert (recording.pairs, recording.skipped) == ({("BTC", "EUR")}, tuple(reasons))


def test_a_folder_without_a_btc_pair_is_rejected(tmp_path):
    with pytest.raises(ConfigError, match=r"^recording .*prices\.csv: its name contains no BTC pair, expected e\.g\."):
        Recording(record(tmp_path, (START, 1.5), name="prices"))


def test_every_row_is_the_price_at_its_time(tmp_path, recordings):
    """Includes the folders passed as ``--recordings``."""
    for folder in [record(tmp_path, (START + 0.5, 1.25), (START + 7, 3.5)), *recordings]:
        recording = Recording(folder)
        for base, quote in recording.pairs:
            text = (folder / f"{base}{quote}.csv".lower()).read_text(encoding="utf-8")
            rows = dict(line.split(",") for line in text.splitlines()[1:])
            times = np.array([round(float(time) * 1000) for time in rows])
            assert recording.prices(Market("kraken", base, quote), times).tolist() == [float(p) for p in rows.values()]


def test_the_latest_price_of_a_market_in_a_gap_is_nan(tmp_path):
    record(tmp_path, (START, 1.5))
    recording = Recording(record(tmp_path, (START + 600, 7.0), name="btcusd"))
    markets = [EUR, Market("kraken", "BTC", "USD")]
    assert np.isnan(recording.latest(markets, (START + 60) * 1000)).tolist() == [False, True]
    assert recording.latest(markets[1:], (START + 600) * 1000) == [7.0]


@pytest.mark.parametrize("separator", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028"])
def test_only_a_newline_ends_a_line_as_in_the_store(tmp_path, separator):
    (tmp_path / "btceur.csv").write_text(f"{START},1.5{separator}{START + 60},2.5\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="line 1"):
        Recording(tmp_path)


def test_plain_decimals_are_read_as_any_other_numbers(tmp_path):
    """Those are read by a faster way, which must give the same rows."""
    lines = [f"{START + second * 0.0016:.4f},{price:.5f}" for second, price in enumerate(np.linspace(1e-4, 9e9, 999))]
    for number, newline in enumerate(("\n", "\r\n")):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "btceur.csv").write_bytes(newline.join(["timestamp,price", *lines, ""]).encode())
        (folder / "btcusd.csv").write_bytes(newline.join([*lines[:-1], f"+{lines[-1]}"]).encode())  # the slower way
        recording = Recording(folder)
        fast, slow = (recording.ticks(Market("kraken", "BTC", quote)) for quote in ("EUR", "USD"))
        assert (fast.time.tolist(), fast.price.tolist()) == (slow.time.tolist(), slow.price.tolist())
        assert fast.time.tolist()[:3] == [START * 1000, START * 1000 + 2, START * 1000 + 3]


def test_of_several_rows_with_one_time_the_last_counts_whatever_their_order(tmp_path):
    record(tmp_path, (START + 60, 1.0), (START, 2.0), (START + 60, 3.0), (START, 4.0))
    assert Recording(tmp_path).ticks(EUR).price.tolist() == [4.0, 3.0]
    record(tmp_path, (START + 60, 5.0), (START + 30, 6.0), name="xbteur")  # a later file of the same pair
    assert Recording(tmp_path).ticks(EUR).price.tolist() == [4.0, 6.0, 5.0]
