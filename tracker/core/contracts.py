"""
The contracts that stores and coordinations fulfil; that of exchanges is in ``tracker.core.exchange_contract``.

An adapter is a module or package in tracker/stores or tracker/coordination, found by its name; see
``tracker.core.adapters``.
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
LARGEST_DOCUMENT = 500_000  # bytes


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


class Coordination(Protocol):
    """
    What processes that share a store agree on: leases, and small named documents.

    A lease is the right to do a job that must be done once, e.g. ``collect``; it is freed when its holder dies.
    A document is what one process publishes for all: bytes that begin with their format's version, which a reader
    that does not know it takes for absent; each is written at most once a second. Names consist of ``a`` to ``z``,
    digits, ``-`` and ``.``, a letter first, at most 100. Safe from several threads. A forked child holds no lease;
    it opens its own coordination. Unless documented otherwise, a method raises only LeaseError, if it cannot reach,
    read or write what the processes share. No part of this release calls ``token``, ``identity`` or ``names``, or
    publishes an ephemeral document: they are for stores that several machines share.
    """

    def try_acquire(self, name: str) -> bool:
        """
        Take the lease *name* unless another holds it; True if this holds it already.

        It does not wait for the holder. LeaseError also if the token cannot be kept (full disk …).
        """

    def held(self, name: str) -> bool:
        """Return from memory whether this holds *name*; False once it may have expired by the monotonic clock."""

    def token(self, name: str) -> int:
        """
        Return the number of this holder's term: epoch ms when it began, above that of each earlier term.

        It is stored before try_acquire returns True. LeaseError: *name* is not held.
        """

    def release(self, name: str) -> None:
        """Release *name*; does nothing if it is not held."""

    def holder(self, name: str) -> str:
        """
        Return the holder for people, ``dashboard (pid 4711)``, or ``""`` if it is free. Raises nothing.

        It is ``another process`` if that cannot be found out: a reader then does not claim that nobody collects.
        """

    def rivals(self, name: str) -> tuple[str, ...]:
        """
        Return for people the other processes that hold *name* too, or stepped down from it, as nothing excluded them.

        Empty where leases exclude. May take a second, but not in the holder. Raises nothing.
        """

    def identity(self) -> str:
        """Return random letters and digits, made and kept at the first call, the same for every process."""

    def publish(self, name: str, data: bytes, *, ephemeral: bool = False) -> None:
        """
        Replace the document *name*; a reader finds the old one or the new one, never a part.

        An *ephemeral* one is gone when this process has ended or called close(). ValueError: *data* is larger than
        LARGEST_DOCUMENT, or *name* cannot be one.
        """

    def read(self, name: str) -> bytes | None:
        """Return the document *name*; None if it does not exist."""

    def names(self, prefix: str = "") -> tuple[str, ...]:
        """Return the names of existing documents that begin with *prefix*, sorted."""

    def remove(self, name: str) -> None:
        """Remove the document *name*; does nothing if it does not exist."""

    def watch(self, prefix: str, callback: Callable[[], None]) -> Callable[[], None]:
        """
        Call *callback* in a thread of the coordination after changes of documents whose names begin with *prefix*.

        It is called at least once after each change and each reconnection, without content, and must return at
        once. The returned function ends the watch.
        """

    def close(self) -> None:
        """Release every lease, end every watch and all ephemeral documents of this process. Raises nothing."""


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
