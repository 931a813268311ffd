"""Counts the pages of a pass over the gaps, and estimates from their rate when the last one will be fetched."""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping

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


def pages_of_piece(
    feed: Feed, piece: Piece, clients: Mapping[str, ExchangeClient], writer: SlotWriter, now: int
) -> int:
    """
    Return how many pages *piece* will take, if what is stored in it has no gap inside. Blocks. Raises StoreError.

    Counted are those of the first exchange of *feed* that has history of that time.
    """
    extent = writer.extent(feed.market, piece.start + 1, piece.end + 1)
    parts = [(piece.start, piece.end)] if extent is None else [(piece.start, extent[0]), (extent[1], piece.end)]
    missing = [part for part in parts if part[1] - part[0] > SHORTEST_GAP]
    for name in feed.exchanges:
        market = Market(name, feed.market.base, feed.market.quote)
        requests = clients[name].exchange.history_requests
        if pages := sum(len(requests(market, start, end, now)) for start, end in missing):
            return pages
    return 0


class Workload:
    """
    The pages that one pass has fetched and has left, published for each market as they change.

    The time left is how many are left of all markets, times the mean time from page to page of the last ones, which
    includes waiting for the limits, for polls, and for the store. It cannot be shorter than the limits allow.

    Args:
        board: gets the progress.
        clock: measures the rate.
        fastest: seconds a page at least, by the exchange's limits.
    """

    def __init__(self, board: StatusBoard, clock: Clock, fastest: float) -> None:
        self._board = board
        self._clock = clock
        self._fastest = fastest
        self._left: dict[Market, dict[int, int]] = defaultdict(dict)  # pages by the start of their piece
        self._done: Counter[Market] = Counter()
        self._times: deque[float] = deque(maxlen=RECENT_PAGES)  # monotonic seconds at which pages began

    def plan(self, market: Market, piece: Piece, pages: int) -> None:
        """Expect *pages* of a piece that comes later."""
        self._left[market][piece.start] = pages

    def expect_at_most(self, market: Market, before: Iterable[Piece], pages: int) -> None:
        """Expect at most *pages* of each piece in *before*, as the exchange had nothing of a later one."""
        left = self._left[market]
        for piece in before:
            if piece.start in left:
                left[piece.start] = min(left[piece.start], pages)

    def page(self, market: Market, piece: Piece, page: int, pages: int) -> None:
        """Record that *page* of *pages* of a piece have been asked for, and the next one is being."""
        self._times.append(self._clock.monotonic())
        self._left[market][piece.start] = pages - page
        self._publish()
        self._done[market] += 1

    def finish(self, market: Market, piece: Piece, *, is_last: bool) -> None:
        """Record that nothing of *piece* is left to ask for; nothing at all of *market*, if it *is_last*."""
        self._left[market].pop(piece.start, None)
        if is_last:
            self._left.pop(market, None)
            self._board.backfill_progress(market)

    @property
    def seconds_left(self) -> float:
        """Estimate of the seconds until the last page."""
        count = len(self._times)
        measured = (self._times[-1] - self._times[0]) / (count - 1) if count >= LEAST_PAGES else 0.0
        pages = sum(sum(pieces.values()) for pieces in self._left.values())
        return pages * max(measured, self._fastest)

    def _publish(self) -> None:
        seconds = self.seconds_left
        for market, pieces in self._left.items():
            done = self._done[market]
            if left := sum(pieces.values()):
                self._board.backfill_progress(market, done, done + left, seconds)
