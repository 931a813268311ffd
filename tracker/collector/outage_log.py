"""
Why there are gaps: when which market had no price, and for what reason, kept beside the prices.

``.outages.csv`` in the data folder has a line for each that has ended: ``from,to,market,cause``, epoch
seconds; without a market it was all of them. Only the collecting process writes it; a line that is torn or
strange is skipped. It explains rows that are missing, and no number depends on it.
"""

import csv
import io
import logging
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from tracker.core.errors import ConfigError
from tracker.core.market import Market
from tracker.core.market_status import Failure, Status
from tracker.core.parsing import END_OF_TIME, to_number

log = logging.getLogger(__name__)

FILE = ".outages.csv"
MAX_SIZE = 1_000_000  # bytes; of a longer file the older half is dropped
MIN_DURATION = 15_000  # ms without a collector that are worth a line
_MAX_CAUSE = 300  # characters of a cause; an exchange's own words can be long


class Outage(NamedTuple):
    """A time without prices, epoch ms, of one market or of all (None), and its cause in words."""

    start: int
    end: int
    market: Market | None
    cause: str


class OutageRecorder:
    """What the collecting process writes down of one term, from the statuses that it publishes."""

    def __init__(self, path: Path, silent_since: int | None) -> None:
        """*silent_since*, epoch ms, is when the collector before this one was last heard of; None: never."""
        self._path = path
        self._silent_since = silent_since
        self._before = Status()

    def record(self, status: Status) -> None:
        """Write down the outages that have ended since the last status. A full disk is logged, not raised."""
        ended = []
        for market, each in status.markets.items():
            old = self._before.markets.get(market)
            if each.state != "live" or each.since is None or (old is not None and old.state == "live"):
                continue
            if self._silent_since is not None:
                if each.since - self._silent_since >= MIN_DURATION:
                    ended.append(Outage(self._silent_since, each.since, None, "nobody collected"))
                self._silent_since = None
            if old is not None and old.since is not None and old.failure is not None:
                ended.append(Outage(old.since, each.since, market, cause_text(old.failure, market)))
        self._before = status
        if ended:
            try:
                _append(self._path, ended)
            except OSError as error:
                log.warning("outages are not written down: %s", error)


def cause_text(failure: Failure, market: Market) -> str:
    """The cause column and the log's words for *failure* of *market*; never empty."""
    pair = f"{market.base}/{market.quote}"
    if failure.kind == "not_listed":
        return f"{failure.exchange} does not offer {pair}"
    if failure.kind == "rejected":
        return f"{failure.exchange} refuses {pair}: {failure.words or 'no reason given'}"
    if failure.kind == "no_price":
        return "the answer has no price for it"
    if failure.kind == "held_back":
        return "its price is held back"
    return failure.words or "no answer"


def read(path: Path) -> tuple[Outage, ...]:
    """What was written down; empty if nothing was."""
    outages = []
    with suppress(OSError), path.open(encoding="utf-8", errors="replace", newline="") as file:
        for row in csv.reader(file):
            with suppress(ValueError, ConfigError):
                start, end, market, cause = row
                outages.append(Outage(_ms(start), _ms(end), Market.parse(market) if market else None, cause))
    return tuple(outages)


def reasons_for(outages: Iterable[Outage], market: Market, start: int, end: int) -> str:
    """Why *market* had no price from *start* to *end*: the causes of most of that time; empty if unknown."""
    words: dict[str, int] = {}
    for each in outages:
        if each.market in (None, market):
            shared = min(end, each.end) - max(start, each.start)
            words[each.cause] = words.get(each.cause, 0) + max(0, shared)
    return "; ".join(cause for cause, shared in words.items() if shared > 0.25 * (end - start))


class OutageLog:
    """The outages written down in *path*, read again only when it has changed, and those that go on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file_version: tuple[int, int] | None = None
        self._outages: tuple[Outage, ...] = ()

    def read(self, status: Status, now: int) -> tuple[Outage, ...]:
        """Return all that have ended, and those that go on by *status*, up to *now* (epoch ms)."""
        try:
            about = self._path.stat()
            version = (about.st_size, about.st_mtime_ns)
        except OSError:
            version = None
        if version != self._file_version:
            self._file_version, self._outages = version, read(self._path)
        ongoing = tuple(
            Outage(each.since, now, market, cause_text(each.failure, market))
            for market, each in status.markets.items()
            if each.state in ("unreachable", "refused") and each.since is not None and each.failure
        )
        return self._outages + ongoing


def _append(path: Path, outages: list[Outage]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(
        (each.start / 1000, each.end / 1000, each.market or "", " ".join(each.cause.split())[:_MAX_CAUSE])
        for each in outages
    )
    before = path.read_bytes() if path.exists() else b""
    if len(before) > MAX_SIZE:
        before = before[-MAX_SIZE // 2 :].partition(b"\n")[2]
        path.write_bytes(before)
    with path.open("ab") as file:
        # A line that a crash has torn stays alone.
        file.write((b"\n" if before and not before.endswith(b"\n") else b"") + text.getvalue().encode())


def _ms(seconds: str) -> int:
    time = to_number(seconds)
    if not 0 <= time < END_OF_TIME:
        raise ValueError(f"{seconds[:20]!r} where epoch seconds belong")
    return round(time * 1000)
