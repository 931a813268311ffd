"""Numbers and names that a voice reads, beside those that are read on paper."""

import pytest

from tests.support.alert_words import HOUR, MINUTE
from tracker.alerts.rules.expression import Measure
from tracker.alerts.wording.spoken import SPOKEN, spoken_name
from tracker.alerts.wording.written import WRITTEN

PRICE, CHANGE, AGE = Measure("last_price"), Measure("change", HOUR), Measure("age")
RATE = Measure("implied", pair=("EUR", "USD"))


@pytest.mark.parametrize(
    ("measure", "value", "quote", "limits", "written", "spoken"),
    [
        (PRICE, 15_299.1, "GBP", (), "15,299.10 GBP", "15299 pounds sterling"),
        (PRICE, 15_299.9, "GBP", (15_300.0,), "15,299.90 GBP", "15299 point 9 pounds sterling"),
        (PRICE, 1.0, "EUR", (), "1.0000 EUR", "1 euro"),
        (PRICE, 0.012346, "XAU", (), "0.012346 XAU", "0 point 0 1 2 3 5 troy ounces of gold"),
        (PRICE, 2_531_000.0, "JPY", (), "2,531,000 JPY", "2531000 Japanese yen"),
        (PRICE, 3.0, "PAXG", (), "3.0000 PAXG", "3 P A X G"),
        (CHANGE, 0.0231, "", (), "2.31 %", "2 point 3 percent"),
        (CHANGE, 0.0201, "", (0.02,), "2.01 %", "2 point 0 1 percent"),
        (Measure("realised_volatility", HOUR), 0.83, "", (0.805,), "83.0 % a year", "83 percent a year"),
        (Measure("coverage", HOUR), 0.9996, "", (), "99 %", "99 point 9 6 percent"),
        (Measure("standard_deviation", HOUR), 512.345, "EUR", (), "512.3 EUR", "512 euros"),
        (RATE, 1.18766, "", (), "1.1877 USD", "1 point 1 8 8 US dollars"),
        (AGE, 61_500.0, "", (60_000.0,), "1 min 1 s", "1 minute 1 second"),
        (AGE, 60_250.0, "", (60_000.0,), "1 min 250 ms", "1 minute 250 milliseconds"),
        (AGE, 7_260_000.0, "", (), "2 h 1 min", "2 hours 1 minute"),
        (Measure("rank", HOUR), 12.0, "USD", (), "12", "12"),
    ],
)
def test_numbers_are_spoken_shorter_than_they_are_written(measure, value, quote, limits, written, spoken):
    text = WRITTEN.amount(measure, value, quote, limits).replace("\N{NARROW NO-BREAK SPACE}", " ")
    assert (text, SPOKEN.amount(measure, value, quote, limits)) == (written, spoken)


def test_limits_are_spoken_with_all_their_digits():
    assert SPOKEN.limit(CHANGE, -0.02125, "") == "minus 2 point 1 2 5 percent"
    assert SPOKEN.limit(PRICE, 15_300.0, "DKK") == "15300 Danish kroner"
    assert SPOKEN.limit(PRICE, 1.0, "XAU") == "1 troy ounce of gold"
    assert SPOKEN.limit(AGE, 90.0 * MINUTE, "") == "90 minutes"


def test_shares_of_time_are_whole_only_if_they_are():
    assert [SPOKEN.share(value) for value in (0.0, 0.001, 0.834, 0.9999, 1.0)] == [
        "0 percent",
        "less than 1 percent",
        "83 percent",
        "99 percent",
        "100 percent",
    ]


def test_what_is_priced_has_a_name_that_can_be_spoken():
    assert [SPOKEN.base(code) for code in ("BTC", "EUR", "ETH")] == ["bitcoin", "the euro", "E T H"]
    assert [SPOKEN.one(code) for code in ("XAU", "GBP", "ETH")] == [
        "one troy ounce of gold",
        "one pound sterling",
        "one E T H",
    ]
    assert [WRITTEN.one(code) for code in ("XAU", "GBP", "ETH")] == [
        "one troy ounce of gold",
        "one pound sterling",
        "one ETH",
    ]


def test_names_are_spoken_without_their_signs():
    assert spoken_name("EUR/USD < 1.2 – Größe_3!") == "EUR USD 1 2 Größe 3"
    assert spoken_name("!?") == ""
