"""Status: what the board says after each event, and that another process reads the same."""

import os

import pytest
from fakes import EUR, USD

from tracker.status import NOTE_LASTS, Board, MarketStatus, Note, Status, publish, published, recent


def test_a_market_waits_until_it_works_and_keeps_the_start_of_its_state():
    board = Board({EUR: 10_000})
    assert board.status().markets[EUR] == MarketStatus(10_000, "waiting")
    board.works([EUR], 1000)
    board.works([EUR], 2000)
    assert (board.status().markets[EUR].state, board.status().markets[EUR].since) == ("live", 1000)


def test_failures_are_counted_and_a_success_clears_them():
    board = Board({EUR: 10_000, USD: 10_000})
    board.fails([EUR], 1000, "answers 503", 3000)
    board.fails([EUR], 3000, "answers 500", 7000)
    failed = board.status().markets[EUR]
    assert (failed.state, failed.since, failed.tries, failed.cause, failed.next_try) == (
        "unreachable",
        1000,
        2,
        "answers 500",
        7000,
    )
    assert board.status().markets[USD].state == "waiting"
    board.works([EUR], 8000)
    well = board.status().markets[EUR]
    assert (well.state, well.tries, well.cause, well.next_try) == ("live", 0, "", None)


def test_backfill_progress_leaves_the_state_alone():
    board = Board({EUR: 10_000})
    board.works([EUR], 1000)
    board.fills(EUR, 1, 2)
    assert board.status().markets[EUR].state == "live"
    assert board.status().markets[EUR].progress == "1 of 2 pages"


def test_only_a_change_counts_as_one():
    board = Board({EUR: 10_000})
    board.works([EUR], 1000)
    version = board.version
    board.works([EUR], 2000)
    board.say(store_problem="")
    assert board.version == version
    board.say(store_problem="full")
    assert board.version > version


def test_notes_are_the_newest_few_each_once_and_end_after_a_day():
    board = Board({EUR: 10_000})
    version = board.version
    for time, text in ((1000, "a"), (2000, "b"), (3000, "a"), (4000, "c"), (5000, "d")):
        board.note(time, text)
    assert [tuple(note) for note in board.status().notes] == [(3000, "a"), (4000, "c"), (5000, "d")]
    assert board.version == version + 5
    notes = board.status().notes
    assert [note.text for note in recent(notes, 3000 + NOTE_LASTS)] == ["c", "d"]
    board.note(4000 + NOTE_LASTS, "e")
    assert [note.text for note in board.status().notes] == ["d", "e"]


def test_a_note_from_before_the_clock_was_set_back_ends_too():
    assert recent([Note(2 * NOTE_LASTS, "ahead by 2 days")], 0) == []


def test_what_is_published_is_read_back_whole(tmp_path):
    board = Board({EUR: 10_000, USD: 5_000})
    board.fails([EUR], 1000, "answers 503", 3000)
    board.refuses(USD, 1000, "not offered")
    board.say(collector="collect (pid 7)", mode="replay", store_problem="full")
    board.note(1000, "the clock was set")
    publish(board.status(), tmp_path / "status.json")
    assert published(tmp_path / "status.json") == board.status()
    assert [path.name for path in tmp_path.iterdir()] == ["status.json"]


def test_no_file_or_one_of_another_version_is_no_status(tmp_path):
    assert published(tmp_path / "none.json") is None
    for text in ("", "[]", "{}", '{"markets": {}, "colour": 1}', '{"markets": {"x": {}}}', '{"markets": []}'):
        (tmp_path / "status.json").write_text(text)
        assert published(tmp_path / "status.json") is None


def test_a_publication_that_fails_leaves_nothing_half_written(tmp_path):
    target = tmp_path / "status.json"
    target.mkdir()
    with pytest.raises(OSError, match="directory"):
        publish(Status(), target)
    assert list(tmp_path.iterdir()) == [target]


def test_a_status_that_nobody_renews_is_a_store_problem(tmp_path):
    path = tmp_path / "status.json"
    publish(Status(collector="collect (pid 7)"), path)
    assert published(path, fresh=30).store_problem == ""
    os.utime(path, (0, 0))
    told = published(path, fresh=30)
    assert "may be full or read-only" in told.store_problem
    assert told.collector == "collect (pid 7)"


def test_one_that_is_stood_in_for_is_live_and_keeps_what_its_own_exchange_said():
    board = Board({EUR: 10_000})
    board.fails([EUR], 1000, "answers 503", 3000)
    board.works([EUR], 5000, "coinbase")
    board.fails([EUR], 6000, "answers 500", 9000)
    each = board.status().markets[EUR]
    assert (each.state, each.since, each.via) == ("live", 5000, "coinbase")
    assert (each.cause, each.next_try, each.tries) == ("answers 500", 9000, 2)
    board.works([EUR], 10_000)
    each = board.status().markets[EUR]
    assert (each.state, each.via, each.cause, each.tries) == ("live", "", "", 0)


def test_only_the_one_that_stands_in_can_end_that():
    board = Board({EUR: 10_000})
    board.fails([EUR], 1000, "answers 503", 3000)
    board.works([EUR], 5000, "coinbase")
    board.fails([EUR], 6000, "away", None, "bitstamp")
    assert board.status().markets[EUR].via == "coinbase"
    board.fails([EUR], 7000, "away", None, "coinbase")
    each = board.status().markets[EUR]
    assert (each.state, each.via, each.cause) == ("unreachable", "", "answers 503")


def test_doubts_are_counted_and_forgotten_with_the_next_price_that_is_believed():
    board = Board({EUR: 10_000})
    board.doubts(EUR, "kraken says 1")
    board.doubts(EUR, "kraken says 2")
    assert (board.status().markets[EUR].held, board.status().markets[EUR].doubt) == (2, "kraken says 2")
    board.works([EUR], 1000)
    assert (board.status().markets[EUR].held, board.status().markets[EUR].doubt) == (2, "")


def test_one_whose_price_is_held_back_no_longer_says_why_it_did_not_answer():
    board = Board({EUR: 10_000})
    board.fails([EUR], 1000, "answers 503", 3000)
    board.works([EUR], 5000, "coinbase")
    board.doubts(EUR, "coinbase says 1", "coinbase")
    assert board.status().markets[EUR].cause == "answers 503"
    board.doubts(EUR, "kraken says 1")
    each = board.status().markets[EUR]
    assert (each.cause, each.next_try, each.held) == ("its price is held back", None, 2)


def test_a_doubt_ends_only_with_a_price_of_the_one_who_is_doubted():
    board = Board({EUR: 10_000})
    board.doubts(EUR, "kraken says 1")
    board.works([EUR], 1000, "coinbase")
    assert board.status().markets[EUR].doubt == "kraken says 1"
    board.works([EUR], 2000)
    assert board.status().markets[EUR].doubt == ""
