"""What the log says of polls: no price and why, once, and when prices come again."""

import logging
from types import SimpleNamespace

import pytest

from tests.support.fakes import EUR, USD
from tracker.collector.poll_status import PollStatus
from tracker.collector.status import StatusBoard
from tracker.core.errors import Unreachable
from tracker.core.market_status import Failure, HeldBack
from tracker.runtime.clock import WallClock

OWN = SimpleNamespace(stand_in="", client=SimpleNamespace(name="fake"))
STAND_IN = SimpleNamespace(stand_in="other", client=SimpleNamespace(name="other"))
AWAY = Unreachable("fake answers 503")
NO_PRICE = Failure("no_price", "fake")


@pytest.fixture
def board():
    return StatusBoard({EUR: 10_000, USD: 10_000})


@pytest.fixture
def polls(board):
    status = PollStatus(board, WallClock())
    status.mark_live(OWN, [EUR, USD])
    return status


@pytest.fixture
def lines(caplog):
    """The lines of the log since the last call."""
    caplog.set_level(logging.INFO)

    def new():
        messages = list(caplog.messages)
        caplog.clear()
        return messages

    return new


def test_a_failure_is_logged_once_with_its_cause_and_so_is_its_end(polls, lines):
    for _ in range(3):
        polls.mark_failed(OWN, [EUR, USD], AWAY, 5)
    assert lines() == [f"{EUR}, {USD}: no price: fake answers 503"]
    for _ in range(3):
        polls.mark_live(OWN, [EUR, USD])
    assert lines() == [f"{EUR}, {USD}: prices are available again"]


def test_a_market_that_the_answer_leaves_out_is_logged_once(polls, lines):
    for _ in range(3):
        polls.mark_missing(OWN, {EUR: NO_PRICE})
        polls.mark_live(OWN, [USD])
    assert lines() == [f"{EUR}: no price: the answer has no price for it"]
    polls.mark_live(OWN, [EUR])
    assert lines() == [f"{EUR}: prices are available again"]


def test_a_stand_in_is_named_when_it_takes_over_and_the_own_exchange_when_it_is_back(polls, lines):
    polls.mark_failed(OWN, [EUR], AWAY, 5)
    lines()
    for _ in range(3):
        polls.mark_live(STAND_IN, [EUR])
    assert lines() == [f"{EUR}: prices are available again, from other"]
    polls.mark_live(OWN, [EUR])
    assert lines() == [f"{EUR}: prices come from fake again"]


def test_the_end_of_a_price_that_was_held_back_is_logged_once(polls, board, lines):
    board.mark_held_back(EUR, HeldBack(300.0))
    polls.mark_live(STAND_IN, [EUR])
    lines()
    for _ in range(3):
        polls.mark_live(OWN, [EUR, USD])
    assert lines()[0] == f"{EUR}: prices are no longer held back"
    assert not any("held back" in line for line in lines())


@pytest.mark.parametrize(
    ("fail", "cause"),
    [
        (lambda polls: polls.mark_failed(OWN, [EUR], AWAY, 5), "fake answers 503"),
        (lambda polls: polls.mark_missing(OWN, {EUR: NO_PRICE}), "the answer has no price for it"),
    ],
    ids=["the exchange fails", "the answer leaves it out"],
)
def test_a_market_that_fails_while_its_price_is_held_back_is_logged(polls, board, lines, fail, cause):
    board.mark_held_back(EUR, HeldBack(300.0))
    for _ in range(3):
        fail(polls)
    assert lines() == [f"{EUR}: no price: {cause}"]
    polls.mark_live(OWN, [EUR])
    assert lines() == [f"{EUR}: prices are available again"]
