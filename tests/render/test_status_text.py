"""The collector's status as sentences."""

from dataclasses import replace

import pytest

from tests.support.page_states import EUR, NOW
from tracker.core.market_status import BackfillResult, Failure, HeldBack, MarketStatus, Note, Status, WrongClock
from tracker.render.format import status_text


@pytest.mark.parametrize(
    ("result", "text"),
    [
        (BackfillResult(), "nothing was missing"),
        (BackfillResult({"kraken": 1_031}), "1,031 prices from kraken, no gap left"),
        (BackfillResult({"kraken": 1}), "1 price from kraken, no gap left"),
        (
            BackfillResult({"kraken": 31, "coinbase": 29}, 1, 119.0),
            "31 prices from kraken, 29 prices from coinbase, 1 gap of 119 s left",
        ),
        (BackfillResult(gaps_left=2, seconds_left=3_660), "nothing was available, 2 gaps of 61 min in total left"),
        (
            BackfillResult({"binance": 31}, left_out=1),
            "31 prices from binance, 1 unreadable candle left out, no gap left",
        ),
        (BackfillResult(left_out=12), "nothing was available, 12 unreadable candles left out, no gap left"),
        (
            BackfillResult({"kraken": 31}, 1, 60.0, Failure("unreachable", "kraken", "api.kraken.com answers 503")),
            "older prices could not be fetched: api.kraken.com answers 503; retried later",
        ),
        (
            BackfillResult(failure=Failure("store", words="data/: No space left on device")),
            "older prices could not be fetched: data/: No space left on device; retried later",
        ),
    ],
)
def test_a_backfill_is_described_by_its_prices_and_remaining_gaps(result, text):
    assert status_text.backfill_text(result, EUR) == text


@pytest.mark.parametrize(
    ("count", "gaps", "text"),
    [
        (0, (), ""),
        (1, ((1_518_168_480_000, 1_518_173_880_000),), "9 Feb 2018 09:28 to 10:58"),
        (1, ((1_518_168_483_000, 1_518_168_533_000),), "9 Feb 2018 09:28:03 to 09:28:53"),
        (1, ((1_518_168_480_000, 1_518_220_800_000),), "9 Feb 2018 09:28 to 10 Feb 2018 00:00"),
        (
            7,
            ((1_518_168_480_000, 1_518_173_880_000), (1_518_220_800_000, 1_518_224_400_000)),
            "9 Feb 2018 09:28 to 10:58, 10 Feb 2018 00:00 to 01:00 and 5 more",
        ),
    ],
)
def test_the_longest_gaps_are_named_and_the_others_counted(count, gaps, text):
    assert status_text.gaps_text(BackfillResult(gaps_left=count, longest_gaps=gaps)) == text


@pytest.mark.parametrize(
    ("reason", "held_back_from", "text"),
    [
        (None, "", ""),
        (HeldBack(5.0, "coinbase", 92_349.9), "", "kraken reports 5.0000, coinbase 92,349.90"),
        (HeldBack(5.0), "", "kraken reports 5.0000, no other exchange has confirmed it yet"),
        (HeldBack(5.0, "kraken", 100.0), "coinbase", "coinbase reports 5.0000, kraken 100.000"),
        (HeldBack(5.0, "kraken", 100.0), "", "kraken reports 5.0000, its candles 100.000"),
    ],
)
def test_a_price_held_back_is_described_with_both_exchanges(reason, held_back_from, text):
    status = MarketStatus(10_000, held_back_reason=reason, held_back_from=held_back_from)
    assert status_text.held_back_text(status, EUR) == text


@pytest.mark.parametrize(("count", "text"), [(0, ""), (1, "1 price held back"), (1_200, "1,200 prices held back")])
def test_prices_held_back_are_counted(count, text):
    assert status_text.held_back_count_text(MarketStatus(10_000, held_back_count=count)) == text


@pytest.mark.parametrize(("page", "pages", "text"), [(0, 0, ""), (0, 1, "0 of 1 page"), (3, 12, "3 of 12 pages")])
def test_a_backfill_under_way_is_described_by_its_pages(page, pages, text):
    assert status_text.progress_text(MarketStatus(10_000, page=page, pages=pages)) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (59.0, ""),
        (61.0, ", about 1 min left"),
        (700.0, ", about 12 min left"),
        (7_000.0, ", about 2 h left"),
        (400_000.0, ", about 5 d left"),
    ],
)
def test_the_time_left_of_a_backfill_is_rounded_as_an_estimate(seconds, text):
    status = MarketStatus(10_000, page=412, pages=3_563, backfill_seconds=seconds)
    assert status_text.progress_text(status) == f"412 of 3,563 pages{text}"


