"""StatusBoard: the status of a market after each event."""

from tests.support.fakes import EUR, USD
from tracker.collector.status import StatusBoard
from tracker.core.errors import (
    ExchangeError,
    RateLimited,
    Refused,
    StoreError,
    Unreachable,
    UnreadableAnswer,
)
from tracker.core.market import Market
from tracker.core.market_status import (
    NOTE_LASTS,
    BackfillResult,
    Failure,
    HeldBack,
    MarketStatus,
    Note,
    Stop,
    failure_of,
    recent,
)

GBP = Market("fake", "BTC", "GBP")

ANSWERS_503 = Failure("unreachable", "fake", "answers 503")
ANSWERS_500 = Failure("unreachable", "fake", "answers 500")
AWAY = Failure("unreachable", "other", "away")


def test_a_market_waits_for_its_first_price_and_keeps_the_start_of_its_state():
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
    live = board.status().markets[EUR]
    assert (live.state, live.tries, live.failure, live.next_try) == ("live", 0, None, None)


def test_backfill_progress_does_not_change_the_state():
    board = StatusBoard({EUR: 10_000})
    board.mark_live([EUR], 1000)
    board.backfill_progress(EUR, 1, 2)
    assert board.status().markets[EUR].state == "live"
    assert board.status().markets[EUR].pages == 2


def test_the_version_changes_only_with_the_status():
    board = StatusBoard({EUR: 10_000})
    board.mark_live([EUR], 1000)
    version = board.version
    board.mark_live([EUR], 2000)
    board.update(store_problem="")
    board.mark_stops({EUR: None})
    assert board.version == version
    board.update(store_problem="full")
    assert board.version > version


def test_only_the_newest_notes_are_kept_each_once_for_a_day():
    board = StatusBoard({EUR: 10_000})
    version = board.version
    for time, amount in ((1000, 1), (2000, 2), (3000, 1), (4000, 3), (5000, 4)):
        board.add_note(Note("clock_jumped", time, amount))
    assert [(note.time, note.amount) for note in board.status().notes] == [(3000, 1), (4000, 3), (5000, 4)]
    assert board.version == version + 5
    notes = board.status().notes
    assert [note.amount for note in recent(notes, 3000 + NOTE_LASTS)] == [3, 4]
    board.add_note(Note("clock_jumped", 4000 + NOTE_LASTS, 5))
    assert [note.amount for note in board.status().notes] == [4, 5]


def test_a_note_of_what_lasts_is_kept_and_shown_until_it_is_removed():
    board = StatusBoard({EUR: 10_000})
    board.add_note(Note("settings_wrong", 1000, words="span: expected a duration"))
    for time in range(2000, 9000, 1000):
        board.add_note(Note("clock_jumped", time + 2 * NOTE_LASTS, time))
    notes = board.status().notes
    assert [note.kind for note in notes] == ["settings_wrong", "clock_jumped", "clock_jumped", "clock_jumped"]
    assert [note.kind for note in recent(notes, 9 * NOTE_LASTS)] == ["settings_wrong"]


def test_notes_of_what_is_over_are_removed():
    board = StatusBoard({EUR: 10_000})
    for kind in ("settings_wrong", "clock_jumped", "settings_wrong"):
        board.add_note(Note(kind, 1000, words="words"))
    version = board.version
    board.remove_notes("settings_wrong")
    assert [note.kind for note in board.status().notes] == ["clock_jumped"]
    board.remove_notes("settings_wrong")
    assert board.version == version + 1


def test_markets_that_stay_on_the_board_keep_their_status_and_the_others_are_forgotten():
    board = StatusBoard({EUR: 10_000, USD: 10_000})
    board.mark_live([EUR, USD], 1000)
    board.change_markets({GBP: 5_000, USD: 20_000})
    assert list(board.status().markets.items()) == [
        (GBP, MarketStatus(5_000)),
        (USD, MarketStatus(20_000, "live", 1000)),
    ]
    version = board.version
    board.change_markets({GBP: 5_000, USD: 20_000})
    assert board.version == version
    board.change_cadence(USD, 30_000)
    assert board.market(USD).interval == 30_000


def test_what_is_recorded_of_a_market_that_is_not_on_the_board_is_ignored():
    board = StatusBoard({EUR: 10_000})
    version = board.version
    board.mark_live([USD], 1000)
    board.mark_failed([USD], 1000, AWAY, None)
    board.mark_refused(USD, 1000, AWAY)
    board.mark_stops({USD: Stop(1000)})
    board.mark_held_back(USD, HeldBack(1.0))
    board.backfill_progress(USD, 1, 2)
    board.backfill_done(USD, BackfillResult())
    board.change_cadence(USD, 5_000)
    assert (board.version, list(board.status().markets)) == (version, [EUR])
    assert board.market(USD).state == "waiting"


