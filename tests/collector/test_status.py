"""Status: what the board says after each event, and that another process reads the same."""

import json
import time
from pathlib import Path

import pytest

from tests.support.fakes import EUR, USD
from tests.support.memory_coordination import MemoryCoordination
from tests.support.status_format_1 import read_as_first_format
from tracker.collector.status import DOCUMENT, StatusBoard, decode, encode, last_published, publish, published
from tracker.core.errors import (
    ExchangeError,
    LeaseError,
    RateLimited,
    Refused,
    StoreError,
    Unreachable,
    UnreadableAnswer,
)
from tracker.core.market_status import (
    NOTE_LASTS,
    BackfillResult,
    Failure,
    HeldBack,
    MarketStatus,
    Note,
    Status,
    failure_of,
    recent,
)

ANSWERS_503 = Failure("unreachable", "fake", "answers 503")
ANSWERS_500 = Failure("unreachable", "fake", "answers 500")
AWAY = Failure("unreachable", "other", "away")


UPGRADE = Path(__file__).parents[1] / "upgrade"
RELEASED = [*sorted(UPGRADE.glob("status-*.json")), UPGRADE / "fa9aac9" / "data" / ".status-collect.json"]
FRAME = '{"format": 2, "collector": "", "mode": "live", "store_problem": "", "notes": [], "markets": %s}'


def test_a_market_waits_until_it_works_and_keeps_the_start_of_its_state():
    board = StatusBoard({EUR: 10_000})
    assert board.status().markets[EUR] == MarketStatus(10_000, "waiting")
    board.mark_live([EUR], 1000)
    board.mark_live([EUR], 2000)
    assert (board.status().markets[EUR].state, board.status().markets[EUR].since) == ("live", 1000)


def test_failures_are_counted_and_a_success_clears_them():
    board = StatusBoard({EUR: 10_000, USD: 10_000})
    board.mark_failed([EUR], 1000, ANSWERS_503, 3000)
    board.mark_failed([EUR], 3000, ANSWERS_500, 7000)
    failed = board.status().markets[EUR]
    assert (failed.state, failed.since, failed.tries, failed.failure, failed.next_try) == (
        "unreachable",
        1000,
        2,
        ANSWERS_500,
        7000,
    )
    assert board.status().markets[USD].state == "waiting"
    board.mark_live([EUR], 8000)
    well = board.status().markets[EUR]
    assert (well.state, well.tries, well.failure, well.next_try) == ("live", 0, None, None)


def test_backfill_progress_leaves_the_state_alone():
    board = StatusBoard({EUR: 10_000})
    board.mark_live([EUR], 1000)
    board.backfill_progress(EUR, 1, 2)
    assert board.status().markets[EUR].state == "live"
    assert board.status().markets[EUR].pages == 2


def test_only_a_change_counts_as_one():
    board = StatusBoard({EUR: 10_000})
    board.mark_live([EUR], 1000)
    version = board.version
    board.mark_live([EUR], 2000)
    board.update(store_problem="")
    assert board.version == version
    board.update(store_problem="full")
    assert board.version > version


def test_notes_are_the_newest_few_each_once_and_end_after_a_day():
    board = StatusBoard({EUR: 10_000})
    version = board.version
    for at, amount in ((1000, 1), (2000, 2), (3000, 1), (4000, 3), (5000, 4)):
        board.add_note(Note("clock_jumped", at, amount))
    assert [(note.time, note.amount) for note in board.status().notes] == [(3000, 1), (4000, 3), (5000, 4)]
    assert board.version == version + 5
    notes = board.status().notes
    assert [note.amount for note in recent(notes, 3000 + NOTE_LASTS)] == [3, 4]
    board.add_note(Note("clock_jumped", 4000 + NOTE_LASTS, 5))
    assert [note.amount for note in board.status().notes] == [4, 5]


def test_a_note_from_before_the_clock_was_set_back_ends_too():
    assert recent([Note("clock_jumped", 2 * NOTE_LASTS, 172_800)], 0) == []


