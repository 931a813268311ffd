"""
The contract that stores fulfil; there are also ``exchange_contract`` and ``coordination_contract``.

An adapter is a module or package in tracker/stores, found by its name; see ``tracker.core.adapters``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias

from tracker.core.bars import Bars
from tracker.core.kept_bars import KeptBars
from tracker.core.market import Market
from tracker.core.ticks import Ticks

Cursor: TypeAlias = Any  # a store's record of how far a reader got; opaque to all others


@dataclass(frozen=True, slots=True)
class Problem:
    """
    Why figures computed from a store may be incomplete.

    Attributes:
        kind: ``malformed lines``: *count* lines of a file are not rows, and are skipped.
        where: the file, for people.
        time: epoch ms when the latest line was written, or when the time that the file is for ended, if earlier.
    """

    kind: Literal["malformed lines"]
    where: str
    count: int
    time: int


class Store(Protocol):
    """
    Where ticks are kept. Blocking, so an event loop calls it in a thread; safe from several threads.

    Times are epoch milliseconds, UTC. Every method but ``problems`` may raise StoreError. Two markets
    share no rows: where a store cannot keep them apart (a CSV folder is named ``btcusd``, whichever letter
    ends the base), the rows belong to one of them, the other reads as empty, and appending to it raises.

    Attributes:
        place: where the prices are, for people, without any password; the page shows a path from its folder's name on.
        visible_after: seconds until an appended row can be read back; 0 in every store of this release.
        can_purge: whether ``purge`` deletes; if not, it raises.
    """

    visible_after: float
    can_purge: bool

    @property
    def place(self) -> str: ...

    def append(self, batch: Mapping[Market, Ticks]) -> None:
        """
        Store *batch*.

        When this returns, a crash of the process no longer loses it; a power cut loses at most the last second.

        Only the process that holds the lease may call this. If it raises, rows of *batch* may or may not
        have been kept, but whole ones only, and nothing older is harmed.
        """

    def append_chosen(self, market: Market, start: int, end: int, choose: Callable[[Ticks], Ticks]) -> Ticks:
        """
        Append what *choose* returns for the rows that ``read`` returns, and return it; no other write comes between.

        So of several processes that fill the same past, each fills what the others have not: an import may
        do this at any time, without the lease. *choose* must not call the store. It raises as append does.
        """

    def add_candles(self, market: Market, ticks: Ticks) -> int:
        """
        Add first, low and high of *ticks* to stored rows of the same time, interval and price; see Ticks.with_candles.

        Nothing else changes: no row is added, and a value that a row has stays. ``poll`` may return the rows again.
        No row ever gets a value of another close. Rows of one time and interval whose prices differ may have none.
        Needs no lease, as ``append_chosen``, and raises as it does.

        Returns:
            How many rows gained a value.
        """

    def read(self, market: Market, start: int, end: int) -> Ticks:
        """
        Return the ticks with ``start <= time < end``, in time order, each time once; empty if there are none.

        Of several rows for one time a live one is returned, else the one with the shortest interval, else the
        first to arrive. Reading changes neither rows nor the market that they belong to.
        """

    def bars(self, market: Market, start: int, end: int, step: int) -> Bars:
        """
        Return the bars of *step* ms that lie in ``start < time <= end`` as a whole, of the rows that ``read`` returns.

        A bar begins after a multiple of *step* and holds the multiple that ends it. A store that keeps no bars makes
        them of its rows, see ``stored_bars.bars_of_rows``; one that does returns the same, however rows were written.
        """

    def kept_bars(self) -> KeptBars | None:
        """Return how this store keeps bars; None if it does not."""

    def extent(self, market: Market, start: int | None = None, end: int | None = None) -> tuple[int, int] | None:
        """
        Return the times of the first and the last tick that ``read`` returns for *start* to *end*; None without any.

        A bound of None means no bound. Reads a few rows at both ends, however long the history is.
        """

    def size(self, start: int | None = None, end: int | None = None) -> int | None:
        """
        Return how many bytes the rows of all markets from *start* to *end* take, by whole buckets; None if unknown.

        A bound of None means no bound. It may take seconds for a long history.
        """

    def poll(self, cursor: Cursor | None) -> tuple[Mapping[Market, Ticks], Cursor]:
        """
        Return what arrived since *cursor*, in order of arrival, late backfill included.

        The cost depends on what is new, not on what is stored. None returns no rows and the current cursor:
        take it first, then ``read``, and nothing is missed. A row may be returned by both, and rows may
        repeat after a store lost its journal: deduplicate by time.
        """

    def markets(self) -> Sequence[Market]:
        """Return every market that has rows, sorted."""

    def problems(self) -> tuple[Problem, ...]:
        """Return the problems found by reading so far, in that order; from memory, does not block."""

    def purge(self, market: Market, before: int, *, dry_run: bool = False) -> int:
        """
        Delete what is older than *before*, whole buckets only.

        Returns:
            How many rows were deleted, or with *dry_run* would be.
        """

    def close(self) -> None:
        """Sync everything to the disk; the store stays usable."""


class StoreModule(Protocol):
    """
    What a module or package under ``tracker/stores/`` defines; its name is the scheme of the store's URL.

    *place* is the URL after ``scheme:``; that of a store with a local folder is a path, which may begin with ``~``,
    and starts from *base* if it is relative. Both functions raise ConfigError if *place* is not valid.
    """

    def open_store(self, place: str, *, base: Path, known: Sequence[Market], granularity: str) -> Store:
        """
        Open the store at *place*, which need not exist yet.

        Args:
            place: the URL after ``scheme:``.
            base: the folder that relative paths start from.
            known: the configured markets; they decide only for rows whose market the store itself does not state.
            granularity: how much time one file holds, ``hour`` or ``minute``; ignored by stores without files.
        """

    def local_folder(self, place: str, *, base: Path) -> Path | None:
        """Return the folder on this machine that holds the ticks; None for a store without one."""
