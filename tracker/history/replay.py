"""Replays stored rows as if they arrived now."""

import threading
from collections.abc import Mapping, Sequence

from tracker.core.contracts import Store
from tracker.core.durations import DAY
from tracker.core.errors import ConfigError
from tracker.core.market import Market
from tracker.core.ticks import Ticks
from tracker.core.window import Window
from tracker.history.playback import Playback

READ_AHEAD = 10.0  # real seconds of playing; their rows are in memory


def open_playback(
    store: Store, markets: Sequence[Market], now: int | None, at: int | None = None, speed: float = 60.0
) -> Playback:
    """
    Return the playback of all stored rows of *markets* up to *now* (None: all of them).

    Args:
        store: holds the rows.
        markets: those to replay.
        now: epoch ms, the latest time replayed.
        at: epoch ms to begin at; default: a day before the end, or the middle if that is later.
        speed: seconds of the replay per real second.

    Raises:
        ConfigError: nothing is stored.
    """
    end = None if now is None else now + 1
    extents = [extent for market in markets if (extent := store.extent(market, end=end))]
    if not extents:
        raise ConfigError(f"nothing to replay: no price of {', '.join(map(str, markets))} is stored")
    start, end = min(first for first, _ in extents), max(last for _, last in extents)
    return Playback(start, end, max(end - DAY, (start + end) // 2) if at is None else at, speed)


class ReplayFollower:
    """
    The stored rows of *markets* up to the time of *clock*, which may go back.

    Has the methods of ``Follower``. Whole days of rows are read ahead of the clock, and dropped when it has left them
    behind. Blocking; safe from several threads. Any method may raise StoreError; the next call works again once the
    cause is gone.
    """

    def __init__(self, store: Store, markets: Sequence[Market], clock: Playback) -> None:
        self._store = store
        self._clock = clock
        self._reading = threading.Lock()  # held while the store is read; acquired before _lock
        self._lock = threading.Lock()  # guards the rows in memory; held briefly, because drawing waits for it
        self._rows = {market: Ticks.none() for market in markets}
        self._loaded = (0, 0)  # epoch ms, from and to
        self._shown = 0  # the clock's time at the last refresh

    def load(self, span: int) -> bool:
        """
        Read what is not in memory of the last *span* ms, of the day being replayed, and of what is played soon.

        Returns:
            Whether anything was read.
        """
        with self._reading:
            now = self._clock.now()
            ahead = READ_AHEAD * 1000 * self._clock.speed if self._clock.playing else 0
            first, after = self._loaded
            start, end = now - span + 1, _day_after(min(now + round(ahead), self._clock.end))
            if first <= start and end <= after:
                return False
            start = start // DAY * DAY
            if first < after and start <= after and first <= end:
                missing = [(start, first), (after, end)]
                kept = (max(first, start - DAY), min(after, end + DAY))  # a day more, for a step back
            else:  # after a jump
                missing, kept = [(start, end)], (start, start)
            missing = [(begin, stop) for begin, stop in missing if begin < stop]
            read = {market: [self._store.read(market, *period) for period in missing] for market in self._rows}
            with self._lock:
                for market, parts in read.items():
                    rows = self._rows[market]
                    parts.append(rows[slice(*rows.time.searchsorted(kept))])
                    self._rows[market] = Ticks.concat(sorted(parts, key=lambda part: part.time[:1].tolist()))
            self._loaded = (min(start, kept[0]), max(end, kept[1]))
            return True

    def refresh(self) -> frozenset[Market]:
        """Return the markets with rows since the last refresh; all markets if the clock went back."""
        with self._lock:
            before, self._shown = self._shown, self._clock.now()
            if self._shown < before:
                return frozenset(self._rows)
            return frozenset(
                market
                for market, rows in self._rows.items()
                if rows.time.searchsorted(before, "right") < rows.time.searchsorted(self._shown, "right")
            )

    def arrived(self) -> Mapping[Market, tuple[int, int]]:
        """Return nothing: rows that are replayed were stored before."""
        return {}

    def rows(self, market: Market, start: int, end: int) -> Ticks | None:
        """Return the rows with start < time <= end; None if some of that time is not in memory."""
        with self._lock:
            first, after = self._loaded
            if start + 1 < first or end >= after:
                return None
            rows = self._rows[market]
            return rows[slice(*rows.time.searchsorted((start, end), side="right").tolist())]

    def window(self, market: Market, span: int, now: int | None = None) -> Window:
        """Return the last *span* ms of *market* up to *now* (default: the clock's time)."""
        with self._lock:
            return Window.of(self._rows[market], span, self._clock.now() if now is None else now)


def _day_after(time: int) -> int:
    """Return the midnight after *time* (epoch ms), UTC."""
    return (time // DAY + 1) * DAY