def whole_status():
    """Every field of every type has a value of its own."""
    board = StatusBoard({EUR: 10_000, USD: 5_000})
    board.mark_failed([EUR], 1000, ANSWERS_503, 3000)
    board.mark_live([EUR], 2000, "other")
    board.mark_held_back(EUR, HeldBack(5.0, "fake", 100.5), "other")
    board.backfill_progress(EUR, 1, 2)
    board.backfill_done(EUR, BackfillResult({"fake": 31, "other": 29}, 1, 60.5, Failure("store", words="full")))
    board.mark_refused(USD, 1000, Failure("not_listed", "fake"))
    notes = (Note("clock_jumped", 5000, -3), Note("collector_failed", 6000, words="KeyError: 5"))
    board.update(collector="collect (pid 7)", mode="replay", store_problem="full", notes=notes)
    return board.status()


def test_what_is_published_is_read_back_whole():
    coordination = MemoryCoordination()
    publish(whole_status(), coordination)
    assert published(coordination) == whole_status()


def test_the_file_begins_with_the_number_of_its_format():
    assert encode(whole_status()).startswith(b'{"format":2,')
    assert encode(Status()).startswith(b'{"format":2,')


def test_a_file_of_another_format_is_no_status():
    assert decode(encode(whole_status()).replace(b'"format":2', b'"format":3')) is None


def test_fields_that_a_later_release_adds_are_ignored():
    plain = json.loads(encode(whole_status()))
    plain["colour"] = 1
    for each in plain["markets"].values():
        each["colour"] = {"red": 1}
    assert decode(json.dumps(plain).encode()) == whole_status()


@pytest.mark.parametrize("sample", RELEASED, ids=lambda path: path.stem)
def test_a_file_of_the_first_format_is_no_status(sample):
    assert decode(sample.read_bytes()) is None


@pytest.mark.parametrize("status", [Status(), whole_status()], ids=["empty", "whole"])
def test_the_reader_of_the_first_format_finds_no_status_in_this_one_and_does_not_fail(status):
    assert read_as_first_format(encode(status).decode()) is None


def test_the_reader_of_the_first_format_is_the_released_one():
    assert [read_as_first_format(sample.read_text()) is not None for sample in RELEASED] == [True] * len(RELEASED)


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "{}", "{", "null", "[" * 100_000),
        '{"format":2,"markets":{}}',
        FRAME % "[]",
        FRAME % '{"x": {"interval": 1}}',
        FRAME % '{"fake:BTC/EUR": {}}',
        FRAME % '{"fake:BTC/EUR": {"interval": "1"}}',
        FRAME % '{"fake:BTC/EUR": {"interval": 1, "state": "asleep"}}',
        FRAME % '{"fake:BTC/EUR": {"interval": 1, "backfill": "1 gap left"}}',
        FRAME % '{"fake:BTC/EUR": {"interval": 1, "failure": {"kind": "moody"}}}',
    ],
)
def test_a_torn_or_strange_file_is_no_status(text):
    coordination = MemoryCoordination()
    coordination.publish(DOCUMENT, text.encode())
    assert published(coordination) is None
    assert last_published(coordination) is None


def test_the_frame_of_the_strange_files_is_a_sound_one():
    assert decode((FRAME % '{"fake:BTC/EUR": {"interval": 1}}').encode()).markets == {EUR: MarketStatus(1)}


def test_without_a_document_there_is_no_status():
    assert published(MemoryCoordination()) is None
    assert last_published(MemoryCoordination()) is None


def test_a_coordination_that_cannot_be_read_is_no_status():
    class Broken(MemoryCoordination):
        def read(self, name):
            raise LeaseError("cannot read")

    assert published(Broken()) is None


def test_a_status_that_is_not_renewed_has_its_age():
    coordination = MemoryCoordination()
    publish(Status(collector="collect (pid 7)"), coordination)
    assert published(coordination, fresh=30).silent_for is None
    assert abs(last_published(coordination) / 1000 - time.time()) < 30
    coordination.publish(DOCUMENT, encode(Status(collector="collect (pid 7)"), 5000))
    silent = published(coordination, fresh=30)
    assert silent.silent_for > 1e9
    assert silent.collector == "collect (pid 7)"
    assert last_published(coordination) == 5000