def test_a_note_with_a_future_time_is_not_recent():
    assert recent([Note("clock_jumped", 2 * NOTE_LASTS, 172_800)], 0) == []


def test_a_market_with_a_stand_in_is_live_and_keeps_the_failure_of_its_own_exchange():
    board = StatusBoard({EUR: 10_000})
    board.mark_failed([EUR], 1000, ANSWERS_503, 3000)
    board.mark_live([EUR], 5000, "coinbase")
    board.mark_failed([EUR], 6000, ANSWERS_500, 9000)
    status = board.status().markets[EUR]
    assert (status.state, status.since, status.stand_in) == ("live", 5000, "coinbase")
    assert (status.failure, status.next_try, status.tries) == (ANSWERS_500, 9000, 2)
    board.mark_live([EUR], 10_000)
    status = board.status().markets[EUR]
    assert (status.state, status.stand_in, status.failure, status.tries) == ("live", "", None, 0)


def test_only_a_failure_of_the_stand_in_itself_ends_its_role():
    board = StatusBoard({EUR: 10_000})
    board.mark_failed([EUR], 1000, ANSWERS_503, 3000)
    board.mark_live([EUR], 5000, "coinbase")
    board.mark_failed([EUR], 6000, AWAY, None, "bitstamp")
    assert board.status().markets[EUR].stand_in == "coinbase"
    board.mark_failed([EUR], 7000, AWAY, None, "coinbase")
    status = board.status().markets[EUR]
    assert (status.state, status.stand_in, status.failure) == ("unreachable", "", ANSWERS_503)


def test_held_back_prices_are_counted_and_the_next_accepted_price_clears_the_reason():
    board = StatusBoard({EUR: 10_000})
    board.mark_held_back(EUR, HeldBack(1.0))
    board.mark_held_back(EUR, HeldBack(2.0, "other", 5.0))
    status = board.status().markets[EUR]
    assert (status.held_back_count, status.held_back_reason) == (2, HeldBack(2.0, "other", 5.0))
    board.mark_live([EUR], 1000)
    status = board.status().markets[EUR]
    assert (status.held_back_count, status.held_back_reason) == (2, None)


def test_a_market_whose_price_is_held_back_drops_its_earlier_failure():
    board = StatusBoard({EUR: 10_000})
    board.mark_failed([EUR], 1000, ANSWERS_503, 3000)
    board.mark_live([EUR], 5000, "coinbase")
    board.mark_held_back(EUR, HeldBack(1.0), "coinbase")
    assert board.status().markets[EUR].failure == ANSWERS_503
    board.mark_held_back(EUR, HeldBack(1.0))
    status = board.status().markets[EUR]
    assert (status.failure, status.next_try, status.held_back_count) == (Failure("held_back", "fake"), None, 2)


def test_the_reason_is_cleared_only_by_a_price_of_the_exchange_it_is_about():
    board = StatusBoard({EUR: 10_000})
    board.mark_held_back(EUR, HeldBack(1.0))
    board.mark_live([EUR], 1000, "coinbase")
    assert board.status().markets[EUR].held_back_reason == HeldBack(1.0)
    board.mark_live([EUR], 2000)
    assert board.status().markets[EUR].held_back_reason is None


def test_a_failure_has_the_kind_and_the_message_of_its_error():
    assert failure_of(StoreError("data/: full"), "fake") == Failure("store", "", "data/: full")
    assert failure_of(Unreachable("away"), "fake") == Failure("unreachable", "fake", "away")
    assert failure_of(RateLimited("too many", 5.0), "fake") == Failure("rate_limited", "fake", "too many")
    assert failure_of(ExchangeError("odd"), "fake") == Failure("unreachable", "fake", "odd")
    assert failure_of(Refused("no"), "fake") == Failure("refused", "fake", "no")
    assert failure_of(UnreadableAnswer("strange"), "fake") == Failure("unreadable", "fake", "strange")


def test_a_price_of_the_own_exchange_clears_the_reason_about_its_stand_in():
    board = StatusBoard({EUR: 10_000})
    board.mark_held_back(EUR, HeldBack(5.0), "other")
    board.mark_live([EUR], 0)
    assert board.status().markets[EUR].held_back_reason is None
    board.mark_held_back(EUR, HeldBack(5.0))
    board.mark_live([EUR], 0, "other")
    assert board.status().markets[EUR].held_back_reason == HeldBack(5.0)
