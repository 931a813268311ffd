"""
Logs outages: when a market had no price, and why.

``.outages.csv`` has one line per ended outage: ``from,to,market,cause``, times in epoch seconds. A line without a
market concerns all of them. Only the collecting process writes the file; readers skip torn and malformed lines. It
explains missing rows. A market that its exchange states not to be traded has rows, and a line whose cause begins with
NOT_TRADED: by it such a market is not ranked. That line is written while it lasts, which may be for ever.
"""

import csv
import io
import logging
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

from tracker.core.address_mask import mask_addresses
from tracker.core.cause_text import NO_COLLECTOR, cause_text, wrong_clock_text
from tracker.core.durations import MINUTE
from tracker.core.errors import ConfigError
from tracker.core.market import Market
from tracker.core.market_status import Failure, Outage, Status
from tracker.core.parsing import END_OF_TIME, to_number
from tracker.runtime.files import replace_file
from tracker.runtime.settings import Settings
from tracker.runtime.state_folder import state_folder
from tracker.runtime.store_url import store_folder

log = logging.getLogger(__name__)

FILE = ".outages.csv"
MAX_SIZE = 1_000_000  # bytes; of a longer file the older half is dropped
STOP_LOGGED_EVERY = MINUTE  # ms; the line of a market that is not traded may end so much too early
MIN_DURATION = 15_000  # ms; a shorter time without a collector is not logged
_Entry: TypeAlias = tuple[int, int, Market | None, str]  # start and end (epoch ms), market, cause
_MAX_CAUSE = 300  # characters of a cause; an exchange's own words can be long


def log_path(settings: Settings) -> Path:
    """
    Return the path of the outage log: beside stored prices in a folder, else in the state folder of this machine.

    Raises:
        ConfigError: the setting of the store or of the state folder is invalid.
    """
    return (store_folder(settings.store, base=settings.base) or state_folder(settings)) / FILE


class OutageRecorder:
    """Logs the outages of one term of the collecting process, found by comparing its statuses."""

    def __init__(self, path: Path, silent_since: int | None) -> None:
        """Log to *path*; *silent_since* (epoch ms) is when the previous collector last published, if any did."""
        self._path = path
        self._silent_since = silent_since
        self._began: int | None = None  # epoch ms of this term's first status
        self._before = Status()
        self._stops: dict[Market, _Entry] = {}  # as they were last logged

    def record(self, status: Status, now: int) -> None:
        """
        Log the outages that ended since the last status, and what is not traded at *now* (epoch ms).

        An OSError is logged, not raised.
        """
        ended: list[_Entry] = []
        self._began = now if self._began is None else self._began
        live_since = [each.since for each in status.markets.values() if each.state == "live" and each.since is not None]
        if self._silent_since is not None and live_since:
            # Later, this process collects, although it may get no price, or no clock that may stamp one.
            end = min(self._began, live_since[0])
            if end - self._silent_since >= MIN_DURATION:
                ended.append((self._silent_since, end, None, NO_COLLECTOR))
            self._silent_since = None
        for market, since, failure in _ongoing(self._before):
            current = status.markets.get(market)
            after = None if current is None else current.since
            if after != since:  # None: it was removed from the settings, perhaps for a moment only
                ended.append((since, now if after is None else after, market, cause_text(failure, market)))
        before, clock = self._before.clock, status.clock
        is_over = clock is not None and clock.until is not None and before is not None and before.until is None
        if clock is not None and clock.until is not None and is_over and clock.since < clock.until:
            ended.append((clock.since, clock.until, None, wrong_clock_text(clock)))
        self._before = status
        stops = self._stops_to_log(status, now)
        if ended or stops:
            try:
                _append(self._path, ended, stops)
            except OSError as error:
                log.warning("outages are not logged: %s", error)

    def _stops_to_log(self, status: Status, now: int) -> list[_Entry]:
        """Return the lines of stops that began, ended, or were last logged STOP_LOGGED_EVERY ms ago."""
        entries: list[_Entry] = []
        for market in self._stops.keys() - status.markets.keys():  # removed from the settings
            start, _, _, cause = self._stops.pop(market)
            entries.append((start, now, market, cause))
        for market, current in status.markets.items():
            logged = self._stops.get(market)
            if current.stop is None:
                if logged is not None:
                    entries.append((logged[0], now, market, logged[3]))
                    del self._stops[market]
                continue
            # One line however often the time of the last trade is corrected.
            start = min(current.stop.since, now) if logged is None else logged[0]
            cause = cause_text(Failure("not_traded", market.exchange, current.stop.words), market)
            if logged is None or logged[3] != cause or abs(now - logged[1]) >= STOP_LOGGED_EVERY:
                self._stops[market] = (start, now, market, cause)
                entries.append(self._stops[market])
        return entries