def test_one_that_is_stood_in_for_is_live_and_keeps_what_its_own_exchange_said():
    board = StatusBoard({EUR: 10_000})
    board.mark_failed([EUR], 1000, ANSWERS_503, 3000)
    board.mark_live([EUR], 5000, "coinbase")
    board.mark_failed([EUR], 6000, ANSWERS_500, 9000)
    each = board.status().markets[EUR]
    assert (each.state, each.since, each.stand_in) == ("live", 5000, "coinbase")
    assert (each.failure, each.next_try, each.tries) == (ANSWERS_500, 9000, 2)
    board.mark_live([EUR], 10_000)
    each = board.status().markets[EUR]
    assert (each.state, each.stand_in, each.failure, each.tries) == ("live", "", None, 0)


def test_only_the_one_that_stands_in_can_end_that():
    board = StatusBoard({EUR: 10_000})
    board.mark_failed([EUR], 1000, ANSWERS_503, 3000)
    board.mark_live([EUR], 5000, "coinbase")
    board.mark_failed([EUR], 6000, AWAY, None, "bitstamp")
    assert board.status().markets[EUR].stand_in == "coinbase"
    board.mark_failed([EUR], 7000, AWAY, None, "coinbase")
    each = board.status().markets[EUR]
    assert (each.state, each.stand_in, each.failure) == ("unreachable", "", ANSWERS_503)


def test_prices_held_back_are_counted_and_the_reason_goes_with_the_next_accepted_price():
    board = StatusBoard({EUR: 10_000})
    board.mark_held_back(EUR, HeldBack(1.0))
    board.mark_held_back(EUR, HeldBack(2.0, "other", 5.0))
    each = board.status().markets[EUR]
    assert (each.held_back_count, each.held_back_reason) == (2, HeldBack(2.0, "other", 5.0))
    board.mark_live([EUR], 1000)
    each = board.status().markets[EUR]
    assert (each.held_back_count, each.held_back_reason) == (2, None)


def test_a_market_whose_price_is_held_back_drops_its_earlier_failure():
    board = StatusBoard({EUR: 10_000})
    board.mark_failed([EUR], 1000, ANSWERS_503, 3000)
    board.mark_live([EUR], 5000, "coinbase")
    board.mark_held_back(EUR, HeldBack(1.0), "coinbase")
    assert board.status().markets[EUR].failure == ANSWERS_503
    board.mark_held_back(EUR, HeldBack(1.0))
    each = board.status().markets[EUR]
    assert (each.failure, each.next_try, each.held_back_count) == (Failure("held_back", "fake"), None, 2)


def test_a_reason_goes_only_with_a_price_of_the_exchange_that_gave_it():
    board = StatusBoard({EUR: 10_000})
    board.mark_held_back(EUR, HeldBack(1.0))
    board.mark_live([EUR], 1000, "coinbase")
    assert board.status().markets[EUR].held_back_reason == HeldBack(1.0)
    board.mark_live([EUR], 2000)
    assert board.status().markets[EUR].held_back_reason is None


def test_a_failure_has_the_kind_of_its_error_and_its_words():
    assert failure_of(StoreError("data/: full"), "fake") == Failure("store", "", "data/: full")
    assert failure_of(Unreachable("away"), "fake") == Failure("unreachable", "fake", "away")
    assert failure_of(RateLimited("too many", 5.0), "fake") == Failure("rate_limited", "fake", "too many")
    assert failure_of(ExchangeError("odd"), "fake") == Failure("unreachable", "fake", "odd")
    assert failure_of(Refused("no"), "fake") == Failure("refused", "fake", "no")
    assert failure_of(UnreadableAnswer("strange"), "fake") == Failure("unreadable", "fake", "strange")
