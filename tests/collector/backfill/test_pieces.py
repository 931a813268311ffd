"""Pieces of the past, the gaps left in them, and what is remembered of those that were asked for."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.backfill_world import NOTHING_BESIDE, accept_all
from tests.support.fakes import EUR, USD
from tests.support.memory_coordination import MemoryCoordination
from tracker.collector.backfill.asked_past import ASKED, DONE_LASTS, EMPTY_LASTS, AskedPast
from tracker.collector.backfill.gap_planning import GapsLeft
from tracker.collector.backfill.piece_filling import _wanted
from tracker.collector.backfill.pieces import LONG_PIECE, SHORT_PIECE, Piece, cut_pieces, piece_length
from tracker.collector.backfill.stored_past import StoredPast
from tracker.core.durations import DAY, HOUR
from tracker.core.errors import LeaseError
from tracker.core.ticks import Ticks

NOW = 1_700_000_000_000
OLDER = Piece(28 * DAY, 56 * DAY)
NEXT = Piece(0, 28 * DAY)


@given(st.integers(1, 6000 * DAY), st.integers(0, 500 * DAY), st.sampled_from([SHORT_PIECE, LONG_PIECE]))
def test_pieces_cover_all_of_the_time_once_the_newest_first_and_keep_their_borders(back, newest, length):
    start = NOW - back
    pieces = cut_pieces(start, NOW, length, newest)
    assert (pieces[0].end, pieces[-1].start) == (NOW, start)
    assert all(newer.start == older.end for newer, older in pairwise(pieces))
    assert [piece.is_newest for piece in pieces] == [True] + [False] * (len(pieces) - 1)
    assert [piece.is_oldest for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    assert all(piece.end % length == 0 for piece in pieces[1:])
    assert all(0 < piece.end - piece.start <= length for piece in pieces[1:])
    assert min(newest, length, back) <= pieces[0].end - pieces[0].start < 2 * length


def test_a_market_polled_more_often_has_shorter_pieces():
    assert (piece_length(10_000), piece_length(9_000)) == (LONG_PIECE, SHORT_PIECE)


@given(st.lists(st.integers(1, 50), min_size=1, max_size=20), st.lists(st.integers(0, 600), max_size=5))
def test_gaps_of_neighbouring_pieces_add_up_to_those_of_the_whole(lengths, cuts):
    gaps, at = [], 0
    for length in lengths:
        gaps.append((at, at + length))
        at += length + 10
    edges = sorted({0, at, *(cut for cut in cuts if cut < at)})
    total = GapsLeft()
    for start, end in reversed(list(pairwise(edges))):
        inside = [(max(start, a), min(end, b)) for a, b in gaps if a < end and b > start]
        total += GapsLeft.of(inside)
    assert total.length == sum(lengths)
    if len(gaps) + len(edges) <= 12:  # all are known by their ends
        assert (total.count, total.longest) == (len(gaps), tuple(gaps))


def test_a_piece_that_was_asked_for_is_done_for_that_purpose_and_a_week():
    asked = AskedPast(MemoryCoordination())
    asked.mark_done("request", EUR, OLDER, GapsLeft.of([(5, 7)]), NOW)
    asked.mark_done("request", EUR, NEXT, GapsLeft.of([(1, 2)]), NOW + 1)
    assert asked.is_done("request", EUR, OLDER, NOW)
    assert asked.is_done("request", EUR, Piece(5 * DAY, 40 * DAY), NOW), "neighbours are one stretch"
    assert asked.gaps("request", EUR) == GapsLeft(2, 3, ((1, 2), (5, 7)))
    assert not asked.is_done("span", EUR, OLDER, NOW)
    assert not asked.is_done("request", USD, OLDER, NOW)
    assert not asked.is_done("request", EUR, Piece(56 * DAY, 57 * DAY), NOW)
    assert not asked.is_done("request", EUR, OLDER, NOW + DONE_LASTS)
    asked.mark_done("request", EUR, OLDER, GapsLeft(), NOW + DONE_LASTS + 1)
    assert asked.gaps("request", EUR) == GapsLeft(), "gaps of pieces that are asked for again are not counted twice"


def test_what_an_exchange_does_not_have_is_known_for_a_month_also_after_a_restart():
    coordination = MemoryCoordination()
    asked = AskedPast(coordination)
    asked.mark_empty(EUR, "fake", OLDER, NOW)
    asked.mark_done("request", EUR, OLDER, GapsLeft.of([(28 * DAY, 56 * DAY)]), NOW)
    again = AskedPast(coordination)
    assert again.is_empty(EUR, "fake", OLDER, NOW + EMPTY_LASTS - 1)
    assert not again.is_empty(EUR, "fake", OLDER, NOW + EMPTY_LASTS)
    assert not again.is_empty(EUR, "other", OLDER, NOW)
    assert again.gaps("request", EUR) == GapsLeft.of([(28 * DAY, 56 * DAY)])
    again.forget("request")
    assert not AskedPast(coordination).is_done("request", EUR, OLDER, NOW)
    assert AskedPast(coordination).is_empty(EUR, "fake", OLDER, NOW)


@pytest.mark.parametrize(
    "document",
    [
        *(b"", b"{", b"[]", b'{"format": 2, "asked": {}}', b'{"format": 1}', b"[" * 100_000),
        json.dumps({"format": 1, "asked": {"request fake:BTC/EUR": {"stretches": [[1, 2]], "gaps": [0, 0]}}}).encode(),
    ],
)
def test_a_document_that_cannot_be_read_costs_requests_only(document):
    coordination = MemoryCoordination()
    coordination.publish(ASKED, document)
    asked = AskedPast(coordination)
    assert not asked.is_done("request", EUR, OLDER, NOW)
    asked.mark_done("request", EUR, OLDER, GapsLeft(), NOW)
    assert AskedPast(coordination).is_done("request", EUR, OLDER, NOW)


def test_a_coordination_that_cannot_be_written_is_logged_and_stops_nothing(caplog):
    class Full(MemoryCoordination):
        def publish(self, name, data, *, ephemeral=False):
            raise LeaseError("no space left")

    asked = AskedPast(Full())
    asked.mark_done("request", EUR, OLDER, GapsLeft(), NOW)
    assert asked.is_done("request", EUR, OLDER, NOW)
    assert "not remembered over a restart: no space left" in caplog.text


@pytest.mark.parametrize(
    ("purpose", "is_newest", "asked"), [("check", False, 1), ("check", True, 2), ("span", False, 2)]
)
def test_a_check_asks_again_only_for_gaps_of_an_hour_or_more_in_older_pieces(purpose, is_newest, asked):
    """A shorter one that was asked for is time without a trade."""
    gaps = [(HOUR, 2 * HOUR - 1), (5 * HOUR, 6 * HOUR)]
    past = StoredPast(Ticks.none(), DAY, DAY, accept_all, NOTHING_BESIDE)
    assert _wanted(past, Piece(0, DAY, is_newest), gaps, "", purpose) == gaps[-asked:]
