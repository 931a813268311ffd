"""
Errors, sorted by who must act.

TrackerError
├── ConfigError      the user: edit tracker.toml or the command
├── ExchangeError    nobody: the collector waits and asks again
├── StoreError       the operator: disk or network; collection resumes by itself
├── LeaseError       nobody: another process has the job
└── ChannelError     nobody: the next channel of the rule is tried

A message says what was read, what was expected and what to type. It never holds a secret.
"""

import difflib
from collections.abc import Iterable


class TrackerError(Exception):
    """Any error this package raises on purpose."""


class ConfigError(TrackerError):
    """The user asked for something that cannot be: edit tracker.toml or the command."""


class ExchangeError(TrackerError):
    """
    An exchange did not answer, refused, or answered something that cannot be a price.

    Attributes:
        retry_after: seconds for which the exchange wants no further request; None if it did not say.
            0 or above says that it found them too many.
        refused: whether it did answer, and said no; asking for less may work then.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.refused = False


class StoreError(TrackerError):
    """The store cannot be read or written: disk full, read-only, gone, newer format."""


class LeaseError(TrackerError):
    """A lease cannot be asked for, or was lost to another process."""


class ChannelError(TrackerError):
    """A notification could not be handed over."""


def did_you_mean(word: str, known: Iterable[str], most: int = 1, prefix: str = "") -> str:
    """
    Suggest the names nearest to a misspelt *word*, as the end of a message: ``did you mean 'store'?``.

    Args:
        most: how many to suggest.
        prefix: shown before each, and not compared.

    Returns:
        An empty string if none of *known* is near.
    """
    near = difflib.get_close_matches(word, list(known), most)
    return f"did you mean {' or '.join(repr(prefix + name) for name in near)}?" if near else ""


def nearest(word: str, known: Iterable[str]) -> str:
    """Suggest the name nearest to *word*, or list all there are."""
    names = sorted(known)
    return did_you_mean(word, names) or f"there are {', '.join(names)}"