def test_the_progress_of_several_markets_is_the_sum_of_their_pages_and_the_longest_time():
    running = [MarketStatus(10_000, page=5, pages=10, backfill_seconds=seconds) for seconds in (None, 600.0, 60.0)]
    assert status_text.total_progress_text([*running, MarketStatus(10_000)]) == "15 of 30 pages, about 10 min left"
    assert status_text.total_progress_text([MarketStatus(10_000)]) == ""


@pytest.mark.parametrize(
    ("result", "text"),
    [
        (BackfillResult(completed=1), "low and high of 1 price added, no gap left"),
        (
            BackfillResult({"kraken": 31}, 1, 60.0, completed=1_440),
            "31 prices from kraken, low and high of 1,440 prices added, 1 gap of 60 s left",
        ),
    ],
)
def test_a_backfill_says_how_many_prices_gained_their_low_and_high(result, text):
    assert status_text.backfill_text(result, EUR) == text


def test_a_backfill_that_reaches_before_the_first_trade_says_since_when_there_are_prices():
    result = BackfillResult({"kraken": 31}, 1, 864_000.0 * 10, none_before=1_518_168_480_000)
    text = "31 prices from kraken, 1 gap of 100 days left, no exchange has prices before 9 Feb 2018 09:28 UTC"
    assert status_text.backfill_text(result, EUR) == text


@pytest.mark.parametrize(
    ("note", "text"),
    [
        (Note("clock_jumped", NOW, 12), "the clock was set ahead by 12 s; slots restarted"),
        (Note("clock_jumped", NOW, -3), "the clock was set back by 3 s; slots restarted"),
        (Note("lines_skipped", NOW, 1, "data/a.csv"), "1 malformed line was skipped, the latest in data/a.csv"),
        (
            Note("lines_skipped", NOW, 2_000, "data/a.csv"),
            "2,000 malformed lines were skipped, the latest in data/a.csv",
        ),
        (
            Note("start_needed", NOW, words="store, clock"),
            "changed settings that take effect when collecting starts again: store, clock",
        ),
        (Note("collector_failed", NOW, words="KeyError: 5"), "the collector failed: KeyError: 5; see the log"),
        (
            Note("collector_failed", NOW, words="OSError: [Errno 5] Input/output error: '/home/she/tracker.toml'"),
            "the collector failed: OSError: [Errno 5] Input/output error: 'tracker.toml'; see the log",
        ),
    ],
)
def test_a_note_names_what_happened(note, text):
    assert status_text.note_text(note) == text


def test_a_collector_that_writes_nothing_is_named_with_its_folder_as_the_page_names_it():
    silent = Status(silent_for=20.4)
    text = "the collector has written nothing for 20 s; data/ may be full or read-only"
    assert status_text.store_problem_text(silent, "data/") == text
    assert status_text.store_problem_text(silent) == text.replace("data/", "its data folder")
    assert (
        status_text.store_problem_text(Status(store_problem="data/: No space left"), "data/") == "data/: No space left"
    )
    assert status_text.store_problem_text(Status()) == ""


def test_a_failure_that_is_over_has_no_text():
    assert status_text.failure_text(MarketStatus(10_000), EUR) == ""


def test_a_wrong_clock_is_described_with_what_to_type_until_it_is_right_again():
    clock = WrongClock(-61, 0, 1, ("kraken",))
    text = "the collecting computer's clock is 1 min 1 s ahead of that of kraken"
    assert status_text.wrong_clock_text(Status(clock=clock)) == text
    advice = status_text.wrong_clock_advice(Status(clock=clock))
    assert advice.startswith(f"The {text[4:]}; set it, e.g.: sudo ")
    assert "in WSL 2: sudo hwclock -s" in advice
    right = replace(clock, until=5)
    for status in (Status(clock=right), Status()):
        assert status_text.wrong_clock_text(status) == status_text.wrong_clock_advice(status) == ""
    assert status_text.past_wrong_clock_text(right) == (
        "the collecting computer's clock was 1 min 1 s ahead of that of kraken; 1 price was not stored, and backfill "
        "fetches what is missing"
    )