def _ongoing(status: Status) -> Iterator[tuple[Market, int, Failure]]:
    """Yield each market that has no price according to *status*, since when (epoch ms), and why."""
    for market, current in status.markets.items():
        if current.state in ("unreachable", "refused") and current.since is not None and current.failure is not None:
            yield market, current.since, current.failure


def read(path: Path) -> tuple[Outage, ...]:
    """Return the logged outages in file order, without malformed lines; empty without a readable file."""
    outages = []
    with suppress(OSError), path.open(encoding="utf-8", errors="replace", newline="") as file:
        # Line by line, as no field holds a line break: a quote that a torn line leaves open ends with that line.
        for line in file:
            with suppress(ValueError, ConfigError, csv.Error):
                [[start, end, market, cause]] = csv.reader([line], strict=True)
                # Earlier releases logged the collector's address where an exchange quoted it; the host that was
                # asked comes first.
                shown = mask_addresses(cause, keep=cause.partition(" ")[0])
                outages.append(Outage(_ms(start), _ms(end), Market.parse(market) if market else None, shown))
    return tuple(outages)


class OutageLog:
    """Reads logged and ongoing outages; reads the file again only when it has changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file_version: tuple[int, int] | None = None
        self._outages: tuple[Outage, ...] = ()

    def read(self, status: Status, now: int) -> tuple[Outage, ...]:
        """Return the ended outages, then the ones ongoing according to *status*, up to *now* (epoch ms)."""
        try:
            stat = self._path.stat()
            version = (stat.st_size, stat.st_mtime_ns)
        except OSError:
            version = None
        if version != self._file_version:
            self._file_version, self._outages = version, read(self._path)
        ongoing = tuple(Outage(since, now, market, failure) for market, since, failure in _ongoing(status))
        stops = tuple(
            Outage(current.stop.since, now, market, Failure("not_traded", market.exchange, current.stop.words))
            for market, current in status.markets.items()
            if current.stop is not None
        )
        if status.clock is not None and status.clock.until is None and status.clock.since < now:
            ongoing += (Outage(status.clock.since, now, None, wrong_clock_text(status.clock)),)
        return self._outages + ongoing + stops


def _append(path: Path, entries: list[_Entry], stops: list[_Entry]) -> None:
    """Append *entries*, and *stops* in place of their earlier lines, which have the same start, market and cause."""
    before = path.read_bytes() if path.exists() else b""
    kept, added = before, _lines(entries) + _lines(stops)
    if stops:
        keys = {_key(line) for line in _lines(stops).splitlines()}
        kept = b"".join(line for line in before.splitlines(keepends=True) if _key(line.rstrip(b"\n")) not in keys)
    # A line torn by a crash must not merge with the next one.
    added = (b"\n" if kept and not kept.endswith(b"\n") else b"") + added
    if len(kept) > MAX_SIZE:
        kept = kept[-MAX_SIZE // 2 :].partition(b"\n")[2]
    if kept != before:
        replace_file(path, kept + added, durable=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(added)


def _lines(entries: list[_Entry]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(
        (start / 1000, end / 1000, market or "", " ".join(cause.split())[:_MAX_CAUSE])  # without line breaks
        for start, end, market, cause in entries
    )
    return text.getvalue().encode()


def _key(line: bytes) -> tuple[bytes, bytes]:
    """Return a line's start, and its market and cause: all but its end."""
    start, _, rest = line.partition(b",")
    return start, rest.partition(b",")[2]


def _ms(seconds: str) -> int:
    time = to_number(seconds)
    if not 0 <= time < END_OF_TIME:
        raise ValueError(f"expected epoch seconds, got {seconds[:20]!r}")
    return round(time * 1000)
