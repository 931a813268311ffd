"""Fills the gaps of one piece of a market's past: from its own exchange, then from its stand-ins."""

import logging
from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass

from tracker.collector.backfill.asked_past import AskedPast
from tracker.collector.backfill.gap_planning import GapRetries
from tracker.collector.backfill.history import FillResult, HistoryReader
from tracker.collector.backfill.pieces import LOGGED_BY_PAGE, Piece
from tracker.collector.backfill.stored_past import BESIDE, CandleFilter, StoredPast
from tracker.collector.client.client import ExchangeClient
from tracker.collector.client.listings import Listings
from tracker.collector.schedule import Feed
from tracker.collector.writer import SlotWriter
from tracker.core.durations import DAY, HOUR, utc_text
from tracker.core.market import Market
from tracker.core.market_status import Failure, failure_of
from tracker.core.ticks import Ticks
from tracker.runtime.clock import Clock
from tracker.runtime.threads import in_thread

log = logging.getLogger(__name__)

SECOND_PASS = 65.0  # seconds after which the minute that was still open in the first pass has closed
RETRY_UNFILLED = 3600.0  # seconds after which an unfilled gap is requested again: exchanges add candles late
UNREADABLE_PASSES = 3  # passes in a row after which a page that cannot be read counts as had, and leaves a gap
RECHECKED = HOUR  # ms; a shorter gap of an older piece that was asked for is time without a trade
PROBE_PAGES = 3  # of a piece, where the exchange had nothing later; the first empty one is asked for twice

OnPage = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class PieceResult:
    """What was left of a piece."""

    gaps: list[tuple[int, int]]  # epoch ms, in order of time
    start: int  # epoch ms from which on gaps were looked for
    complete: bool = True  # every page was fetched and stored, or no gap is left
    failure: Failure | None = None
    left_out: int = 0  # candles that could not be read
    is_empty: bool = False  # every exchange answered that it has nothing in the whole piece

    @property
    def ends_pass(self) -> bool:
        """Whether older pieces are left for the next pass: no exchange can be asked now."""
        return not self.complete and (self.failure is None or self.failure.kind != "unreadable")


