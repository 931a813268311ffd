"""
How collecting goes, as data: written by whoever holds the lease, read by every page.

The collector keeps a Board in memory; it is published as one small JSON file beside the data,
so that a page whose process only follows the store can say what a page that collects says.
"""

import json
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

from tracker.errors import ConfigError
from tracker.market import Market

MarketState = Literal["waiting", "live", "backfilling", "unreachable", "refused"]
Mode = Literal["live", "simulated", "replay"]

# Milliseconds for which a note is shown. A day: as long as the gap that it explains lies in the default span, and
# long enough for those who look once a day.
NOTE_LASTS = 86_400_000
MOST_NOTES = 3  # the newest; a clock that is set again and again must not fill the page


class Note(NamedTuple):
    """Something that has happened and that a reader should know, e.g. that the clock was set."""

    time: int  # epoch ms
    text: str


def recent(notes: Iterable[Note], now: int) -> list[Note]:
    """Those of *notes* that are still worth showing at *now* (epoch ms)."""
    # A note from before the clock was set back lies in the future.
    return [note for note in notes if abs(now - note.time) < NOTE_LASTS]


@dataclass(frozen=True, slots=True)
class MarketStatus:
    """
    One market, as its collector sees it. Times are epoch milliseconds.

    ``stale`` is not among the states: a reader tells it from the age of the last tick.
    """

    interval: int  # cadence, ms
    state: MarketState = "waiting"
    since: int | None = None  # when this state began
    cause: str = ""  # the words of the market's own exchange, or the network's, for having no price from it
    next_try: int | None = None  # of the market's own exchange
    tries: int = 0  # failed ones since its last success
    via: str = ""  # the exchange that stands in for it; "" if none does
    held: int = 0  # prices held back as implausible since collecting began
    doubt: str = ""  # why the newest one was; "" once prices of who gave it are believed again
    doubted: str = ""  # who gave it: "" for the market's own exchange, or one that stands in
    page: int = 0  # of a backfill under way
    pages: int = 0  # how many pages it has; 0 when none is under way
    filled: str = ""  # what the last backfill did, in words

    @property
    def progress(self) -> str:
        """Of a backfill under way: ``3 of 12 pages``; else ``""``."""
        return f"{self.page} of {self.pages} {'page' if self.pages == 1 else 'pages'}" if self.pages else ""


@dataclass(frozen=True, slots=True)
class Status:
    """All of it, at one moment."""

    collector: str = ""  # who collects, for people; "" = nobody
    mode: Mode = "live"
    store_problem: str = ""  # why rows cannot be kept; "" = they can
    notes: tuple[Note, ...] = ()  # what else a reader should know, the newest last; see ``recent``
    markets: Mapping[Market, MarketStatus] = field(default_factory=dict)


