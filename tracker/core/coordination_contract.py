"""
The contract that coordinations fulfil.

An adapter is a module in tracker/coordination, found by its name; see ``tracker.core.adapters``.
"""

from collections.abc import Callable
from typing import Protocol

LARGEST_DOCUMENT = 500_000  # bytes


class Coordination(Protocol):
    """
    What processes that share a store agree on: leases, and small named documents.

    A lease is the right to do a job that must be done once, e.g. ``collect``; it is freed when its holder dies.
    A document is what one process publishes for all: bytes that begin with their format's version, which a reader
    that does not know it takes for absent; each is written at most once a second. Names consist of ``a`` to ``z``,
    digits, ``-`` and ``.``, a letter first, at most 100. Safe from several threads. A forked child holds no lease;
    it opens its own coordination. Unless documented otherwise, a method raises only LeaseError, if it cannot reach,
    read or write what the processes share. No part of this release calls ``identity`` or publishes an
    ephemeral document: they are for stores that several machines share.
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