class PieceFiller:
    """
    Fills pieces of one exchange's markets; it remembers what was tried in vain.

    For its arguments see ``Backfill``; *asked* remembers which exchanges have nothing.
    """

    def __init__(
        self,
        clients: Mapping[str, ExchangeClient],
        writer: SlotWriter,
        clock: Clock,
        history: HistoryReader,
        listings: Mapping[str, Listings],
        is_held_back: Callable[[str, Market], bool | None],
        candle_filter: CandleFilter,
        asked: AskedPast,
    ) -> None:
        self._clients = clients
        self._writer = writer
        self._clock = clock
        self._history = history
        self._listings = listings
        self._is_held_back = is_held_back
        self._candle_filter = candle_filter
        self._asked = asked
        self._retries: dict[tuple[Market, int | None], GapRetries] = {}  # by market and start of an older piece
        self._unreadable: Counter[tuple[Market, int | None]] = Counter()  # passes in a row with an unreadable page
        self.filled: dict[Market, Counter[str]] = {}  # number of prices by exchange
        self.completed: Counter[Market] = Counter()  # rows that gained a first price, low or high

    def forget_older(self, market: Market | None = None, piece: Piece | None = None) -> None:
        """Forget what was tried in vain in *piece* of *market*, or in all but the newest pieces: it is done."""
        for tries in (self._retries, self._unreadable):
            for key in [key for key in tries if key[1] is not None]:
                if piece is None or key == (market, piece.start):
                    del tries[key]

    def forget(self) -> None:
        """Forget all that was tried in vain."""
        self._retries.clear()
        self._unreadable.clear()

    async def fill(
        self, feed: Feed, piece: Piece, since: int | None, on_page: OnPage, purpose: str = "span"
    ) -> PieceResult:
        """
        Fill gaps of *piece*.

        Args:
            feed: the market, with its stand-ins.
            piece: which part of the past.
            since: of the request that the oldest piece ends at; a request makes the gap there a new one.
            on_page: as for ``HistoryReader.fill``.
            purpose: as in AskedPast; for a ``request``, candles without lows and highs are asked for again, too.

        Raises:
            ExchangeError, StoreError: the piece cannot be filled now.
        """
        market = feed.market
        if any(self._is_held_back(name, market) is None for name in feed.exchanges):
            return PieceResult([], piece.start, complete=False)
        past = await in_thread(self._load_past, market, piece)
        was_empty = piece.end > piece.start and past.count == 0
        failure: Failure | None = None
        left_out, is_skipped = 0, False  # whether an exchange that may have candles later was skipped
        empty: set[str] = set()
        key = market, None if piece.is_newest else piece.start
        retries, started_at = self._retries.setdefault(key, GapRetries()), self._clock.monotonic()

        for name in feed.exchanges:
            gaps = _gaps_by_key(past, piece, since)
            due_gaps = [gaps[gap] for gap in retries.due(gaps, started_at)]
            if not (wanted := _wanted(past, piece, due_gaps, _stand_in(name, market), purpose)):
                continue
            if (may_have_candles_later := self._unavailable(name, market)) is not None:
                is_skipped |= may_have_candles_later
                continue
            if not piece.is_newest and await in_thread(self._asked.is_empty, market, name, piece, self._clock.now()):
                empty.add(name)
                continue
            result = await self._ask(name, market, piece, past, wanted, on_page)
            left_out += result.left_out
            if not result.is_stored:
                return PieceResult(past.gaps, past.start, complete=False, left_out=left_out)
            if was_empty and not (result.has_candles or piece.is_newest):
                empty.add(name)
                await in_thread(self._asked.mark_empty, market, name, piece, self._clock.now())
            # A stand-in may have what this exchange could not provide; if not, the first failure is reported.
            if result.failure is not None and failure is None:
                failure = failure_of(result.failure, name)
        if left_out:
            log.warning("%s: candles that could not be read were left out: %d", market, left_out)
        is_left = any(
            past.gaps or _wanted(past, piece, [], _stand_in(name, market), purpose) for name in feed.exchanges
        )
        failure = failure if is_left else None
        is_incomplete = self._may_pass(key, failure) or is_skipped
        if not is_incomplete:
            retries.record(_gaps_by_key(past, piece, since), started_at, SECOND_PASS, RETRY_UNFILLED)
        complete = not (is_incomplete and is_left)
        return PieceResult(past.gaps, past.start, complete, failure, left_out, empty == set(feed.exchanges))

    def _unavailable(self, name: str, market: Market) -> bool | None:
        """Return None if the exchange *name* can be asked for *market*; else whether it may have candles later."""
        if name in self._listings and self._listings[name].is_missing(market):
            return self._listings[name].is_recent_rejection(market)
        return True if self._is_held_back(name, market) else None

    async def _ask(
        self,
        name: str,
        market: Market,
        piece: Piece,
        past: StoredPast,
        gaps: list[tuple[int, int]],
        on_page: OnPage,
    ) -> FillResult:
        """Fill *gaps* of *past* from the exchange *name*, after a few pages alone if it had nothing later."""
        before, completed_before = past.count, past.completed
        later = Piece(piece.end, piece.end + 1)
        is_probe = not piece.is_newest and await in_thread(self._asked.is_empty, market, name, later, self._clock.now())
        result = await self._history.fill(self._clients[name], market, past, gaps, on_page, is_probe=is_probe)
        if is_probe and result.has_candles and result.failure is None and result.is_stored:
            result = await self._history.fill(self._clients[name], market, past, gaps, on_page)
        self.completed[market] += past.completed - completed_before
        if past.count > before:
            self.filled.setdefault(market, Counter())[name] += past.count - before
            await in_thread(past.refresh_gaps)
            if not piece.is_newest or piece.end - piece.start > LOGGED_BY_PAGE:
                dates = (utc_text(time) for time in (piece.start, piece.end))
                log.info("%s: %d candles from %s to %s backfilled from %s", market, past.count - before, *dates, name)
        return result

    def _may_pass(self, key: tuple[Market, int | None], failure: Failure | None) -> bool:
        """Return whether there is a *failure* that may pass; pages unreadable in several passes in a row stay so."""
        is_unreadable = failure is not None and failure.kind == "unreadable"
        self._unreadable[key] = self._unreadable[key] + 1 if is_unreadable else 0
        return failure is not None and self._unreadable[key] < UNREADABLE_PASSES

    def _load_past(self, market: Market, piece: Piece) -> StoredPast:
        rows = self._writer.read(market, piece.start + 1, piece.end + 1)
        outside = Ticks.none(), Ticks.none()
        if not piece.is_newest:  # the newer piece has been filled before
            after = self._writer.read(market, piece.end + 1, piece.end + HOUR)[:BESIDE]
            before = self._writer.read(market, piece.start - DAY, piece.start + 1)[-BESIDE:]
            outside = before, after
        return StoredPast(rows, piece.end - piece.start, piece.end, self._candle_filter, outside)


def _stand_in(exchange: str, market: Market) -> str:
    """Return *exchange* as rows of *market* have it: ``""`` for the market's own."""
    return "" if exchange == market.exchange else exchange


def _wanted(
    past: StoredPast, piece: Piece, gaps: list[tuple[int, int]], exchange: str, purpose: str
) -> list[tuple[int, int]]:
    """Return what to ask for, oldest first: of *gaps* the long ones for a check, and candles for a request."""
    shortest = RECHECKED if purpose == "check" and not piece.is_newest else 0
    long = [gap for gap in gaps if gap[1] - gap[0] >= shortest]
    return sorted([*long, *past.without_candles(exchange)]) if purpose == "request" else long


def _gaps_by_key(past: StoredPast, piece: Piece, since: int | None) -> dict[Hashable, tuple[int, int]]:
    """Return the gaps of *past*, each by a key that it keeps while the end of the window that it touches moves."""
    # A request's *since* makes a new key.
    first, last = since if piece.is_oldest else piece.start, None if piece.is_newest else piece.end
    return {
        (first if start <= past.start else start, last if end >= past.end else end): (start, end)
        for start, end in past.gaps
    }