class Board:
    """Where the collector writes its status. Thread-safe; every change counts up ``version``."""

    def __init__(self, intervals: Mapping[Market, int]) -> None:
        self._lock = threading.Lock()
        self._status = Status(markets={market: MarketStatus(interval) for market, interval in intervals.items()})
        self.version = 0

    def status(self) -> Status:
        """What is known now; a value that does not change any more."""
        with self._lock:
            return self._status

    def say(self, **changes: Any) -> None:
        """Change fields of Status itself."""
        with self._lock:
            changed = replace(self._status, **changes)
            if changed != self._status:
                self._status = changed
                self.version += 1

    def note(self, now: int, text: str) -> None:
        """Add a note; one of the same text is replaced, those that have ended are dropped."""
        with self._lock:
            others = [note for note in recent(self._status.notes, now) if note.text != text]
            self._status = replace(self._status, notes=(*others, Note(now, text))[-MOST_NOTES:])
            self.version += 1

    def works(self, markets: Iterable[Market], now: int, via: str = "") -> None:
        """*markets* just got a price that is believed, from their own exchange or from the one that stands in."""
        # What the own exchange said stays to be read while another stands in for it.
        told: dict[str, Any] = {} if via else {"cause": "", "next_try": None, "tries": 0}

        def change(before: MarketStatus) -> MarketStatus:
            # Once the own exchange is well, a stand-in is not asked again, and could never clear its doubt itself.
            doubt = before.doubt if via and before.doubted != via else ""
            return _entered(before, now, "live", doubt=doubt, via=via, **told)

        self._set(markets, change)

    def fails(self, markets: Iterable[Market], now: int, cause: str, next_try: int | None, via: str = "") -> None:
        """
        *markets* got no price because of *cause*: from their own exchange, or from *via*, which stands in.

        A first failure starts the count and the ``since``; a stand-in's prices go on meanwhile.
        """

        def change(before: MarketStatus) -> MarketStatus:
            if via:
                return _entered(before, now, "unreachable", via="") if before.via == via else before
            told: dict[str, Any] = {"cause": cause, "next_try": next_try, "tries": before.tries + 1}
            return replace(before, **told) if before.via else _entered(before, now, "unreachable", **told)

        self._set(markets, change)

    def refuses(self, market: Market, now: int, cause: str) -> None:
        """The market's own exchange is not asked for it as usual: it does not offer it, or refuses it."""
        told: dict[str, Any] = {"cause": cause, "next_try": None, "tries": 0}
        self._set(
            [market],
            lambda before: replace(before, **told) if before.via else _entered(before, now, "refused", **told),
        )

    def doubts(self, market: Market, why: str, via: str = "") -> None:
        """A price of *market* is held back: its own exchange's, or that of *via*, which stands in."""
        # The own exchange does answer, so what it said when it did not is out of date.
        told: dict[str, Any] = {} if via else {"cause": "its price is held back", "next_try": None, "tries": 0}
        self._set([market], lambda before: replace(before, held=before.held + 1, doubt=why, doubted=via, **told))

    def fills(self, market: Market, page: int = 0, pages: int = 0) -> None:
        """A backfill of *market* is at *page* of *pages*; none is under way. Live prices go on meanwhile."""
        self._set([market], lambda before: replace(before, page=page, pages=pages))

    def filled(self, market: Market, what: str) -> None:
        """What a backfill of *market* has done."""
        self._set([market], lambda before: replace(before, filled=what))

    def _set(self, markets: Iterable[Market], change: Callable[[MarketStatus], MarketStatus]) -> None:
        with self._lock:
            known = self._status.markets
            changed = {market: new for market in markets if (new := change(known[market])) != known[market]}
            if changed:
                self._status = replace(self._status, markets={**known, **changed})
                self.version += 1


def _entered(before: MarketStatus, now: int, state: MarketState, **changes: Any) -> MarketStatus:
    since = before.since if before.state == state and before.via == changes.get("via", before.via) else now
    return replace(before, state=state, since=since, **changes)


def _plain(value: Status | MarketStatus) -> dict[str, Any]:
    # Not asdict(): it copies every value deeply: 11 ms instead of 2 for 500 markets, up to twice a second.
    return {each.name: getattr(value, each.name) for each in fields(value)}


def publish(status: Status, path: Path) -> None:
    """Write *status* so that a reader sees the old file or the new one, never half. Raises OSError."""
    plain = _plain(status)
    plain["markets"] = {str(market): _plain(each) for market, each in status.markets.items()}
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        temporary.write_text(json.dumps(plain))
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def published(path: Path, fresh: float = float("inf")) -> Status | None:
    """
    What was last published at *path*; None if nothing was, or another version wrote it.

    One that is older than *fresh* seconds says so as a store problem: its writer cannot write.
    """
    try:
        age = time.time() - path.stat().st_mtime
        plain = json.loads(path.read_text())
        markets = {Market.parse(name): MarketStatus(**each) for name, each in plain.pop("markets").items()}
        notes = tuple(Note(*each) for each in plain.pop("notes"))
        status = Status(**plain, notes=notes, markets=markets)
    except (OSError, ValueError, TypeError, AttributeError, LookupError, ConfigError):
        return None
    if age <= fresh:
        return status
    words = f"the collector has written nothing for {age:.0f} s; {path.parent} may be full or read-only"
    return replace(status, store_problem=words)
