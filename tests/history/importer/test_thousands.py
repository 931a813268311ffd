"""Points between thousands: asked about where a price is a thousand times off its neighbour, never guessed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.imports import EUR, OLD, import_folder, prices_in, put
from tests.support.memory_store import MemoryStore
from tracker.core.ticks import Ticks
from tracker.history.importer import price_file, thousands
from tracker.history.importer.thousands import NeighbourCheck, grouped_price

ANSWERS = "type --thousands .; if its point is a decimal point, type --thousands none"


def lines(*prices):
    return "".join(f"{OLD + 60 * number},{price}\n" for number, price in enumerate(prices))


@pytest.mark.parametrize(
    ("prices", "line", "text", "number"),
    [
        (["998", "999", "52.000"], 3, "'52.000' beside 999", "52,000"),
        (["998", "999", "1.000", "1.001"], 3, "'1.000' beside 999", "1,000"),
        (["1.001", "999"], 1, "'1.001' beside 999", "1,001"),
        (["999.999", "1.000.000"], 2, "'1.000.000'", "1,000,000"),
        (["53348.5"] * 40_000 + ["53.349"], 40_001, "'53.349' beside 53348.5", "53,349"),
    ],
    ids=["up", "over 1000", "down", "millions", "far down a file"],
)
def test_a_price_a_thousand_times_off_stops_its_file_with_the_line_and_the_question(
    tmp_path, prices, line, text, number
):
    path = put(tmp_path, "btceur.csv", lines(*prices))
    store, summaries = import_folder(tmp_path, every=None)
    [stopped] = summaries[EUR].stopped
    assert stopped == f"{path}, line {line}: {text}: is it {number}? Then {ANSWERS}"
    assert (store.rows, summaries[EUR].files, summaries[EUR].lines.read) == ([], 0, 0)


def test_a_price_that_no_point_explains_stops_its_file_too(tmp_path):
    put(tmp_path, "btceur.csv", lines("53348.5", "53.4"))
    [stopped] = import_folder(tmp_path)[1][EUR].stopped
    assert stopped.endswith(
        "line 2: '53.4' beside 53348.5; correct or remove that line, or if it is right, type --thousands none"
    )


def test_a_file_in_question_costs_no_other_file(tmp_path):
    put(tmp_path, "btceur.csv", lines("999", "52.000"))
    put(tmp_path, "btceur/2021-10-30-23.csv", lines("998"))
    put(tmp_path, "btceur/2021-10-30-22.csv", lines("998", "1.000"))
    store, summaries = import_folder(tmp_path)
    assert (prices_in(store), len(summaries[EUR].stopped)) == ([(OLD, 998.0)], 2)


@pytest.mark.parametrize("at", [0, 600, -600])
def test_prices_a_thousand_times_off_those_that_are_stored_are_asked_about(tmp_path, at):
    """In a file of 2021 every price is above 1000, so each has a point, and none is off its neighbour."""
    store = MemoryStore()
    store.append({EUR: Ticks.of([(OLD + at) * 1000], [52_100.0], 10_000)})
    path = put(tmp_path, "btceur.csv", lines("52.000", "51.999"))
    tracker_row = f"timestamp,price,interval,origin\n{OLD - 3600},53000,10,live\n"
    put(tmp_path, "kraken/btceur/2021-10-30-20.csv", tracker_row)
    store, summaries = import_folder(tmp_path, store, every=None)
    summary = summaries[EUR]
    assert summary.stopped == [
        f"{path}: prices such as 51.9995 beside the stored 52100.0: do their points separate thousands? Then type "
        "--thousands .; if they are right, type --thousands none"
    ]
    assert (summary.files, summary.lines.read, summary.written, summary.duplicates) == (1, 1, 1, 0)
    assert import_folder(tmp_path, store, thousands=thousands.POINT)[1][EUR].stopped == []


def test_prices_far_in_time_from_those_that_are_stored_are_not_compared(tmp_path):
    store = MemoryStore()
    store.append({EUR: Ticks.of([OLD * 1000 + 10**11], [90_000.0], 10_000)})
    put(tmp_path, "btceur.csv", lines("52.1", "52.2"))
    assert import_folder(tmp_path, store)[1][EUR].written == 2


@pytest.mark.parametrize(
    ("answer", "imported"), [(thousands.POINT, [999.0, 52_000.0, 53_348.0]), (thousands.NONE, [999.0, 52.0, 53.348])]
)
def test_the_answer_decides_how_the_file_is_read(tmp_path, answer, imported):
    put(tmp_path, "btceur.csv", lines("999", "52.000", "53.348"))
    store, summaries = import_folder(tmp_path, thousands=answer)
    assert [price for _, price in prices_in(store)] == imported
    assert summaries[EUR].stopped == []


@pytest.mark.parametrize(("text", "number"), [("999", 999.0), ("52.000", 52e3), ("1.000.000", 1e6), ("52000", 52e3)])
def test_a_grouped_price_has_points_between_all_thousands_or_none(text, number):
    assert grouped_price(text) == number


@pytest.mark.parametrize("text", ["52.00", "52.0000", "5200.000", ".000", "1.000,5", "-1.000", "", "0"])
def test_a_price_with_other_points_is_no_grouped_price(text):
    with pytest.raises((ValueError, OverflowError)):
        grouped_price(text)


@given(st.lists(st.floats(-0.9, 0.9), max_size=50), st.integers(1, 50))
def test_prices_that_move_less_than_tenfold_are_never_in_question_however_a_file_is_parted(steps, size):
    prices = 1000.0 * 10.0 ** np.cumsum([0.0, *steps])
    check = NeighbourCheck()
    for start in range(0, len(prices), size):
        part = prices[start : start + size]
        check.check(np.zeros(len(part), dtype=np.int64), part, lambda index: (index, "52.000"))


def test_a_crash_of_a_tenth_with_a_decimal_point_is_believed(tmp_path):
    put(tmp_path, "btceur.csv", lines("65760.5", "8200.12", "0700.5", "65000.25"))
    assert import_folder(tmp_path)[1][EUR].stopped == []


@pytest.mark.parametrize("size", [1, 2])
def test_a_price_is_asked_about_in_its_own_words_where_the_next_part_of_a_file_begins(tmp_path, monkeypatch, size):
    monkeypatch.setattr(price_file, "CHUNK", size * len(f"{OLD},52.000\n"))
    path = put(tmp_path, "btceur.csv", lines("52.001", "52.000", "999"))
    [stopped] = import_folder(tmp_path)[1][EUR].stopped
    assert stopped.startswith(f"{path}, line 2: '52.000' beside 999: is it 52,000?")


@pytest.mark.parametrize(
    ("first", "second"),
    [("btceur/2021-10-30-21.csv", "btceur/2021-10-30-22.csv"), ("q3/btceur.csv", "q4/btceur.csv")],
    ids=["hours", "quarters"],
)
@pytest.mark.parametrize("is_falling", [False, True])
def test_a_price_off_its_neighbour_in_another_file_stops_all_files_of_that_market(
    tmp_path, monkeypatch, first, second, is_falling
):
    """As the former app's files of an hour: else those from 1000 on would be stored as 1, for good."""
    monkeypatch.setattr(price_file, "CHUNK", 20)  # bytes, so that each file is read in parts
    low, high = ["998", "999"], ["52.000", "52.001"]
    first_path = put(tmp_path, first, lines(*(high[::-1] if is_falling else low)))
    later = "".join(
        f"{OLD + 3600 + 60 * number},{price}\n" for number, price in enumerate(low[::-1] if is_falling else high)
    )
    second_path = put(tmp_path, second, later)
    tracker_row = f"timestamp,price,interval,origin\n{OLD - 3600},53000,10,live\n"
    put(tmp_path, "kraken/btceur/2021-10-30-20.csv", tracker_row)
    store, summaries = import_folder(tmp_path, every=None)
    summary = summaries[EUR]
    grouped, number, other = (first_path, 2, second_path) if is_falling else (second_path, 1, first_path)
    assert summary.stopped == [
        f"{first_path} and 1 more: {grouped}, line {number}: '52.000' beside 999 in {other.name}: is it 52,000? "
        f"Then {ANSWERS}"
    ]
    assert (summary.files, summary.files_stopped, summary.cadences) == (1, 2, {})
    assert prices_in(store) == [(OLD - 3600, 53_000.0)]
    assert import_folder(tmp_path, every=1_000)[1][EUR].sparse == {}
    store, _ = import_folder(tmp_path, every=None, thousands=thousands.POINT)
    assert sorted(price for _, price in prices_in(store))[:4] == [998.0, 999.0, 52_000.0, 52_001.0]


def test_files_that_do_not_continue_each_other_are_not_compared(tmp_path):
    put(tmp_path, "q1/btceur.csv", lines("52.000", "52.001"))
    put(tmp_path, "q2/btceur.csv", "".join(f"{OLD + 100_000 + at},{price}\n" for at, price in ((0, 998), (60, 999))))
    assert import_folder(tmp_path)[1][EUR].stopped == []


def test_a_file_of_another_scale_whose_points_separate_no_thousands_costs_no_other_file(tmp_path):
    put(tmp_path, "btceur/2021-10-30-21.csv", lines("53348.5", "53349.5"))
    put(tmp_path, "btceur/2021-10-30-22.csv", f"{OLD + 3600},53.35\n{OLD + 3660},53.36\n")
    assert import_folder(tmp_path)[1][EUR].stopped == []


def test_archives_have_decimal_points_and_are_not_compared(tmp_path):
    put(tmp_path, "XBTEUR.csv", f"{OLD},52.001,0.5\n")
    put(tmp_path, "q2/XBTEUR.csv", f"{OLD + 60},999.5,0.5\n")
    assert import_folder(tmp_path)[1][EUR].stopped == []
