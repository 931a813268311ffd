"""Recognising formats: as exchanges document their archives, and everything else refused in one sentence."""

from pathlib import Path

import pytest

from tests.support.imports import NOW, OLD
from tracker.core.durations import DAY, HOUR, MINUTE
from tracker.core.errors import ConfigError
from tracker.history.importer.formats import recognise
from tracker.history.importer.thousands import grouped_price
from tracker.history.importer.times import IsoTimes, parse_zone

PATH = Path("old/btceur.csv")
# Lines of https://github.com/binance/binance-public-data, and of Kraken's archives.
KLINE_MS = "1601510340000,4.15,4.159,4.15,4.1554,539.23,1601510399999,2240.39860900,13,401.82,1669.98121300,0"
KLINE_US = "1735689600000000,4.1507,4.1587,4.1506,4.1554,539.23,1735693199999999,2240.39860900,13,401.82,1669.98,0"
KLINE_2017 = "1518168494789,8000.0,8001.0,7999.0,8000.0,1.0,1518168554788,8000.0,10,0.5,4000.0,0"
TRADE = "51175358,17.80180000,5.69000000,101.29224200,1583709433583,True,True"
AGGREGATED = "0,0.20000000,50.00000000,0,0,1735689600010866,False,True"
CANDLE = "1635630240,53348.1,53400.0,53300.0,53353.6,1.5,42"


def recognised(*lines, zone=None, **options):
    return recognise(PATH, [line.encode() for line in lines], IsoTimes(zone), **options)


@pytest.mark.parametrize(
    ("line", "name", "length", "row"),
    [
        (f"{OLD},53348", "timestamp,price", None, (OLD * 1000, 53348.0)),
        (f"{OLD}000,53348", "timestamp,price", None, (OLD * 1000, 53348.0)),
        ("2021-10-30T21:44:30Z,53348", "timestamp,price", None, (OLD * 1000, 53348.0)),
        (f"{OLD},97.0,0.1", "trades of Kraken", None, (OLD * 1000, 97.0)),
        (KLINE_MS, "candles of Binance", MINUTE, (1_601_510_400_000, 4.1554)),
        (KLINE_US, "candles of Binance", HOUR, (1_735_693_200_000, 4.1554)),
        (KLINE_2017, "candles of Binance", MINUTE, (1_518_168_554_789, 8000.0)),
        (TRADE, "trades of Binance", None, (1_583_709_433_583, 17.8018)),
        (AGGREGATED, "trades of Binance", None, (1_735_689_600_011, 0.2)),
    ],
)
def test_a_line_is_recognised_by_its_columns_and_units(line, name, length, row):
    form = recognised(line)
    assert (form.name, form.length) == (name, length)
    assert form.row(line.encode().split(b","), NOW) == row


@pytest.mark.parametrize("length", [MINUTE, HOUR, DAY])
def test_a_candle_of_kraken_is_stored_at_its_close_of_which_the_name_tells_the_length(length):
    form = recognised(CANDLE, length=length)
    assert (form.name, form.exchange) == ("candles of Kraken", "kraken")
    assert form.row(CANDLE.encode().split(b","), NOW) == (1_635_630_240_000 + length, 53353.6)


@pytest.mark.parametrize(("minutes", "length"), [([0, 1, 2], 1), ([0, 5, 20], 5), ([0, 720, 2160], 720), ([0, 7], 1)])
def test_without_a_telling_name_the_length_of_candles_divides_the_steps_between_them(minutes, length):
    lines = [CANDLE.replace("1635630240", str(1_635_630_240 + 60 * minute)) for minute in minutes]
    assert recognised(*lines).length == length * MINUTE


def test_one_candle_of_unknown_length_is_a_question():
    with pytest.raises(ConfigError, match=r"how long are its candles\? Name it as Kraken does"):
        recognised(CANDLE)


def test_binances_files_may_change_from_milliseconds_to_microseconds():
    form = recognised(KLINE_MS, KLINE_US.replace("1735693199999999", "1735689659999999"))
    assert form.length == MINUTE
    assert form.row(KLINE_US.encode().split(b","), NOW)[0] == 1_735_693_200_000


