"""The pages that a pass has left, and what its first pieces say about the others."""

import pytest

from tests.support.fakes import EUR, FakeClock, run
from tracker.collector.backfill.pieces import Piece
from tracker.collector.backfill.workload import PiecePages, Workload
from tracker.collector.status import StatusBoard
from tracker.core.durations import DAY

NEWEST, OLDER = Piece(28 * DAY, 56 * DAY, is_newest=True), Piece(0, 28 * DAY, is_oldest=True)


@pytest.mark.parametrize(
    ("asked", "of_stored"),
    [
        (6, 40),  # two of them where nothing is stored, so four of the eight between stored rows
        (2, 0),
        (1, 0),  # the exchange was given up before
    ],
)
def test_pages_where_nothing_is_stored_do_not_count_as_asked_for_between_stored_rows(asked, of_stored):
    async def seconds_left():
        work = Workload(StatusBoard({EUR: 10_000}), FakeClock(), fastest=1.0)
        work.plan(EUR, NEWEST, PiecePages(missing=2, stored=8))
        work.plan(EUR, OLDER, PiecePages(missing=5, stored=80))
        for page in range(asked):
            work.page(EUR, NEWEST, page, asked)
        work.finish(EUR, NEWEST, is_last=False)
        return work.seconds_left

    assert run(seconds_left()) == 5 + of_stored
