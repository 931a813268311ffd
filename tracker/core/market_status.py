"""
Status of collecting, as data: numbers, times, kinds, and the exchanges' own words.

Times are epoch milliseconds. Apart from messages of errors, nothing here is a sentence: text is made where it is shown.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from tracker.core.durations import DAY
from tracker.core.errors import ExchangeError, RateLimited, Refused, TrackerError, Unreachable, UnreadableAnswer
from tracker.core.market import Market
from tracker.core.stored_size import StoredSize

MarketState = Literal["waiting", "live", "unreachable", "refused"]
Mode = Literal["live", "simulated", "replay"]
FailureKind = Literal[
    "unreachable",  # no answer, or a server error
    "rate_limited",  # too many requests
    "refused",  # the exchange answered and refused what it was asked for
    "unreadable",  # the answer is not what the adapter knows
    "no_price",  # the answer has no price of this market
    "not_listed",  # the exchange does not list this pair
    "rejected",  # a request fails because of this market; it is retried rarely
    "held_back",  # the exchange answers, but its price is implausible
    "not_traded",  # the exchange states that the market is not traded; it answers an old price
    "store",  # the store cannot be read or written
]
NoteKind = Literal[
    "clock_jumped",
    "collector_failed",
    "lines_skipped",
    "settings_wrong",  # changed settings cannot be used; those before stay in force
    "start_needed",  # changed settings take effect when the process starts again
]

LASTING: frozenset[NoteKind] = frozenset({"settings_wrong", "start_needed"})  # these hold until they are removed
NOTE_LASTS = DAY  # ms for which a note is shown: as long as what it explains lies in the default span


@dataclass(frozen=True, slots=True)
class Failure:
    """The reason for a missing price."""

    kind: FailureKind
    exchange: str = ""  # that failed; "" if none did, e.g. the store
    words: str = ""  # the message of the error, which quotes what was received; "" if the kind is all there is


_KINDS: Mapping[type[TrackerError], FailureKind] = {
    Unreachable: "unreachable",
    RateLimited: "rate_limited",
    Refused: "refused",
    UnreadableAnswer: "unreadable",
}


def failure_of(error: TrackerError, exchange: str = "") -> Failure:
    """Return *error*, raised while *exchange* was polled, as data."""
    if not isinstance(error, ExchangeError):
        return Failure("store", words=str(error))
    # A third-party adapter may raise the base class; the collector must survive it.
    return Failure(_KINDS.get(type(error), "unreachable"), exchange, str(error))


class Outage(NamedTuple):
    """
    A time without prices (epoch ms) of one market, or of all (None).

    Its cause is a Failure while it lasts, or the words of the outage log, which stores no more.
    """

    start: int
    end: int
    market: Market | None
    cause: Failure | str


@dataclass(frozen=True, slots=True)
class Stop:
    """What an exchange states about a market that is not traded, although it answers a price."""

    since: int  # epoch ms: of the last trade, else when the state was first seen
    words: str = ""  # its word for the market's state, such as cancel_only; "" if it states only the trade's time


@dataclass(frozen=True, slots=True)
class HeldBack:
    """An implausible price, and the one that contradicts it: another exchange's, or the same one's newest candle."""

    price: float
    other_exchange: str = ""  # "" if no other exchange has confirmed or contradicted it yet
    other_price: float | None = None


@dataclass(frozen=True, slots=True)
class BackfillResult:
    """What backfill has done for one market since the collector's term began."""

    prices: Mapping[str, int] = field(default_factory=dict)  # stored so far, by the exchange that gave them
    gaps_left: int = 0
    seconds_left: float = 0.0  # how long these gaps are together
    failure: Failure | None = None  # why gaps could not be looked at completely; it is retried
    longest_gaps: tuple[tuple[int, int], ...] = ()  # start and end (epoch ms) of the longest, in order of time
    left_out: int = 0  # candles of the last pass that could not be read
    since: int | None = None  # epoch ms from which on gaps were looked for; None if unknown
    completed: int = 0  # stored candles that gained their first price, low or high so far
    none_before: int | None = None  # epoch ms before which no exchange asked has prices; None if that is not known


@dataclass(frozen=True, slots=True)
class MarketStatus:
    """
    One market, as its collector sees it.

    ``stale`` is not among the states: a reader computes it from the age of the last tick.
    """

    interval: int  # cadence, ms
    state: MarketState = "waiting"
    since: int | None = None  # when this state began
    failure: Failure | None = None  # why the market's own exchange returns no price
    next_try: int | None = None  # of the market's own exchange
    tries: int = 0  # failed ones since its last success
    stand_in: str = ""  # the exchange asked in place of its own; "" if none is
    held_back_count: int = 0  # implausible prices held back since collecting began
    held_back_reason: HeldBack | None = None  # of the newest; None once a price of that exchange is accepted again
    held_back_from: str = ""  # the stand-in that gave it; "" for the market's own exchange
    page: int = 0  # of a backfill under way
    pages: int = 0  # how many pages it has; 0 when none is under way
    backfill_seconds: float | None = None  # how long it will still take, by the rate so far and the limits; an estimate
    backfill: BackfillResult | None = None  # of the last complete or failed pass; None before the first
    stop: Stop | None = None  # what its own exchange states; None: it is traded, or the exchange does not state it


@dataclass(frozen=True, slots=True)
class WrongClock:
    """The collector's clock differs from that of every exchange that answers, so rows would get a wrong time."""

    behind: int  # seconds; below 0: it is ahead
    since: int  # when that was noticed, by the earlier of both clocks
    not_stored: int = 0  # rows so far
    exchanges: tuple[str, ...] = ()  # whose clocks say so
    until: int | None = None  # when it was right again; None: it is still wrong


@dataclass(frozen=True, slots=True)
class Note:
    """Something that happened and that a viewer should know."""

    kind: NoteKind
    time: int  # when it happened
    amount: int = 0  # seconds that the clock went ahead (below 0: back); how many lines were skipped
    words: str = ""  # the error; the file of the latest skipped line; the names of settings


def recent(notes: Iterable[Note], now: int) -> list[Note]:
    """Return those of *notes* that are to be shown at *now*."""
    # A note from before the clock was set back lies in the future.
    return [note for note in notes if note.kind in LASTING or abs(now - note.time) < NOTE_LASTS]


@dataclass(frozen=True, slots=True)
class Status:
    """All of it, at one moment."""

    collector: str = ""  # label of the collecting process; "" = none
    mode: Mode = "live"
    store_problem: str = ""  # the store's own words for why rows cannot be written; "" = they can
    silent_for: float | None = None  # seconds since the collector last published, if that is too long
    notes: tuple[Note, ...] = ()  # the newest last; see ``recent``
    markets: Mapping[Market, MarketStatus] = field(default_factory=dict)
    is_replay: bool = False  # stored prices are replayed, which no process collects
    rivals: tuple[str, ...] = ()  # labels of processes that could take the lease too, as its lock excludes nobody
    clock: WrongClock | None = None  # None: it was right since collecting began, as far as is known
    stored: StoredSize | None = None  # None: not measured yet, or the store does not know it
    bars_made: float | None = None  # share of older prices, 0 to 1, whose bars are made; None: none are being made