def test_one_readable_line_among_others_is_enough():
    assert recognised("x", "a;b", f"{OLD},5").name == "timestamp,price"
    assert recognised("x", f"{OLD},5,10,live").name == "timestamp,price"


EXPECTED = "expected lines timestamp,price, rows or an export of this tracker, or an archive of Kraken or Binance"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("a;b", "its fields are separated by ';', expected commas; save it with commas: timestamp,price"),
        (f"{OLD}\t5", "its fields are separated by tabs, expected commas; save it with commas: timestamp,price"),
        (f"{OLD};53348,5", "its fields are separated by ';', expected commas; save it with commas: timestamp,price"),
        (f"{OLD},53348,5", f"its lines, such as '{OLD},53348,5', may have decimals after a comma, expected a point: "),
        ("1.63561E+09,5", "a spreadsheet has rounded its times, such as '1.63561E+09'; import the original file"),
        ("2021-10-30 21:44,5", "its times have no zone, such as '2021-10-30 21:44'; type --zone UTC, or their zone, "),
        ("30.10.2021 21:44,5", f"its lines look like '30.10.2021 21:44,5'; {EXPECTED}"),
        (",".join([f"{OLD}"] * 6 + [f"{OLD}000"] + ["5"] * 5), f"its lines look like '{OLD},"),  # opens at no time
        ("<html>", f"its lines look like '<html>'; {EXPECTED}"),
        (f"{OLD},1,2,3,4,5", f"its lines look like '{OLD},1,2,3,4,5'; {EXPECTED}"),
        (CANDLE.replace("53400.0", "5"), f"its lines look like '{CANDLE.replace('53400.0', '5')}'; {EXPECTED}"),
        ("\x1b[31m,5", f"its lines look like '\ufffd[31m,5'; {EXPECTED}"),
    ],
)
def test_what_no_format_reads_is_refused_with_what_was_read_and_what_to_do(line, reason):
    with pytest.raises(ConfigError) as error:
        recognised(*[line] * 3)
    assert str(error.value).startswith(f"{PATH}: {reason}")


def test_an_empty_file_is_named_as_such():
    with pytest.raises(ConfigError, match=r"btceur\.csv: it is empty$"):
        recognised()


def test_a_typed_zone_makes_times_without_one_readable():
    assert recognised("2021-10-30 21:44,5", zone=parse_zone("UTC")).name == "timestamp,price"


def test_prices_without_the_typed_point_between_thousands_are_refused_but_not_in_an_archive():
    assert recognised(f"{OLD},999", f"{OLD},52.000", to_price=grouped_price).name == "timestamp,price"
    with pytest.raises(ConfigError, match=r"have no point between thousands: .*; import it without --thousands"):
        recognised(f"{OLD},53348.5", to_price=grouped_price)
    assert recognised(KLINE_MS, to_price=grouped_price).name == "candles of Binance"


@pytest.mark.parametrize("time", [b"1609459200", b"1609459200000", b"2021-01-01T00:00:00Z"])
def test_prices_of_millions_with_points_from_the_first_line_on_name_the_answer(time):
    """Each of them alone is no number, so there is no neighbour to compare with."""
    with pytest.raises(ConfigError) as error:
        recognise(Path("btcjpy.csv"), [time + b",5.200.000"] * 3, IsoTimes())
    assert str(error.value) == (
        "btcjpy.csv: its prices, such as '5.200.000', have points between thousands; type --thousands ."
    )


@pytest.mark.parametrize("line", [b"1609459200,40000,50", b"1609459200,40.000,50", b"1609459200,1.200,5"])
def test_a_price_with_decimals_after_a_comma_is_no_trade_of_kraken(line):
    with pytest.raises(ConfigError, match="may have decimals after a comma, expected a point"):
        recognise(Path("btceur.csv"), [line] * 3, IsoTimes())


@pytest.mark.parametrize("line", [b"1609459200,40000,0.5", b"1609459200,96.37,50", b"1609459200,40000.125,1"])
def test_a_trade_of_kraken_may_have_a_whole_price_or_volume(line):
    assert recognise(Path("XBTEUR.csv"), [line], IsoTimes()).name == "trades of Kraken"
