"""
Errors, sorted by who must act.

TrackerError
├── ConfigError      the user: edit tracker.toml or the command
├── ExchangeError    nobody: the collector waits and asks again
│   ├── Unreachable        a network, a server or something in between is in trouble
│   ├── RateLimited        the exchange wants fewer requests
│   ├── Refused            it declines this request
│   └── UnreadableAnswer   its answer is not of the documented form
├── StoreError       the operator: disk or network; collection resumes by itself
├── LeaseError       nobody: another process has the job
└── ChannelError     nobody: the next channel of the rule is tried

A message says what was read, what was expected and what to type. It never holds a secret.
An error is not changed after it was made; see ``ExchangeError.reworded``.
"""

import difflib
from collections.abc import Iterable
from typing import Self


class TrackerError(Exception):
    """Any error this package raises on purpose."""


class ConfigError(TrackerError):
    """The user asked for something that cannot be: edit tracker.toml or the command."""


class ExchangeError(TrackerError):
    """An exchange gave no price or candle. Each one raised is of a kind below, which says what may help."""

    def reworded(self, message: str) -> Self:
        """Return an error of the same kind with another *message*."""
        return type(self)(message)


class Unreachable(ExchangeError):
    """
    Nothing of the exchange's own came back; asking again later may help.

    No connection, a time-out, a server error, a firewall, or bytes that are no JSON, as of a page in between.
    """


class RateLimited(ExchangeError):
    """
    The exchange finds the requests too many; every request to it has to pause.

    Attributes:
        retry_after: seconds for which it wants no further request; 0: it did not say for how long.
    """

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after

    def reworded(self, message: str) -> Self:
        return type(self)(message, self.retry_after)


class Refused(ExchangeError):
    """The exchange answered and declined this request; asking for less may help: one pair may be the reason."""


class UnreadableAnswer(ExchangeError):
    """The exchange answered JSON that is not of the documented form; its next answer may be readable."""


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
