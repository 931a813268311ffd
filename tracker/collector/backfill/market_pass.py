"""One pass over the gaps of one market: its pieces, what was left of each, and whether to go on."""

from collections.abc import Iterable

from tracker.collector.backfill.gap_planning import GapsLeft
from tracker.collector.backfill.piece_filling import PieceResult
from tracker.collector.backfill.pieces import Piece, cut_pieces, piece_length
from tracker.collector.schedule import Feed
from tracker.core.market_status import Failure


class MarketPass:
    """
    The state of a pass over one market.

    Args:
        feed: the market.
        since: epoch ms from which on a request asks for prices; None without one.
        span: ms that are looked at in any case.
        now: epoch ms.

    Attributes:
        newest: the piece up to now.
        older: the other pieces, the newest first.
        is_stopped: whether older pieces are left for the next pass.
        complete: whether every page of the pieces so far was fetched and stored.
        failure: the first one.
        left_out: candles that could not be read.
        reached: epoch ms from which on gaps were looked for so far.
        none_before: epoch ms before which no exchange has prices; None if that is not known.
    """

    def __init__(self, feed: Feed, since: int | None, span: int, now: int) -> None:
        self.feed = feed
        start = now - span if since is None else min(since, now - span)
        self.newest, *self.older = cut_pieces(start, now, piece_length(feed.interval), span)
        self.is_stopped, self.complete = False, True
        self.failure: Failure | None = None
        self.left_out = 0
        self.reached = now
        self.none_before: int | None = None
        self._before_span = now - span
        self._gaps: dict[int, list[tuple[int, int]] | GapsLeft] = {}  # by the start of their piece
        self._skipped = GapsLeft()

    def skip(self, done: Iterable[Piece], gaps: GapsLeft) -> None:
        """Leave out the pieces that are *done* already, and in which *gaps* were left."""
        pieces = set(done)
        self.older = [piece for piece in self.older if piece not in pieces]
        self._skipped = gaps if pieces else GapsLeft()
        self.reached = min([self.reached, *(piece.start for piece in pieces)])

    def record(self, piece: Piece, result: PieceResult) -> None:
        """Record what filling *piece* left."""
        self._gaps[piece.start] = result.gaps if piece.is_newest else GapsLeft.of(result.gaps)
        self.reached = min(self.reached, result.start)
        self.left_out += result.left_out
        self.failure = self.failure or result.failure
        self.complete &= result.complete
        self.is_stopped |= result.ends_pass
        if piece.is_oldest and result.is_empty:
            start_gap = [gap for gap in self.gaps.longest if gap[0] == piece.start]
            self.none_before = start_gap[0][1] if start_gap else None

    def fail(self, piece: Piece) -> None:
        """Record that *piece* could not be looked at."""
        self._gaps[piece.start] = [(piece.start, piece.end)]
        self.complete, self.is_stopped = False, True

    @property
    def gaps(self) -> GapsLeft:
        """The gaps that are left in the pieces so far."""
        total = self._skipped
        for gaps in self._gaps.values():
            total += gaps if isinstance(gaps, GapsLeft) else GapsLeft.of(gaps)
        return total

    @property
    def gaps_before_span(self) -> GapsLeft:
        """Those of them that end before the span."""
        total = self._skipped
        for start, gaps in self._gaps.items():
            if not isinstance(gaps, GapsLeft):
                total += GapsLeft.of([gap for gap in gaps if gap[1] <= self._before_span])
            elif start < self._before_span:
                total += gaps
        return total
