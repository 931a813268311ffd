"""The published status: another process reads the same, and nothing from another format."""

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.fakes import EUR, USD
from tests.support.memory_coordination import MemoryCoordination
from tests.support.status_format_1 import read_as_first_format
from tracker.collector.status import DOCUMENT, StatusBoard, decode, encode, last_published, publish, published
from tracker.core.errors import (
    LeaseError,
)
from tracker.core.market import Market
from tracker.core.market_status import (
    BackfillResult,
    Failure,
    HeldBack,
    MarketStatus,
    Note,
    Status,
    Stop,
    WrongClock,
)
from tracker.core.stored_size import StoredSize

ANSWERS_503 = Failure("unreachable", "fake", "answers 503")
UPGRADE = Path(__file__).parents[1] / "upgrade"
RELEASED = [*sorted(UPGRADE.glob("status-*.json")), UPGRADE / "fa9aac9" / "data" / ".status-collect.json"]
FRAME = '{"format": 2, "collector": "", "mode": "live", "store_problem": "", "notes": [], "markets": %s}'


def full_status():
    """Return a status in which every field has a value of its own."""
    board = StatusBoard({EUR: 10_000, USD: 5_000})
    board.mark_failed([EUR], 1000, ANSWERS_503, 3000)
    board.mark_live([EUR], 2000, "other")
    board.mark_held_back(EUR, HeldBack(5.0, "fake", 100.5), "other")
    board.backfill_progress(EUR, 1, 2)
    board.backfill_done(
        EUR, BackfillResult({"fake": 31, "other": 29}, 1, 60.5, Failure("store", words="full"), ((5, 9),), 3, 1000)
    )
    board.mark_refused(USD, 1000, Failure("not_listed", "fake"))
    board.mark_stops({USD: Stop(500, "cancel_only")})
    notes = (Note("clock_jumped", 5000, -3), Note("collector_failed", 6000, words="KeyError: 5"))
    board.update(collector="collect (pid 7)", mode="replay", store_problem="full", notes=notes)
    board.update(clock=WrongClock(7200, 1000, 12, ("fake", "other"), 9000), rivals=("collect (pid 8)",))
    board.update(stored=StoredSize(4_100_000, 250_000, 1000))
    return board.status()


def test_a_published_status_reads_back_exactly():
    coordination = MemoryCoordination()
    publish(full_status(), coordination)
    assert published(coordination) == full_status()


def test_a_status_document_begins_with_the_number_of_its_format():
    assert encode(full_status()).startswith(b'{"format":2,')
    assert encode(Status()).startswith(b'{"format":2,')


def failing(count, words="", **changes):
    """A status of *count* markets whose exchange has not answered for days."""
    status = MarketStatus(10_000, "unreachable", 10**12, Failure("unreachable", "coingecko", words), 10**12, 10_000)
    markets = {Market("coingecko", "BTC", f"A{number:04d}"): status for number in range(count)}
    return Status("collect (pid 4711)", markets={market: replace(status, **changes) for market in markets})


@pytest.mark.parametrize("sign", ["x", "\N{REPLACEMENT CHARACTER}", '"'])
def test_two_thousand_failing_markets_fit_into_a_document(sign):
    failure = Failure("unreachable", "coingecko", sign * 1000)
    status = failing(2000, sign * 1000, backfill=BackfillResult({"coingecko": 1000}, 1, 86_400.5, failure))
    coordination = MemoryCoordination()
    publish(status, coordination)
    decoded = published(coordination).markets
    assert list(decoded) == list(status.markets)
    assert {(of.state, of.failure.kind, of.tries) for of in decoded.values()} == {
        ("unreachable", "unreachable", 10_000)
    }


def test_long_words_of_an_error_are_cut_off_and_whole_ones_stay_while_there_is_room():
    words = "x" * 299
    for shown, cause in ((f"{words}y", f"{words}y"), (f"{words}…", f"{words}yz")):
        failure = Failure("unreachable", "fake", cause)
        notes = (Note("collector_failed", 5000, words=cause),)
        status = replace(failing(1, cause, backfill=BackfillResult(failure=failure)), notes=notes)
        decoded = decode(encode(status))
        [market] = decoded.markets.values()
        assert {market.failure.words, market.backfill.failure.words, decoded.notes[0].words} == {shown}


def test_a_status_that_still_is_too_large_is_an_error_and_the_last_one_stays():
    coordination = MemoryCoordination()
    publish(full_status(), coordination)
    with pytest.raises(ValueError, match="document"):
        publish(failing(5000), coordination)
    assert published(coordination) == full_status()


def test_a_document_of_another_format_is_no_status():
    assert decode(encode(full_status()).replace(b'"format":2', b'"format":3')) is None


def test_fields_that_a_later_release_adds_are_ignored():
    plain = json.loads(encode(full_status()))
    plain["colour"] = 1
    for market in plain["markets"].values():
        market["colour"] = {"red": 1}
    assert decode(json.dumps(plain).encode()) == full_status()


@pytest.mark.parametrize("sample", RELEASED, ids=lambda path: path.stem)
def test_a_document_of_the_first_format_is_no_status(sample):
    assert decode(sample.read_bytes()) is None


@pytest.mark.parametrize("status", [Status(), full_status()], ids=["empty", "full"])
def test_the_reader_of_the_first_format_finds_no_status_in_this_format_and_raises_nothing(status):
    assert read_as_first_format(encode(status).decode()) is None


def test_the_reader_of_the_first_format_reads_the_released_documents():
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
def test_a_torn_or_malformed_document_is_no_status(text):
    coordination = MemoryCoordination()
    coordination.publish(DOCUMENT, text.encode())
    assert published(coordination) is None
    assert last_published(coordination) is None


def test_the_frame_of_the_malformed_documents_is_valid():
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
