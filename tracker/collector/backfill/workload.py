"""Counts the pages of a pass over the gaps, and estimates from their rate when the last one will be fetched."""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from tracker.collector.backfill.pieces import Piece
from tracker.collector.client.client import ExchangeClient
from tracker.collector.schedule import Feed
from tracker.collector.status import StatusBoard
from tracker.collector.writer import SlotWriter
from tracker.core.market import Market
from tracker.runtime.clock import Clock

RECENT_PAGES = 300  # over which the rate is measured
LEAST_PAGES = 5  # measured ones; before that the exchange's limits are taken
SHORTEST_GAP = 300_000  # ms; a shorter one at the edge of stored rows costs no page of its own


class PiecePages(NamedTuple):
    """How many pages the parts of a piece have."""

    missing: int  # of the parts before the first stored row and after the last
    stored: int  # of the part between them, of which only the gaps are asked for


NO_PAGES = PiecePages(0, 0)


def pages_of_piece(
    feed: Feed, piece: Piece, clients: Mapping[str, ExchangeClient], writer: SlotWriter, now: int
) -> PiecePages:
    """
    Return how many pages *piece* has. Blocks. Raises StoreError.

    Counted are those of the first exchange of *feed* that has history of that time.
    """
    extent = writer.extent(feed.market, piece.start + 1, piece.end + 1)
    parts = [(piece.start, piece.end)] if extent is None else [(piece.start, extent[0]), (extent[1], piece.end)]
    missing = [part for part in parts if part[1] - part[0] > SHORTEST_GAP]
    for name in feed.exchanges:
        market = Market(name, feed.market.base, feed.market.quote)
        requests = partial(clients[name].exchange.history_requests, market)
        pages = sum(len(requests(start, end, now)) for start, end in missing)
        stored = 0 if extent is None else len(requests(*extent, now))
        if pages or stored:
            return PiecePages(pages, stored)
    return NO_PAGES


class Workload:
    """
    The pages that one pass has fetched and has left, published for each market as they change.

    The time left is how many are left of all markets, times the mean time from page to page of the last ones, which
    includes waiting for the limits, for polls, and for the store. It cannot be shorter than the limits allow. How much
    has to be asked for between stored rows of a later piece is taken from the market's pieces before it.

    Args:
        board: gets the progress.
        clock: measures the rate.
        fastest: seconds a page at least, by the exchange's limits.
    """

    def __init__(self, board: StatusBoard, clock: Clock, fastest: float) -> None:
        self._board = board
        self._clock = clock
        self._fastest = fastest
        self._markets: dict[Market, _MarketPages] = defaultdict(_MarketPages)
        self._times: deque[float] = deque(maxlen=RECENT_PAGES)  # monotonic seconds at which pages began

    def plan(self, market: Market, piece: Piece, pages: PiecePages) -> None:
        """Expect *pages* of a piece that comes later."""
        self._markets[market].later[piece.start] = pages

    def expect_at_most(self, market: Market, before: Iterable[Piece], pages: int) -> None:
        """Expect at most *pages* where nothing is stored of each piece in *before*: the exchange has nothing later."""
        later = self._markets[market].later
        for piece in before:
            if piece.start in later:
                later[piece.start] = later[piece.start]._replace(missing=min(later[piece.start].missing, pages))

    def page(self, market: Market, piece: Piece, page: int, pages: int) -> None:
        """Record that *page* of *pages* of a piece have been asked for, and the next one is being."""
        self._times.append(self._clock.monotonic())
        of_market = self._markets[market]
        of_market.under_way = of_market.later.pop(piece.start, of_market.under_way)
        of_market.left = pages - page
        self._publish()
        of_market.done += 1
        of_market.done_of_piece += 1

    def finish(self, market: Market, piece: Piece, *, is_last: bool) -> None:
        """Record that nothing of *piece* is left to ask for; nothing at all of *market*, if it *is_last*."""
        of_market = self._markets[market]
        pages = of_market.later.pop(piece.start, of_market.under_way)
        of_market.stored += pages.stored
        of_market.asked_of_stored += max(0, of_market.done_of_piece - pages.missing)
        of_market.left, of_market.done_of_piece, of_market.under_way = 0, 0, NO_PAGES
        if is_last:
            del self._markets[market]
            self._board.backfill_progress(market)

    @property
    def seconds_left(self) -> float:
        """Estimate of the seconds until the last page."""
        count = len(self._times)
        measured = (self._times[-1] - self._times[0]) / (count - 1) if count >= LEAST_PAGES else 0.0
        return sum(pages.all_left for pages in self._markets.values()) * max(measured, self._fastest)

    def _publish(self) -> None:
        seconds = self.seconds_left
        for market, pages in self._markets.items():
            if left := pages.all_left:
                self._board.backfill_progress(market, pages.done, pages.done + left, seconds)


@dataclass
class _MarketPages:
    """The pages of one market."""

    later: dict[int, PiecePages] = field(default_factory=dict)  # by the start of their piece
    under_way: PiecePages = NO_PAGES  # as planned
    left: int = 0  # of the piece under way
    done: int = 0
    done_of_piece: int = 0
    stored: int = 0  # of the pieces so far
    asked_of_stored: int = 0  # how many of these were asked for

    @property
    def all_left(self) -> int:
        """How many pages are left, those of later pieces by estimate."""
        share = self.asked_of_stored / self.stored if self.stored else 0.0
        return self.left + sum(pages.missing + round(share * pages.stored) for pages in self.later.values())
